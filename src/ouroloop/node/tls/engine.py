"""Engine: one side of a TLS connection with no I/O in it. Bytes in, bytes and events out.

Theory of operation. `feed` takes what the other side sent and returns events; what is to be sent waits until `output`
takes it. `write` encrypts. A server that has to choose stops at the client's first message, before OpenSSL sees it,
with the event "hello", and goes on with `proceed`: so a program may take its time to choose (Node's SNICallback).

What surprises people: OpenSSL calls back in the middle of `feed`. Nothing is decided there: what a callback learns
becomes an event, and what it must answer was set before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from .context import SecureContext
from .hello import ClientHello, HelloReader, parse_protocols
from .openssl import TlsError, clear_errors, ffi, lib, taken_error
from .unbound import unbound

READ_SIZE = 65536
_RECORD_LIMIT = 16384
_PIECE = 3 * _RECORD_LIMIT  # with what the records add, it fits what is read at once

_TICKET_FIELD = 10
_LARGEST_SESSION = 10240  # bytes
_NOT_ANSWERED = 3  # SSL_TLSEXT_ERR_NOACK, as a status callback returns it

_engines: WeakValueDictionary[int, Engine] = WeakValueDictionary()

_VERIFY_NAMES = {
    getattr(lib, f"X509_V_ERR_{name}"): name
    for name in (
        "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_CRL", "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
        "UNABLE_TO_DECRYPT_CRL_SIGNATURE", "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", "CERT_SIGNATURE_FAILURE",
        "CRL_SIGNATURE_FAILURE", "CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED", "CRL_NOT_YET_VALID", "CRL_HAS_EXPIRED",
        "ERROR_IN_CERT_NOT_BEFORE_FIELD", "ERROR_IN_CERT_NOT_AFTER_FIELD", "ERROR_IN_CRL_LAST_UPDATE_FIELD",
        "ERROR_IN_CRL_NEXT_UPDATE_FIELD", "OUT_OF_MEM", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN",
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CERT_CHAIN_TOO_LONG", "CERT_REVOKED",
        "INVALID_CA", "PATH_LENGTH_EXCEEDED", "INVALID_PURPOSE", "CERT_UNTRUSTED", "CERT_REJECTED",
        "HOSTNAME_MISMATCH")
}

Event = tuple[str, Any]


@dataclass(slots=True)
class Settings:
    """How one connection differs from others of its context."""

    is_server: bool
    server_name: str = ""
    """What a client asks for."""
    protocols: bytes | None = None
    """For ALPN, each with a byte of length before it; a server takes the first of its own that the client has."""
    request_certificate: bool = False
    require_certificate: bool = False
    request_status: bool = False
    """Ask for OCSP."""
    session: bytes | None = None
    stop_at_hello: bool = False
    tells_sessions: bool = False
    """Whether a server's new sessions become events."""


class Engine:
    """A connection under a SecureContext."""

    def __init__(self, context: SecureContext, settings: Settings) -> None:
        self._contexts = [context]
        """That of now is the last. OpenSSL asks the first one for sessions, so none may go before the connection."""
        self._settings = settings
        self._ssl = ffi.gc(lib.SSL_new(context.pointer), lib.SSL_free)
        self._incoming, self._outgoing = lib.BIO_new(lib.BIO_s_mem()), lib.BIO_new(lib.BIO_s_mem())
        lib.SSL_set_bio(self._ssl, self._incoming, self._outgoing)
        self._buffer = ffi.new("unsigned char[]", READ_SIZE)
        self._events: list[Event] = []
        self._protocols = settings.protocols
        self._status: bytes | None = None
        self._reader = HelloReader() if settings.is_server else None
        self._held: bytes | None = None
        """What a client sent while its first message waits for an answer."""
        self._kept_protocol: Any = None
        self._is_closed = False
        self._found_session: Any = ffi.NULL
        self.established = False
        self.wants_keys = False
        """Whether secrets become events."""
        self.hello = ClientHello()
        self.largest_record = _RECORD_LIMIT
        _engines[_address(self._ssl)] = self
        if settings.is_server:
            self._set_up_server()
        else:
            self._set_up_client()

    def _set_up_server(self) -> None:
        lib.SSL_set_accept_state(self._ssl)
        mode = lib.SSL_VERIFY_NONE
        if self._settings.request_certificate:
            mode = lib.SSL_VERIFY_PEER
            if self._settings.require_certificate:
                mode |= lib.SSL_VERIFY_FAIL_IF_NO_PEER_CERT
        self.set_verify_mode(mode)

    def _set_up_client(self) -> None:
        settings = self._settings
        lib.SSL_set_connect_state(self._ssl)
        self.set_verify_mode(lib.SSL_VERIFY_PEER)
        if settings.server_name:
            self.set_server_name(settings.server_name)
        if settings.protocols:
            lib.SSL_set_alpn_protos(self._ssl, settings.protocols, len(settings.protocols))
        if settings.request_status:
            lib.SSL_set_tlsext_status_type(self._ssl, lib.TLSEXT_STATUSTYPE_ocsp)
        if settings.session:
            self.set_session(settings.session)

    def set_verify_mode(self, mode: int) -> None:
        """Whether the other side's certificate is asked for. What is wrong with it is told, and ends nothing."""
        from .context import _accept_for_now

        lib.SSL_set_verify(self._ssl, mode, _accept_for_now)

    def set_server_name(self, name: str) -> None:
        """What a client asks for."""
        lib.SSL_set_tlsext_host_name(self._ssl, name.encode())

    # The bytes

    def start(self) -> list[Event]:
        """The first step of the handshake."""
        return self._advance()

    def feed(self, data: bytes) -> list[Event]:
        """What the other side sent. Events: ("data", bytes), ("secure", None), ("hello", ClientHello), ("session",
        bytes), ("newsession", (id, bytes)), ("keylog", bytes), ("status", bytes or None), ("end", None), ("error",
        TlsError)."""
        if self._held is not None:
            self._held += data
            return []
        if self._reader is not None:
            return self._feed_hello(data)
        return self._step(data)

    def _feed_hello(self, data: bytes) -> list[Event]:
        assert self._reader is not None
        hello = self._reader.feed(data)
        if hello is None:
            return []
        data, self._reader, self.hello = self._reader.taken(), None, hello
        if not self._settings.stop_at_hello:
            return self._step(data)
        self._held = data
        return [("hello", hello)]

    def _step(self, data: bytes) -> list[Event]:
        lib.BIO_write(self._incoming, data, len(data))
        return self._advance()

    def output(self) -> bytes:
        """What is to be sent."""
        parts = []
        while (size := lib.BIO_read(self._outgoing, self._buffer, READ_SIZE)) > 0:
            parts.append(ffi.buffer(self._buffer, size)[:])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, data: bytes) -> None:
        """Encrypt `data`. Raises TlsError."""
        clear_errors()
        limit = self.largest_record
        pieces = [data] if limit == _RECORD_LIMIT else [data[i : i + limit] for i in range(0, len(data), limit)]
        for piece in pieces:
            if piece and lib.SSL_write(self._ssl, piece, len(piece)) <= 0:
                raise taken_error("the connection does not take data now")

    def encrypt(self, chunks: list[bytes | memoryview]) -> list[bytes]:
        """What is to be sent for all of `chunks`. Raises TlsError.

        It is done by pieces, in memory that is used again: in one, 10 MB take five times as long.
        """
        encrypted = []
        for piece in _pieces(chunks, _PIECE):
            self.write(bytes(piece))
            encrypted.append(self.output())
        return encrypted

    def shutdown(self) -> None:
        """Say that nothing more will be sent."""
        clear_errors()
        if self.established and not self._is_closed:
            lib.SSL_shutdown(self._ssl)
        clear_errors()

    def proceed(
        self, context: SecureContext | None, protocols: bytes | None, status: bytes | None, session: bytes | None,
    ) -> list[Event]:
        """Go on after "hello": with another context's certificate, the protocols to choose from, an OCSP response, the
        session that the client wants to take up."""
        if context is not None:
            self.use_context(context)
        if protocols is not None:
            self._protocols = protocols
        self._status = status
        if session:
            self._found_session = _decoded_session(session)
        data, self._held = self._held or b"", None
        return self._step(data)

    def use_context(self, context: SecureContext) -> None:
        """Take certificate and authorities from another context."""
        self._contexts.append(context)
        lib.SSL_set_SSL_CTX(self._ssl, context.pointer)

    def _advance(self) -> list[Event]:
        clear_errors()
        if self.established or self._handshake():
            self._read()
        events, self._events = self._events, []
        return events

    def _handshake(self) -> bool:
        outcome = lib.SSL_do_handshake(self._ssl)
        if outcome != 1:
            self._stopped(outcome)
            return False
        self.established = True
        self._events.insert(self._place_of_secure(), ("secure", None))
        return True

    def _place_of_secure(self) -> int:
        """Sessions are told afterwards, but a server's of TLS 1.2, which are made before it has sent its last."""
        is_before = self._settings.is_server and self.protocol != "TLSv1.3"
        sessions = () if is_before else ("session", "newsession")
        places = (place for place, (name, _) in enumerate(self._events) if name in sessions)
        return next(places, len(self._events))

    def _read(self) -> None:
        while (size := lib.SSL_read(self._ssl, self._buffer, READ_SIZE)) > 0:
            self._events.append(("data", ffi.buffer(self._buffer, size)[:]))
        self._stopped(size)

    def _stopped(self, outcome: int) -> None:
        why = lib.SSL_get_error(self._ssl, outcome)
        if why == lib.SSL_ERROR_ZERO_RETURN:
            self._events.append(("end", None))
        elif why in (lib.SSL_ERROR_SSL, lib.SSL_ERROR_SYSCALL):
            self._is_closed = True
            error = taken_error("the connection was ended")
            _spell_as_node(error)
            self._events.append(("error", error))

    # What OpenSSL asks and tells

    def _chosen_protocol(self, offered: bytes) -> bytes | None:
        theirs = parse_protocols(offered)
        for name in parse_protocols(self._protocols or b""):
            if name in theirs:
                return name.encode("latin-1")
        return None

    # What is known of the connection

    @property
    def protocol(self) -> str:
        """Such as "TLSv1.3"."""
        return str(ffi.string(lib.SSL_get_version(self._ssl)).decode())

    @property
    def cipher(self) -> tuple[str, str] | None:
        """OpenSSL's name of the cipher, and the version that it came with."""
        cipher = lib.SSL_get_current_cipher(self._ssl)
        if cipher == ffi.NULL:
            return None
        return ffi.string(lib.SSL_CIPHER_get_name(cipher)).decode(), ffi.string(
            lib.SSL_CIPHER_get_version(cipher)).decode()

    @property
    def alpn_protocol(self) -> str | None:
        """What both agreed on."""
        data, length = ffi.new("unsigned char **"), ffi.new("unsigned int *")
        lib.SSL_get0_alpn_selected(self._ssl, data, length)
        return ffi.buffer(data[0], length[0])[:].decode("latin-1") if length[0] else None

    @property
    def server_name(self) -> str | None:
        """What the client asked for."""
        if self._settings.is_server:
            return self.hello.server_name or None
        name = lib.SSL_get_servername(self._ssl, lib.TLSEXT_NAMETYPE_host_name)
        return None if name == ffi.NULL else ffi.string(name).decode("latin-1")

    @property
    def group_name(self) -> str | None:
        """The group of the key exchange."""
        if not self.established:
            return None
        name = lib.SSL_get0_group_name(self._ssl)
        return None if name == ffi.NULL else ffi.string(name).decode()

    @property
    def is_session_reused(self) -> bool:
        """Whether an earlier session was taken up."""
        return bool(lib.SSL_session_reused(self._ssl))

    @property
    def session(self) -> bytes | None:
        """The session, to be taken up later."""
        session = lib.SSL_get_session(self._ssl)
        if session == ffi.NULL:
            return None
        return _encoded_session(session)

    def set_session(self, encoded: bytes) -> None:
        """Try to take up a session."""
        session = _decoded_session(encoded)
        if session != ffi.NULL:
            lib.SSL_set_session(self._ssl, session)

    @property
    def verify_error(self) -> tuple[str, str] | None:
        """Code and text of what is wrong with the other side's certificate."""
        if not self._has_peer_certificate() and not self.is_session_reused:
            code = lib.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        else:
            code = lib.SSL_get_verify_result(self._ssl)
        if code == lib.X509_V_OK:
            return None
        text = ffi.string(lib.X509_verify_cert_error_string(code)).decode()
        return _VERIFY_NAMES.get(code, "UNSPECIFIED"), text

    def _has_peer_certificate(self) -> bool:
        certificate = lib.SSL_get_peer_certificate(self._ssl)
        if certificate == ffi.NULL:
            return False
        lib.X509_free(certificate)
        return True

    def peer_certificates(self) -> list[bytes]:
        """The other side's certificate and those it sent along, in DER."""
        certificate = lib.SSL_get_peer_certificate(self._ssl)
        if certificate == ffi.NULL:
            return []
        found = [encoded_certificate(ffi.gc(certificate, lib.X509_free))]
        chain = lib.SSL_get_peer_cert_chain(self._ssl)
        if chain != ffi.NULL:
            for position in range(lib.sk_X509_num(chain)):
                encoded = encoded_certificate(lib.sk_X509_value(chain, position))
                if encoded not in found:
                    found.append(encoded)
        return found

    def verified_certificates(self) -> list[bytes]:
        """The chain up to the authority that is trusted, in DER."""
        chain = lib.SSL_get0_verified_chain(self._ssl)
        if chain == ffi.NULL:
            return []
        return [encoded_certificate(lib.sk_X509_value(chain, each)) for each in range(lib.sk_X509_num(chain))]

    def own_certificate(self) -> bytes | None:
        """The certificate that this side shows, in DER."""
        certificate = lib.SSL_get_certificate(self._ssl)
        return None if certificate == ffi.NULL else encoded_certificate(certificate)

    def own_issuer(self) -> bytes | None:
        """The certificate of the authority that signed this side's, in DER, if the context has it."""
        return self._contexts[-1].issuer_of(self.own_certificate())

    def ticket(self, encoded: bytes | None) -> bytes | None:
        """The ticket in a session, or the connection's own: field 10 of its encoding."""
        encoded = encoded or self.session
        return None if encoded is None else field_of_session(encoded, _TICKET_FIELD)

    def finished(self, of_peer: bool) -> bytes | None:
        """What was in the last message of the handshake (RFC 5929)."""
        get = lib.SSL_get_peer_finished if of_peer else lib.SSL_get_finished
        size = get(self._ssl, ffi.NULL, 0)
        if not size:
            return None
        data = ffi.new("unsigned char[]", size)
        get(self._ssl, data, size)
        return bytes(ffi.buffer(data))

    def keying_material(self, length: int, label: bytes, context: bytes | None) -> bytes:
        """Secret bytes that both sides can make (RFC 5705)."""
        clear_errors()
        data = ffi.new("unsigned char[]", length)
        if lib.SSL_export_keying_material(
                self._ssl, data, length, label, len(label), context or ffi.NULL, len(context or b""),
                int(context is not None)) != 1:
            raise taken_error()
        return bytes(ffi.buffer(data))

    def renegotiate(self) -> list[Event]:
        """Begin another handshake on the connection. Raises TlsError."""
        clear_errors()
        if lib.SSL_renegotiate(self._ssl) != 1:
            raise taken_error()
        lib.SSL_do_handshake(self._ssl)
        return self._advance()


def _pieces(chunks: list[bytes | memoryview], size: int) -> Iterator[bytes | memoryview]:
    """All of `chunks`, in pieces of `size` bytes; the last may be shorter."""
    rest: bytes | memoryview = b""
    for chunk in chunks:
        start = 0
        if rest:
            start = size - len(rest)
            rest = bytes(rest) + chunk[:start]
            if len(rest) < size:
                continue
            yield rest
        while len(chunk) - start >= size:
            yield chunk[start : start + size]
            start += size
        rest = chunk[start:]
    if rest:
        yield rest


def encoded_certificate(certificate: Any) -> bytes:
    """An X509 of OpenSSL, in DER."""
    bio = ffi.gc(lib.BIO_new(lib.BIO_s_mem()), lib.BIO_free)
    lib.i2d_X509_bio(bio, certificate)
    data = ffi.new("char **")
    size = lib.BIO_get_mem_data(bio, data)
    return bytes(ffi.buffer(data[0], size))


def _encoded_session(session: Any) -> bytes:
    data = ffi.new("unsigned char[]", lib.i2d_SSL_SESSION(session, ffi.NULL))
    lib.i2d_SSL_SESSION(session, ffi.new("unsigned char **", data))
    return bytes(ffi.buffer(data))


def _decoded_session(encoded: bytes) -> Any:
    """NULL for bytes that are none."""
    data = ffi.new("unsigned char[]", encoded)
    session = lib.d2i_SSL_SESSION(ffi.NULL, ffi.new("unsigned char **", data), len(encoded))
    clear_errors()
    return session if session == ffi.NULL else ffi.gc(session, lib.SSL_SESSION_free)


def field_of_session(encoded: bytes, tag: int) -> bytes | None:
    """The bytes in the explicitly tagged field `tag` of an SSL_SESSION's DER."""
    position = _header(encoded, 0)[0]
    while position < len(encoded):
        start, length = _header(encoded, position)
        if encoded[position] == 0xA0 | tag:
            inner, size = _header(encoded, start)
            return encoded[inner : inner + size]
        position = start + length
    return None


def _header(encoded: bytes, position: int) -> tuple[int, int]:
    """Where the value of the element at `position` begins, and its length."""
    first = encoded[position + 1]
    if first < 0x80:
        return position + 2, first
    count = first & 0x7F
    return position + 2 + count, int.from_bytes(encoded[position + 2 : position + 2 + count], "big")


def _spell_as_node(error: TlsError) -> None:
    """OpenSSL 4 has left out SSL 3, after which Node's OpenSSL calls the oldest alerts."""
    if error.reason.startswith("tls alert "):
        error.message = error.message.replace("::tls alert ", "::ssl/tls alert ")
        error.reason = f"ssl/{error.reason}"
    error.code = f"ERR_SSL_{error.reason.upper().replace(' ', '_')}"


def _address(ssl: Any) -> int:
    return int(ffi.cast("uintptr_t", ssl))


def _engine_of(ssl: Any) -> Engine | None:
    return _engines.get(_address(ssl))


@ffi.callback("int(SSL *, int *, void *)")  # type: ignore[untyped-decorator]
def _server_name_given(ssl: Any, alert: Any, _: Any) -> int:
    engine = _engine_of(ssl)
    has_name = engine is not None and engine.hello.server_name
    return int(lib.SSL_TLSEXT_ERR_OK if has_name else lib.SSL_TLSEXT_ERR_NOACK)


@ffi.callback("int(SSL *, SSL_SESSION *)")  # type: ignore[untyped-decorator]
def _session_made(ssl: Any, session: Any) -> int:
    engine = _engine_of(ssl)
    if engine is None:
        return 0
    if not engine._settings.is_server:
        engine._events.append(("session", _encoded_session(session)))
    elif engine._settings.tells_sessions:
        encoded = _encoded_session(session)
        if len(encoded) <= _LARGEST_SESSION:
            engine._events.append(("newsession", (_session_id(session), encoded)))
    return 0  # OpenSSL keeps what belongs to it


def _session_id(session: Any) -> bytes:
    length = ffi.new("unsigned int *")
    data = unbound.SSL_SESSION_get_id(session, length)
    return bytes(ffi.buffer(data, length[0]))


@ffi.callback("SSL_SESSION *(SSL *, unsigned char *, int, int *)")  # type: ignore[untyped-decorator]
def _session_wanted(ssl: Any, identifier: Any, length: int, is_to_be_counted: Any) -> Any:
    engine = _engine_of(ssl)
    is_to_be_counted[0] = 1
    return ffi.NULL if engine is None else engine._found_session


@ffi.callback("int(SSL *, unsigned char *, unsigned char *, void *, void *, int)")  # type: ignore[untyped-decorator]
def _ticket_keys_wanted(ssl: Any, name: Any, start: Any, cipher: Any, mac: Any, is_new: int) -> int:
    engine = _engine_of(ssl)
    return 0 if engine is None else engine._contexts[0].ticket_keys.prepare(name, start, cipher, mac, bool(is_new))


@ffi.callback(  # type: ignore[untyped-decorator]
    "int(SSL *, unsigned char **, unsigned char *, unsigned char *, unsigned int, void *)")
def _protocol_wanted(ssl: Any, out: Any, out_length: Any, offered: Any, size: int, _: Any) -> int:
    engine = _engine_of(ssl)
    if engine is None or engine._protocols is None:
        return int(lib.SSL_TLSEXT_ERR_NOACK)
    chosen = engine._chosen_protocol(ffi.buffer(offered, size)[:])
    if chosen is None:
        return int(lib.SSL_TLSEXT_ERR_ALERT_FATAL)
    engine._kept_protocol = ffi.new("unsigned char[]", chosen)
    out[0], out_length[0] = engine._kept_protocol, len(chosen)
    return int(lib.SSL_TLSEXT_ERR_OK)


@ffi.callback("void(SSL *, char *)")  # type: ignore[untyped-decorator]
def _secret_made(ssl: Any, line: Any) -> None:
    engine = _engine_of(ssl)
    if engine is not None and engine.wants_keys:
        engine._events.append(("keylog", ffi.string(line) + b"\n"))


@ffi.callback("int(SSL *, void *)")  # type: ignore[untyped-decorator]
def _status_wanted(ssl: Any, _: Any) -> int:
    engine = _engine_of(ssl)
    if engine is None:
        return _NOT_ANSWERED
    if not engine._settings.is_server:
        data = ffi.new("unsigned char **")
        size = lib.SSL_get_tlsext_status_ocsp_resp(ssl, data)
        engine._events.append(("status", ffi.buffer(data[0], size)[:] if size > 0 else None))
        return 1
    if not engine._status:
        return _NOT_ANSWERED
    size = len(engine._status)
    copy = lib.OPENSSL_malloc(size)  # OpenSSL frees it
    ffi.memmove(copy, engine._status, size)
    lib.SSL_set_tlsext_status_ocsp_resp(ssl, copy, size)
    return 0


def install(context: Any) -> None:
    """Have an `SSL_CTX` tell the engines of its connections."""
    lib.SSL_CTX_set_tlsext_servername_callback(context, _server_name_given)
    lib.SSL_CTX_set_alpn_select_cb(context, _protocol_wanted, ffi.NULL)
    lib.SSL_CTX_set_keylog_callback(context, _secret_made)
    lib.SSL_CTX_set_tlsext_status_cb(context, _status_wanted)
    if unbound.are_there:
        unbound.SSL_CTX_sess_set_new_cb(context, _session_made)
        unbound.SSL_CTX_sess_set_get_cb(context, _session_wanted)
        unbound.SSL_CTX_set_tlsext_ticket_key_evp_cb(context, _ticket_keys_wanted)


__all__ = ["READ_SIZE", "Engine", "Settings", "TlsError", "install"]
