"""Primes: to make and to check them.

Source: BN_generate_prime(3).
"""

from __future__ import annotations

from .library import NULL, bignum, check, clear_errors, evp, integer, pointer


def generate(bits: int, is_safe: bool, add: int | None = None, remainder: int | None = None) -> int:
    """A prime of so many bits; a safe one is also one when halved. With `add`, it is `remainder` (1 if that is None,
    3 for a safe one) modulo `add`."""
    clear_errors()
    result = pointer(evp.BN_new(), "BN_clear_free")
    check(evp.BN_generate_prime_ex(
        result, bits, int(is_safe), NULL if add is None else bignum(add),
        NULL if remainder is None else bignum(remainder), NULL))
    return integer(result)


def is_prime(candidate: int, checks: int = 0) -> bool:
    """Whether a number is most likely a prime; 0 checks: as many as its size asks for."""
    clear_errors()
    context = pointer(evp.BN_CTX_new(), "BN_CTX_free")
    found = evp.BN_is_prime_ex(bignum(candidate), checks, context, NULL)
    if found < 0:
        check(found)
    return bool(found)
