"""nghttp2: the C library of HTTP/2 that is Node's own engine, reached through ctypes.

Theory of operation. The package `ngh2` is an extension that holds the whole of nghttp2, whose functions it exports:
they are called here, not the package's own interface, which hides what Node shows (frames that were not valid, the
options, the queue). So what is allowed, and by which code the rest is refused, is decided by the code that decides in
Node. Names are nghttp2's, without the prefix; https://nghttp2.org/documentation/ tells what they do.

What surprises people: a structure of C's is read at an offset, since a field of ctypes' costs ten times as much; the
offsets are those of 64-bit machines.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from ctypes import PYFUNCTYPE, c_char_p, c_int, c_int32, c_size_t, c_ssize_t, c_uint8, c_uint32, c_void_p
from typing import Any

# Types of frames.
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE = range(9)
ALTSVC, ORIGIN = 0x0A, 0x0C

FLAG_ACK = FLAG_END_STREAM = 1
NV_FLAG_NO_INDEX = 1
DATA_FLAG_EOF, DATA_FLAG_NO_END_STREAM = 1, 2

# Categories of HEADERS.
HCAT_REQUEST, HCAT_RESPONSE, HCAT_PUSH_RESPONSE, HCAT_HEADERS = range(4)

PROTOCOL_ERROR = 1
INTERNAL_ERROR = 2
REFUSED_STREAM = 7
CANCEL = 8
ENHANCE_YOUR_CALM = 11

SETTINGS_MAX_CONCURRENT_STREAMS = 3
SETTINGS_MAX_HEADER_LIST_SIZE = 6

ERR_PROTO = -505
ERR_DEFERRED = -508
ERR_STREAM_CLOSED = -510
ERR_STREAM_CLOSING = -511
ERR_TEMPORAL_CALLBACK_FAILURE = -521
ERR_SESSION_CLOSING = -530
ERR_CALLBACK_FAILURE = -902

# Where the fields of a frame are (struct nghttp2_frame): its head, then what its type has.
OFFSET_STREAM_ID, OFFSET_TYPE, OFFSET_FLAGS, OFFSET_PAYLOAD = 8, 12, 13, 16
OFFSET_HEADERS_CATEGORY = 56
OFFSET_PROMISED_STREAM_ID = 40

#: Of a name and a value: their places, their lengths, flags (struct nghttp2_nv).
NAME_VALUE = "PPNNB7x"

#: What a DATA frame's content comes from (struct nghttp2_data_provider2): a source, and a function to call.
class DataProvider(ctypes.Structure):
    """Where the content of DATA frames comes from."""

    _fields_ = (("source", c_void_p), ("read_callback", c_void_p))


_POINTER = c_void_p
_CALLBACKS = {
    "on_begin_headers_callback": PYFUNCTYPE(c_int, _POINTER, _POINTER, _POINTER),
    "on_header_callback": PYFUNCTYPE(
        c_int, _POINTER, _POINTER, _POINTER, c_size_t, _POINTER, c_size_t, c_uint8, _POINTER),
    "on_frame_recv_callback": PYFUNCTYPE(c_int, _POINTER, _POINTER, _POINTER),
    "on_invalid_frame_recv_callback": PYFUNCTYPE(c_int, _POINTER, _POINTER, c_int, _POINTER),
    "on_data_chunk_recv_callback": PYFUNCTYPE(c_int, _POINTER, c_uint8, c_int32, _POINTER, c_size_t, _POINTER),
    "on_stream_close_callback": PYFUNCTYPE(c_int, _POINTER, c_int32, c_uint32, _POINTER),
    "on_frame_not_send_callback": PYFUNCTYPE(c_int, _POINTER, _POINTER, c_int, _POINTER),
    "error_callback2": PYFUNCTYPE(c_int, _POINTER, c_int, _POINTER, c_size_t, _POINTER),
    "select_padding_callback2": PYFUNCTYPE(c_ssize_t, _POINTER, _POINTER, c_size_t, _POINTER),
}
READ_CALLBACK = PYFUNCTYPE(c_ssize_t, _POINTER, c_int32, _POINTER, c_size_t, _POINTER, _POINTER, _POINTER)

_session = _POINTER
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "session_client_new3": (c_int, [_POINTER] * 5),
    "session_server_new3": (c_int, [_POINTER] * 5),
    "session_del": (None, [_session]),
    "session_mem_recv2": (c_ssize_t, [_session, c_char_p, c_size_t]),
    "session_mem_send2": (c_ssize_t, [_session, _POINTER]),
    "session_want_read": (c_int, [_session]),
    "session_want_write": (c_int, [_session]),
    "session_resume_data": (c_int, [_session, c_int32]),
    "session_terminate_session": (c_int, [_session, c_uint32]),
    "session_consume_connection": (c_int, [_session, c_size_t]),
    "session_consume_stream": (c_int, [_session, c_int32, c_size_t]),
    "session_set_next_stream_id": (c_int, [_session, c_int32]),
    "session_set_local_window_size": (c_int, [_session, c_uint8, c_int32, c_int32]),
    "session_get_effective_local_window_size": (c_int32, [_session]),
    "session_get_effective_recv_data_length": (c_int32, [_session]),
    "session_get_next_stream_id": (c_uint32, [_session]),
    "session_get_local_window_size": (c_int32, [_session]),
    "session_get_last_proc_stream_id": (c_int32, [_session]),
    "session_get_remote_window_size": (c_int32, [_session]),
    "session_get_outbound_queue_size": (c_size_t, [_session]),
    "session_get_hd_deflate_dynamic_table_size": (c_size_t, [_session]),
    "session_get_hd_inflate_dynamic_table_size": (c_size_t, [_session]),
    "session_get_local_settings": (c_uint32, [_session, c_int]),
    "session_get_remote_settings": (c_uint32, [_session, c_int]),
    "session_find_stream": (_POINTER, [_session, c_int32]),
    "session_get_stream_local_close": (c_int, [_session, c_int32]),
    "session_get_stream_remote_close": (c_int, [_session, c_int32]),
    "session_get_stream_local_window_size": (c_int32, [_session, c_int32]),
    "stream_get_state": (c_int, [_POINTER]),
    "stream_get_weight": (c_int32, [_POINTER]),
    "stream_get_sum_dependency_weight": (c_int32, [_POINTER]),
    "submit_request2": (c_int32, [_session, _POINTER, c_char_p, c_size_t, _POINTER, _POINTER]),
    "submit_response2": (c_int, [_session, c_int32, c_char_p, c_size_t, _POINTER]),
    "submit_headers": (c_int32, [_session, c_uint8, c_int32, _POINTER, c_char_p, c_size_t, _POINTER]),
    "submit_trailer": (c_int, [_session, c_int32, c_char_p, c_size_t]),
    "submit_data2": (c_int, [_session, c_uint8, c_int32, _POINTER]),
    "submit_push_promise": (c_int32, [_session, c_uint8, c_int32, c_char_p, c_size_t, _POINTER]),
    "submit_settings": (c_int, [_session, c_uint8, c_char_p, c_size_t]),
    "submit_ping": (c_int, [_session, c_uint8, c_char_p]),
    "submit_rst_stream": (c_int, [_session, c_uint8, c_int32, c_uint32]),
    "submit_goaway": (c_int, [_session, c_uint8, c_int32, c_uint32, c_char_p, c_size_t]),
    "submit_shutdown_notice": (c_int, [_session]),
    "submit_altsvc": (c_int, [_session, c_uint8, c_int32, c_char_p, c_size_t, c_char_p, c_size_t]),
    "submit_origin": (c_int, [_session, c_uint8, c_char_p, c_size_t]),
    "session_callbacks_new": (c_int, [_POINTER]),
    "option_new": (c_int, [_POINTER]),
    "option_del": (None, [_POINTER]),
    "option_set_no_auto_window_update": (None, [_POINTER, c_int]),
    "option_set_peer_max_concurrent_streams": (None, [_POINTER, c_uint32]),
    "option_set_builtin_recv_extension_type": (None, [_POINTER, c_uint8]),
    "option_set_no_closed_streams": (None, [_POINTER, c_int]),
    "option_set_max_reserved_remote_streams": (None, [_POINTER, c_uint32]),
    "option_set_max_send_header_block_length": (None, [_POINTER, c_size_t]),
    "option_set_max_deflate_dynamic_table_size": (None, [_POINTER, c_size_t]),
    "option_set_max_settings": (None, [_POINTER, c_size_t]),
    "option_set_stream_reset_rate_limit": (None, [_POINTER, ctypes.c_uint64, ctypes.c_uint64]),
    "option_set_no_rfc9113_leading_and_trailing_ws_validation": (None, [_POINTER, c_int]),
    "is_fatal": (c_int, [c_int]),
    "strerror": (c_char_p, [c_int]),
}


class Library:
    """nghttp2's functions, without the prefix."""

    def __init__(self) -> None:
        found = importlib.util.find_spec("ngh2._core")
        if found is None or found.origin is None:
            raise ImportError("the package ngh2, which holds nghttp2, is not installed")
        # PyDLL: what is called is short, and calls back.
        library = ctypes.PyDLL(found.origin)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, f"nghttp2_{name}")
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)
        self._library = library

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def set_callback(self, callbacks: c_void_p, name: str, function: Any) -> Any:
        """Have nghttp2 call `function`; the object to keep."""
        made = _CALLBACKS[name](function)
        setter = getattr(self._library, f"nghttp2_session_callbacks_set_{name}")
        setter.restype = None
        setter.argtypes = [_POINTER, _CALLBACKS[name]]
        setter(callbacks, made)
        return made


@functools.cache
def library() -> Library:
    """nghttp2. Raises `ImportError` where its package is missing."""
    return Library()
