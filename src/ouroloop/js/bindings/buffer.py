"""buffer: the indexes of East Asian encodings, for TextDecoder.

Theory of operation. An index says which character a pair of bytes stands for; the pairs are numbered as the WHATWG
Encoding Standard does ("pointers"). Python's codecs know them all, so an index is made here when an encoding is first
used, and JavaScript does the decoding. What Python has otherwise than the standard is put right; only the 200
characters that came to Big5 with HKSCS-2008 are not there.

Source: https://encoding.spec.whatwg.org/#indexes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


def multi_byte_index(name: str) -> str:
    """The characters of an index in the order of their pointers, each followed by a NUL (a gap is a NUL alone)."""
    return "".join(f"{character}\0" for character in _INDEXES[name]())


def _decode(data: bytes, *codecs: str) -> str:
    for codec in codecs:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return ""


def _pairs(leads: list[int], trails: list[int], *codecs: str, before: bytes = b"") -> Iterator[str]:
    for lead in leads:
        for trail in trails:
            yield _decode(before + bytes((lead, trail)), *codecs)


def _span(*bounds: tuple[int, int]) -> list[int]:
    return [byte for first, last in bounds for byte in range(first, last + 1)]


def _jis0208() -> list[str]:
    leads, trails = _span((0x81, 0x9F), (0xE0, 0xFC)), _span((0x40, 0x7E), (0x80, 0xFC))
    index = list(_pairs(leads, trails, "cp932"))
    index[8836:10716] = [""] * 1880  # what users define: the Shift_JIS decoder's own affair
    return index


def _jis0212() -> list[str]:
    span = _span((0xA1, 0xFE))
    index = list(_pairs(span, span, "euc_jp", before=b"\x8f"))
    index[116] = "\uff5e"
    return index


def _euc_kr() -> list[str]:
    return list(_pairs(_span((0x81, 0xFE)), _span((0x41, 0xFE)), "cp949"))


def _big5() -> list[str]:
    return list(_pairs(_span((0x81, 0xFE)), _span((0x40, 0x7E), (0xA1, 0xFE)), "big5hkscs", "cp950"))


# Characters that had no place in Unicode when Python's codec was made.
_GB18030_SINCE = {
    6555: 0x3000, 7182: 0xFE10, 7183: 0xFE12, 7184: 0xFE11, 7185: 0xFE13, 7186: 0xFE14, 7187: 0xFE15, 7188: 0xFE16,
    7201: 0xFE17, 7202: 0xFE18, 7208: 0xFE19, 7533: 0x1E3F, 23775: 0x9FB4, 23783: 0x9FB5, 23788: 0x9FB6, 23789: 0x9FB7,
    23795: 0x9FB8, 23812: 0x9FB9, 23829: 0x9FBA, 23845: 0x9FBB,
}


def _gb18030() -> list[str]:
    index = list(_pairs(_span((0x81, 0xFE)), _span((0x40, 0x7E), (0x80, 0xFE)), "gb18030"))
    for pointer, character in _GB18030_SINCE.items():
        index[pointer] = chr(character)
    return index


def _gb18030_four_bytes() -> list[str]:
    """The characters of four bytes below U+10000."""
    digits, thirds = _span((0x30, 0x39)), _span((0x81, 0xFE))
    index = [
        _decode(bytes((first, second, third, fourth)), "gb18030")
        for first in _span((0x81, 0x84)) for second in digits for third in thirds for fourth in digits
    ]
    index[7457] = "\ue7c7"
    return index[:39420]


_INDEXES: dict[str, Callable[[], list[str]]] = {
    "jis0208": _jis0208,
    "jis0212": _jis0212,
    "euc-kr": _euc_kr,
    "big5": _big5,
    "gb18030": _gb18030,
    "gb18030-four-bytes": _gb18030_four_bytes,
}

OPERATIONS: dict[str, Callable[..., Any]] = {"multiByteIndex": multi_byte_index}
