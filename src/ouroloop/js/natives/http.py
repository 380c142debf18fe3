"""HTTP natives: llhttp, the parser inside `httptools`, asked for one message with no Python in between.

Theory of operation. Nearly every read of a server's socket is one request, whole. For these the parser needs no memory
of what came before: it is made anew in the same place, gets the bytes, and is stopped where a message ends. JavaScript
sees whether that is where the bytes end, and what the parser knows of the message. The bytes are then known to be a
message, so their lines may be told apart by simple means (`lib/internal/http/whole_message.js`). All other bytes, and
those of a message that is not whole, go to the same parser by way of `node/http/protocol.py`, from their beginning.

What surprises people: where llhttp keeps the callback for a message's end depends on its version, which it does not
tell. So it is looked for: the one that, of all, is called where each of two messages ends (`_place_of_end`).

Source: llhttp's API, https://github.com/nodejs/llhttp#api.
"""

from __future__ import annotations

from . import c as ctypes
from . import direct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

NAMES = ["shareFrame", "callParse"]

_POSITION, _LENGTH, _TYPE = 48, 56, 64  # offsets in the frame; before these come the results
_STEPS = (
    "llhttp_execute", "llhttp_get_error_pos", "llhttp_should_keep_alive", "llhttp_get_upgrade", "llhttp_get_http_major",
)
_PARSER_SIZE, _CALLBACKS = 512, 64  # more than there is of either
_REQUEST = 1
_PAUSED = 21  # what a callback returns to stop the parser
_MESSAGES = (
    b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nb",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n",
)


def methods(call: Any, isolate: int, directly: direct.Directly | None) -> dict[str, Callable[[int], int | None] | int]:
    """The natives by name, on V8's functions `call`."""
    cell = ctypes.c_uint64()  # where the frame is
    library = None if directly is None else _library()
    end = -1 if library is None else _place_of_end(library)

    def share_frame(info: int) -> int:
        """Take the frame; whether there is a `callParse`."""
        cell.value = call.ArrayBuffer__Data(call.FunctionCallbackInfo__Get(info, 0))
        return int(call.Boolean__New(isolate, end >= 0))

    if directly is None or library is None or end < 0:
        return {"shareFrame": share_frame}
    parser = ctypes.create_string_buffer(_PARSER_SIZE)
    settings = (ctypes.c_uint64 * _CALLBACKS)()
    settings[end] = directly.returning(_PAUSED)
    directly.keep((cell, library, parser, settings))
    here = direct.constant(ctypes.addressof(parser))
    given = {"llhttp_execute": [direct.memory(0, _POSITION), direct.word(_LENGTH)]}
    steps = [(getattr(library, name), [here, *given.get(name, [])]) for name in _STEPS]
    # What `llhttp_init` gives is nothing: its word is the next one's.
    first = (library.llhttp_init, [here, direct.word(_TYPE), direct.constant(ctypes.addressof(settings))])
    return {"shareFrame": share_frame, "callParse": directly.sequence([first, *steps], ctypes.addressof(cell))}


def _library() -> Any:
    """llhttp, if it can be reached: a system may have built `httptools` in another way."""
    from httptools.parser import parser

    library = ctypes.PyDLL(parser.__file__)
    return library if all(hasattr(library, name) for name in ("llhttp_init", *_STEPS)) else None


def _place_of_end(library: Any) -> int:
    """Which of llhttp's callbacks tells that a message is over; -1 if that is not clear."""
    found = [set(_places_at_end(library, message)) for message in _MESSAGES]
    places = found[0] & found[1]
    return places.pop() if len(places) == 1 else -1


def _places_at_end(library: Any, message: bytes) -> Iterator[int]:
    """The callbacks that, when they stop the parser, stop it at the end of `message`."""
    callback = ctypes.PYFUNCTYPE(ctypes.c_int)(lambda: _PAUSED)
    parser = ctypes.create_string_buffer(_PARSER_SIZE)
    text = ctypes.create_string_buffer(message)
    library.llhttp_get_error_pos.restype = ctypes.c_void_p
    for place in range(_CALLBACKS // 2):
        settings = (ctypes.c_void_p * _CALLBACKS)()
        settings[place] = ctypes.cast(callback, ctypes.c_void_p).value
        library.llhttp_init(parser, _REQUEST, settings)
        stopped = library.llhttp_execute(parser, text, ctypes.c_size_t(len(message)))
        if stopped == _PAUSED and library.llhttp_get_error_pos(parser) == ctypes.addressof(text) + len(message):
            yield place
