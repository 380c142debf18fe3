"""Keys of two halves: reading them in every form, writing them, making them, and what is known of them.

Theory of operation. A `Key` is an EVP_PKEY, a private one with the public half in it, or a public one. JWKs are dicts
of str, whose numbers are base64url. PEM is written by OpenSSL where there is a password in it, and here otherwise: it
is DER in base64 between two lines.

What surprises people: a public key is found in PEM of four kinds, among them a certificate and the private key.

Source: RFC 5208, 5958, 7468, 7517, 8017; EVP_PKEY-RSA(7), EVP_PKEY-EC(7), EVP_PKEY-FFC(7).
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from .library import (
    NULL,
    TlsError,
    bignum,
    check,
    clear_errors,
    evp,
    ffi,
    integer,
    lib,
    memory_reader,
    output,
    parameters,
    pointer,
    seen_error,
    written,
)

_KEYPAIR, _PUBLIC_KEY = 0x87, 0x86  # EVP_PKEY_KEYPAIR and EVP_PKEY_PUBLIC_KEY, the selections of fromdata
_RSA, _EC = 6, 408
_RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")
_PEM = re.compile(rb"-----BEGIN ([^-]*)-----(.*?)-----END \1-----", re.DOTALL)

_JWK_CURVES = {"prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "secp256k1": "secp256k1"}
_CURVES_OF_JWK = {name: curve for curve, name in _JWK_CURVES.items()}
_OKP = {"ed25519": "Ed25519", "ed448": "Ed448", "x25519": "X25519", "x448": "X448"}
_RSA_PARTS = {"n": "n", "e": "e", "d": "d", "p": "rsa-factor1", "q": "rsa-factor2", "dp": "rsa-exponent1",
              "dq": "rsa-exponent2", "qi": "rsa-coefficient1"}


@ffi.callback("int(char *, int, int, void *)")  # type: ignore[untyped-decorator]
def _give_passphrase(buffer: Any, size: int, writing: int, wanted: Any) -> int:
    """Without this OpenSSL would ask at the terminal."""
    passphrase = None if wanted == NULL else ffi.from_handle(wanted)
    if passphrase is None or len(passphrase) > size:
        return -1
    ffi.memmove(buffer, passphrase, len(passphrase))
    return len(passphrase)


class Key:
    """A key; `kind` is Node's name of its type, None if Node has none."""

    def __init__(self, made: Any) -> None:
        self.pointer = ffi.gc(check(made), evp.EVP_PKEY_free)
        self.kind: str | None = ffi.string(check(evp.EVP_PKEY_get0_type_name(made))).decode().lower()
        if self.kind == "dhx":
            self.kind = "dh"

    @property
    def bits(self) -> int:
        """How many bits its modulus or order has."""
        found: int = evp.EVP_PKEY_get_bits(self.pointer)
        return found

    def number(self, name: str) -> int | None:
        """A number of the key, such as "n"."""
        found = ffi.new("void **")
        if evp.EVP_PKEY_get_bn_param(self.pointer, name.encode(), found) != 1:
            clear_errors()
            return None
        return integer(ffi.gc(found[0], evp.BN_clear_free))

    def text(self, name: str) -> str | None:
        """A text of the key, such as "group"."""
        data, size = ffi.new("char[]", 80), ffi.new("size_t *")
        if evp.EVP_PKEY_get_utf8_string_param(self.pointer, name.encode(), data, 80, size) != 1:
            clear_errors()
            return None
        return bytes(ffi.buffer(data, size[0])).decode()

    def octets(self, name: str) -> bytes:
        """Bytes of the key, such as "pub"."""
        size = ffi.new("size_t *")
        check(evp.EVP_PKEY_get_octet_string_param(self.pointer, name.encode(), NULL, 0, size))
        data = ffi.new("unsigned char[]", size[0])
        check(evp.EVP_PKEY_get_octet_string_param(self.pointer, name.encode(), data, size[0], size))
        return bytes(ffi.buffer(data, size[0]))

    @property
    def curve(self) -> str | None:
        """OpenSSL's name of an elliptic curve."""
        group = self.text("group")
        return None if group is None else ffi.string(evp.OBJ_nid2sn(evp.OBJ_txt2nid(group.encode()))).decode()

    def details(self) -> dict[str, Any]:
        """What `asymmetricKeyDetails` shows; a number beyond 32 bits is hexadecimal."""
        if self.kind in ("rsa", "rsa-pss"):
            found: dict[str, Any] = {"modulusLength": self.bits, "publicExponent": f"{self.number('e') or 0:x}"}
            return found | self._pss_details() if self.kind == "rsa-pss" else found
        if self.kind == "dsa":
            return {"modulusLength": self.bits, "divisorLength": (self.number("q") or 0).bit_length()}
        if self.kind == "ec":
            return {"namedCurve": self.curve}
        return {}

    def _pss_details(self) -> dict[str, Any]:
        digest = self.text("digest")
        if digest is None:
            return {}
        salt = ffi.new("int *")
        check(evp.EVP_PKEY_get_int_param(self.pointer, b"saltlen", salt))
        plain = {name: name.lower().replace("sha2-", "sha") for name in (digest, self.text("mgf1-digest") or digest)}
        return {"hashAlgorithm": plain[digest], "mgf1HashAlgorithm": plain[self.text("mgf1-digest") or digest],
                "saltLength": salt[0]}

    def equals(self, other: Key) -> bool | None:
        """Whether it is the same key; None where OpenSSL cannot tell."""
        found = evp.EVP_PKEY_eq(self.pointer, other.pointer)
        clear_errors()
        return bool(found == 1) if found >= -1 else None

    # Writing

    def raw_public(self) -> bytes:
        """The public half of a key that is no more than bytes."""
        return output(evp.EVP_PKEY_get_raw_public_key, self.pointer)

    def raw_private(self) -> bytes:
        """The private half of a key that is no more than bytes."""
        return output(evp.EVP_PKEY_get_raw_private_key, self.pointer)

    def write_public(self, form: str, structure: str) -> bytes:
        """`form` is "der" or "pem", `structure` "spki" or "pkcs1"."""
        clear_errors()
        der = _written_der(evp.i2d_PublicKey if structure == "pkcs1" else evp.i2d_PUBKEY, self.pointer)
        return _armoured("RSA PUBLIC KEY" if structure == "pkcs1" else "PUBLIC KEY", der) if form == "pem" else der

    def write_private(
        self, form: str, structure: str, cipher: str | None = None, passphrase: bytes | None = None,
    ) -> bytes:
        """`structure` is "pkcs8", "pkcs1" or "sec1"."""
        clear_errors()
        if structure == "pkcs8":
            function = evp.PEM_write_bio_PKCS8PrivateKey if form == "pem" else evp.i2d_PKCS8PrivateKey_bio
        elif form == "pem":
            function = evp.PEM_write_bio_PrivateKey_traditional
        else:
            return _written_der(evp.i2d_PrivateKey, self.pointer)
        secret = ffi.NULL if passphrase is None else ffi.new("unsigned char[]", passphrase or b"\0")
        return written(
            function, _memory(), self.pointer, NULL if cipher is None else cipher_named(cipher), secret,
            len(passphrase or b""), NULL, NULL)

    def jwk(self, is_private: bool) -> dict[str, str]:
        """The key as a JWK (RFC 7517). Raises `TlsError` where there is no such form of it."""
        if self.kind == "rsa":
            parts = list(_RSA_PARTS)[: None if is_private else 2]
            return {"kty": "RSA", **{part: _url(_bytes_of(self.number(_RSA_PARTS[part]) or 0)) for part in parts}}
        if self.kind == "ec":
            return self._ec_jwk(is_private)
        if self.kind in _OKP:
            found = {"crv": _OKP[self.kind]}
            if is_private:
                found["d"] = _url(self.raw_private())
            return {**found, "x": _url(self.raw_public()), "kty": "OKP"}
        raise TlsError("Unsupported JWK Key Type.", "ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE")

    def _ec_jwk(self, is_private: bool) -> dict[str, str]:
        curve = self.curve or ""
        if curve not in _JWK_CURVES:
            raise TlsError(f"Unsupported JWK EC curve: {curve}.", "ERR_CRYPTO_JWK_UNSUPPORTED_CURVE")
        size = (self.bits + 7) // 8
        found = {"kty": "EC"}
        for part in ("x", "y"):
            found[part] = _url((self.number(f"q{part}") or 0).to_bytes(size, "big"))
        found["crv"] = _JWK_CURVES[curve]
        if is_private:
            found["d"] = _url((self.number("priv") or 0).to_bytes(size, "big"))
        return found

    def point(self, is_compressed: bool = False) -> bytes:
        """The public point of a key of an elliptic curve (SEC 1)."""
        size = (self.bits + 7) // 8
        x, y = self.number("qx") or 0, self.number("qy") or 0
        if is_compressed:
            return bytes([2 + (y & 1)]) + x.to_bytes(size, "big")
        return b"\x04" + x.to_bytes(size, "big") + y.to_bytes(size, "big")


# Reading


def read_private(data: bytes, form: str, structure: str | None, passphrase: bytes | None) -> Key:
    """The private key in PEM or DER. Raises `TlsError`."""
    clear_errors()
    handle = NULL if passphrase is None else ffi.new_handle(passphrase)
    if form == "pem":
        made = evp.PEM_read_bio_PrivateKey(memory_reader(data), NULL, _give_passphrase, handle)
    elif structure == "pkcs8":
        made = _read_pkcs8(data, handle)
    else:
        made = _read_der(evp.d2i_PrivateKey, data, _RSA if structure == "pkcs1" else _EC)
    if made == NULL:
        error = seen_error("Failed to read private key")
        if form == "der" and passphrase is None and error.reason == "bad password read":
            raise TlsError("Passphrase required for encrypted key", "ERR_MISSING_PASSPHRASE")
        raise error
    clear_errors()
    return Key(made)


def _read_pkcs8(data: bytes, handle: Any) -> Any:
    """In a PKCS #8 structure; that of an encrypted key begins with another one, that of a plain key with a number."""
    inner = data[2 + (data[1] & 0x7F if len(data) > 1 and data[1] & 0x80 else 0) :][:1]
    if inner == b"\x30":
        return evp.d2i_PKCS8PrivateKey_bio(memory_reader(data), NULL, _give_passphrase, handle)
    info = _read_der(evp.d2i_PKCS8_PRIV_KEY_INFO, data)
    if info == NULL:
        return NULL
    try:
        return evp.EVP_PKCS82PKEY(info)
    finally:
        evp.PKCS8_PRIV_KEY_INFO_free(info)


def read_public(data: bytes, form: str, structure: str | None, passphrase: bytes | None) -> Key:
    """The public key in PEM or DER, or that of the private key or certificate there."""
    clear_errors()
    if form == "pem":
        return _read_public_pem(data, passphrase)
    if structure in ("pkcs1", "spki"):
        made = _read_der(evp.d2i_PUBKEY, _wrapped(data) if structure == "pkcs1" else data)
        if made == NULL:
            raise TlsError("Failed to read asymmetric key", "", stack=seen_error("").stack)
        return Key(made)
    return public_of(read_private(data, form, structure, passphrase))


def _read_public_pem(data: bytes, passphrase: bytes | None) -> Key:
    for label, body in _PEM.findall(data):
        if label == b"PUBLIC KEY":
            return Key(_read_pem(evp.PEM_read_bio_PUBKEY, data))
        if label == b"RSA PUBLIC KEY":
            return Key(_read_der(evp.d2i_PUBKEY, _wrapped(base64.b64decode(body))))
        if label in (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"):
            certificate = _read_pem(lib.PEM_read_bio_X509, data)
            return Key(lib.X509_get_pubkey(ffi.gc(certificate, lib.X509_free)))
    return public_of(read_private(data, "pem", None, passphrase))


def _read_pem(function: Any, data: bytes) -> Any:
    made = function(memory_reader(data), NULL, NULL, NULL)
    if made == NULL:
        raise seen_error("Failed to read public key")
    return made


def public_of(key: Key) -> Key:
    """The public half alone."""
    return Key(_read_der(evp.d2i_PUBKEY, _written_der(evp.i2d_PUBKEY, key.pointer)))


def read_jwk(jwk: dict[str, str], is_private: bool) -> Key:
    """The key of a JWK whose members are text."""
    clear_errors()
    try:
        if jwk["kty"] == "RSA":
            return _read_rsa_jwk(jwk, is_private)
        if jwk["kty"] == "EC":
            return _read_ec_jwk(jwk, is_private)
    except (KeyError, TlsError, ValueError):
        clear_errors()
        raise TlsError(f"Invalid JWK {jwk['kty']} key", "ERR_CRYPTO_INVALID_JWK") from None
    return _read_okp_jwk(jwk, is_private)


def _read_rsa_jwk(jwk: dict[str, str], is_private: bool) -> Key:
    parts = list(_RSA_PARTS)[: None if is_private else 2]
    values = [(_RSA_PARTS[part], bignum(int.from_bytes(_unurl(jwk[part]), "big"))) for part in parts]
    return _from_data("RSA", values, is_private)


def _read_ec_jwk(jwk: dict[str, str], is_private: bool) -> Key:
    curve = _CURVES_OF_JWK[jwk["crv"]]
    size = len(_unurl(jwk["x"]))
    public = b"\x04" + _unurl(jwk["x"]) + _unurl(jwk["y"]).rjust(size, b"\0")
    private = int.from_bytes(_unurl(jwk["d"]), "big") if is_private else None
    return from_point(curve, public, private)


def from_point(curve: str, public: bytes, private: int | None = None) -> Key:
    """The key of a named curve with this public point, and this private number."""
    values: list[tuple[str, Any]] = [("group", curve), ("pub", public)]
    if private is not None:
        values.append(("priv", bignum(private)))
    return _from_data("EC", values, private is not None)


def _from_data(kind: str, values: list[tuple[str, Any]], is_private: bool) -> Key:
    context = pointer(evp.EVP_PKEY_CTX_new_from_name(NULL, kind.encode(), NULL), "EVP_PKEY_CTX_free")
    check(evp.EVP_PKEY_fromdata_init(context))
    made = ffi.new("void **")
    given, _kept = parameters(values)
    check(evp.EVP_PKEY_fromdata(context, made, _KEYPAIR if is_private else _PUBLIC_KEY, given))
    return Key(made[0])


def _read_okp_jwk(jwk: dict[str, str], is_private: bool) -> Key:
    try:
        key = from_raw(jwk["crv"].lower(), _unurl(jwk["d" if is_private else "x"]), is_private)
        if is_private and key.raw_public() != _unurl(jwk["x"]):
            raise ValueError
    except (KeyError, TlsError, ValueError):
        clear_errors()
        raise TlsError("Invalid JWK data", "ERR_CRYPTO_INVALID_JWK") from None
    return key


def from_raw(kind: str, data: bytes, is_private: bool) -> Key:
    """A key that is no more than bytes, such as one of "ed25519"."""
    clear_errors()
    make = evp.EVP_PKEY_new_raw_private_key_ex if is_private else evp.EVP_PKEY_new_raw_public_key_ex
    return Key(make(NULL, kind.upper().encode(), NULL, data, len(data)))


# Making


def generate(kind: str, options: dict[str, Any]) -> Key:
    """A new key; `options` are Node's of `generateKeyPair`. Raises `TlsError` that is no more than a message."""
    clear_errors()
    try:
        return _generate(kind, options)
    except TlsError as exc:
        raise TlsError(exc.message, "") from None


def _generate(kind: str, options: dict[str, Any]) -> Key:
    if kind in ("rsa", "rsa-pss"):
        return _generated(kind, _rsa_parameters(options))
    if kind == "ec":
        encoding = options.get("paramEncoding") or "named"
        return _generated("EC", [("group", options["namedCurve"]), (
            "encoding", "explicit" if encoding == "explicit" else "named_curve")])
    if kind == "dsa":
        size = options.get("divisorLength")
        values: list[tuple[str, Any]] = [("pbits", int(options["modulusLength"]))]
        return _from_template("DSA", values + ([] if size is None else [("qbits", int(size))]))
    if kind == "dh":
        return _generate_dh(options)
    return _generated(kind, [])


def _rsa_parameters(options: dict[str, Any]) -> list[tuple[str, Any]]:
    values: list[tuple[str, Any]] = [
        ("bits", int(options["modulusLength"])), ("e", bignum(int(options.get("publicExponent") or 65537)))]
    if options.get("hashAlgorithm"):
        values.append(("digest", options["hashAlgorithm"]))
        values.append(("mgf1-digest", options.get("mgf1HashAlgorithm") or options["hashAlgorithm"]))
        size = hashlib.new(options["hashAlgorithm"].lower().removeprefix("rsa-")).digest_size
        values.append(("saltlen", size if options.get("saltLength") is None else int(options["saltLength"])))
    elif options.get("saltLength") is not None:
        values.append(("saltlen", int(options["saltLength"])))
    return values


def _generate_dh(options: dict[str, Any]) -> Key:
    if options.get("group"):
        return _generated("DH", [("group", options["group"])])
    if options.get("prime") is not None:
        context = pointer(evp.EVP_PKEY_CTX_new_from_name(NULL, b"DH", NULL), "EVP_PKEY_CTX_free")
        check(evp.EVP_PKEY_fromdata_init(context))
        given, _kept = parameters([
            ("p", bignum(int.from_bytes(options["prime"], "big"))), ("g", bignum(int(options.get("generator") or 2)))])
        template = ffi.new("void **")
        check(evp.EVP_PKEY_fromdata(context, template, 0x84, given))  # EVP_PKEY_KEY_PARAMETERS
        return _of_template(Key(template[0]))
    return _from_template("DH", [
        ("pbits", int(options["primeLength"])), ("safeprime-generator", int(options.get("generator") or 2)),
        ("type", "generator")])


def _generated(kind: str, values: list[tuple[str, Any]]) -> Key:
    context = pointer(evp.EVP_PKEY_CTX_new_from_name(NULL, kind.upper().encode(), NULL), "EVP_PKEY_CTX_free")
    check(evp.EVP_PKEY_keygen_init(context))
    return _made_in(context, values)


def _from_template(kind: str, values: list[tuple[str, Any]]) -> Key:
    """A key whose parameters are made first."""
    context = pointer(evp.EVP_PKEY_CTX_new_from_name(NULL, kind.encode(), NULL), "EVP_PKEY_CTX_free")
    check(evp.EVP_PKEY_paramgen_init(context))
    return _of_template(_made_in(context, values))


def _of_template(template: Key) -> Key:
    context = pointer(evp.EVP_PKEY_CTX_new(template.pointer, NULL), "EVP_PKEY_CTX_free")
    check(evp.EVP_PKEY_keygen_init(context))
    return _made_in(context, [])


def _made_in(context: Any, values: list[tuple[str, Any]]) -> Key:
    if values:
        given, _kept = parameters(values)
        check(evp.EVP_PKEY_CTX_set_params(context, given))
    made = ffi.new("void **")
    check(evp.EVP_PKEY_generate(context, made))
    return Key(made[0])


# Forms


def cipher_named(name: str) -> Any:
    """A cipher, for a key that is written. Raises `TlsError`."""
    clear_errors()
    found = evp.EVP_CIPHER_fetch(NULL, name.encode(), NULL)
    if found == NULL:
        clear_errors()
        raise TlsError("Unknown cipher", "ERR_CRYPTO_UNKNOWN_CIPHER")
    return ffi.gc(found, evp.EVP_CIPHER_free)


def _memory() -> Any:
    return ffi.gc(lib.BIO_new(lib.BIO_s_mem()), lib.BIO_free)


def _written_der(function: Any, key: Any) -> bytes:
    size = check(function(key, NULL))
    data = ffi.new("unsigned char[]", size)
    check(function(key, ffi.new("unsigned char **", data)))
    return bytes(ffi.buffer(data, size))


def _read_der(function: Any, data: bytes, *kind: int) -> Any:
    kept = ffi.new("unsigned char[]", data or b"\0")
    return function(*kind, NULL, ffi.new("unsigned char **", kept), len(data))


def _armoured(label: str, der: bytes) -> bytes:
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def _wrapped(der: bytes) -> bytes:
    """A PKCS #1 public key as the SubjectPublicKeyInfo around it."""
    bits = b"\0" + der
    return _tagged(0x30, _RSA_ALGORITHM + _tagged(0x03, bits))


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    count = (size.bit_length() + 7) // 8
    return bytes([tag, 0x80 | count]) + size.to_bytes(count, "big") + content


def _bytes_of(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unurl(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=").replace("+", "-").replace("/", "_") + "==")
