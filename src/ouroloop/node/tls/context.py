"""SecureContext: the certificates, keys, authorities and limits that many connections share.

Theory of operation. It wraps an `SSL_CTX`. Every setter works at once and raises TlsError where OpenSSL refuses.
Verification never ends a handshake: what is wrong with a certificate is asked for afterwards (`Engine.verify_error`),
and whoever has the connection decides, as in Node.

What surprises people: one context has one leaf certificate and key of each kind (RSA, EC, …), not one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from .openssl import TlsError, clear_errors, ffi, lib, memory_reader, taken_error
from .tickets import TicketKeys

VERSIONS = {"TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}

_PEM_CERTIFICATE = re.compile(
    rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----.*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----", re.DOTALL)
_PEM_TRUSTED = re.compile(rb"-----BEGIN TRUSTED CERTIFICATE-----(.*?)-----END", re.DOTALL)
_PEM_CRL = re.compile(rb"-----BEGIN X509 CRL-----(.*?)-----END X509 CRL-----", re.DOTALL)

_MINIMUM_DH_BITS = 1024


@ffi.callback("int(int, X509_STORE_CTX *)")  # type: ignore[untyped-decorator]
def _accept_for_now(ok: int, store: Any) -> int:
    return 1


@ffi.callback("int(char *, int, int, void *)")  # type: ignore[untyped-decorator]
def _give_passphrase(buffer: Any, size: int, writing: int, wanted: Any) -> int:
    """Without this OpenSSL would ask at the terminal."""
    if wanted == ffi.NULL:
        return 0  # none: it will not fit
    passphrase: bytes = ffi.from_handle(wanted)
    if len(passphrase) > size:
        return -1
    ffi.memmove(buffer, passphrase, len(passphrase))
    return len(passphrase)


def read_certificates(pem: bytes) -> list[Any]:
    """Every certificate in `pem`, as OpenSSL's objects."""
    found = [_read_certificate(each) for each in _PEM_CERTIFICATE.findall(pem)]
    if not found:
        _read_certificate(pem)  # which says why not
    return found


def _read_certificate(pem: bytes) -> Any:
    clear_errors()
    trusted = _PEM_TRUSTED.search(pem)
    if trusted:
        return _read_trusted(base64.b64decode(trusted[1]))
    certificate = lib.PEM_read_bio_X509(memory_reader(pem), ffi.NULL, _give_passphrase, ffi.NULL)
    if certificate == ffi.NULL:
        raise taken_error()
    return ffi.gc(certificate, lib.X509_free)


def _read_trusted(der: bytes) -> Any:
    """A certificate with what it is trusted for behind it, which is left out."""
    certificate = lib.d2i_X509_bio(memory_reader(der), ffi.NULL)
    if certificate == ffi.NULL:
        raise taken_error()
    return ffi.gc(certificate, lib.X509_free)


def read_key(pem: bytes, passphrase: bytes | None) -> Any:
    """The private key in `pem`."""
    clear_errors()
    handle = ffi.NULL if passphrase is None else ffi.new_handle(passphrase)
    key = lib.PEM_read_bio_PrivateKey(memory_reader(pem), ffi.NULL, _give_passphrase, handle)
    if key == ffi.NULL:
        raise taken_error()
    return ffi.gc(key, lib.EVP_PKEY_free)


class Store:
    """Certificates that are trusted."""

    def __init__(self, certificates: Iterable[bytes] = ()) -> None:
        self.pointer = ffi.gc(lib.X509_STORE_new(), lib.X509_STORE_free)
        self.certificates = [each for pem in certificates for each in read_certificates(pem)]
        for certificate in self.certificates:
            lib.X509_STORE_add_cert(self.pointer, certificate)
        clear_errors()


class SecureContext:
    """What `tls.createSecureContext` makes. Text is PEM, as bytes."""

    def __init__(self, least: str, most: str) -> None:
        self.pointer = ffi.gc(lib.SSL_CTX_new(lib.TLS_method()), lib.SSL_CTX_free)
        self._has_own_store = False
        self._shared_store: Store | None = None
        self._known: list[bytes] = []
        """The certificates that were given, in PEM."""
        self.ticket_keys = TicketKeys()
        self.limit_versions(least, most)
        lib.SSL_CTX_set_verify(self.pointer, lib.SSL_VERIFY_NONE, _accept_for_now)
        lib.SSL_CTX_set_mode(self.pointer, lib.SSL_MODE_AUTO_RETRY)
        lib.SSL_CTX_set_options(self.pointer, lib.SSL_OP_NO_SSLv2 | lib.SSL_OP_NO_SSLv3)
        lib.SSL_CTX_set_session_cache_mode(
            self.pointer, lib.SSL_SESS_CACHE_CLIENT | lib.SSL_SESS_CACHE_SERVER | lib.SSL_SESS_CACHE_NO_INTERNAL
            | lib.SSL_SESS_CACHE_NO_AUTO_CLEAR)
        from . import engine

        engine.install(self.pointer)

    # Who it is

    def set_certificate(self, pem: bytes) -> None:
        """A leaf certificate, with those that lead to its authority behind it."""
        leaf, *chain = read_certificates(pem)
        self._require(lib.SSL_CTX_use_certificate(self.pointer, leaf))
        for certificate in chain:
            self._require(lib.SSL_CTX_add_extra_chain_cert(self.pointer, lib.X509_dup(certificate)))
        self._known += _PEM_CERTIFICATE.findall(pem)

    def set_key(self, pem: bytes, passphrase: bytes | None = None) -> None:
        """The key of a certificate."""
        self._require(lib.SSL_CTX_use_PrivateKey(self.pointer, read_key(pem, passphrase)))

    def load_pkcs12(self, data: bytes, passphrase: bytes | None = None) -> None:
        """Certificate, key and authorities out of one file."""
        from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat, pkcs12

        try:
            loaded = pkcs12.load_pkcs12(data, passphrase)
        except ValueError as exc:
            raise _pkcs12_error(exc) from exc
        if loaded.key is None or loaded.cert is None:
            raise TlsError("Unable to load private key from PFX data" if loaded.key is None
                           else "Unable to load certificate from PFX data", "ERR_CRYPTO_OPERATION_FAILED")
        self.set_certificate(b"".join(
            each.certificate.public_bytes(Encoding.PEM) for each in (loaded.cert, *loaded.additional_certs)))
        self.set_key(loaded.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        for each in loaded.additional_certs:
            self.add_authority(each.certificate.public_bytes(Encoding.PEM))

    def issuer_of(self, der: bytes | None) -> bytes | None:
        """The certificate that signed `der`, if it came with the context's own or is an authority's."""
        from cryptography import x509

        if der is None:
            return None
        issuer = x509.load_der_x509_certificate(der).issuer
        for pem in self._known:
            known = x509.load_pem_x509_certificate(pem)
            if known.subject == issuer:
                return known.public_bytes(Encoding.DER)
        return None

    # Whom it trusts

    def add_authority(self, pem: bytes) -> None:
        """Trust the certificates in `pem`, and name them to clients."""
        store = self._own_store()
        found = _PEM_CERTIFICATE.findall(pem)
        self._known += found
        for certificate in map(_read_certificate, found):
            lib.X509_STORE_add_cert(store, certificate)
            lib.SSL_CTX_add_client_CA(self.pointer, certificate)
        clear_errors()

    def trust(self, store: Store) -> None:
        """Trust what many contexts do."""
        self._shared_store = store
        lib.X509_STORE_up_ref(store.pointer)
        lib.SSL_CTX_set_cert_store(self.pointer, store.pointer)

    def add_revocations(self, pem: bytes) -> None:
        """A list of certificates that are revoked; from now on there must be one for each authority."""
        encoded = _PEM_CRL.search(pem)
        clear_errors()
        der = base64.b64decode(encoded[1]) if encoded else b""
        crl = lib.d2i_X509_CRL_bio(memory_reader(der), ffi.NULL)
        if crl == ffi.NULL:
            clear_errors()
            raise TlsError("Failed to parse CRL", "ERR_CRYPTO_OPERATION_FAILED")
        store = self._own_store()
        lib.X509_STORE_add_crl(store, ffi.gc(crl, lib.X509_CRL_free))
        lib.X509_STORE_set_flags(store, lib.X509_V_FLAG_CRL_CHECK | lib.X509_V_FLAG_CRL_CHECK_ALL)

    def allow_partial_chain(self) -> None:
        """Trust an authority in the middle without the one above it."""
        lib.X509_STORE_set_flags(self._own_store(), lib.X509_V_FLAG_PARTIAL_CHAIN)

    def _own_store(self) -> Any:
        if not self._has_own_store:
            self._has_own_store = True
            store = lib.X509_STORE_new()
            for certificate in self._shared_store.certificates if self._shared_store else ():
                lib.X509_STORE_add_cert(store, certificate)
            lib.SSL_CTX_set_cert_store(self.pointer, store)
        return lib.SSL_CTX_get_cert_store(self.pointer)

    # How it speaks

    def set_ciphers(self, names: bytes) -> None:
        """Ciphers of TLS 1.2 and before."""
        self._require(lib.SSL_CTX_set_cipher_list(self.pointer, names))

    def set_cipher_suites(self, names: bytes) -> None:
        """Ciphers of TLS 1.3."""
        self._require(lib.SSL_CTX_set_ciphersuites(self.pointer, names))

    def set_signature_algorithms(self, names: bytes) -> None:
        """Algorithms of signatures, with colons between."""
        self._require(lib.SSL_CTX_set1_sigalgs_list(self.pointer, names))

    def set_curves(self, names: bytes) -> None:
        """Groups of the key exchange, with colons between."""
        clear_errors()
        if lib.SSL_CTX_set1_curves_list(self.pointer, names) != 1:
            clear_errors()
            raise TlsError("Failed to set ECDH curve", "ERR_CRYPTO_OPERATION_FAILED")

    def set_dh_parameters(self, pem: bytes) -> None:
        """A group for the old kind of key exchange."""
        from cryptography.hazmat.primitives.serialization import load_pem_parameters

        clear_errors()
        parameters = lib.PEM_read_bio_DHparams(memory_reader(pem), ffi.NULL, ffi.NULL, ffi.NULL)
        if parameters == ffi.NULL:
            clear_errors()  # Node goes on without them
            return
        parameters = ffi.gc(parameters, lib.DH_free)
        try:
            bits = load_pem_parameters(pem).parameter_numbers().p.bit_length()
        except ValueError:  # less than the library wants to read
            bits = 0
        if bits < _MINIMUM_DH_BITS:
            raise TlsError("DH parameter is less than 1024 bits", "ERR_INVALID_ARG_VALUE")
        self._require(lib.SSL_CTX_set_tmp_dh(self.pointer, parameters))

    def limit_versions(self, least: str | None, most: str | None) -> None:
        """Speak none older than `least` and none newer than `most`."""
        if least is not None:
            lib.SSL_CTX_set_min_proto_version(self.pointer, VERSIONS[least])
        if most is not None:
            lib.SSL_CTX_set_max_proto_version(self.pointer, VERSIONS[most])

    def set_options(self, options: int) -> None:
        """OpenSSL's `SSL_OP_` bits."""
        lib.SSL_CTX_set_options(self.pointer, options)

    def set_session_id_context(self, identifier: bytes) -> None:
        """Sessions are taken up only where this is the same."""
        self._require(lib.SSL_CTX_set_session_id_context(self.pointer, identifier, len(identifier)))

    def set_session_timeout(self, seconds: int) -> None:
        """How long a session may be taken up."""
        lib.SSL_CTX_set_timeout(self.pointer, seconds)

    def _require(self, outcome: int) -> None:
        if outcome != 1:
            raise taken_error()


def _pkcs12_error(cause: ValueError) -> TlsError:
    text = str(cause)
    if "password" in text:
        return TlsError("mac verify failure", "ERR_CRYPTO_OPERATION_FAILED")
    return TlsError("not enough data" if "parsing" in text else text, "ERR_CRYPTO_OPERATION_FAILED")
