"""Secrets that two sides agree on: Diffie-Hellman with numbers, with elliptic curves, and with keys.

Theory of operation. `mod_exp` is all of classic Diffie-Hellman; it takes as long for one secret as for another.
`Curve` is the arithmetic of a named curve; points are bytes (SEC 1).

Source: RFC 2631, 3526, 7919; EC_POINT_mul(3), EVP_PKEY_derive(3).
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Any

from .keys import Key
from .library import NULL, TlsError, bignum, check, clear_errors, evp, ffi, integer, lib, output, parameters, pointer
from .prime import generate

_LEAST_BITS = 512
_CLASSES = {2: (24, 23), 5: (10, 9)}  # generator -> what the prime must be modulo what
_GROUPS = {
    "modp1": "BN_get_rfc2409_prime_768", "modp2": "BN_get_rfc2409_prime_1024", "modp5": "BN_get_rfc3526_prime_1536",
    "modp14": "BN_get_rfc3526_prime_2048", "modp15": "BN_get_rfc3526_prime_3072",
    "modp16": "BN_get_rfc3526_prime_4096", "modp17": "BN_get_rfc3526_prime_6144",
    "modp18": "BN_get_rfc3526_prime_8192",
}
_FORMS = {"compressed": 2, "uncompressed": 4, "hybrid": 6}


def derive(private: Key, public: Key) -> bytes:
    """The secret of a private key and the other side's public one."""
    clear_errors()
    context = pointer(evp.EVP_PKEY_CTX_new(private.pointer, NULL), "EVP_PKEY_CTX_free")
    check(evp.EVP_PKEY_derive_init(context))
    if private.kind == "dh":
        given, _kept = parameters([("pad", 1)])
        check(evp.EVP_PKEY_CTX_set_params(context, given))
    check(evp.EVP_PKEY_derive_set_peer(context, public.pointer))
    return output(evp.EVP_PKEY_derive, context)


def mod_exp(base: int, exponent: int, modulus: int) -> int:
    """base ** exponent % modulus, for an odd modulus."""
    clear_errors()
    context = pointer(evp.BN_CTX_new(), "BN_CTX_free")
    result = pointer(evp.BN_new(), "BN_clear_free")
    check(evp.BN_mod_exp_mont_consttime(result, bignum(base), bignum(exponent), bignum(modulus), context, NULL))
    return integer(result)


def check_group(prime: int, generator: int) -> int:
    """What DH_check(3) has against a group, as bits; 0 if nothing."""
    clear_errors()
    group = pointer(evp.DH_new(), "DH_free")
    check(evp.DH_set0_pqg(group, evp.BN_dup(bignum(prime)), NULL, evp.BN_dup(bignum(generator))))
    codes = ffi.new("int *")
    found = evp.DH_check(group, codes)
    clear_errors()
    return int(codes[0]) if found == 1 else 0


def generate_group(bits: int, generator: int) -> int:
    """The safe prime of a new group, such that the generator makes half of the numbers in it."""
    if generator < 2:
        raise TlsError("error:02800065:Diffie-Hellman routines::bad generator", "ERR_OSSL_DH_BAD_GENERATOR",
                       "Diffie-Hellman routines", "bad generator")
    if bits < _LEAST_BITS:
        raise TlsError("error:0280007E:Diffie-Hellman routines::modulus too small", "ERR_OSSL_DH_MODULUS_TOO_SMALL",
                       "Diffie-Hellman routines", "modulus too small")
    add, remainder = _CLASSES.get(generator, (12, 11))
    return generate(bits, True, add, remainder)


def group_prime(name: str) -> int | None:
    """The prime of a group of Node's name ("modp14"), whose generator is 2; None if there is none."""
    function = _GROUPS.get(name.lower())
    return None if function is None else integer(pointer(getattr(evp, function)(NULL), "BN_clear_free"))


def new_private(prime: int) -> int:
    """A private number for a group."""
    return secrets.randbelow(prime - 2) + 1


@lru_cache
def curves() -> dict[str, int]:
    """The numbers (NIDs) of the named curves."""
    count = lib.EC_get_builtin_curves(NULL, 0)
    found = ffi.new("EC_builtin_curve[]", count)
    lib.EC_get_builtin_curves(found, count)
    return {ffi.string(lib.OBJ_nid2sn(each.nid)).decode(): each.nid for each in found}


def curve_number(name: str) -> int:
    """The number of a curve, by OpenSSL's or NIST's name of it; 0 if there is none."""
    clear_errors()
    number: int = evp.EC_curve_nist2nid(name.encode()) or evp.OBJ_sn2nid(name.encode())
    clear_errors()
    return number if number in curves().values() else 0


def curve_name(name: str) -> str | None:
    """OpenSSL's name of the curve that it or NIST calls so; None if there is none."""
    number = curve_number(name)
    return ffi.string(lib.OBJ_nid2sn(number)).decode() if number else None


class Curve:
    """A named curve. Raises `TlsError` if there is none of that name."""

    def __init__(self, name: str) -> None:
        number = curve_number(name)
        if not number:
            raise TlsError("Invalid EC curve name", "ERR_CRYPTO_INVALID_CURVE")
        self.group = pointer(evp.EC_GROUP_new_by_curve_name(number), "EC_GROUP_free")
        self.order = integer(evp.EC_GROUP_get0_order(self.group))

    def new_private(self) -> int:
        """A private number."""
        return secrets.randbelow(self.order - 1) + 1

    def public_of(self, private: int) -> Any:
        """The point that belongs to a private number."""
        point = self._point()
        check(evp.EC_POINT_mul(self.group, point, bignum(private), NULL, NULL, NULL))
        return point

    def read(self, data: bytes) -> Any:
        """The point in these bytes. Raises `TlsError` if it is not on the curve."""
        clear_errors()
        point = self._point()
        check(evp.EC_POINT_oct2point(self.group, point, data, len(data), NULL))
        return point

    def write(self, point: Any, form: str) -> bytes:
        """The bytes of a point: "compressed", "uncompressed" or "hybrid"."""
        size = check(evp.EC_POINT_point2oct(self.group, point, _FORMS[form], NULL, 0, NULL))
        data = ffi.new("unsigned char[]", size)
        check(evp.EC_POINT_point2oct(self.group, point, _FORMS[form], data, size, NULL))
        return bytes(ffi.buffer(data, size))

    def secret(self, private: int, public: bytes) -> bytes:
        """The secret of a private number and the other side's point."""
        product = self._point()
        check(evp.EC_POINT_mul(self.group, product, NULL, self.read(public), bignum(private), NULL))
        compressed = self.write(product, "compressed")
        return compressed[1:]

    def _point(self) -> Any:
        return pointer(evp.EC_POINT_new(self.group), "EC_POINT_free")
