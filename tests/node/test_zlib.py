"""zlib: the formats both ways, and Node's answers to input that is cut short, damaged or too long."""

from __future__ import annotations

import gzip as python_gzip
import random
import threading
import zlib as python_zlib
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.node import zlib
from ouroloop.node.environment import Environment
from ouroloop.node.zlib import BufferTooLargeError, InitializationError, ZlibError

GZIP = bytes.fromhex("1f8b0800000000000003cb48cdc9c9070086a6103605000000")
DEFLATE = bytes.fromhex("789ccb48cdc9c90700062c0215")
RAW = bytes.fromhex("cb48cdc9c90700")
DICTIONARY = b"hello world"

PAIRS = [
    ("gzip", "gunzip"), ("deflate", "inflate"), ("deflate_raw", "inflate_raw"), ("gzip", "unzip"), ("deflate", "unzip"),
    ("brotli_compress", "brotli_decompress"), ("zstd_compress", "zstd_decompress"),
]


def text(size: int) -> bytes:
    """Data that compresses, but not to nothing."""
    words = random.Random(size)
    return b" ".join(b"%d" % words.randrange(1000) for _ in range(size // 4))[:size]


def test_the_formats_are_those_of_node() -> None:
    assert zlib.gzip_sync("hello")[10:] == GZIP[10:]
    assert zlib.deflate_sync("hello") == DEFLATE
    assert zlib.deflate_raw_sync("hello") == RAW


@pytest.mark.parametrize(("pack", "unpack"), PAIRS)
@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_000])
def test_what_is_packed_unpacks_to_the_same(pack: str, unpack: str, size: int) -> None:
    data = text(size)
    packed = getattr(zlib, f"{pack}_sync")(bytearray(data))
    assert getattr(zlib, f"{unpack}_sync")(memoryview(packed)) == data


def test_other_programs_read_it_and_are_read() -> None:
    data = text(200_000)
    assert python_gzip.decompress(zlib.gzip_sync(data)) == data
    assert zlib.gunzip_sync(python_gzip.compress(data)) == data
    assert zlib.inflate_sync(python_zlib.compress(data)) == data


@pytest.mark.parametrize(("pack", "unpack"), PAIRS[:5])
def test_work_is_done_on_the_pool_and_called_back_on_the_loop(env: Environment, pack: str, unpack: str) -> None:
    got: list[Any] = []

    def unpacked(error: Exception | None, data: bytes | None) -> None:
        got.append((error, data, threading.current_thread() is threading.main_thread()))

    def packed(error: Exception | None, data: bytes) -> None:
        assert error is None
        assert getattr(zlib, unpack)(data, unpacked) is None

    assert getattr(zlib, pack)("hello", packed, level=9) is None
    assert not got
    assert env.run() == 0
    assert got == [(None, b"hello", True)]
    assert env.loop.pool.threads >= 1


def test_without_a_callback_there_is_a_promise(env: Environment) -> None:
    got: list[Any] = []

    async def main() -> None:
        got.append(await zlib.gunzip(await zlib.gzip("hello")))
        try:
            await zlib.gunzip("hello world")
        except ZlibError as exc:
            got.append((exc.code, exc.errno, str(exc)))

    assert env.run(main) == 0
    assert got == [b"hello", ("Z_DATA_ERROR", -3, "incorrect header check")]


def test_errors_go_to_the_callback(env: Environment) -> None:
    got: list[Any] = []
    zlib.inflate(DEFLATE[:5], lambda *args: got.append(args))
    zlib.gunzip(GZIP, lambda *args: got.append(args), max_output_length=2)
    assert env.run() == 0
    errors = {type(error): error for error, result in got if result is None}
    assert errors[ZlibError].code == "Z_BUF_ERROR"
    assert errors[BufferTooLargeError].code == "ERR_BUFFER_TOO_LARGE"


@pytest.mark.parametrize("unpack", [zlib.gunzip_sync, zlib.unzip_sync])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GZIP + GZIP, b"hellohello"),
        (GZIP + bytes(10), b"hello"),
        (GZIP + bytes(3) + GZIP, b"hello"),
        (GZIP * 3000, b"hello" * 3000),
        (GZIP + b"garbage", ("Z_DATA_ERROR", -3, "incorrect header check")),
        (GZIP + b"\x1f", ("Z_BUF_ERROR", -5, "unexpected end of file")),
        (GZIP + b"\x1f\x8b", ("Z_BUF_ERROR", -5, "unexpected end of file")),
        (GZIP + b"\x1f\x8b\xff\xff\x01", ("Z_DATA_ERROR", -3, "unknown compression method")),
        (GZIP + b"\x1f\x00\xff\xff\x01", ("Z_DATA_ERROR", -3, "incorrect header check")),
        (b"hello world", ("Z_DATA_ERROR", -3, "incorrect header check")),
        (b"", ("Z_BUF_ERROR", -5, "unexpected end of file")),
        (GZIP[:-6] + b"\x00" + GZIP[-5:], ("Z_DATA_ERROR", -3, "incorrect data check")),
        (GZIP[:-1] + b"\x01", ("Z_DATA_ERROR", -3, "incorrect length check")),
    ],
)
def test_gunzip_answers_as_node_does(
    unpack: Callable[[bytes], bytes], data: bytes, expected: bytes | tuple[str, int, str]
) -> None:
    if isinstance(expected, bytes):
        assert unpack(data) == expected
        return
    with pytest.raises(ZlibError) as caught:
        unpack(data)
    assert (caught.value.code, caught.value.errno, str(caught.value)) == expected


@pytest.mark.parametrize(("name", "whole"), [("gunzip", GZIP), ("inflate", DEFLATE), ("inflate_raw", RAW)])
def test_input_cut_short_anywhere_is_an_error(name: str, whole: bytes) -> None:
    unpack = getattr(zlib, f"{name}_sync")
    for end in range(len(whole)):
        with pytest.raises(ZlibError, match="unexpected end of file") as caught:
            unpack(whole[:end])
        assert (caught.value.code, caught.value.errno) == ("Z_BUF_ERROR", -5)
    assert unpack(whole) == b"hello"


def test_finish_flush_gives_what_could_be_unpacked() -> None:
    assert zlib.gunzip_sync(GZIP[:15], finish_flush=zlib.Z_SYNC_FLUSH) == b"hell"
    assert zlib.inflate_sync(b"", finish_flush=zlib.Z_SYNC_FLUSH) == b""
    with pytest.raises(ZlibError, match="incorrect header check"):
        zlib.gunzip_sync("hello", finish_flush=zlib.Z_SYNC_FLUSH)
    assert zlib.deflate_sync("hello", finish_flush=zlib.Z_SYNC_FLUSH).hex() == "789cca48cdc9c907000000ffff"
    assert zlib.deflate_sync("hello", finish_flush=zlib.Z_NO_FLUSH).hex() == "789c"


def test_what_follows_deflated_data_is_ignored() -> None:
    assert zlib.inflate_sync(DEFLATE + b"xyz") == b"hello"
    assert zlib.inflate_raw_sync(RAW + b"xyz") == b"hello"
    assert zlib.unzip_sync(DEFLATE + DEFLATE) == b"hello"


def test_max_output_length_is_exact_and_stops_a_bomb_early() -> None:
    assert zlib.gunzip_sync(GZIP, max_output_length=5) == b"hello"
    assert zlib.gunzip_sync(GZIP * 2, max_output_length=10) == b"hellohello"
    for packed, limit in ((GZIP, 4), (GZIP * 2, 9), (zlib.gzip_sync(bytes(50_000_000)), 1_000_000)):
        with pytest.raises(BufferTooLargeError, match=f"{limit} bytes") as caught:
            zlib.gunzip_sync(packed, max_output_length=limit)
        assert caught.value.code == "ERR_BUFFER_TOO_LARGE"
    with pytest.raises(BufferTooLargeError):
        zlib.gzip_sync("hello", max_output_length=3)


def test_dictionaries() -> None:
    data = b"hello world hello"
    packed = zlib.deflate_sync(data, dictionary=DICTIONARY)
    raw = zlib.deflate_raw_sync(data, dictionary=bytearray(DICTIONARY))
    assert zlib.inflate_sync(packed, dictionary=DICTIONARY) == data
    assert zlib.unzip_sync(packed, dictionary=DICTIONARY) == data
    assert zlib.inflate_raw_sync(raw, dictionary=memoryview(DICTIONARY)) == data
    assert zlib.gunzip_sync(zlib.gzip_sync(data, dictionary=DICTIONARY)) == data
    for options, message in (({}, "Missing dictionary"), ({"dictionary": b"x"}, "Bad dictionary")):
        with pytest.raises(ZlibError, match=message) as caught:
            zlib.inflate_sync(packed, **options)
        assert (caught.value.code, caught.value.errno) == ("Z_NEED_DICT", 2)
    with pytest.raises(ZlibError, match="invalid distance too far back"):
        zlib.inflate_raw_sync(raw)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("deflate", {"level": 10}, "level must be from -1 to 9, not 10"),
        ("inflate", {"level": -2}, "level must be from -1 to 9, not -2"),
        ("deflate", {"window_bits": 7}, "window_bits must be from 8 to 15, not 7"),
        ("gzip", {"window_bits": 8}, "window_bits must be from 9 to 15, not 8"),
        ("deflate", {"window_bits": 0}, "window_bits must be from 8"),
        ("inflate_raw", {"window_bits": 0}, "window_bits must be from 8"),
        ("deflate", {"mem_level": 0}, "mem_level must be from 1 to 9, not 0"),
        ("deflate", {"strategy": 5}, "strategy must be from 0 to 4, not 5"),
        ("deflate", {"finish_flush": 9}, "finish_flush must be from 0 to 5"),
        ("deflate", {"flush": -1}, "flush must be from 0 to 5"),
        ("deflate", {"chunk_size": 63}, "chunk_size must be from 64"),
        ("gunzip", {"max_output_length": 0}, "max_output_length must be from 1"),
        ("deflate", {"level": "a"}, "level must be an integer, not str"),
        ("deflate", {"dictionary": "a"}, "dictionary must be bytes, not str"),
        ("deflate", {"levle": 1}, "there is no option 'levle'"),
    ],
)
def test_bad_options_are_reported_at_once(env: Environment, name: str, options: dict[str, Any], message: str) -> None:
    for call in (getattr(zlib, name), getattr(zlib, f"{name}_sync")):
        with pytest.raises((TypeError, ValueError), match=message):
            call(b"x", **options)
    assert env.loop.active_requests == 0


def test_window_bits_are_kept() -> None:
    assert zlib.deflate_sync("hello", window_bits=9)[0] == 0x18
    assert zlib.inflate_sync(DEFLATE, window_bits=0) == zlib.gunzip_sync(GZIP, window_bits=0) == b"hello"
    assert zlib.inflate_raw_sync(zlib.deflate_raw_sync("hello", window_bits=8), window_bits=8) == b"hello"
    with pytest.raises(ZlibError, match="invalid window size"):
        zlib.inflate_sync(DEFLATE, window_bits=9)


def test_levels_and_strategies_have_their_effect() -> None:
    data = text(100_000)
    sizes = [len(zlib.deflate_sync(data, level=level)) for level in (0, 1, 9)]
    assert sizes[0] > len(data) > sizes[1] > sizes[2]
    assert zlib.deflate_sync(data, level=-1) == zlib.deflate_sync(data)
    for strategy in range(1, 5):
        assert zlib.inflate_sync(zlib.deflate_sync(data, strategy=strategy)) == data
    zeros = bytes(9000)
    assert len(zlib.deflate_sync(zeros, strategy=zlib.Z_HUFFMAN_ONLY)) > 1000 > len(zlib.deflate_sync(zeros))


@pytest.mark.parametrize("data", [5, None, ["hello"]])
def test_only_text_and_bytes_are_taken(data: Any) -> None:
    with pytest.raises(TypeError, match="the data must be a str or bytes"):
        zlib.gzip_sync(data)


def test_crc32() -> None:
    assert zlib.crc32("hello") == 907060870
    assert zlib.crc32(b"hello", 5) == 4277152246
    assert zlib.crc32(b"lo", zlib.crc32("hel")) == 907060870
    for value in (-1, 2**32):
        with pytest.raises(ValueError, match="value must be from 0 to 4294967295"):
            zlib.crc32("a", value)
    with pytest.raises(TypeError, match="not int"):
        zlib.crc32(5)  # type: ignore[arg-type]


# Streams


class Watch:
    """What comes out of a stream."""

    def __init__(self, stream: Any) -> None:
        self.events: list[Any] = []
        self.pieces: list[bytes] = []
        stream.on("data", self.pieces.append)
        stream.on("end", lambda: self.events.append("end"))
        stream.on("close", lambda: self.events.append("close"))
        stream.on("error", self.events.append)

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def code(self) -> str:
        assert isinstance(self.events[0], ZlibError), self.events
        assert self.events[1:] == ["close"]
        return self.events[0].code


@pytest.mark.parametrize(("pack", "unpack"), PAIRS)
def test_streams_pack_and_unpack_piece_by_piece(env: Environment, pack: str, unpack: str) -> None:
    data = text(300_000)
    packer, unpacker = getattr(zlib, f"create_{pack}")(), getattr(zlib, f"create_{unpack}")()
    watch = Watch(packer.pipe(unpacker))
    for start in range(0, len(data), 7001):
        packer.write(data[start : start + 7001])
    packer.end()
    assert env.run() == 0
    assert watch.data == data
    assert watch.events == ["end", "close"]
    assert packer.bytes_written == len(data)
    assert max(map(len, watch.pieces)) <= zlib.Z_DEFAULT_CHUNK


@pytest.mark.parametrize("form", ["gunzip", "unzip"])
def test_a_stream_may_be_cut_anywhere(env: Environment, form: str) -> None:
    whole = GZIP * 2
    watches = []
    for cut in range(len(whole) + 1):
        stream = getattr(zlib, f"create_{form}")()
        watches.append(Watch(stream))
        stream.write(whole[:cut])
        stream.end(whole[cut:])
    assert env.run() == 0
    assert {watch.data for watch in watches} == {b"hellohello"}
    assert all(watch.events == ["end", "close"] for watch in watches)


def test_a_stream_fed_byte_by_byte(env: Environment) -> None:
    stream = zlib.create_unzip()
    watch = Watch(stream)
    for byte in GZIP * 3:
        stream.write(bytes([byte]))
    stream.end()
    assert env.run() == 0
    assert watch.data == b"hellohellohello"
    assert stream.bytes_written == len(GZIP) * 3


@pytest.mark.parametrize(
    ("chunks", "data", "code"),
    [
        ([GZIP[:12]], b"h", "Z_BUF_ERROR"),
        ([], b"", "Z_BUF_ERROR"),
        ([GZIP, b"garbage"], b"hello", "Z_DATA_ERROR"),
        ([b"garbage"], b"", "Z_DATA_ERROR"),
        ([GZIP[:-6] + b"\x00" + GZIP[-5:]], b"", "Z_DATA_ERROR"),
    ],
)
def test_a_stream_gives_what_it_could_unpack_then_the_error(
    env: Environment, chunks: list[bytes], data: bytes, code: str
) -> None:
    stream = zlib.create_gunzip()
    watch = Watch(stream)
    for chunk in chunks:
        stream.write(chunk)
    stream.end()
    assert env.run() == 0
    assert watch.data == data
    assert watch.code == code


def test_padding_after_a_gzip_file_ends_the_stream(env: Environment) -> None:
    stream = zlib.create_gunzip()
    watch = Watch(stream)
    stream.write(GZIP + bytes(3))
    stream.end(bytes(100))
    assert env.run() == 0
    assert (watch.data, watch.events) == (b"hello", ["end", "close"])


def test_finish_flush_lets_a_stream_end_early(env: Environment) -> None:
    stream = zlib.create_gunzip(finish_flush=zlib.Z_SYNC_FLUSH)
    watch = Watch(stream)
    stream.end(GZIP[:15])
    assert env.run() == 0
    assert (watch.data, watch.events) == (b"hell", ["end", "close"])


def test_flush_makes_what_was_written_come_out(env: Environment) -> None:
    packer, unpacker = zlib.create_deflate(), zlib.create_inflate()
    packer.pipe(unpacker)
    seen: list[Any] = []

    def arrived(data: bytes) -> None:
        seen.append(bytes(data))
        if len(seen) == 1:
            packer.end("world", lambda error=None: packer.flush(lambda error: seen.append("late")))

    unpacker.on("data", arrived)
    packer.write("hello ")
    packer.flush(lambda error: seen.append(error) if error else None)
    assert env.run() == 0
    assert [piece for piece in seen if piece != "late"] == [b"hello ", b"world"]
    assert "late" in seen
    with pytest.raises(ValueError, match="kind must be"):
        packer.flush(9)


def test_the_flush_option_flushes_every_chunk(env: Environment) -> None:
    stream = zlib.create_deflate(flush=zlib.Z_SYNC_FLUSH)
    first: list[bytes] = []
    stream.once("data", first.append)
    stream.write("hello", lambda error: stream.destroy())
    assert env.run() == 0
    assert first == [bytes.fromhex("789cca48cdc9c907000000ffff")]


def test_a_slow_reader_stops_the_work(env: Environment) -> None:
    bomb = zlib.gzip_sync(bytes(20_000_000))
    stream = zlib.create_gunzip()
    stream.end(bomb)
    read = 0

    def look() -> None:
        nonlocal read
        assert stream.readable_length <= 2 * stream.readable_high_water_mark
        if read == 0:
            stream.on("data", count)

    def count(chunk: bytes) -> None:
        nonlocal read
        read += len(chunk)

    env.timers.set(look, 50, (), repeat=False)
    assert env.run() == 0
    assert read == 20_000_000


def test_destroying_a_stream_in_the_middle_of_its_work(env: Environment) -> None:
    stream = zlib.create_gzip()
    watch = Watch(stream)
    stream.write(text(1_000_000))
    closed: list[str] = []

    def was_closed() -> None:
        closed.append("closed")
        stream.close(lambda: closed.append("again"))
        assert closed == ["closed"]

    stream.close(was_closed)
    assert not closed
    assert env.run() == 0
    assert watch.events == ["close"]
    assert closed == ["closed", "again"]


def test_stream_options_are_checked(env: Environment) -> None:
    with pytest.raises(ValueError, match="level must be from -1 to 9"):
        zlib.create_gzip(level=20)
    with pytest.raises(TypeError):
        zlib.create_gzip(levle=1)
    assert zlib.create_gzip(level=9, high_water_mark=1000).writable_high_water_mark == 1000


# Brotli, Zstandard, and a level that changes


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("brotli_decompress", b"hello hello hello", ("ERR__ERROR_FORMAT_CL_SPACE", -6, "Decompression failed")),
        ("brotli_decompress", zlib.brotli_compress_sync("hello")[:5], ("Z_BUF_ERROR", -5, "unexpected end of file")),
        ("zstd_decompress", b"hello hello hello", ("ZSTD_error_prefix_unknown", 10, "Unknown frame descriptor")),
        ("zstd_decompress", zlib.zstd_compress_sync("hello")[:8], ("Z_BUF_ERROR", -5, "unexpected end of file")),
    ],
)
def test_each_library_has_its_errors(name: str, data: bytes, expected: tuple[str, int, str]) -> None:
    with pytest.raises(ZlibError) as caught:
        getattr(zlib, f"{name}_sync")(data)
    assert (caught.value.code, caught.value.errno, str(caught.value)) == expected


def test_zstandard_errors_are_told_by_libzstd_own_texts() -> None:
    packed = bytearray(zlib.zstd_compress_sync(text(1000), params={zlib.ZSTD["ZSTD_c_checksumFlag"]: 1}))
    packed[-1] ^= 1
    with pytest.raises(ZlibError) as caught:
        zlib.zstd_decompress_sync(packed)
    assert (caught.value.code, caught.value.errno) == ("ZSTD_error_checksum_wrong", 22)


def test_params_have_their_effect_and_are_checked() -> None:
    data = text(50_000)
    quality, level = zlib.BROTLI["BROTLI_PARAM_QUALITY"], zlib.ZSTD["ZSTD_c_compressionLevel"]
    assert len(zlib.brotli_compress_sync(data, params={quality: 0})) > len(zlib.brotli_compress_sync(data))
    fast, slow = (zlib.zstd_compress_sync(data, params={level: value}) for value in (1, 19))
    assert len(fast) > len(slow)
    for name, params in (("brotli_compress", {4: 42}), ("zstd_compress", {107: 130}), ("zstd_decompress", {100: 1})):
        with pytest.raises(InitializationError) as caught:
            getattr(zlib, f"{name}_sync")(data, params=params)
        assert caught.value.code == "ERR_ZLIB_INITIALIZATION_FAILED"
    with pytest.raises(TypeError, match="there is no option 'params'"):
        zlib.gzip_sync(data, params={quality: 0})
    with pytest.raises(ValueError, match="flush must be from 0 to 2, not 4"):
        zlib.zstd_compress_sync(data, flush=4)


@pytest.mark.parametrize(("pack", "unpack"), PAIRS[-2:])
def test_dictionaries_of_brotli_and_zstandard(pack: str, unpack: str) -> None:
    dictionary = text(500)
    packed = getattr(zlib, f"{pack}_sync")(dictionary, dictionary=dictionary)
    assert len(packed) < 30
    assert getattr(zlib, f"{unpack}_sync")(packed, dictionary=dictionary) == dictionary
    with pytest.raises(ZlibError):
        getattr(zlib, f"{unpack}_sync")(packed)


def test_the_pledged_size_must_be_true() -> None:
    assert zlib.zstd_decompress_sync(zlib.zstd_compress_sync("hello", pledged_src_size=5)) == b"hello"
    for size in (0, 4, 6):
        with pytest.raises(ZlibError, match="Src size is incorrect"):
            zlib.zstd_compress_sync("hello", pledged_src_size=size)


@pytest.mark.parametrize(("pack", "unpack"), PAIRS[:3])
def test_the_level_changes_in_mid_stream(env: Environment, pack: str, unpack: str) -> None:
    packer = getattr(zlib, f"create_{pack}")()
    watch = Watch(packer)
    data = text(100_000)
    sizes: list[int] = []

    def unpacked_level(error: Any) -> None:
        sizes.append(len(watch.data))
        packer.write(data)
        packer.params(9, zlib.Z_DEFAULT_STRATEGY, packed_level)

    def packed_level(error: Any) -> None:
        sizes.append(len(watch.data))
        packer.end(data)

    packer.write(data)
    packer.params(0, zlib.Z_DEFAULT_STRATEGY, unpacked_level)
    assert env.run() == 0
    assert getattr(zlib, f"{unpack}_sync")(watch.data) == data * 3
    assert sizes[0] < len(data) < sizes[1] - sizes[0]
    assert len(watch.data) - sizes[1] < sizes[0]
    with pytest.raises(ValueError, match="level must be from -1 to 9, not 10"):
        packer.params(10, 0)


def test_a_stream_begins_anew_after_reset(env: Environment) -> None:
    packer = zlib.create_deflate()
    watch = Watch(packer)

    def flushed(error: Any) -> None:
        watch.pieces.clear()
        packer.reset()
        packer.end("kept")

    packer.write("lost")
    packer.flush(flushed)
    assert env.run() == 0
    assert zlib.inflate_sync(watch.data) == b"kept"
