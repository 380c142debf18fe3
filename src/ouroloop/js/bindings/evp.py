"""evp: keys, signatures, ciphers and secrets (`node/evp`, which both languages share), for JavaScript.

Theory of operation. A key and a cipher are numbers; JavaScript frees them when nobody can reach what holds them. A key
is told of as `{number, kind}`. `later` does any other operation here on the thread pool.

What surprises people: what OpenSSL refuses comes back as a list `[message, code, library, reason, stack]`, so no
operation that succeeds returns a list. Numbers beyond 53 bits are bytes, the highest first.
"""

from __future__ import annotations

import functools
import hashlib
import hmac

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...node.evp.cipher import Cipher
    from ...node.evp.keys import Key
    from ...node.evp.signature import Scheme
    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/crypto/*`."""
    table = Table()
    made = {name: _refusing(work) for name, work in {**table.operations(), **_STATELESS}.items()}

    def later(request: int, name: str, args: list[Any]) -> None:
        def done(error: BaseException | None, result: Any = None) -> None:
            if error is not None:
                raise error
            runtime.complete(request, 0, result)

        runtime.loop.queue_work(lambda: made[name](*args), done, name=f"crypto.{name}")

    return {**made, "later": later, "free": table.free, "isThere": is_there}


def is_there() -> bool:
    """Whether OpenSSL's functions can be had here."""
    from ...node.evp.library import evp

    return bool(evp.are_there)


def _refusing(work: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(work)  # JavaScript passes as many arguments as it has
    def operation(*args: Any) -> Any:
        from ...node.tls.openssl import TlsError

        try:
            return work(*args)
        except TlsError as exc:
            return [exc.message, exc.code, exc.library, exc.reason, exc.stack[::-1]]

    return operation


class Table:
    """The keys and ciphers of a runtime, by number."""

    def __init__(self) -> None:
        self._keys: dict[int, Key] = {}
        self._ciphers: dict[int, Cipher] = {}
        self._last = 0

    def operations(self) -> dict[str, Callable[..., Any]]:
        """Those that know keys or ciphers by number."""
        return {
            "readPrivate": self.read_private, "readPublic": self.read_public, "readJwk": self.read_jwk,
            "fromRaw": self.from_raw, "fromPoint": self.from_point, "publicOf": self.public_of,
            "generate": self.generate, "details": self.details, "equals": self.equals,
            "writePublic": self.write_public, "writePrivate": self.write_private, "jwk": self.jwk,
            "raw": self.raw, "point": self.point,
            "sign": self.sign, "verify": self.verify, "transform": self.transform, "derive": self.derive,
            "cipher": self.cipher, "setPadding": self.set_padding, "setTag": self.set_tag, "getTag": self.get_tag,
            "setAad": self.set_aad, "update": self.update, "final": self.final,
            "certificateKey": self.certificate_key, "certificateHasKey": self.certificate_has_key,
            "certificateVerify": self.certificate_verify,
        }

    def _keep(self, key: Key) -> dict[str, Any]:
        self._last += 1
        self._keys[self._last] = key
        return {"number": self._last, "kind": key.kind}

    def free(self, number: int) -> None:
        """Forget a key or cipher."""
        self._keys.pop(int(number), None)
        self._ciphers.pop(int(number), None)

    # Keys

    def read_private(self, data: bytes, form: str, structure: str | None, passphrase: bytes | None) -> Any:
        """A key in PEM or DER."""
        from ...node.evp import keys

        return self._keep(keys.read_private(data, form, structure, passphrase))

    def read_public(self, data: bytes, form: str, structure: str | None, passphrase: bytes | None) -> Any:
        """The public key in PEM or DER, or that of a private key or a certificate there."""
        from ...node.evp import keys

        return self._keep(keys.read_public(data, form, structure, passphrase))

    def read_jwk(self, jwk: dict[str, str], is_private: bool) -> Any:
        """The key of a JWK whose members are text."""
        from ...node.evp import keys

        return self._keep(keys.read_jwk(jwk, is_private))

    def from_raw(self, kind: str, data: bytes, is_private: bool) -> Any:
        """A key that is no more than bytes."""
        from ...node.evp import keys

        return self._keep(keys.from_raw(kind, data, is_private))

    def from_point(self, curve: str, point: bytes) -> Any:
        """The public key that is this point of a curve."""
        from ...node.evp import exchange, keys

        named = exchange.Curve(curve)
        return self._keep(keys.from_point(curve, named.write(named.read(point), "uncompressed")))

    def public_of(self, number: int) -> Any:
        """The public half of a key."""
        from ...node.evp import keys

        return self._keep(keys.public_of(self._keys[int(number)]))

    def generate(self, kind: str, options: dict[str, Any]) -> Any:
        """A new private key."""
        from ...node.evp import keys

        return self._keep(keys.generate(kind, options))

    def details(self, number: int) -> dict[str, Any]:
        """What is known of a key."""
        return self._keys[int(number)].details()

    def equals(self, first: int, second: int) -> bool | None:
        """Whether two keys are the same."""
        return self._keys[int(first)].equals(self._keys[int(second)])

    def write_public(self, number: int, form: str, structure: str) -> bytes:
        """The public half in PEM or DER."""
        return self._keys[int(number)].write_public(form, structure)

    def write_private(
        self, number: int, form: str, structure: str, cipher: str | None, passphrase: bytes | None,
    ) -> bytes:
        """A private key in PEM or DER."""
        return self._keys[int(number)].write_private(form, structure, cipher, passphrase)

    def jwk(self, number: int, is_private: bool) -> dict[str, str]:
        """A key as a JWK."""
        return self._keys[int(number)].jwk(is_private)

    def raw(self, number: int, is_private: bool) -> bytes:
        """The bytes of a key that is no more than that."""
        key = self._keys[int(number)]
        return key.raw_private() if is_private else key.raw_public()

    def point(self, number: int) -> bytes:
        """The public point of a key of an elliptic curve."""
        return self._keys[int(number)].point()

    # What keys do

    def sign(self, number: int, data: bytes, scheme: list[Any], is_digest: bool) -> bytes:
        """The signature of a message, or of the message with a digest."""
        from ...node.evp import signature

        work = signature.sign_digest if is_digest else signature.sign
        return work(self._keys[int(number)], data, _scheme(scheme))

    def verify(self, number: int, data: bytes, made: bytes, scheme: list[Any], is_digest: bool) -> bool:
        """Whether a signature is right."""
        from ...node.evp import signature

        work = signature.verify_digest if is_digest else signature.verify
        return work(self._keys[int(number)], data, made, _scheme(scheme))

    def transform(
        self, step: str, number: int, data: bytes, padding: int, digest: str | None, label: bytes | None,
    ) -> bytes:
        """Encrypt or decrypt by a key."""
        from ...node.evp import signature

        return signature.transform(step, self._keys[int(number)], data, int(padding), digest, label)

    def derive(self, private: int, public: int) -> bytes:
        """The secret of two keys."""
        from ...node.evp import exchange

        return exchange.derive(self._keys[int(private)], self._keys[int(public)])

    # Ciphers

    def cipher(
        self, name: str, is_encrypting: bool, key: bytes, iv: bytes | None, tag_length: int | None,
    ) -> int:
        """The number of a new cipher."""
        from ...node.evp.cipher import Cipher

        made = Cipher(name, bool(is_encrypting), key, iv, None if tag_length is None else int(tag_length))
        self._last += 1
        self._ciphers[self._last] = made
        return self._last

    def set_padding(self, number: int, is_on: bool) -> bool:
        """Whether the last block is filled."""
        return self._ciphers[int(number)].set_auto_padding(bool(is_on))

    def set_tag(self, number: int, tag: bytes) -> int:
        """0: it is too late; 2: it is taken, but nobody said that it would be short."""
        cipher = self._ciphers[int(number)]
        return 0 if not cipher.set_tag(tag) else 2 if cipher.is_short_tag_implicit else 1

    def get_tag(self, number: int) -> bytes | None:
        """The tag; None if there is none."""
        return self._ciphers[int(number)].get_tag()

    def set_aad(self, number: int, data: bytes, plain_length: int | None) -> bool:
        """Data that is proved, and not encrypted."""
        return self._ciphers[int(number)].set_aad(data, None if plain_length is None else int(plain_length))

    def update(self, number: int, data: bytes) -> bytes | None:
        """What is ready."""
        return self._ciphers[int(number)].update(data)

    def final(self, number: int) -> bytes:
        """The rest."""
        return self._ciphers[int(number)].final()

    # Certificates

    def certificate_key(self, der: bytes) -> Any:
        """The public key in a certificate."""
        from ...node.evp import certificate

        return self._keep(certificate.public_key(der))

    def certificate_has_key(self, der: bytes, number: int) -> bool:
        """Whether this private key is that of the certificate."""
        from ...node.evp import certificate

        return certificate.has_key(der, self._keys[int(number)])

    def certificate_verify(self, der: bytes, number: int) -> bool:
        """Whether it is signed by this key."""
        from ...node.evp import certificate

        return certificate.is_signed_by(der, self._keys[int(number)])


def _scheme(values: list[Any]) -> Scheme:
    from ...node.evp.signature import Scheme

    digest, padding, salt, is_plain, context = values
    return Scheme(
        digest, None if padding is None else int(padding), None if salt is None else int(salt), bool(is_plain), context)


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _octets(value: int, size: int | None = None) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8 if size is None else size, "big")


def cipher_info(name: str | int, key_length: int | None, iv_length: int | None) -> dict[str, Any] | None:
    """What is known of a cipher, by its name or number."""
    from ...node.evp import cipher

    known = cipher.info(
        name if isinstance(name, str) else cipher.name_of(int(name)), *(
            None if each is None else int(each) for each in (key_length, iv_length)))
    return None if known is None else known._asdict()


def ciphers() -> dict[str, list[str]]:
    """The names of the ciphers."""
    from ...node.evp import cipher

    return {"names": cipher.names()}


def hkdf(digest: str, key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """A key from a key (RFC 5869)."""
    from .crypto import python_name

    name = python_name(digest)
    secret = hmac.digest(salt, key, name)
    made, block, count = b"", b"", 0
    while len(made) < length:
        count += 1
        block = hmac.digest(secret, block + info + bytes([count]), name)
        made += block
    return made[: int(length)]


def pbkdf2(password: bytes, salt: bytes, iterations: int, length: int, digest: str) -> bytes:
    """A key from a password (RFC 8018)."""
    from .crypto import python_name

    return hashlib.pbkdf2_hmac(python_name(digest), password, salt, int(iterations), int(length))


def digest(name: str, data: bytes) -> bytes:
    """The hash of some data."""
    from .crypto import python_name

    return hashlib.new(python_name(name), data, usedforsecurity=False).digest()


def mac(name: str, key: bytes, data: bytes) -> bytes:
    """The HMAC of some data."""
    from .crypto import python_name

    return hmac.digest(key, data, python_name(name))


def cipher_at_once(
    name: str, is_encrypting: bool, key: bytes, iv: bytes, data: bytes, aad: bytes | None, tag_size: int,
) -> bytes:
    """A whole message, with the tag behind it if it has one."""
    from ...node.evp.cipher import Cipher
    from ...node.tls.openssl import TlsError

    size = int(tag_size)
    cipher = Cipher(name, bool(is_encrypting), key, iv, size or None)
    if size and not is_encrypting:
        cipher.set_tag(data[-size:])
        data = data[:-size]
    if aad:
        cipher.set_aad(aad, len(data))
    made = cipher.update(data)
    if made is None:
        raise TlsError("Cipher job failed", "")
    return made + cipher.final() + ((cipher.get_tag() or b"") if is_encrypting else b"")


def curves() -> dict[str, list[str]]:
    """The names of the curves."""
    from ...node.evp import exchange

    return {"names": list(exchange.curves())}


def curve_name(name: str) -> str | None:
    """OpenSSL's name of a curve; None if there is none."""
    from ...node.evp import exchange

    return exchange.curve_name(name)


def curve_generate(name: str) -> bytes:
    """A private number for a curve."""
    from ...node.evp.exchange import Curve

    curve = Curve(name)
    return _octets(curve.new_private(), (curve.order.bit_length() + 7) // 8)


def curve_public(name: str, private: bytes) -> bytes | None:
    """The point of a private number; None if that is none of this curve."""
    from ...node.evp.exchange import Curve

    curve = Curve(name)
    value = _number(private)
    return curve.write(curve.public_of(value), "uncompressed") if 0 < value < curve.order else None


def curve_convert(name: str, point: bytes, form: str) -> bytes:
    """A point in another form."""
    from ...node.evp.exchange import Curve

    curve = Curve(name)
    return curve.write(curve.read(point), form)


def curve_secret(name: str, private: bytes, public: bytes) -> bytes:
    """The secret of a private number and a point."""
    from ...node.evp.exchange import Curve

    return Curve(name).secret(_number(private), public)


def mod_exp(base: bytes, exponent: bytes, modulus: bytes, size: int | None) -> bytes:
    """A power modulo a number, in `size` bytes."""
    from ...node.evp import exchange

    return _octets(exchange.mod_exp(_number(base), _number(exponent), _number(modulus)), size and int(size))


def group_prime(name: str) -> bytes | None:
    """The prime of a group such as "modp14"."""
    from ...node.evp import exchange

    found = exchange.group_prime(name)
    return None if found is None else _octets(found)


def group_private(prime: bytes) -> bytes:
    """A private number for a group."""
    from ...node.evp import exchange

    return _octets(exchange.new_private(_number(prime)))


def group_check(prime: bytes, generator: bytes) -> int:
    """What is wrong with a group, as bits."""
    from ...node.evp import exchange

    return exchange.check_group(_number(prime), _number(generator))


def group_generate(bits: int, generator: int) -> bytes:
    """The prime of a new group."""
    from ...node.evp import exchange

    return _octets(exchange.generate_group(int(bits), int(generator)))


def prime_generate(bits: int, is_safe: bool, add: bytes | None, remainder: bytes | None) -> bytes:
    """A prime of so many bits."""
    from ...node.evp import prime

    made = prime.generate(
        int(bits), bool(is_safe), None if add is None else _number(add),
        None if remainder is None else _number(remainder))
    return _octets(made, (int(bits) + 7) // 8)


def prime_check(candidate: bytes, checks: int) -> bool:
    """Whether a number is most likely a prime."""
    from ...node.evp import prime

    return prime.is_prime(_number(candidate), int(checks))


def certificate_check(kind: str, der: bytes, name: str, flags: int) -> str | None:
    """The name that a certificate has, if it is the host, email or address; else None."""
    from ...node.evp import certificate

    return certificate.checked_name(kind, der, name, int(flags))


def certificate_issued(der: bytes, issuer: bytes) -> bool:
    """Whether one certificate is, by what it says, issued by another."""
    from ...node.evp import certificate

    return certificate.is_issued_by(der, issuer)


_STATELESS: dict[str, Callable[..., Any]] = {
    "cipherInfo": cipher_info, "ciphers": ciphers, "hkdf": hkdf, "pbkdf2": pbkdf2,
    "digest": digest, "hmac": mac, "cipherAtOnce": cipher_at_once, "curves": curves, "curveName": curve_name,
    "curveGenerate": curve_generate, "curvePublic": curve_public, "curveConvert": curve_convert,
    "curveSecret": curve_secret, "modExp": mod_exp, "groupPrime": group_prime, "groupPrivate": group_private,
    "groupCheck": group_check, "groupGenerate": group_generate, "primeGenerate": prime_generate,
    "primeCheck": prime_check, "certificateCheck": certificate_check, "certificateIssued": certificate_issued,
}
