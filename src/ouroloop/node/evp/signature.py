"""Signatures, and encryption by keys of two halves.

Theory of operation. `sign` and `verify` take the message; `sign_digest` and `verify_digest` its hash, for who gives the
message piece by piece. A signature of DSA or ECDSA is two numbers: in DER, or one behind the other (IEEE P1363).

Source: EVP_DigestSignInit(3), EVP_PKEY_sign(3), EVP_PKEY_encrypt(3).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .keys import Key
from .library import (
    NULL,
    TlsError,
    check,
    clear_errors,
    evp,
    ffi,
    lib,
    output,
    parameters,
    pointer,
)

_PSS_PADDING, _OAEP_PADDING = 6, 4
_AUTOMATIC = -2  # RSA_PSS_SALTLEN_AUTO: as long as can be, and whatever the signature says


class Scheme(NamedTuple):
    """How to sign. `digest` is None where the key decides; None elsewhere is OpenSSL's default."""

    digest: str | None
    padding: int | None = None
    salt_length: int | None = None
    is_plain: bool = False  # two numbers one behind the other, instead of DER
    context: bytes | None = None


def sign(key: Key, data: bytes, scheme: Scheme) -> bytes:
    """The signature of a message."""
    return _made(evp.EVP_DigestSign, _begin(evp.EVP_DigestSignInit_ex, key, scheme), key, data, scheme)


def verify(key: Key, data: bytes, signature: bytes, scheme: Scheme) -> bool:
    """Whether `signature` is one of the message by this key."""
    context = _begin(evp.EVP_DigestVerifyInit_ex, key, scheme)
    return _is_right(evp.EVP_DigestVerify, context, key, data, signature, scheme)


def _made(function: Any, context: Any, key: Key, data: bytes, scheme: Scheme) -> bytes:
    made = output(function, context, data, len(data))
    return plain_of(key, made) if _is_plain(key, scheme) else made


def _is_right(function: Any, context: Any, key: Key, data: bytes, signature: bytes, scheme: Scheme) -> bool:
    if _is_plain(key, scheme):
        signature = der_of(key, signature)
    found = function(context, signature, len(signature), data, len(data))
    clear_errors()
    return bool(found == 1)


def _is_plain(key: Key, scheme: Scheme) -> bool:
    return scheme.is_plain and key.kind in ("ec", "dsa")


def digest_name(name: str) -> str:
    """OpenSSL's own name of a hash. Raises `TlsError` if there is none."""
    plain = name.lower().removeprefix("rsa-").replace("/", "-")
    plain = {"dss1": "sha1", "sha1-2": "sha1"}.get(plain, plain)
    if lib.EVP_get_digestbyname(plain.encode()) == NULL:
        raise TlsError("Invalid digest", "ERR_CRYPTO_INVALID_DIGEST")
    return plain


def _begin(function: Any, key: Key, scheme: Scheme) -> Any:
    clear_errors()
    context = pointer(evp.EVP_MD_CTX_new(), "EVP_MD_CTX_free")
    inner = ffi.new("void **")
    name = NULL if scheme.digest is None else digest_name(scheme.digest).encode()
    given, _kept = parameters([("context-string", scheme.context)]) if scheme.context else (NULL, None)
    check(function(context, inner, name, NULL, NULL, key.pointer, given))
    _set_padding(inner[0], key, scheme)
    return context


def _set_padding(context: Any, key: Key, scheme: Scheme) -> None:
    if key.kind not in ("rsa", "rsa-pss"):
        return
    padding = scheme.padding or (_PSS_PADDING if key.kind == "rsa-pss" else 1)
    check(evp.EVP_PKEY_CTX_set_rsa_padding(context, padding))
    if padding == _PSS_PADDING:
        salt = _AUTOMATIC if scheme.salt_length is None else scheme.salt_length
        check(evp.EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt))


def _begin_with_digest(function: Any, key: Key, scheme: Scheme) -> Any:
    clear_errors()
    context = pointer(evp.EVP_PKEY_CTX_new(key.pointer, NULL), "EVP_PKEY_CTX_free")
    check(function(context))
    _set_padding(context, key, scheme)
    digest = lib.EVP_get_digestbyname(digest_name(scheme.digest or "").encode())
    check(evp.EVP_PKEY_CTX_set_signature_md(context, digest))
    return context


def sign_digest(key: Key, digest: bytes, scheme: Scheme) -> bytes:
    """The signature of a message with this hash."""
    return _made(evp.EVP_PKEY_sign, _begin_with_digest(evp.EVP_PKEY_sign_init, key, scheme), key, digest, scheme)


def verify_digest(key: Key, digest: bytes, signature: bytes, scheme: Scheme) -> bool:
    """Whether `signature` is one by this key of a message with this hash."""
    context = _begin_with_digest(evp.EVP_PKEY_verify_init, key, scheme)
    return _is_right(evp.EVP_PKEY_verify, context, key, digest, signature, scheme)


# The two forms of two numbers


def _number_size(key: Key) -> int:
    bits = (key.number("q") or 0).bit_length() if key.kind == "dsa" else (key.number("order") or 0).bit_length()
    return (bits + 7) // 8


def plain_of(key: Key, der: bytes) -> bytes:
    """The two numbers, one behind the other."""
    size = _number_size(key)
    first, rest = _read_number(der[3 if der[1] & 0x80 else 2 :])
    second, _ = _read_number(rest)
    return first.to_bytes(size, "big") + second.to_bytes(size, "big")


def _read_number(data: bytes) -> tuple[int, bytes]:
    size = data[1]
    return int.from_bytes(data[2 : 2 + size], "big"), data[2 + size :]


def der_of(key: Key, plain: bytes) -> bytes:
    """In DER. What has not the right size is nobody's signature."""
    size = _number_size(key)
    if len(plain) != 2 * size:
        return b""
    content = _number(plain[:size]) + _number(plain[size:])
    return bytes([0x30, *([0x81] if len(content) > 0x7F else []), len(content)]) + content


def _number(data: bytes) -> bytes:
    value = int.from_bytes(data, "big")
    content = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([0x02, len(content)]) + content


# Encryption

_STEPS = {
    "publicEncrypt": (evp.EVP_PKEY_encrypt_init, evp.EVP_PKEY_encrypt),
    "privateDecrypt": (evp.EVP_PKEY_decrypt_init, evp.EVP_PKEY_decrypt),
    "privateEncrypt": (evp.EVP_PKEY_sign_init, evp.EVP_PKEY_sign),
    "publicDecrypt": (evp.EVP_PKEY_verify_recover_init, evp.EVP_PKEY_verify_recover),
}


def transform(step: str, key: Key, data: bytes, padding: int, digest: str | None, label: bytes | None) -> bytes:
    """`step` is one of the names of Node's functions."""
    clear_errors()
    begin, work = _STEPS[step]
    context = pointer(evp.EVP_PKEY_CTX_new(key.pointer, NULL), "EVP_PKEY_CTX_free")
    check(begin(context))
    check(evp.EVP_PKEY_CTX_set_rsa_padding(context, padding))
    if padding == _OAEP_PADDING and digest:
        name = digest_name(digest)
        values: list[tuple[str, str | bytes]] = [("digest", name), ("mgf1-digest", name)]
        if label:
            values.append(("oaep-label", label))
        given, _kept = parameters(values)
        check(evp.EVP_PKEY_CTX_set_params(context, given))
    return output(work, context, data, len(data))
