"""What OpenSSL can say of a certificate (in DER): whose it is, whose key it has, and who signed it.

Source: X509_check_host(3), X509_check_issued(3), X509_verify(3).
"""

from __future__ import annotations

from typing import Any

from .keys import Key
from .library import NULL, check, clear_errors, evp, ffi, lib, memory_reader


def _read(der: bytes) -> Any:
    clear_errors()
    return ffi.gc(check(lib.d2i_X509_bio(memory_reader(der), NULL)), lib.X509_free)


def public_key(der: bytes) -> Key:
    """The key in it."""
    return Key(lib.X509_get_pubkey(_read(der)))


def has_key(der: bytes, key: Key) -> bool:
    """Whether this private key belongs to it."""
    found = evp.X509_check_private_key(_read(der), key.pointer)
    clear_errors()
    return bool(found == 1)


def is_signed_by(der: bytes, key: Key) -> bool:
    """Whether the signature on it is of this key."""
    found = evp.X509_verify(_read(der), key.pointer)
    clear_errors()
    return bool(found == 1)


def is_issued_by(der: bytes, issuer: bytes) -> bool:
    """Whether the names and numbers in both fit; the signature is not looked at."""
    found = evp.X509_check_issued(_read(issuer), _read(der))
    clear_errors()
    return bool(found == 0)


def checked_name(kind: str, der: bytes, name: str, flags: int) -> str | None:
    """`kind` is "host", "email" or "ip". The name in the certificate that fits `name`; None if none does."""
    certificate, encoded = _read(der), name.encode()
    if kind == "host":
        match = ffi.new("char **")
        found = evp.X509_check_host(certificate, encoded, len(encoded), flags, match)
        if found == 1 and match[0] != NULL:
            name = ffi.string(match[0]).decode()
            evp.CRYPTO_free(match[0], b"", 0)
    elif kind == "email":
        found = evp.X509_check_email(certificate, encoded, len(encoded), flags)
    else:
        found = evp.X509_check_ip_asc(certificate, encoded, flags)
    clear_errors()
    return name if found == 1 else None
