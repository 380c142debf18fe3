"""crypto: hashes, HMAC, random bytes and key derivation, on Python's hashlib (OpenSSL)."""

from __future__ import annotations

import errno
import functools
import hashlib
import hmac
import os

from ..engine import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime

# OpenSSL's, in Node's order.
_NAMES = """
RSA-MD5 RSA-RIPEMD160 RSA-SHA1 RSA-SHA1-2 RSA-SHA224 RSA-SHA256 RSA-SHA3-224 RSA-SHA3-256 RSA-SHA3-384 RSA-SHA3-512
RSA-SHA384 RSA-SHA512 RSA-SHA512/224 RSA-SHA512/256 RSA-SM3 blake2b512 blake2s256 id-rsassa-pkcs1-v1_5-with-sha3-224
id-rsassa-pkcs1-v1_5-with-sha3-256 id-rsassa-pkcs1-v1_5-with-sha3-384 id-rsassa-pkcs1-v1_5-with-sha3-512 md5 md5-sha1
md5WithRSAEncryption ripemd ripemd160 ripemd160WithRSA rmd160 sha1 sha1WithRSAEncryption sha224 sha224WithRSAEncryption
sha256 sha256WithRSAEncryption sha3-224 sha3-256 sha3-384 sha3-512 sha384 sha384WithRSAEncryption sha512 sha512-224
sha512-224WithRSAEncryption sha512-256 sha512-256WithRSAEncryption sha512WithRSAEncryption shake128 shake256 sm3
sm3WithRSAEncryption ssl3-md5 ssl3-sha1
"""
_MOST_MEMORY = 2**31 - 1  # hashlib takes no more
_EXTENDABLE = {"shake128": 16, "shake256": 32}  # how many bytes these give when nobody says


def python_name(name: str) -> str:
    """Node's (OpenSSL's) name of a hash, as hashlib has it."""
    name = name.lower().replace("/", "-")
    for prefix in ("rsa-", "ssl3-", "id-rsassa-pkcs1-v1_5-with-"):
        name = name.removeprefix(prefix)
    name = name.removesuffix("encryption").removesuffix("withrsa")
    return {
        "shake128": "shake_128", "shake256": "shake_256", "sha512-224": "sha512_224", "sha512-256": "sha512_256",
        "sha3-224": "sha3_224", "sha3-256": "sha3_256", "sha3-384": "sha3_384", "sha3-512": "sha3_512",
        "blake2b512": "blake2b", "blake2s256": "blake2s", "rmd160": "ripemd160", "ripemd": "ripemd160",
        "sha1-2": "sha1", "dss1": "sha1",
    }.get(name, name)


def _new(name: str) -> Any:
    return hashlib.new(python_name(name), usedforsecurity=False)


def hashes() -> list[str]:
    """The names of all hashes that work."""
    return [name for name in _NAMES.split() if _works(python_name(name))]


@functools.cache
def _works(name: str) -> bool:
    try:
        hashlib.new(name, usedforsecurity=False)
    except ValueError:
        return False
    return True


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `crypto`."""
    states: dict[int, Any] = {}
    last = 0

    def keep(state: Any) -> int:
        nonlocal last
        last += 1
        states[last] = state
        return last

    def create_hash(name: str) -> int:
        """The number of a new hash; -1 if there is none of that name."""
        try:
            return keep(_new(name))
        except ValueError:
            return -1

    def create_hmac(name: str, key: bytes) -> int:
        try:
            return keep(hmac.new(key, digestmod=python_name(name)))
        except ValueError:
            return -1

    def copy(number: int) -> int:
        return keep(states[int(number)].copy())

    def update(number: int, data: bytes) -> None:
        states[int(number)].update(data)

    def update_text(number: int, text: str) -> None:
        states[int(number)].update(text.encode("utf-8", "replace"))

    def digest(number: int, length: int | None) -> bytes | int:
        """The hash, whose state is given back. -EINVAL for a length that it cannot have."""
        state = states.pop(int(number))
        if state.digest_size == 0:
            return bytes(state.digest(int(length if length is not None else _EXTENDABLE[state.name.replace("_", "")])))
        if length is not None and length != state.digest_size:
            return -errno.EINVAL
        return bytes(state.digest())

    def fill_random(address: float, length: int) -> None:
        memory(int(address), int(length))[:] = os.urandom(int(length))

    def fill_random_async(request: int, address: float, length: int) -> None:
        _submit(request, "crypto.randomBytes", fill_random, address, length)

    def pbkdf2(password: bytes, salt: bytes, iterations: int, length: int, name: str) -> bytes | int:
        try:
            return hashlib.pbkdf2_hmac(python_name(name), password, salt, int(iterations), int(length))
        except (ValueError, OverflowError):
            return -errno.EINVAL

    def pbkdf2_async(request: int, password: bytes, salt: bytes, iterations: int, length: int, name: str) -> None:
        _submit(request, "crypto.pbkdf2", pbkdf2, password, salt, iterations, length, name)

    def scrypt(
        password: bytes, salt: bytes, length: int, cost: int, block: int, parallel: int, most: int,
    ) -> bytes | int:
        if int(length) == 0:
            return b""
        try:
            return hashlib.scrypt(
                password, salt=salt, n=int(cost), r=int(block), p=int(parallel),
                maxmem=min(int(most), _MOST_MEMORY), dklen=int(length))
        except (ValueError, OverflowError):
            return -errno.EINVAL

    def scrypt_async(
        request: int, password: bytes, salt: bytes, length: int, cost: int, block: int, parallel: int, most: int,
    ) -> None:
        _submit(request, "crypto.scrypt", scrypt, password, salt, length, cost, block, parallel, most)

    def _submit(request: int, name: str, work: Callable[..., Any], *args: Any) -> None:
        def done(error: BaseException | None, result: Any = None) -> None:
            if error is not None:
                raise error
            failed = isinstance(result, int)
            runtime.complete(request, result if failed else 0, None if failed else result)

        runtime.loop.queue_work(lambda: work(*args), done, name=name)

    return {
        "hashes": hashes, "createHash": create_hash, "createHmac": create_hmac, "copy": copy, "update": update,
        "updateText": update_text,
        "digest": digest, "fillRandomAsync": fill_random_async, "pbkdf2": pbkdf2,
        "pbkdf2Async": pbkdf2_async, "scrypt": scrypt, "scryptAsync": scrypt_async,
    }
