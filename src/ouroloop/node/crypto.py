"""crypto: hashes, keys from passwords, and random numbers, from the standard library's OpenSSL.

Theory of operation. What takes long (`pbkdf2`, `scrypt`, one-shot `hash`, random bytes) is a job on the thread pool.
OpenSSL works there without Python's lock, so two keys are made at the same time on two cores. Bad arguments are
reported at once, by an exception in the caller's own frame; only what fails in the job itself goes to the callback.
`Hash` and `Hmac` are plain objects that work where they are called, as in Node: an `update` is too small for a trip to
the pool.

What surprises people: Node decides by the presence of a callback whether `randomBytes`, `randomFill`, `randomInt` work
at once. Here a missing callback means a promise, as everywhere in `ouroloop.node`; the form that works at once is
the one that ends in `_sync`. And `pbkdf2` has no default digest: a default of today is a weakness of tomorrow.

Errors that Node gives a code carry it here as `code`.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac as _hmac
import os
import secrets
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import environment
from .errors import NodeError

if TYPE_CHECKING:
    from hashlib import _Hash

    from .promise import Promise

Data = str | bytes | bytearray | memoryview
Callback = Callable[..., object]

_MAX_INT32 = 2**31 - 1
_MAX_UINT32 = 2**32 - 1
_MAX_RANDOM_RANGE = 2**48 - 1
_MAX_SAFE_INTEGER = 2**53 - 1

_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 16384, 8, 1
_SCRYPT_MAXMEM = 32 * 1024 * 1024

_XOF_LENGTHS = {"shake_128": 16, "shake_256": 32}

# Node's names, which are OpenSSL's, and hashlib's for the same function.
_HASHLIB_NAMES = {
    "blake2b512": "blake2b",
    "blake2s256": "blake2s",
    "md5": "md5",
    "md5-sha1": "md5-sha1",
    "ripemd": "ripemd160",
    "ripemd160": "ripemd160",
    "rmd160": "ripemd160",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha3-224": "sha3_224",
    "sha3-256": "sha3_256",
    "sha3-384": "sha3_384",
    "sha3-512": "sha3_512",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha512-224": "sha512_224",
    "sha512-256": "sha512_256",
    "shake128": "shake_128",
    "shake256": "shake_256",
    "sm3": "sm3",
}

_ALIASES = {
    **{f"sha-{bits}": f"sha{bits}" for bits in (1, 224, 256, 384, 512)},
    "rsa-md5": "md5",
    "rsa-ripemd160": "ripemd160",
    "rsa-sha1": "sha1",
    "rsa-sha1-2": "sha1",
    "rsa-sha224": "sha224",
    "rsa-sha256": "sha256",
    "rsa-sha3-224": "sha3-224",
    "rsa-sha3-256": "sha3-256",
    "rsa-sha3-384": "sha3-384",
    "rsa-sha3-512": "sha3-512",
    "rsa-sha384": "sha384",
    "rsa-sha512": "sha512",
    "rsa-sha512/224": "sha512-224",
    "rsa-sha512/256": "sha512-256",
    "rsa-sm3": "sm3",
    "sha512/224": "sha512-224",
    "sha512/256": "sha512-256",
    "shake-128": "shake128",
    "shake-256": "shake256",
    "ssl3-md5": "md5",
    "ssl3-sha1": "sha1",
}


class CryptoError(NodeError, ValueError):
    """What cannot be done with these values."""


# Keys from passwords


def pbkdf2(
    password: Data, salt: Data, iterations: int, keylen: int, digest: str, callback: Callback | None = None
) -> Promise[bytes] | None:
    """Derive a key of `keylen` bytes from a password (RFC 8018), on the thread pool; `callback(error, key)`.

    Raises `TypeError` and `CryptoError` at once for bad arguments; a key of 0 bytes is an error given to the callback.
    https://nodejs.org/api/crypto.html#cryptopbkdf2password-salt-iterations-keylen-digest-callback
    """
    job = _pbkdf2_job(password, salt, iterations, keylen, digest)
    return environment.current().request(callback, job, name="crypto.pbkdf2")


def pbkdf2_sync(password: Data, salt: Data, iterations: int, keylen: int, digest: str) -> bytes:
    """`pbkdf2`, here and now."""
    return _pbkdf2_job(password, salt, iterations, keylen, digest)()


def _pbkdf2_job(password: Data, salt: Data, iterations: int, keylen: int, digest: str) -> Callable[[], bytes]:
    secret, salt_bytes = _bytes(password, "password"), _bytes(salt, "salt")
    _require_integer("iterations", iterations, 1, _MAX_INT32)
    _require_integer("keylen", keylen, 0, _MAX_INT32)
    name = _require_digest(digest)
    if name in _XOF_LENGTHS:
        raise CryptoError("ERR_CRYPTO_INVALID_DIGEST", f"{digest} cannot be used here: it has no fixed length")

    def derive() -> bytes:
        if keylen == 0:
            raise CryptoError("ERR_CRYPTO_OPERATION_FAILED", "Deriving bits failed: a key of 0 bytes")
        return hashlib.pbkdf2_hmac(name, secret, salt_bytes, iterations, keylen)

    return derive


def scrypt(
    password: Data, salt: Data, keylen: int, callback: Callback | None = None, *,
    N: int | None = None, r: int | None = None, p: int | None = None, maxmem: int | None = None,
    cost: int | None = None, block_size: int | None = None, parallelization: int | None = None,
) -> Promise[bytes] | None:
    """Derive a key of `keylen` bytes from a password (RFC 7914), on the thread pool; `callback(error, key)`.

    `N` (or `cost`, a power of two, 16384), `r` (or `block_size`, 8) and `p` (or `parallelization`, 1) say how much work
    it is; 0 means the default. It is an error if that takes more than `maxmem` bytes (32 MiB) of memory, about
    128 * N * r. Raises `TypeError` and `CryptoError` at once for bad arguments.
    https://nodejs.org/api/crypto.html#cryptoscryptpassword-salt-keylen-options-callback
    """
    job = _scrypt_job(
        password, salt, keylen, _either("N", N, "cost", cost), _either("r", r, "block_size", block_size),
        _either("p", p, "parallelization", parallelization), maxmem,
    )
    return environment.current().request(callback, job, name="crypto.scrypt")


def scrypt_sync(
    password: Data, salt: Data, keylen: int, *,
    N: int | None = None, r: int | None = None, p: int | None = None, maxmem: int | None = None,
    cost: int | None = None, block_size: int | None = None, parallelization: int | None = None,
) -> bytes:
    """`scrypt`, here and now."""
    return _scrypt_job(
        password, salt, keylen, _either("N", N, "cost", cost), _either("r", r, "block_size", block_size),
        _either("p", p, "parallelization", parallelization), maxmem,
    )()


def _either(name: str, value: int | None, other_name: str, other: int | None) -> int | None:
    if value is None:
        name, value = other_name, other
    elif other is not None:
        raise TypeError(f'Option "{name}" cannot be used in combination with option "{other_name}": give one of them')
    if value is not None:
        _require_integer(name, value, 0, _MAX_UINT32)
    return value


def _scrypt_job(
    password: Data, salt: Data, keylen: int, cost: int | None, block_size: int | None, parallelization: int | None,
    maxmem: int | None,
) -> Callable[[], bytes]:
    secret, salt_bytes = _bytes(password, "password"), _bytes(salt, "salt")
    _require_integer("keylen", keylen, 0, _MAX_INT32)
    if maxmem is not None:
        _require_integer("maxmem", maxmem, 0, _MAX_SAFE_INTEGER)
    n, r, p = cost or _SCRYPT_N, block_size or _SCRYPT_R, parallelization or _SCRYPT_P
    limit = maxmem or _SCRYPT_MAXMEM
    needed = 128 * r * (n + 2 + p)
    if n < 2 or n & (n - 1):
        raise _scrypt_error(f"N must be a power of two above 1, not {n}")
    if p > (2**30 - 1) // r:
        raise _scrypt_error(f"p * r must be below 2**30, not {p} * {r}")
    if 16 * r <= 32 and n >= 1 << (16 * r):
        raise _scrypt_error(f"N must be below 2**(16 * r), not {n} with r={r}")
    if needed > limit:
        raise _scrypt_error(f"memory limit exceeded: this takes {needed} bytes, maxmem is {limit}")
    if needed > _MAX_INT32:
        raise _scrypt_error(f"this takes {needed} bytes, and more than {_MAX_INT32} are not supported")
    if keylen == 0:
        return bytes
    return lambda: hashlib.scrypt(
        secret, salt=salt_bytes, n=n, r=r, p=p, maxmem=min(limit, _MAX_INT32), dklen=keylen
    )


def _scrypt_error(why: str) -> CryptoError:
    return CryptoError("ERR_CRYPTO_INVALID_SCRYPT_PARAMS", f"Invalid scrypt params: {why}")


# Random numbers


def random_bytes(size: int, callback: Callback | None = None) -> Promise[bytes] | None:
    """`size` random bytes from the operating system, fit for keys; `callback(error, bytes)`."""
    _require_integer("size", size, 0, _MAX_INT32)
    return environment.current().request(callback, os.urandom, size, name="crypto.random_bytes")


def random_bytes_sync(size: int) -> bytes:
    """`random_bytes`, here and now."""
    _require_integer("size", size, 0, _MAX_INT32)
    return os.urandom(size)


def random_fill(
    buffer: bytearray | memoryview, offset: int = 0, size: int | None = None, callback: Callback | None = None
) -> Promise[bytearray | memoryview] | None:
    """Fill `size` bytes of `buffer` from `offset` on (all the rest) with random bytes; `callback(error, buffer)`."""
    job = _fill_job(buffer, offset, size)
    return environment.current().request(callback, job, name="crypto.random_fill")


def random_fill_sync(
    buffer: bytearray | memoryview, offset: int = 0, size: int | None = None
) -> bytearray | memoryview:
    """`random_fill`, here and now. Returns `buffer`."""
    return _fill_job(buffer, offset, size)()


def _fill_job(
    buffer: bytearray | memoryview, offset: int, size: int | None
) -> Callable[[], bytearray | memoryview]:
    try:
        view = memoryview(buffer).cast("B")
    except TypeError:
        raise TypeError(f"buffer must be a bytearray or another writable buffer, not {_kind(buffer)}") from None
    if view.readonly:
        raise TypeError(f"buffer must be writable, and {_kind(buffer)} is not: use a bytearray")
    length = len(view)
    _require_integer("offset", offset, 0, length)
    if size is None:
        size = length - offset
    _require_integer("size", size, 0, _MAX_INT32)
    if offset + size > length:
        raise CryptoError(
            "ERR_OUT_OF_RANGE", f"size + offset must be at most the buffer's length, {length}, not {offset + size}"
        )

    def fill() -> bytearray | memoryview:
        with view:
            view[offset : offset + size] = os.urandom(size)
        return buffer

    return fill


def random_int(
    min: int, max: int | Callback | None = None, callback: Callback | None = None
) -> Promise[int] | None:
    """An evenly distributed random integer, `min` <= n < `max`; with one number, 0 <= n < that. `callback(error, n)`.

    The range may be up to 2**48 - 1 wide. `random_int(max, callback)` works too.
    """
    if callback is None and callable(max):
        max, callback = None, max
    low, width = _int_range(min, max)
    return environment.current().request(
        callback, lambda: low + secrets.randbelow(width), name="crypto.random_int"
    )


def random_int_sync(min: int, max: int | None = None) -> int:
    """`random_int`, here and now."""
    low, width = _int_range(min, max)
    return low + secrets.randbelow(width)


def _int_range(low: Any, high: Any) -> tuple[int, int]:
    if high is None:
        low, high = 0, low
    for name, value in (("min", low), ("max", high)):
        _require_integer(name, value, -_MAX_SAFE_INTEGER, _MAX_SAFE_INTEGER)
    width: int = high - low
    if width <= 0:
        raise CryptoError("ERR_OUT_OF_RANGE", f"max must be greater than min ({low}), not {high}")
    if width > _MAX_RANDOM_RANGE:
        raise CryptoError("ERR_OUT_OF_RANGE", f"max - min must be at most {_MAX_RANDOM_RANGE}, not {width}")
    return low, width


def random_uuid() -> str:
    """A random UUID, version 4 (RFC 9562)."""
    return str(uuid.uuid4())


# Hashes


def get_hashes() -> list[str]:
    """The names that `create_hash` takes on this machine, sorted; case does not matter."""
    known = [name for name in _HASHLIB_NAMES if _is_available(name)]
    return sorted(known + [_spelled(alias) for alias, name in _ALIASES.items() if name in known])


def _spelled(alias: str) -> str:
    return alias.upper() if alias.startswith(("rsa-", "sha-")) else alias


@functools.cache
def _is_available(name: str) -> bool:
    try:
        hashlib.new(_HASHLIB_NAMES[name])
    except ValueError:
        return False
    return True


def hash(
    algorithm: str, data: Data, output_encoding: str | None = "hex", callback: Callback | None = None, *,
    output_length: int | None = None,
) -> Promise[str | bytes] | None:
    """The digest of `data` (a str as UTF-8) on the thread pool; `callback(error, digest)`.

    The digest is a str in `output_encoding`, or bytes if that is "buffer". `output_length` (bytes) is for shake128 and
    shake256. For short data `hash_sync` is quicker: it saves the trip to the pool.
    """
    job = _hash_job(algorithm, data, output_encoding, output_length)
    return environment.current().request(callback, job, name="crypto.hash")


def hash_sync(
    algorithm: str, data: Data, output_encoding: str | None = "hex", *, output_length: int | None = None
) -> str | bytes:
    """`hash`, here and now."""
    return _hash_job(algorithm, data, output_encoding, output_length)()


def _hash_job(
    algorithm: str, data: Data, output_encoding: str | None, output_length: int | None
) -> Callable[[], str | bytes]:
    hasher = Hash(algorithm, output_length=output_length)
    content = _bytes(data, "data")
    _require_encoding(output_encoding)
    return lambda: hasher.update(content).digest(output_encoding)


def create_hash(algorithm: str, *, output_length: int | None = None) -> Hash:
    """A `Hash`, to be fed piece by piece.

    `output_length` (bytes) is for shake128 and shake256. Raises `CryptoError` when there is no such hash.
    """
    return Hash(algorithm, output_length=output_length)


def create_hmac(algorithm: str, key: Data) -> Hmac:
    """An `Hmac` (RFC 2104): a hash that only somebody who has `key` can make.

    Raises `CryptoError` when there is no such hash.
    """
    return Hmac(algorithm, key)


class Hash:
    """A digest in the making (Node's `crypto.Hash`)."""

    __slots__ = ("_hasher", "_length")

    def __init__(self, algorithm: str, *, output_length: int | None = None) -> None:
        name = _require_digest(algorithm)
        self._hasher: _Hash | None = hashlib.new(name)
        self._length = _XOF_LENGTHS.get(name)
        if output_length is None:
            return
        _require_integer("output_length", output_length, 0, _MAX_UINT32)
        fixed = self._hasher.digest_size
        if self._length is not None:
            self._length = output_length
        elif output_length != fixed:
            raise CryptoError(
                "ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH",
                f"output_length {output_length} is not possible: {algorithm} always gives {fixed} bytes",
            )

    def update(self, data: Data, input_encoding: str = "utf8") -> Hash:
        """Add `data`; a str is turned into bytes by `input_encoding`. Returns the hash itself."""
        self._unfinished().update(_bytes(data, "data", input_encoding))
        return self

    def digest(self, encoding: str | None = None) -> Any:
        """The digest of all that was added: bytes, or a str in `encoding`. The hash is finished then.

        Raises `CryptoError` ERR_CRYPTO_HASH_FINALIZED at a second call.
        """
        _require_encoding(encoding)
        hasher: Any = self._unfinished()
        self._hasher = None
        return _text(hasher.digest() if self._length is None else hasher.digest(self._length), encoding)

    def copy(self) -> Hash:
        """Another hash that has seen the same data so far. Raises `CryptoError` when this one is finished."""
        hasher = self._unfinished().copy()
        twin = object.__new__(Hash)
        twin._hasher = hasher
        twin._length = self._length
        return twin

    def _unfinished(self) -> _Hash:
        if self._hasher is None:
            raise _finalized()
        return self._hasher


class Hmac:
    """A keyed digest in the making (Node's `crypto.Hmac`)."""

    __slots__ = ("_hasher",)

    def __init__(self, algorithm: str, key: Data) -> None:
        name = _require_digest(algorithm)
        if name in _XOF_LENGTHS:
            raise CryptoError("ERR_CRYPTO_INVALID_DIGEST", f"{algorithm} makes no Hmac: it has no fixed length")
        self._hasher: _hmac.HMAC | None = _hmac.new(bytes(_bytes(key, "key")), digestmod=name)

    def update(self, data: Data, input_encoding: str = "utf8") -> Hmac:
        """Add `data`; a str is turned into bytes by `input_encoding`. Returns the hmac itself."""
        if self._hasher is None:
            raise _finalized()
        self._hasher.update(_bytes(data, "data", input_encoding))
        return self

    def digest(self, encoding: str | None = None) -> Any:
        """The digest of all that was added: bytes, or a str in `encoding`. The hmac is finished then.

        Raises `CryptoError` ERR_CRYPTO_HASH_FINALIZED at a second call, where Node gives an empty digest.
        """
        _require_encoding(encoding)
        if self._hasher is None:
            raise _finalized()
        hasher, self._hasher = self._hasher, None
        return _text(hasher.digest(), encoding)


def _finalized() -> CryptoError:
    return CryptoError("ERR_CRYPTO_HASH_FINALIZED", "Digest already called: a finished hash takes no more data")


def timing_safe_equal(
    a: bytes | bytearray | memoryview, b: bytes | bytearray | memoryview
) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ.

    Raises `CryptoError` when their lengths differ, `TypeError` for anything but bytes.
    """
    for name, value in (("a", a), ("b", b)):
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(f"{name} must be bytes, not {_kind(value)}")
    if memoryview(a).nbytes != memoryview(b).nbytes:
        raise CryptoError("ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "both must have the same length in bytes")
    return _hmac.compare_digest(a, b)


# Arguments


def _kind(value: object) -> str:
    return f"{type(value).__name__} ({value!r})" if isinstance(value, (str, int, float)) else type(value).__name__


def _require_integer(name: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, not {_kind(value)}")
    if not least <= value <= most:
        raise CryptoError("ERR_OUT_OF_RANGE", f"{name} must be from {least} to {most}, not {value}")


def _require_digest(algorithm: str) -> str:
    """hashlib's name for Node's."""
    if not isinstance(algorithm, str):
        raise TypeError(f"a digest is named by a str such as 'sha256', not {_kind(algorithm)}")
    name = algorithm.lower()
    name = _ALIASES.get(name, name)
    if name not in _HASHLIB_NAMES or not _is_available(name):
        raise CryptoError("ERR_CRYPTO_INVALID_DIGEST", f"Invalid digest: {algorithm}; get_hashes() lists what there is")
    return _HASHLIB_NAMES[name]


_CODECS = {
    "utf8": "utf-8", "utf-8": "utf-8", "latin1": "latin-1", "binary": "latin-1", "ascii": "ascii",
    "ucs2": "utf-16-le", "ucs-2": "utf-16-le", "utf16le": "utf-16-le", "utf-16le": "utf-16-le",
}
_BASES = ("hex", "base64", "base64url")


def _require_encoding(encoding: str | None) -> None:
    if encoding is None:
        return
    if not isinstance(encoding, str):
        raise TypeError(f"an encoding is named by a str such as 'hex', not {_kind(encoding)}")
    name = encoding.lower()
    if name != "buffer" and name not in _BASES and name not in _CODECS:
        known = ", ".join([*_BASES, *_CODECS])
        raise CryptoError("ERR_INVALID_ARG_VALUE", f"unknown encoding {encoding!r}; there are buffer, {known}")


def _text(data: bytes, encoding: str | None) -> str | bytes:
    name = (encoding or "buffer").lower()
    if name == "buffer":
        return data
    if name == "hex":
        return data.hex()
    if name == "base64":
        return base64.b64encode(data).decode()
    if name == "base64url":
        return base64.urlsafe_b64encode(data).decode().rstrip("=")
    if name == "ascii":
        return bytes(byte & 0x7F for byte in data).decode()
    if _CODECS[name] == "utf-16-le":
        return data[: len(data) & ~1].decode("utf-16-le", "surrogatepass")
    return data.decode(_CODECS[name], "replace")


def _bytes(data: Data, name: str, encoding: str = "utf8") -> bytes | bytearray | memoryview:
    if isinstance(data, (bytes, bytearray)):
        return data
    if isinstance(data, memoryview):
        return data if data.contiguous else data.tobytes()
    if not isinstance(data, str):
        raise TypeError(f"{name} must be a str or bytes, not {_kind(data)}")
    _require_encoding(encoding)
    wanted = encoding.lower()
    if wanted in _BASES:
        return _decoded(data, wanted)
    return data.encode(_CODECS.get(wanted, "utf-8"))


def _decoded(text: str, encoding: str) -> bytes:
    try:
        if encoding == "hex":
            return bytes.fromhex(text)
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "==")
    except (ValueError, binascii.Error) as exc:
        raise CryptoError("ERR_INVALID_ARG_VALUE", f"data of length {len(text)} is not {encoding}: {exc}") from None
