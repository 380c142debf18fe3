"""crypto: keys, random numbers and hashes, by the published test vectors and Node's rules."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.node import crypto
from ouroloop.node.crypto import CryptoError
from ouroloop.node.environment import Environment

ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def outcome(env: Environment, start: Callable[[Callable[..., object]], Any]) -> tuple[Any, ...]:
    """What the callback of one asynchronous call gets."""
    got: list[tuple[Any, ...]] = []
    assert start(lambda *args: got.append((threading.current_thread(), *args))) is None
    assert not got, "called back before the loop ran"
    assert env.run() == 0
    assert len(got) == 1
    assert got[0][0] is threading.main_thread()
    return got[0][1:]


def test_pbkdf2_gives_the_keys_of_rfc_6070(env: Environment) -> None:
    key = bytes.fromhex("4b007901b765489abead49d926f721d065a429c1")
    assert crypto.pbkdf2_sync("password", "salt", 4096, 20, "sha1") == key
    assert outcome(env, lambda done: crypto.pbkdf2("password", b"salt", 4096, 20, "SHA1", done)) == (None, key)


def test_scrypt_gives_the_keys_of_rfc_7914(env: Environment) -> None:
    key = bytes.fromhex(
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
    )
    assert crypto.scrypt_sync("password", "NaCl", 64, N=1024, r=8, p=16) == key
    assert crypto.scrypt_sync("password", "NaCl", 64, cost=1024, block_size=8, parallelization=16) == key
    assert outcome(env, lambda done: crypto.scrypt("password", "NaCl", 64, done, N=1024, r=8, p=16)) == (None, key)


def test_scrypt_defaults_are_nodes() -> None:
    explicit = crypto.scrypt_sync("a", "b", 16, N=16384, r=8, p=1, maxmem=32 * 1024 * 1024)
    assert crypto.scrypt_sync("a", "b", 16) == explicit
    assert crypto.scrypt_sync("a", "b", 16, N=0, r=0, p=0, maxmem=0) == explicit
    assert explicit.hex() == "87c5081bda438d4970b5384aa840b362"


@pytest.mark.parametrize(
    "options",
    [{"N": 3}, {"N": 1}, {"N": 2**15}, {"N": 2**20}, {"N": 16384, "maxmem": 2**24}, {"N": 16, "r": 1, "p": 2**30},
     {"N": 2, "maxmem": 1}],
)
def test_scrypt_refuses_what_node_refuses(options: dict[str, int]) -> None:
    with pytest.raises(CryptoError, match="Invalid scrypt params") as caught:
        crypto.scrypt_sync("a", "b", 64, **options)
    assert caught.value.code == "ERR_CRYPTO_INVALID_SCRYPT_PARAMS"
    with pytest.raises(CryptoError):
        crypto.scrypt("a", "b", 64, print, **options)


def test_scrypt_memory_limit_is_exact() -> None:
    needed = 128 * 8 * (1024 + 2 + 1)
    assert len(crypto.scrypt_sync("a", "b", 8, N=1024, maxmem=needed)) == 8
    with pytest.raises(CryptoError, match=f"takes {needed} bytes"):
        crypto.scrypt_sync("a", "b", 8, N=1024, maxmem=needed - 1)


def test_scrypt_takes_one_name_for_an_option() -> None:
    with pytest.raises(TypeError, match='"N" cannot be used in combination with option "cost"'):
        crypto.scrypt_sync("a", "b", 8, N=16, cost=16)


def test_a_key_of_no_bytes() -> None:
    assert crypto.scrypt_sync("a", "b", 0) == b""
    with pytest.raises(CryptoError, match="Deriving bits failed"):
        crypto.pbkdf2_sync("a", "b", 1, 0, "sha1")


def test_an_error_in_the_job_goes_to_the_callback(env: Environment) -> None:
    error, result = outcome(env, lambda done: crypto.pbkdf2("a", "b", 1, 0, "sha1", done))
    assert isinstance(error, CryptoError)
    assert result is None


@pytest.mark.parametrize(
    ("args", "expected", "text"),
    [
        (("a", "b", 0, 10, "sha1"), CryptoError, "iterations must be from 1"),
        (("a", "b", 2**31, 10, "sha1"), CryptoError, "iterations"),
        (("a", "b", 1, -1, "sha1"), CryptoError, "keylen must be from 0"),
        (("a", "b", 1, 1, "foo"), CryptoError, "Invalid digest: foo"),
        (("a", "b", 1, 1, "shake128"), CryptoError, "no fixed length"),
        (("a", "b", 1, 1, None), TypeError, "a digest is named by a str"),
        ((5, "b", 1, 1, "sha1"), TypeError, "password must be a str or bytes"),
        (("a", None, 1, 1, "sha1"), TypeError, "salt must be a str or bytes"),
        (("a", "b", 1.5, 1, "sha1"), TypeError, "iterations must be an integer"),
    ],
)
def test_pbkdf2_reports_bad_arguments_at_once(
    env: Environment, args: tuple[Any, ...], expected: type[Exception], text: str
) -> None:
    with pytest.raises(expected, match=text):
        crypto.pbkdf2(*args, print)
    assert env.loop.active_requests == 0


def test_random_bytes_are_as_many_as_asked_for(env: Environment) -> None:
    assert crypto.random_bytes_sync(0) == b""
    first, second = crypto.random_bytes_sync(32), crypto.random_bytes_sync(32)
    assert len(first) == len(second) == 32
    assert first != second
    error, data = outcome(env, lambda done: crypto.random_bytes(100_000, done))
    assert error is None
    assert len(data) == 100_000
    for size in (-1, 2**31):
        with pytest.raises(CryptoError, match="size must be"):
            crypto.random_bytes(size)


def test_random_fill_fills_only_the_part_it_is_told(env: Environment) -> None:
    buffer = bytearray(64)
    error, result = outcome(env, lambda done: crypto.random_fill(buffer, 16, 32, done))
    assert error is None
    assert result is buffer
    assert buffer[:16] == bytes(16)
    assert buffer[48:] == bytes(16)
    assert buffer[16:48] != bytes(32)
    buffer.append(1)
    assert crypto.random_fill_sync(buffer, 65) is buffer
    assert buffer[:16] == bytes(16)


@pytest.mark.parametrize(
    ("args", "expected", "text"),
    [
        ((bytearray(5), 6), CryptoError, "offset must be from 0 to 5"),
        ((bytearray(5), -1), CryptoError, "offset"),
        ((bytearray(5), 2, 4), CryptoError, "size \\+ offset must be at most the buffer's length, 5"),
        ((bytes(5),), TypeError, "must be writable"),
        (("abc",), TypeError, "writable buffer"),
    ],
)
def test_random_fill_refuses_what_does_not_fit(args: tuple[Any, ...], expected: type[Exception], text: str) -> None:
    with pytest.raises(expected, match=text):
        crypto.random_fill_sync(*args)


def test_random_int_stays_in_its_range_and_reaches_every_value(env: Environment) -> None:
    assert {crypto.random_int_sync(3) for _ in range(200)} == {0, 1, 2}
    assert {crypto.random_int_sync(-2, 1) for _ in range(200)} == {-2, -1, 0}
    assert outcome(env, lambda done: crypto.random_int(7, 8, done)) == (None, 7)
    assert outcome(env, lambda done: crypto.random_int(1, done)) == (None, 0)
    assert 0 <= crypto.random_int_sync(0, 2**48 - 1) < 2**48


@pytest.mark.parametrize("args", [(0,), (-1,), (5, 5), (0, 2**48), (-(2**47), 2**47), (0, 2**53)])
def test_random_int_refuses_an_impossible_range(args: tuple[int, ...]) -> None:
    with pytest.raises(CryptoError) as caught:
        crypto.random_int(*args)
    assert caught.value.code == "ERR_OUT_OF_RANGE"


def test_random_uuids_are_version_4_and_differ() -> None:
    first, second = crypto.random_uuid(), crypto.random_uuid()
    assert first != second
    assert len(first) == 36
    assert first[14] == "4"
    assert first[19] in "89ab"


def test_a_promise_is_returned_when_there_is_no_callback(env: Environment) -> None:
    got = []

    async def main() -> None:
        got.append(await crypto.hash("sha256", "abc"))
        got.append(await crypto.hash("sha256", b"abc", "buffer"))
        got.append(len(await crypto.random_bytes(8)))
        try:
            await crypto.pbkdf2("a", "b", 1, 0, "sha1")
        except CryptoError as exc:
            got.append(exc.code)

    assert env.run(main) == 0
    assert got == [ABC_SHA256, bytes.fromhex(ABC_SHA256), 8, "ERR_CRYPTO_OPERATION_FAILED"]


def test_hash_in_one_go_and_piece_by_piece_agree() -> None:
    assert crypto.hash_sync("sha256", "abc") == ABC_SHA256
    assert crypto.create_hash("SHA256").update("a").update(b"b").update(memoryview(b"c")).digest("hex") == ABC_SHA256
    assert crypto.create_hash("RSA-SHA256").update(bytearray(b"abc")).digest() == bytes.fromhex(ABC_SHA256)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("hex", "0cc175b9c0f1b6a831c399e269772661"),
        ("HEX", "0cc175b9c0f1b6a831c399e269772661"),
        ("base64", "DMF1ucDxtqgxw5niaXcmYQ=="),
        ("base64url", "DMF1ucDxtqgxw5niaXcmYQ"),
        ("latin1", "\x0cÁu¹Àñ¶¨1Ã\x99âiw&a"),
        ("binary", "\x0cÁu¹Àñ¶¨1Ã\x99âiw&a"),
        ("ascii", "\x0cAu9@q6(1C\x19biw&a"),
        ("ucs2", "섌륵\uf1c0ꢶ쌱\ue299睩愦"),
        ("buffer", bytes.fromhex("0cc175b9c0f1b6a831c399e269772661")),
    ],
)
def test_digest_encodings_are_nodes(encoding: str, expected: str | bytes) -> None:
    assert crypto.create_hash("md5").update("a").digest(encoding) == expected


def test_input_encodings() -> None:
    def md5(data: str, encoding: str) -> str:
        return crypto.create_hash("md5").update(data, encoding).digest("hex")

    assert md5("6162", "hex") == md5("YWI", "base64url") == md5("YWI=", "base64") == md5("ab", "utf8")
    assert md5("é", "latin1") == "3406877694691ddd1dfb0aca54681407"
    with pytest.raises(CryptoError, match="is not hex"):
        md5("616", "hex")
    with pytest.raises(CryptoError, match="unknown encoding 'foo'"):
        md5("a", "foo")


def test_a_finished_hash_takes_nothing_more() -> None:
    done = crypto.create_hash("sha1")
    done.digest()
    for again in (lambda: done.update("a"), done.digest, done.copy):
        with pytest.raises(CryptoError) as caught:
            again()
        assert caught.value.code == "ERR_CRYPTO_HASH_FINALIZED"


def test_a_wrong_encoding_does_not_finish_a_hash() -> None:
    hasher = crypto.create_hash("sha256").update("abc")
    with pytest.raises(CryptoError, match="unknown encoding"):
        hasher.digest("foo")
    assert hasher.digest("hex") == ABC_SHA256


def test_a_copy_goes_its_own_way() -> None:
    first = crypto.create_hash("sha256").update("ab")
    twin = first.copy()
    first.update("x")
    assert twin.update("c").digest("hex") == ABC_SHA256
    assert first.digest("hex") == crypto.hash_sync("sha256", "abx")


def test_extendable_hashes_give_the_length_asked_for() -> None:
    assert crypto.hash_sync("shake128", "abc") == "5881092dd818bf5cf8a3ddb793fbcba7"
    assert crypto.hash_sync("shake128", "abc", output_length=5) == "5881092dd8"
    assert crypto.create_hash("shake256", output_length=7).update("a").digest("hex") == "867e2cb04f5a04"
    assert crypto.create_hash("shake256", output_length=0).update("a").digest() == b""
    assert len(crypto.create_hash("shake256").copy().digest()) == 32
    assert len(crypto.create_hash("sha1", output_length=20).digest()) == 20
    with pytest.raises(CryptoError, match="sha256 always gives 32 bytes"):
        crypto.create_hash("sha256", output_length=7)


def test_hmac_gives_the_digests_of_rfc_4231() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    hmac = crypto.create_hmac("sha256", "Jefe").update("what do ya want ").update(b"for nothing?")
    assert hmac.digest("hex") == expected
    with pytest.raises(CryptoError, match="already called"):
        hmac.digest()
    with pytest.raises(CryptoError, match="already called"):
        hmac.update("a")


@pytest.mark.parametrize("make", [crypto.create_hash, lambda name: crypto.create_hmac(name, "key")])
def test_unknown_hashes_are_named_in_the_error(make: Callable[[str], object]) -> None:
    with pytest.raises(CryptoError, match="Invalid digest: foo; get_hashes\\(\\) lists"):
        make("foo")


def test_every_hash_listed_works() -> None:
    names = crypto.get_hashes()
    assert {"sha256", "md5", "RSA-SHA1", "sha3-512", "blake2b512"} <= set(names)
    for name in names:
        assert crypto.create_hash(name).update("a").digest("hex") == crypto.hash_sync(name.upper(), "a")
        if "shake" not in name.lower():
            assert crypto.create_hmac(name, "k").update("a").digest()
            assert len(crypto.pbkdf2_sync("a", "b", 1, 70, name)) == 70


def test_timing_safe_equal() -> None:
    assert crypto.timing_safe_equal(b"abc", bytearray(b"abc"))
    assert not crypto.timing_safe_equal(b"abc", memoryview(b"abd"))
    with pytest.raises(CryptoError) as caught:
        crypto.timing_safe_equal(b"a", b"ab")
    assert caught.value.code == "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH"
    with pytest.raises(TypeError, match="a must be bytes, not str"):
        crypto.timing_safe_equal("a", b"a")  # type: ignore[arg-type]


def test_jobs_run_on_the_pool_at_the_same_time(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    both = threading.Barrier(2, timeout=10)

    def derive(*args: Any) -> bytes:
        names.append(threading.current_thread().name)
        both.wait()
        return b"key"

    monkeypatch.setattr(crypto.hashlib, "pbkdf2_hmac", derive)
    keys: list[Any] = []
    for _ in range(2):
        crypto.pbkdf2("a", "b", 1, 3, "sha1", lambda error, key: keys.append(key))
    assert env.run() == 0
    assert keys == [b"key", b"key"]
    assert sorted(names) == ["thread1", "thread2"]
