"""tls_wrap: contexts and connections of TLS (`node/tls`, which both languages share), for JavaScript.

Theory of operation. A context and a connection are numbers that JavaScript makes with `newContext` and `open`. What
moves a connection (`start`, `feed`, `proceed`) returns one flat list: what is to be sent, then for each event its name
and its value. What a connection knows of itself is asked for with `query`.

What surprises people: what OpenSSL refuses comes back as a list `[message, code, library, reason, stack]`.
"""

from __future__ import annotations

import errno

from ..engine import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ...node.tls.context import SecureContext
    from ...node.tls.engine import Engine, Event
    from ..runtime import Runtime

_NO_ENGINE: list[Any] = [None]


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/tls/*`."""
    tls = Tls(runtime)
    return {
        "newContext": tls.new_context, "freeContext": tls.free_context, "configure": tls.configure,
        "ticketKeys": tls.ticket_keys, "open": tls.open, "close": tls.close, "start": tls.start, "feed": tls.feed,
        "write": tls.write, "writeTo": tls.write_to, "shutdown": tls.shutdown, "proceed": tls.proceed,
        "query": tls.query, "set": tls.set, "certificates": certificates, "ciphers": ciphers, "describe": describe,
        "check": check,
    }


class Tls:
    """The contexts and connections of a runtime, by number."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._contexts: dict[int, SecureContext] = {}
        self._engines: dict[int, Engine] = {}
        self._last = 0

    def _number(self) -> int:
        self._last += 1
        return self._last

    # Contexts

    def new_context(self, least: str, most: str) -> int:
        """A context for these versions and those between them."""
        from ...node.tls.context import SecureContext
        from ..bundle import with_a_descriptor

        number = self._number()
        self._contexts[number] = with_a_descriptor(lambda: SecureContext(least, most))  # the first reads a file
        return number

    def free_context(self, number: int) -> None:
        """Forget a context; connections that have it keep it."""
        self._contexts.pop(int(number), None)

    def configure(self, number: int, what: str, values: list[Any]) -> list[Any] | None:
        """Call a setter of a context. Text goes as bytes."""
        from ...node.tls.openssl import TlsError

        try:
            _SETTERS[what](self._contexts[int(number)], *values)
        except TlsError as exc:
            return _refusal(exc)
        return None

    def ticket_keys(self, number: int) -> bytes:
        """The keys that a context's tickets are made with."""
        return self._contexts[int(number)].ticket_keys.bytes

    # Connections

    def open(self, context: int, is_server: bool, options: dict[str, Any]) -> int:
        """A connection; `options` are those of `engine.Settings`."""
        from ...node.tls.engine import Engine, Settings

        number = self._number()
        self._engines[number] = Engine(self._contexts[int(context)], Settings(
            bool(is_server), options.get("serverName") or "", options.get("protocols"),
            bool(options.get("requestCertificate")), bool(options.get("requireCertificate")),
            bool(options.get("requestStatus")), options.get("session"), bool(options.get("stopAtHello")),
            bool(options.get("tellsSessions"))))
        return number

    def close(self, number: int) -> None:
        """Forget a connection."""
        self._engines.pop(int(number), None)

    def start(self, number: int) -> list[Any]:
        """A client's first message."""
        engine = self._engines[int(number)]
        return _flat(engine, engine.start())

    def feed(self, number: int, data: bytes) -> list[Any]:
        """What the other side sent."""
        engine = self._engines.get(int(number))
        return _NO_ENGINE if engine is None else _flat(engine, engine.feed(data))

    def proceed(
        self, number: int, context: int | None, protocols: bytes | None, status: bytes | None, session: bytes | None,
    ) -> list[Any]:
        """Go on after "hello"."""
        engine = self._engines.get(int(number))
        if engine is None:
            return _NO_ENGINE
        chosen = None if context is None else self._contexts[int(context)]
        return _flat(engine, engine.proceed(chosen, protocols, status, session))

    def write(self, number: int, chunks: list[Any]) -> bytes | list[Any] | int:
        """What is to be sent for text, bytes, or an address and a length of these."""
        outcome: bytes | list[Any] | int = self._encrypt(number, chunks, b"".join)
        return outcome

    def write_to(self, number: int, stream: int, request: int, chunks: list[Any]) -> list[Any] | int:
        """As `write`, and send it on a stream: what comes back is what `stream_wrap.write` says."""
        outcome: list[Any] | int = self._encrypt(number, chunks, lambda pieces: self._runtime.streams.write(
            stream, request, pieces if len(pieces) > 1 else pieces[0] if pieces else b""))
        return outcome

    def _encrypt(self, number: int, chunks: list[Any], then: Callable[[list[bytes]], Any]) -> Any:
        from ...node.tls.openssl import TlsError

        engine = self._engines.get(int(number))
        if engine is None:
            return -errno.EBADF
        try:
            return then(engine.encrypt([_bytes_of(each) for each in chunks]))
        except TlsError as exc:
            return _refusal(exc)

    def shutdown(self, number: int) -> bytes:
        """The last word of this side."""
        engine = self._engines.get(int(number))
        if engine is None:
            return b""
        engine.shutdown()
        return engine.output()

    # What is known, and what can be changed

    def query(self, number: int, what: str, values: list[Any]) -> Any:
        """A fact about a connection; undefined for one that is over."""
        from ...node.tls.openssl import TlsError

        engine = self._engines.get(int(number))
        if engine is None:
            return None
        try:
            return _QUERIES[what](engine, *values)
        except TlsError as exc:
            return _refusal(exc)

    def set(self, number: int, what: str, value: Any) -> None:
        """Change something of a connection."""
        engine = self._engines.get(int(number))
        if engine is None:
            return
        if what == "context":
            engine.use_context(self._contexts[int(value)])
        else:
            _CHANGES[what](engine, value)


def _bytes_of(chunk: Any) -> bytes | memoryview:
    """Of text, of bytes, or of an address and a length."""
    if type(chunk) is str:
        return chunk.encode()
    return memory(int(chunk[0]), int(chunk[1])) if type(chunk) is list else chunk


def _flat(engine: Engine, events: list[Event]) -> list[Any]:
    flat: list[Any] = [engine.output() or None]
    for name, value in events:
        flat += (name, _VALUES[name](value) if name in _VALUES else value)
    return flat


def _refusal(error: Any) -> list[Any]:
    return [error.message, error.code, error.library, error.reason, error.stack]


_VALUES: dict[str, Callable[[Any], Any]] = {
    "error": _refusal,
    "hello": lambda hello: [
        hello.server_name, hello.protocols, hello.wants_status, None if hello.has_ticket else hello.session or None],
    "newsession": list,
}

_SETTERS: dict[str, Callable[..., None]] = {
    "certificate": lambda context, pem: context.set_certificate(pem),
    "key": lambda context, pem, passphrase: context.set_key(pem, passphrase),
    "pkcs12": lambda context, data, passphrase: context.load_pkcs12(data, passphrase),
    "authority": lambda context, pem: context.add_authority(pem),
    "roots": lambda context, certificates: _trust(context, certificates),
    "revocations": lambda context, pem: context.add_revocations(pem),
    "partialChain": lambda context: context.allow_partial_chain(),
    "ciphers": lambda context, names: context.set_ciphers(names),
    "cipherSuites": lambda context, names: context.set_cipher_suites(names),
    "signatureAlgorithms": lambda context, names: context.set_signature_algorithms(names),
    "curves": lambda context, names: context.set_curves(names),
    "dhParameters": lambda context, pem: context.set_dh_parameters(pem),
    "versions": lambda context, least, most: context.limit_versions(least, most),
    "options": lambda context, bits: context.set_options(int(bits)),
    "sessionIdContext": lambda context, identifier: context.set_session_id_context(identifier),
    "sessionTimeout": lambda context, seconds: context.set_session_timeout(int(seconds)),
    "ticketKeys": lambda context, keys: context.ticket_keys.set(keys),
}


def _peer(engine: Engine, is_detailed: bool) -> list[Mapping[str, Any]]:
    from ...node.tls.certificate import described, with_issuers

    sent = engine.peer_certificates()
    if not sent or not is_detailed:
        return [described(each) for each in sent[:1]]
    return with_issuers(list(dict.fromkeys([*sent, *engine.verified_certificates()])))


def _own(engine: Engine) -> Mapping[str, Any] | None:
    from ...node.tls.certificate import described

    der = engine.own_certificate()
    return None if der is None else described(der)


def _cipher(engine: Engine) -> list[str] | None:
    from ...node.tls.ciphers import standard_name

    found = engine.cipher
    return None if found is None else [found[0], standard_name(found[0]), found[1]]


def _key_info(engine: Engine) -> dict[str, Any] | None:
    from ...node.tls.ciphers import ephemeral_key

    return ephemeral_key(engine.group_name)


def ciphers() -> list[str]:
    """The names of all ciphers, as Node spells them."""
    from ...node.tls.ciphers import all_ciphers

    return all_ciphers()


_QUERIES: dict[str, Callable[..., Any]] = {
    "protocol": lambda engine: engine.protocol,
    "cipher": _cipher,
    "keyInfo": _key_info,
    "ownIssuer": lambda engine: engine.own_issuer(),
    "ticket": lambda engine, session: engine.ticket(session),
    "alpnProtocol": lambda engine: engine.alpn_protocol,
    "serverName": lambda engine: engine.server_name,
    "groupName": lambda engine: engine.group_name,
    "session": lambda engine: engine.session,
    "isSessionReused": lambda engine: engine.is_session_reused,
    "verifyError": lambda engine: engine.verify_error,
    "peerCertificates": _peer,
    "peerRaw": lambda engine: [each["raw"] for each in _peer(engine, True)],
    "ownCertificate": _own,
    "ownRaw": lambda engine: engine.own_certificate(),
    "finished": lambda engine, of_peer: engine.finished(of_peer),
    "keyingMaterial": lambda engine, length, label, context: engine.keying_material(int(length), label, context),
    "renegotiate": lambda engine: _flat(engine, engine.renegotiate()),
}

_CHANGES: dict[str, Callable[[Any, Any], None]] = {
    "serverName": lambda engine, name: engine.set_server_name(name),
    "session": lambda engine, session: engine.set_session(session),
    "largestRecord": lambda engine, size: setattr(engine, "largest_record", int(size)),
    "keylog": lambda engine, wanted: setattr(engine, "wants_keys", wanted),
    "verifyMode": lambda engine, mode: engine.set_verify_mode(int(mode)),
}


def _trust(context: SecureContext, certificates: list[str]) -> None:
    from ...node.tls.roots import store_of

    context.trust(store_of(tuple(certificates)))


def certificates(kind: str, path: str | None) -> list[str] | int:
    """The authorities of "bundled", "system", or "file"; for a file, a negative errno when it cannot be read."""
    from ...node.tls import roots
    from ..bundle import with_a_descriptor

    try:
        return list(with_a_descriptor(roots.bundled) if kind == "bundled" else roots.of_system() if kind == "system"
                    else roots.of_file(path or ""))
    except OSError as exc:
        return -(exc.errno or errno.EIO)


def check(pem: list[str]) -> list[Any] | None:
    """What OpenSSL says of the first of these certificates that is none."""
    from ...node.tls.context import read_certificates
    from ...node.tls.openssl import TlsError

    try:
        for each in pem:
            read_certificates(each.encode())
    except TlsError as exc:
        return _refusal(exc)
    return None


def openssl_version() -> str:
    """Of the library that TLS stands on."""
    from ...node.tls.openssl import version

    return version()


def describe(data: bytes) -> list[Any]:
    """What is in a certificate, in PEM or DER: `[description, name and number of the signature's algorithm]`; or what
    OpenSSL says of data that is none."""
    from ...node.tls.certificate import described, signature_algorithm
    from ...node.tls.context import read_certificates
    from ...node.tls.engine import encoded_certificate
    from ...node.tls.openssl import TlsError

    try:
        der = data if data[:1] == b"0" else encoded_certificate(read_certificates(data)[0])
        return [described(der), *signature_algorithm(der)]
    except TlsError as exc:
        return _refusal(exc)
    except ValueError as exc:
        return [str(exc), "ERR_CRYPTO_OPERATION_FAILED", "", "", []]
