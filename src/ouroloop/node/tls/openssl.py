"""OpenSSL itself, as the `cryptography` library carries it: its functions, and its errors as Python exceptions.

Theory of operation. `lib` and `ffi` are cryptography's binding to the OpenSSL that is linked into its wheel: the one
that pyOpenSSL stands on. The standard library's `ssl` is not enough for Node: it has no verify callback, so a
certificate that is not trusted ends the handshake and nobody can say why it is not; and it reads keys from files only.

What surprises people: errors are a queue of the thread. Whoever calls a function that may fail takes all of them.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.bindings.openssl.binding import Binding

lib: Any = Binding.lib
ffi: Any = Binding.ffi

_LIB_BITS, _REASON_BITS = 23, 0x7FFFFF
_LIB_MASK = 0xFF

# The prefix that Node puts into codes, by OpenSSL's name of the library. Others have none.
_PREFIXES = {
    "BIGNUM routines": "BN_", "bignum routines": "BN_", "rsa routines": "RSA_",
    "Diffie-Hellman routines": "DH_", "digital envelope routines": "EVP_", "memory buffer routines": "BUF_",
    "object identifier routines": "OBJ_", "PEM routines": "PEM_", "dsa routines": "DSA_",
    "x509 certificate routines": "X509_", "asn1 encoding routines": "ASN1_", "configuration file routines": "CONF_",
    "common libcrypto routines": "CRYPTO_", "elliptic curve routines": "EC_", "BIO routines": "BIO_",
    "PKCS7 routines": "PKCS7_", "X509 V3 routines": "X509V3_", "PKCS12 routines": "PKCS12_",
    "random number generator": "RAND_", "DSO support routines": "DSO_", "time stamp routines": "TS_",
    "engine routines": "ENGINE_", "OCSP routines": "OCSP_", "UI routines": "UI_", "ECDSA routines": "ECDSA_",
    "ECDH routines": "ECDH_", "STORE routines": "OSSL_STORE_", "CMS routines": "CMS_", "FIPS routines": "FIPS_",
    "HMAC routines": "HMAC_",
}


class TlsError(Exception):
    """What OpenSSL refused. `code` is Node's, `library` and `reason` are OpenSSL's words."""

    def __init__(self, message: str, code: str, library: str = "", reason: str = "", stack: list[str] | None = None):
        super().__init__(message)
        self.message = message
        self.code = code
        self.library = library
        self.reason = reason
        self.stack = stack or []


def clear_errors() -> None:
    """Forget what failed before."""
    lib.ERR_clear_error()


def taken_error(otherwise: str = "unknown error") -> TlsError:
    """The errors that wait in the queue as one exception: the first, which came first, and the rest as its stack."""
    described = []
    while number := lib.ERR_get_error():
        described.append(_described(number))
    if not described:
        return TlsError(otherwise, "ERR_CRYPTO_OPERATION_FAILED")
    message, code, library, reason = described[0]
    return TlsError(message, code, library, reason, [each[0] for each in described[1:]])


def _described(number: int) -> tuple[str, str, str, str]:
    library = _text(lib.ERR_lib_error_string(number)) or f"lib({number >> _LIB_BITS & _LIB_MASK})"
    reason = _text(lib.ERR_reason_error_string(number)) or f"reason({number & _REASON_BITS})"
    spelled = reason.upper().replace(" ", "_")
    code = f"ERR_SSL_{spelled}" if library == "SSL routines" else f"ERR_OSSL_{_PREFIXES.get(library, '')}{spelled}"
    return f"error:{number:08X}:{library}::{reason}", code, library, reason


def _text(pointer: Any) -> str:
    return "" if pointer == ffi.NULL else ffi.string(pointer).decode("latin-1")


def memory_reader(data: bytes) -> Any:
    """A BIO to read `data` from."""
    bio = ffi.gc(lib.BIO_new(lib.BIO_s_mem()), lib.BIO_free)
    lib.BIO_write(bio, data, len(data))
    return bio


def version() -> str:
    """The version of OpenSSL, such as "3.5.4"."""
    text: str = ffi.string(lib.OpenSSL_version(lib.OPENSSL_VERSION)).decode()
    return text.split()[1]
