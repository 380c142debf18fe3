"""Keys, signatures, ciphers and secrets (`node/evp`), from Python."""

from __future__ import annotations

import pytest

pytest.importorskip("cryptography")

from ouroloop.node.evp import cipher, exchange, keys, prime, signature
from ouroloop.node.evp.library import evp
from ouroloop.node.tls.openssl import TlsError

pytestmark = pytest.mark.skipif(not evp.are_there, reason="OpenSSL's functions cannot be had here")


@pytest.mark.parametrize(("kind", "options"), [
    ("rsa", {"modulusLength": 1024}), ("ec", {"namedCurve": "secp384r1"}), ("ed25519", {}),
])
def test_a_key_is_the_same_as_a_jwk_and_in_pem(kind: str, options: dict[str, object]) -> None:
    key = keys.generate(kind, options)
    assert keys.read_jwk(key.jwk(True), True).equals(key)
    assert keys.read_private(key.write_private("pem", "pkcs8"), "pem", None, None).equals(key)
    assert keys.read_public(key.write_public("der", "spki"), "der", "spki", None).equals(keys.public_of(key))


def test_what_is_no_key_is_refused_with_nodes_code() -> None:
    with pytest.raises(TlsError) as refused:
        keys.read_private(b"no key", "pem", None, None)
    assert refused.value.code == "ERR_OSSL_UNSUPPORTED"


@pytest.mark.parametrize("is_plain", [False, True])
def test_a_signature_is_right_for_its_message_alone(is_plain: bool) -> None:
    key = keys.generate("ec", {"namedCurve": "prime256v1"})
    scheme = signature.Scheme("sha256", is_plain=is_plain)
    made = signature.sign(key, b"text", scheme)
    assert not is_plain or len(made) == 64
    assert signature.verify(keys.public_of(key), b"text", made, scheme)
    assert not signature.verify(key, b"test", made, scheme)
    assert not signature.verify(key, b"text", made[:-1], scheme)


def test_a_cipher_with_a_tag_proves_what_it_opens() -> None:
    sealing = cipher.Cipher("aes-256-gcm", True, bytes(32), bytes(12), None)
    sealing.set_aad(b"seen", None)
    sealed = (sealing.update(b"secret") or b"") + sealing.final()
    tag = sealing.get_tag() or b""
    for aad, is_right in ((b"seen", True), (b"sent", False)):
        opening = cipher.Cipher("aes-256-gcm", False, bytes(32), bytes(12), None)
        opening.set_tag(tag)
        opening.set_aad(aad, None)
        assert opening.update(sealed) == b"secret"
        if is_right:
            assert opening.final() == b""
        else:
            with pytest.raises(TlsError, match="unable to authenticate"):
                opening.final()


def test_both_sides_have_the_same_secret() -> None:
    curve = exchange.Curve("P-256")
    one, other = curve.new_private(), curve.new_private()
    points = [curve.write(curve.public_of(each), "compressed") for each in (one, other)]
    assert curve.secret(one, points[1]) == curve.secret(other, points[0])
    assert exchange.mod_exp(3, 2**70 + 1, 2**61 - 1) == pow(3, 2**70 + 1, 2**61 - 1)


def test_primes_are_made_and_known() -> None:
    made = prime.generate(64, False, 12, 11)
    assert made % 12 == 11 and made.bit_length() == 64 and prime.is_prime(made)
    assert not prime.is_prime(made * 3)
