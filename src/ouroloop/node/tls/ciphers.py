"""Names of ciphers and of key exchanges."""

from __future__ import annotations

import functools
import re
from typing import Any

from .openssl import ffi, lib

_EXCHANGE = re.compile(r"^(ECDHE-ECDSA|ECDHE-RSA|ECDHE-PSK|DHE-RSA|DHE-PSK|RSA-PSK|PSK|SRP-RSA|SRP|ADH|AECDH)-")
_KEY_LENGTH = re.compile(r"(AES|CAMELLIA|ARIA)(128|256)")

_ELLIPTIC_BITS = {"prime256v1": 256, "secp384r1": 384, "secp521r1": 521, "X25519": 253, "X448": 448}
_GROUP_NAMES = {
    "secp256r1": "prime256v1", "x25519": "X25519", "x448": "X448", "P-256": "prime256v1", "P-384": "secp384r1",
    "P-521": "secp521r1",
}
_FINITE_FIELD = re.compile(r"^ffdhe(\d+)$")


def standard_name(name: str) -> str:
    """The name that the RFCs give to what OpenSSL calls `name`."""
    if name.startswith("TLS_"):
        return name
    found = _EXCHANGE.match(name)
    exchange = found[1] if found else "RSA"
    rest = _KEY_LENGTH.sub(r"\1_\2", name[len(found[0]) if found else 0 :])
    words = rest.split("-")
    if words[0] == "CHACHA20":
        words.append("SHA256")
    elif "GCM" not in words and "CCM" not in words and "CCM8" not in words and "CBC" not in words:
        words.insert(1, "CBC")
    kind = {"ADH": "DH_anon", "AECDH": "ECDH_anon", "SRP": "SRP_SHA", "SRP-RSA": "SRP_SHA_RSA"}.get(exchange, exchange)
    return f"TLS_{kind}_WITH_{'_'.join(words)}".replace("-", "_").replace("CCM8", "CCM_8")


def ephemeral_key(group: str | None) -> dict[str, Any] | None:
    """What Node's `getEphemeralKeyInfo` says of a group."""
    if group is None:
        return None
    finite = _FINITE_FIELD.match(group)
    if finite:
        return {"type": "DH", "size": int(finite[1])}
    name = _GROUP_NAMES.get(group, group)
    if name in _ELLIPTIC_BITS:
        return {"type": "ECDH", "name": name, "size": _ELLIPTIC_BITS[name]}
    return {"type": "TLSGroup", "name": name, "size": None}


@functools.cache
def all_ciphers() -> list[str]:
    """What OpenSSL has, in small letters, in order."""
    context = ffi.gc(lib.SSL_CTX_new(lib.TLS_method()), lib.SSL_CTX_free)
    lib.SSL_CTX_set_cipher_list(context, b"ALL:!aNULL:!eNULL:@SECLEVEL=0")
    connection = ffi.gc(lib.SSL_new(context), lib.SSL_free)
    names, position = [], 0
    while (name := lib.SSL_get_cipher_list(connection, position)) != ffi.NULL:
        names.append(ffi.string(name).decode().lower())
        position += 1
    return sorted({*names, "tls_aes_128_ccm_8_sha256", "tls_aes_128_ccm_sha256"})
