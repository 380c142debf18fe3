"""One side of an HTTP/2 connection: bytes in, events out, and bytes to send. No I/O, no callbacks into a program.

Theory of operation. nghttp2 (see nghttp2.py) keeps the state of the connection and of its streams, and calls back while
it takes bytes in or makes some; what it says is written down as a flat list of events, each a number of `Event` with
what belongs to it behind it, which `take_events()` hands over. What a program has to say is submitted; `pending()`
makes bytes of it, as far as the other side's windows allow. Content waits in a queue until nghttp2 asks for it.

What surprises people: bytes received count against the connection's window at once, and against the stream's only once
it is read (`set_reading`): one slow reader does not stop the others. And a frame that resets a stream overtakes the
stream's content, so that content which may be sent is made into bytes before.
"""

from __future__ import annotations

import ctypes
import struct
from collections import deque
from collections.abc import Sequence
from ctypes import byref, c_void_p, memmove, string_at
from dataclasses import dataclass
from typing import Any

from . import nghttp2
from .nghttp2 import OFFSET_PAYLOAD, OFFSET_STREAM_ID


class Event:
    """What a session tells, and what follows each in the list."""

    HEADERS = 0  # stream, category, flags, names and values with a NUL behind each, names that are sensitive
    DATA = 1  # stream, bytes
    END = 2  # stream: nothing more comes
    CLOSE = 3  # stream, code
    SETTINGS = 4  # what is in force now, as `current_settings`; settings that HTTP/2 does not know, each with its value
    SETTINGS_ACK = 5
    PING = 6  # 8 bytes
    PING_ACK = 7  # 8 bytes
    GOAWAY = 8  # code, last stream, bytes or None
    ALTSVC = 9  # stream, origin, value
    ORIGIN = 10  # list of origins
    FRAME_ERROR = 11  # stream, type, code
    WRITTEN = 12  # stream: the write that was under way is in the bytes to send
    WANT_TRAILERS = 13  # stream: everything else is sent
    ERROR = 14  # nghttp2's number, Node's name for it or None


@dataclass
class Options:
    """What a session allows. Sizes are in bytes."""

    max_header_pairs: int = 128
    max_invalid_frames: int = 1000
    max_rejected_streams: int = 100
    max_memory: int = 10_000_000
    padding: int = 0  # one of `PADDING_*`
    peer_max_concurrent_streams: int = 100
    max_deflate_dynamic_table_size: int | None = None
    max_reserved_remote_streams: int | None = None
    max_send_header_block_length: int | None = None
    max_settings: int | None = None
    stream_reset_rate_limit: tuple[int, int] | None = None
    strict_whitespace: bool = True


PADDING_NONE, PADDING_ALIGNED, PADDING_MAX = range(3)

_FRAME_HEAD = 9
_HEADER_OVERHEAD = 32  # RFC 9113, 6.5.2: what counts for each header beside its bytes
_STREAM_MEMORY = 2048  # about what one stream takes
_LEAST_HEADERS_CLIENT, _LEAST_HEADERS_SERVER = 1, 4  # as Node
_LARGEST_HEADER_LIST = 16_777_215
_LARGEST_SETTING_KNOWN = 9
_NO_SETTINGS = b""
_NOT_HTTP2 = b"Remote peer returned unexpected data while we expected SETTINGS frame"

_CODES = {
    -505: 1, -531: 1, -532: 1, -510: 5, -511: 5, -512: 5, -522: 6, -523: 9, -524: 3, -533: 7,
}  # nghttp2's errors as codes of HTTP/2

_frame_head = struct.Struct("=iBB")
_two_numbers = struct.Struct("=iI")
_pointers = struct.Struct("PN")
_size = struct.Struct("N")
_int32 = struct.Struct("=i")
_setting = struct.Struct("=iI")


def error_message(number: int) -> str:
    """What nghttp2 calls one of its errors."""
    message: bytes = nghttp2.library().strerror(number)
    return message.decode()


class _Stream:
    __slots__ = (
        "header_count", "header_size", "id", "is_ended", "is_reading", "largest_headers", "offset", "queue", "unread",
        "wants_trailers",
    )

    def __init__(self, number: int, largest_headers: int) -> None:
        self.id = number
        self.largest_headers = largest_headers  # bytes; what the settings say when it begins
        self.queue: deque[bytes] = deque()  # of the write under way; empty pieces are not in it
        self.offset = 0  # of what is sent of the first
        self.is_ended = False
        self.wants_trailers = False
        self.is_reading = False
        self.unread = 0  # bytes that came while nobody read
        self.header_count = 0
        self.header_size = 0


class Session:
    """A client's or a server's side of one connection."""

    def __init__(self, is_client: bool, options: Options | None = None) -> None:
        self.options = options or Options()
        self._library = nghttp2.library()
        self._is_client = is_client
        self._streams: dict[int, _Stream] = {}
        self._events: list[Any] = []
        self._out: list[bytes] = []
        self._out_size = 0
        self._headers: list[bytes] = []
        self._sensitive: list[str] = []
        self._invalid_frames = 0
        self._rejected_streams = 0
        self._queued = 0  # bytes of content that wait
        self._error_name: str | None = None
        self._chunk = c_void_p()
        self._key = _remember(self)
        self._pointer: Any = self._new()

    def _new(self) -> c_void_p:
        library = self._library
        options = c_void_p()
        library.option_new(byref(options))
        self._set_options(options)
        pointer = c_void_p()
        new = library.session_client_new3 if self._is_client else library.session_server_new3
        failure = new(byref(pointer), _callbacks(self.options.padding), self._key, options, None)
        library.option_del(options)
        if failure:
            raise MemoryError(error_message(failure))
        return pointer

    def _set_options(self, pointer: c_void_p) -> None:
        library, options = self._library, self.options
        library.option_set_no_auto_window_update(pointer, 1)
        library.option_set_no_closed_streams(pointer, 1)
        library.option_set_peer_max_concurrent_streams(pointer, options.peer_max_concurrent_streams)
        for kind in (nghttp2.ALTSVC, nghttp2.ORIGIN) if self._is_client else ():
            library.option_set_builtin_recv_extension_type(pointer, kind)
        for name in (
            "max_deflate_dynamic_table_size", "max_reserved_remote_streams", "max_send_header_block_length",
            "max_settings",
        ):
            value = getattr(options, name)
            if value is not None:
                getattr(library, f"option_set_{name}")(pointer, value)
        if options.stream_reset_rate_limit is not None:
            library.option_set_stream_reset_rate_limit(pointer, *options.stream_reset_rate_limit)
        if not options.strict_whitespace:
            library.option_set_no_rfc9113_leading_and_trailing_ws_validation(pointer, 1)

    def close(self) -> None:
        """Forget everything. Nothing may be called after this."""
        pointer, self._pointer = self._pointer, None
        if pointer is None:
            return
        _forget(self._key)
        self._library.session_del(pointer)

    # Bytes and events

    def receive(self, data: bytes) -> None:
        """Take in what the other side has sent."""
        outcome = self._library.session_mem_recv2(self._pointer, data, len(data))
        if outcome < 0:
            self._events += (Event.ERROR, outcome, self._error_name)

    def take_events(self) -> list[Any]:
        """What there is to tell since the last call."""
        events, self._events = self._events, []
        return events

    def pending(self, limit: int = 1 << 18) -> bytes:
        """What is to be sent now: about `limit` bytes at most, and none when there is nothing."""
        self._make_bytes(limit)
        out = self._out[0] if len(self._out) == 1 else b"".join(self._out)
        self._out.clear()
        self._out_size = 0
        return out

    def _make_bytes(self, limit: int) -> None:
        chunk = self._chunk
        make = self._library.session_mem_send2
        place = byref(chunk)
        while self._out_size < limit:
            size = make(self._pointer, place)
            if size <= 0:
                if size < 0:
                    self._events += (Event.ERROR, size, None)
                return
            self._out.append(string_at(chunk.value, size))  # type: ignore[arg-type]
            self._out_size += size

    @property
    def wants_write(self) -> bool:
        """Whether `pending` would give bytes."""
        return self._out_size > 0 or bool(self._library.session_want_write(self._pointer))

    @property
    def wants_read(self) -> bool:
        """Whether more is expected of the other side."""
        return bool(self._library.session_want_read(self._pointer))

    # What nghttp2 says

    def _begun_headers(self, frame: int) -> int:
        stream_id, kind, _ = _frame_head.unpack(string_at(frame + OFFSET_STREAM_ID, 6))
        if kind == nghttp2.PUSH_PROMISE:
            (stream_id,) = _int32.unpack(string_at(frame + nghttp2.OFFSET_PROMISED_STREAM_ID, 4))
        self._headers = []
        self._sensitive = []
        stream = self._streams.get(stream_id)
        if stream is None:
            if not self._can_add_stream():
                return self._reject(stream_id)
            stream = self._add(stream_id)
        stream.header_count = stream.header_size = 0
        return 0

    def _can_add_stream(self) -> bool:
        most = self._library.session_get_local_settings(self._pointer, nghttp2.SETTINGS_MAX_CONCURRENT_STREAMS)
        used = len(self._streams) * _STREAM_MEMORY + self._queued + self._out_size
        return len(self._streams) < most and used + _STREAM_MEMORY <= self.options.max_memory

    def _reject(self, stream_id: int) -> int:
        self._rejected_streams += 1
        if self._rejected_streams > self.options.max_rejected_streams:
            return nghttp2.ERR_CALLBACK_FAILURE
        self._library.submit_rst_stream(self._pointer, 0, stream_id, nghttp2.ENHANCE_YOUR_CALM)
        return nghttp2.ERR_TEMPORAL_CALLBACK_FAILURE

    def _add(self, stream_id: int) -> _Stream:
        stream = self._streams[stream_id] = _Stream(stream_id, self._largest_headers)
        return stream

    def _header(self, frame: int, name: bytes, value: bytes, flags: int) -> int:
        if not name:
            return 0
        stream_id, kind, _ = _frame_head.unpack(string_at(frame + OFFSET_STREAM_ID, 6))
        if kind == nghttp2.PUSH_PROMISE:
            (stream_id,) = _int32.unpack(string_at(frame + nghttp2.OFFSET_PROMISED_STREAM_ID, 4))
        stream = self._streams.get(stream_id)
        if stream is None:
            return 0
        stream.header_count += 1
        stream.header_size += len(name) + len(value) + _HEADER_OVERHEAD
        if stream.header_count > self._most_headers or stream.header_size > stream.largest_headers:
            self._library.submit_rst_stream(self._pointer, 0, stream_id, nghttp2.ENHANCE_YOUR_CALM)
            return nghttp2.ERR_TEMPORAL_CALLBACK_FAILURE
        self._headers += (name, value)
        if flags & nghttp2.NV_FLAG_NO_INDEX:
            self._sensitive.append(name.decode("latin-1"))
        return 0

    @property
    def _most_headers(self) -> int:
        return max(self.options.max_header_pairs, _LEAST_HEADERS_CLIENT if self._is_client else _LEAST_HEADERS_SERVER)

    @property
    def _largest_headers(self) -> int:
        size: int = self._library.session_get_local_settings(self._pointer, nghttp2.SETTINGS_MAX_HEADER_LIST_SIZE)
        return min(size, _LARGEST_HEADER_LIST)

    def _received(self, frame: int) -> int:
        stream_id, kind, flags = _frame_head.unpack(string_at(frame + OFFSET_STREAM_ID, 6))
        if kind == nghttp2.DATA:
            return self._data_received(frame, stream_id, flags)
        if kind == nghttp2.HEADERS:
            (category,) = _int32.unpack(string_at(frame + nghttp2.OFFSET_HEADERS_CATEGORY, 4))
            self._tell_headers(stream_id, category, flags)
        elif kind == nghttp2.PUSH_PROMISE:
            (promised,) = _int32.unpack(string_at(frame + nghttp2.OFFSET_PROMISED_STREAM_ID, 4))
            self._tell_headers(promised, nghttp2.HCAT_REQUEST, flags)
        elif kind == nghttp2.SETTINGS:
            if flags & nghttp2.FLAG_ACK:
                self._events.append(Event.SETTINGS_ACK)
            else:
                self._events += (Event.SETTINGS, self.current_settings(False), self._unknown_settings(frame))
        elif kind == nghttp2.PING:
            event = Event.PING_ACK if flags & nghttp2.FLAG_ACK else Event.PING
            self._events += (event, string_at(frame + OFFSET_PAYLOAD, 8))
        elif kind == nghttp2.GOAWAY:
            self._goaway_received(frame)
        elif kind == nghttp2.ALTSVC:
            origin, value = _strings(_pointer_at(frame + OFFSET_PAYLOAD), 2)
            self._events += (Event.ALTSVC, stream_id, origin.decode("latin-1"), value.decode("latin-1"))
        elif kind == nghttp2.ORIGIN:
            self._origin_received(frame)
        return 0

    def _data_received(self, frame: int, stream_id: int, flags: int) -> int:
        if flags & nghttp2.FLAG_END_STREAM:
            self._events += (Event.END, stream_id)
        elif _size.unpack(string_at(frame, _size.size))[0] == 0:
            return self._count_invalid()
        return 0

    def _count_invalid(self) -> int:
        self._invalid_frames += 1
        if self._invalid_frames <= self.options.max_invalid_frames + 1:  # one more than said, as Node
            return 0
        self._error_name = "ERR_HTTP2_TOO_MANY_INVALID_FRAMES"
        return 1

    def _tell_headers(self, stream_id: int, category: int, flags: int) -> None:
        text = b"\0".join(self._headers).decode("latin-1")
        self._events += (Event.HEADERS, stream_id, category, flags, text, self._sensitive)
        self._headers = []

    def _unknown_settings(self, frame: int) -> list[int]:
        count, place = struct.unpack("NP", string_at(frame + OFFSET_PAYLOAD, 16))
        if not count:
            return []
        unknown: list[int] = []
        for number, value in _setting.iter_unpack(string_at(place, count * _setting.size)):
            if number > _LARGEST_SETTING_KNOWN or number == 7:
                unknown += (number, value)
        return unknown

    def _goaway_received(self, frame: int) -> None:
        last, code = _two_numbers.unpack(string_at(frame + OFFSET_PAYLOAD, 8))
        place, length = struct.unpack("PN", string_at(frame + OFFSET_PAYLOAD + 8, 16))
        self._events += (Event.GOAWAY, code, last, string_at(place, length) if length else None)

    def _origin_received(self, frame: int) -> None:
        payload = _pointer_at(frame + OFFSET_PAYLOAD)
        count, place = struct.unpack("NP", string_at(payload, 16))
        self._events += (Event.ORIGIN, [each.decode("latin-1") for each in _strings(place, count)])

    def _received_invalid(self, error: int) -> int:
        if self._count_invalid():
            return 1
        if error in (nghttp2.ERR_STREAM_CLOSED, nghttp2.ERR_PROTO) or self._library.is_fatal(error):
            self._events += (Event.ERROR, error, None)
        return 0

    def _chunk_received(self, stream_id: int, data: bytes) -> int:
        size = len(data)
        if not size:
            return 0
        self._library.session_consume_connection(self._pointer, size)
        stream = self._streams.get(stream_id)
        if stream is None:
            return 0
        self._events += (Event.DATA, stream_id, data)
        if stream.is_reading:
            self._library.session_consume_stream(self._pointer, stream_id, size)
        else:
            stream.unread += size
        return 0

    def _closed(self, stream_id: int, code: int) -> int:
        stream = self._streams.pop(stream_id, None)
        if stream is not None:
            self._queued -= sum(map(len, stream.queue)) - stream.offset
            self._events += (Event.CLOSE, stream_id, code)
        return 0

    def _not_sent(self, frame: int, error: int) -> int:
        if error in (nghttp2.ERR_SESSION_CLOSING, nghttp2.ERR_STREAM_CLOSED, nghttp2.ERR_STREAM_CLOSING):
            return 0
        stream_id, kind, _ = _frame_head.unpack(string_at(frame + OFFSET_STREAM_ID, 6))
        self._events += (Event.FRAME_ERROR, stream_id, kind, _CODES.get(error, nghttp2.INTERNAL_ERROR))
        return 0

    def _complained(self, message: bytes) -> int:
        if message.startswith(_NOT_HTTP2):
            self._events += (Event.ERROR, nghttp2.ERR_PROTO, None)
        return 0

    def _pad(self, frame: int, most: int) -> int:
        (size,) = _size.unpack(string_at(frame, _size.size))
        if self.options.padding == PADDING_MAX:
            return most
        padded: int = size + -(size + _FRAME_HEAD) % 8
        return min(most, padded)

    def _content(self, stream_id: int, target: int, room: int, flags: int) -> int:
        """nghttp2 asks for content of a stream: copy at most `room` bytes to `target`."""
        stream = self._streams.get(stream_id)
        if stream is None:
            return nghttp2.ERR_DEFERRED
        queue = stream.queue
        had = bool(queue)
        size = 0
        while queue and size < room:
            piece = queue[0]
            part = min(len(piece) - stream.offset, room - size)
            memmove(target + size, piece[stream.offset:stream.offset + part] if stream.offset else piece, part)
            size += part
            stream.offset += part
            if stream.offset == len(piece):
                queue.popleft()
                stream.offset = 0
        self._queued -= size
        if had and not queue:
            self._events += (Event.WRITTEN, stream_id)
        if queue or not stream.is_ended:
            return size or nghttp2.ERR_DEFERRED
        flag = nghttp2.DATA_FLAG_EOF
        if stream.wants_trailers:
            flag |= nghttp2.DATA_FLAG_NO_END_STREAM
            stream.wants_trailers = False
            self._events += (Event.WANT_TRAILERS, stream_id)
        memmove(flags, flag.to_bytes(4, "little"), 4)
        return size

    # What a program says. Numbers below 0 are nghttp2's errors.

    def request(self, headers: str, layout: Sequence[int], end_stream: bool, wants_trailers: bool) -> int:
        """Begin a stream, whose number is returned. For `layout` see `_name_values`."""
        array, count, _keep = _name_values(headers, layout)
        provider = None if end_stream else _provider()
        number: int = self._library.submit_request2(self._pointer, None, array, count, provider, None)
        if number > 0:
            self._add(number).wants_trailers = wants_trailers
        return number

    def respond(
        self, stream_id: int, headers: str, layout: Sequence[int], end_stream: bool, wants_trailers: bool,
    ) -> int:
        """Answer a request."""
        array, count, _keep = _name_values(headers, layout)
        stream = self._streams.get(stream_id)
        if stream is not None:
            stream.wants_trailers = wants_trailers
        provider = None if end_stream else _provider()
        outcome: int = self._library.submit_response2(self._pointer, stream_id, array, count, provider)
        return outcome

    def inform(self, stream_id: int, headers: str, layout: Sequence[int]) -> int:
        """Headers before the response proper."""
        array, count, _keep = _name_values(headers, layout)
        outcome: int = self._library.submit_headers(self._pointer, 0, stream_id, None, array, count, None)
        return outcome

    def send_trailers(self, stream_id: int, headers: str, layout: Sequence[int]) -> int:
        """The end of a stream that wanted trailers."""
        array, count, _keep = _name_values(headers, layout)
        outcome: int
        if count:
            outcome = self._library.submit_trailer(self._pointer, stream_id, array, count)
        else:
            # A frame of headers without any confuses some browsers; content without any does not.
            outcome = self._library.submit_data2(
                self._pointer, nghttp2.FLAG_END_STREAM, stream_id, _provider())
        return outcome

    def push(self, stream_id: int, headers: str, layout: Sequence[int]) -> int:
        """Promise a stream, whose number is returned."""
        array, count, _keep = _name_values(headers, layout)
        number: int = self._library.submit_push_promise(self._pointer, 0, stream_id, array, count, None)
        if number > 0:
            self._add(number)
        return number

    def write(self, stream_id: int, pieces: Sequence[bytes]) -> bool:
        """Content. `Event.WRITTEN` tells when it is under way; until then there is no other. False: no such stream."""
        stream = self._streams.get(stream_id)
        if stream is None:
            return False
        for piece in pieces:
            if piece:
                stream.queue.append(piece)
                self._queued += len(piece)
        if not stream.queue:
            self._events += (Event.WRITTEN, stream_id)
        self._library.session_resume_data(self._pointer, stream_id)
        return True

    def end(self, stream_id: int) -> None:
        """No more content."""
        stream = self._streams.get(stream_id)
        if stream is not None:
            stream.is_ended = True
            self._library.session_resume_data(self._pointer, stream_id)

    def set_reading(self, stream_id: int, is_reading: bool) -> None:
        """Whether a stream's content is wanted: if not, the other side soon has to stop."""
        stream = self._streams.get(stream_id)
        if stream is None:
            return
        stream.is_reading = is_reading
        if is_reading and stream.unread:
            self._library.session_consume_stream(self._pointer, stream_id, stream.unread)
            stream.unread = 0

    def reset_stream(self, stream_id: int, code: int) -> None:
        """End a stream by force, after what of its headers and content may be sent now."""
        self._make_bytes(self._out_size + self.options.max_memory)
        self._library.submit_rst_stream(self._pointer, 0, stream_id, code)

    def settings(self, pairs: Sequence[int]) -> int:
        """Numbers of settings and values in turn."""
        packed = b"".join(
            _setting.pack(number, value) for number, value in zip(pairs[::2], pairs[1::2], strict=True))
        outcome: int = self._library.submit_settings(self._pointer, 0, packed or None, len(pairs) // 2)
        return outcome

    def ping(self, payload: bytes) -> int:
        """`payload`: 8 bytes."""
        outcome: int = self._library.submit_ping(self._pointer, 0, payload)
        return outcome

    def goaway(self, code: int, last_stream_id: int, data: bytes) -> int:
        """No new streams. The last stream is the last that came, unless it is above 0."""
        if last_stream_id <= 0:
            last_stream_id = self._library.session_get_last_proc_stream_id(self._pointer)
        outcome: int = self._library.submit_goaway(
            self._pointer, 0, last_stream_id, code, data or None, len(data))
        return outcome

    def shutdown_notice(self) -> int:
        """Tell a client that the end comes, while requests under way are still taken."""
        outcome: int = self._library.submit_shutdown_notice(self._pointer)
        return outcome

    def terminate(self, code: int) -> int:
        """The end, with a GOAWAY frame."""
        outcome: int = self._library.session_terminate_session(self._pointer, code)
        return outcome

    def altsvc(self, stream_id: int, origin: bytes, value: bytes) -> int:
        """RFC 7838."""
        outcome: int = self._library.submit_altsvc(
            self._pointer, 0, stream_id, origin or None, len(origin), value or None, len(value))
        return outcome

    def origin(self, origins: Sequence[bytes]) -> int:
        """RFC 8336."""
        buffers = [ctypes.create_string_buffer(each) for each in origins]
        entries = b"".join(
            _pointers.pack(ctypes.addressof(buffer), len(each)) for buffer, each in zip(buffers, origins, strict=True))
        outcome: int = self._library.submit_origin(self._pointer, 0, entries, len(origins))
        return outcome

    def set_next_stream_id(self, number: int) -> int:
        """The number of the stream that is begun next."""
        outcome: int = self._library.session_set_next_stream_id(self._pointer, number)
        return outcome

    def set_local_window_size(self, size: int) -> int:
        """How much the other side may send on the connection before some of it is consumed."""
        outcome: int = self._library.session_set_local_window_size(self._pointer, 0, 0, size)
        return outcome

    # What it is

    def state(self) -> list[int]:
        """In the order of `http2session.state`."""
        library, pointer = self._library, self._pointer
        return [
            library.session_get_effective_local_window_size(pointer),
            library.session_get_effective_recv_data_length(pointer),
            library.session_get_next_stream_id(pointer),
            library.session_get_local_window_size(pointer),
            library.session_get_last_proc_stream_id(pointer),
            library.session_get_remote_window_size(pointer),
            library.session_get_outbound_queue_size(pointer),
            library.session_get_hd_deflate_dynamic_table_size(pointer),
            library.session_get_hd_inflate_dynamic_table_size(pointer),
        ]

    def stream_state(self, stream_id: int) -> list[int] | None:
        """In the order of `http2stream.state`; None without such a stream."""
        library, pointer = self._library, self._pointer
        stream = library.session_find_stream(pointer, stream_id)
        if stream is None:
            return None
        return [
            library.stream_get_state(stream),
            library.stream_get_weight(stream),
            library.stream_get_sum_dependency_weight(stream),
            library.session_get_stream_local_close(pointer, stream_id),
            library.session_get_stream_remote_close(pointer, stream_id),
            library.session_get_stream_local_window_size(pointer, stream_id),
        ]

    def current_settings(self, is_local: bool) -> list[int]:
        """The settings 1 to 6, and 8, that are in force for what comes (local) or goes."""
        get = self._library.session_get_local_settings if is_local else self._library.session_get_remote_settings
        return [get(self._pointer, number) for number in (1, 2, 3, 4, 5, 6, 8)]


def _pointer_at(place: int) -> int:
    pointer: int = struct.unpack("P", string_at(place, struct.calcsize("P")))[0]
    return pointer


def _strings(place: int, count: int) -> list[bytes]:
    """`count` pairs of a pointer and a length."""
    pairs = _pointers.iter_unpack(string_at(place, count * _pointers.size))
    return [string_at(start, length) if length else b"" for start, length in pairs]


def _name_values(headers: str, layout: Sequence[int]) -> tuple[bytes, int, bytes]:
    """An array of nghttp2's, how many there are in it, and what it points into, which has to be kept meanwhile.

    `headers` is the text of all names and values; `layout` has three numbers for each: the length of its name and of
    its value (in units of UTF-16), and flags. So a value may hold anything: whether it may be sent is for nghttp2 and
    the other side to say. Of each unit one byte is sent, as Node makes bytes of text.
    """
    data = headers.encode("latin-1") if headers.isascii() else headers.encode("utf-16-le", "replace")[::2]
    if sum(layout) - sum(layout[2::3]) != len(data):
        raise ValueError("the lengths are not those of the headers")
    place = ctypes.cast(ctypes.c_char_p(data), c_void_p).value or 0
    values: list[int] = []
    for name, value, flag in zip(layout[::3], layout[1::3], layout[2::3], strict=True):
        values += (place, place + name, name, value, flag)
        place += name + value
    count = len(layout) // 3
    return struct.pack(nghttp2.NAME_VALUE * count, *values), count, data


# nghttp2's callbacks are made once, and find their session by a number.

_sessions: dict[int, Session] = {}
_last_key = 0
_made: dict[int, tuple[c_void_p, list[Any]]] = {}
_content_provider: nghttp2.DataProvider | None = None


def _remember(session: Session) -> int:
    global _last_key
    _last_key += 1
    _sessions[_last_key] = session
    return _last_key


def _forget(key: int) -> None:
    _sessions.pop(key, None)


def _provider() -> Any:
    global _content_provider
    if _content_provider is None:
        callback = nghttp2.READ_CALLBACK(_read)
        _made[-1] = (c_void_p(), [callback])
        _content_provider = nghttp2.DataProvider(None, ctypes.cast(callback, c_void_p))
    return byref(_content_provider)


def _read(_session: int, stream_id: int, target: int, room: int, flags: int, _source: int, key: int) -> int:
    return _sessions[key]._content(stream_id, target, room, flags)


def _callbacks(padding: int) -> c_void_p:
    made = _made.get(padding)
    if made is None:
        made = _made[padding] = _make_callbacks(padding)
    return made[0]


def _make_callbacks(padding: int) -> tuple[c_void_p, list[Any]]:
    library = nghttp2.library()
    callbacks = c_void_p()
    library.session_callbacks_new(byref(callbacks))

    def on_header(
        _: int, frame: int, name: int, name_length: int, value: int, value_length: int, flags: int, key: int,
    ) -> int:
        return _sessions[key]._header(frame, string_at(name, name_length), string_at(value, value_length), flags)

    functions: dict[str, Any] = {
        "on_begin_headers_callback": lambda _, frame, key: _sessions[key]._begun_headers(frame),
        "on_header_callback": on_header,
        "on_frame_recv_callback": lambda _, frame, key: _sessions[key]._received(frame),
        "on_invalid_frame_recv_callback": lambda _, frame, error, key: _sessions[key]._received_invalid(error),
        "on_data_chunk_recv_callback": lambda _, flags, number, place, size, key: _sessions[key]._chunk_received(
            number, string_at(place, size)),
        "on_stream_close_callback": lambda _, number, code, key: _sessions[key]._closed(number, code),
        "on_frame_not_send_callback": lambda _, frame, error, key: _sessions[key]._not_sent(frame, error),
        "error_callback2": lambda _, error, text, size, key: _sessions[key]._complained(string_at(text, size)),
    }
    if padding != PADDING_NONE:
        functions["select_padding_callback2"] = lambda _, frame, most, key: _sessions[key]._pad(frame, most)
    return callbacks, [library.set_callback(callbacks, name, function) for name, function in functions.items()]
