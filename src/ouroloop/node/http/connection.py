"""Connection: one connection of an HTTP server.

Theory of operation. What arrives is fed to a parser (protocol.py); each request becomes an `IncomingMessage` and a
`ServerResponse`, and the 'request' listener is called. All that the listener, and the ticks and microtasks after it,
write to a connection leaves together, in one system call for everything that one recv(2) brought. An idle connection
has no parser: between two messages a parser knows nothing, so a few of them serve all.

Backpressure goes both ways. A body that nobody reads, or responses that the other side does not take, stop the
reading; what was parsed already waits, and goes on when there is room. So a client that never reads costs about the
high-water mark.

What surprises people: a program sees `req.socket` as a `net.Socket`, but it is made only when it is looked at. With
pipelining all requests of one packet are handed out at once and answered in order. A connection that is closed because
of an error is first shut down and read to its end for a moment: closing it with unread data would make the kernel send
a reset, which can overtake the answer.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ...loop.tcp import Tcp
from .. import net
from ..stream import DEFAULT_HIGH_WATER_MARK
from .incoming import IncomingMessage
from .outgoing import ServerResponse
from .protocol import HAS_EXPECT, HAS_HOST, End, RequestHead, RequestParser, Upgrade, status_line

if TYPE_CHECKING:
    from ..environment import Environment
    from .server import Server

_CONTINUE = re.compile(r"(?:^|\W)100-continue(?:$|\W)", re.IGNORECASE)
_FLUSH_AT = 256 * 1024  # bytes: what is collected in one batch at most
_COPY_AT_MOST = 128 * 1024  # bytes: up to here joining the parts costs less than sending them as a list
_MOST_WAITING = 1000  # requests of one connection that wait for the responses before theirs
_SPARE_PARSERS = 64
_FOREVER = 1 << 62

_BODY, _OUTPUT = 1, 2
_SPECIAL = HAS_EXPECT | HAS_HOST


def _ignore(error: BaseException) -> None:
    """A lost connection is told to its requests: it must not end a server that has looked at their socket."""


class HttpSocket(net.Socket):
    """A server connection as programs see it. Its reading belongs to HTTP until the protocol is changed."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(handle=connection.tcp, allow_half_open=True, manual_start=True)
        self._http: Connection | None = connection
        self.server = connection.server
        """The server that accepted it."""

    def _read(self, size: int) -> None:
        if self._http is None:
            super()._read(size)

    def _destroy(self, error: BaseException | None, callback: Callable[..., object]) -> None:
        connection, self._http = self._http, None
        super()._destroy(error, callback)
        if connection is not None:
            connection._gone(error)

    def _release(self, server: Server) -> None:
        """From here on this is a socket like any other."""
        self._http = None
        self._server = server
        self.allow_half_open = True


class Connection:
    """One connection of a server."""

    __slots__ = (
        "_blocked", "_callbacks", "_closed", "_corks", "_done", "_held_size", "_last", "_lingering", "_out",
        "_out_size", "_over", "_parser", "_request", "_requests", "_rest", "_since", "_socket", "_started",
        "_unflushed", "_waiting", "current", "env", "server", "tcp",
    )

    def __init__(self, server: Server, tcp: Tcp) -> None:
        self.server = server
        self.env: Environment = server._env
        self.tcp = tcp
        self.current: ServerResponse | None = None
        """The response whose turn it is to write."""
        self._waiting: deque[ServerResponse] | None = None
        self._request: IncomingMessage | None = None  # whose body is being received
        self._parser: RequestParser | None = None  # none between two messages
        self._rest: Iterator[Any] | None = None  # events that wait because of `_blocked`
        self._blocked = 0
        self._out: list[Any] | None = None  # what will leave at the end of the batch; None outside of one
        self._out_size = 0
        self._done: list[ServerResponse] | None = None  # responses whose last byte is in `_out`
        self._callbacks: list[Callable[..., object]] | None = None
        self._unflushed: deque[tuple[Any, Any]] | None = None
        self._corks = 0
        self._held_size = 0
        self._over = False  # no more requests are taken, because of one of the next three
        self._last = False  # closes as soon as everything is out
        self._lingering = False  # is shut down, but still read from for a moment
        self._closed = False
        self._requests = 0
        self._socket: HttpSocket | None = None
        self._started = self._since = tcp.loop.now  # when the message began that is arriving; since when it is idle
        tcp.read_start(self._on_read)

    @property
    def socket(self) -> HttpSocket:
        """The connection as programs see it; made at the first look."""
        if self._socket is None:
            self._socket = sock = HttpSocket(self)
            sock.on("timeout", self._on_timeout)
            sock.on("error", _ignore)
            if self._closed:
                sock._http = None
                sock.destroy()
        return self._socket

    @property
    def write_queue_size(self) -> int:
        """How many bytes wait to be sent."""
        return self.tcp.write_queue_size + self._out_size

    # Receiving

    def _on_read(self, failure: OSError | None, data: bytes) -> None:
        if not data:
            self._on_end(failure)
            return
        if self._over:
            return
        parser = self._parser
        if parser is None:
            spare = self.server._parsers
            parser = self._parser = spare.pop() if spare else self.server._new_parser()
        if self._socket is not None:
            self._socket._active()
        self._handle(iter(parser.feed(data)))

    def _handle(self, events: Iterator[Any]) -> None:
        """Hand `events` to the program, let it settle, and send what it wrote (called from the loop)."""
        env = self.env
        if self._out is None:
            self._out = []
        try:
            self._dispatch(events)
            if env.ticks or env.microtasks or env.rejections:
                env.drain()
        except Exception as exc:
            self._raised(exc, events)
        finally:
            self._flush()
        if env.ticks or env.microtasks:
            env.run_next_ticks()

    def _raised(self, exc: Exception, events: Iterator[Any]) -> None:
        """The program raised. What is left of `events` is no less true for that: the iterator goes on where it was."""
        while True:
            self.env.uncaught_exception(exc)
            try:
                return self._dispatch(events)
            except Exception as another:
                exc = another

    def _dispatch(self, events: Iterator[Any]) -> None:
        server = self.server
        for event in events:
            kind = event.__class__
            if kind is RequestHead:
                if event.upgrade:
                    self._on_upgrade(event, next(events))
                    return
                req = IncomingMessage(event, self)
                res = ServerResponse(req, self)
                if not event.complete:
                    self._request = req
                if self.current is None:
                    self.current = res
                else:
                    self._wait(res)
                if (event.flags & _SPECIAL == HAS_HOST and not server._unusual) or not self._answered(event, req, res):
                    listeners = server._events
                    listener = listeners.get("request") if listeners is not None else None
                    if listener is None or listener.__class__ is tuple:
                        server.emit("request", req, res)
                    else:  # what `emit` would do, 0.1 µs sooner
                        result = listener(req, res)
                        if result is not None:
                            server._take_result(result, "request", (req, res))
            elif kind is bytes:
                if self._request is not None and not self._request._receive(event):
                    self._block(_BODY)
            elif kind is End:
                request, self._request = self._request, None
                if request is not None:
                    request._receive_end(event.raw_trailers)
            else:
                self._fail(event)
            if self._over:
                break
            if self._blocked:
                self._rest = events
                self.tcp.read_stop()
                return
        parser = self._parser
        if parser is None:
            return
        if parser.idle:
            self._started = 0
            if parser.reusable:
                self._parser = None
                spare = server._parsers
                if len(spare) < _SPARE_PARSERS:
                    spare.append(parser)
        elif not self._started:
            self._started = self.tcp.loop.now

    def _wait(self, res: ServerResponse) -> None:
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(res)
        if len(self._waiting) >= _MOST_WAITING:
            self._block(_OUTPUT)

    def _answered(self, head: RequestHead, req: IncomingMessage, res: ServerResponse) -> bool:
        """What HTTP/1.1 asks for before a program does. Returns whether the request is dealt with."""
        server = self.server
        if server.join_duplicate_headers:
            req.join_duplicate_headers = True
        if head.version != "1.1":
            return False
        if server.require_host_header and not head.flags & HAS_HOST:
            res.write_head(400, {"Connection": "close"}).end()
            return True
        most = server.max_requests_per_socket
        if most > 0:
            self._requests += 1
            res._plain = False
            res._max_requests_reached = most <= self._requests
            if most < self._requests:
                server.emit("dropRequest", req, self.socket)
                res.write_head(503).end()
                return True
        if not head.flags & HAS_EXPECT:
            return False
        return self._answered_expectation(req, res)

    def _answered_expectation(self, req: IncomingMessage, res: ServerResponse) -> bool:
        server = self.server
        if _CONTINUE.search(req.headers["expect"]) is not None:
            res._expects_continue = True
            res._plain = False
            if server.listener_count("checkContinue"):
                server.emit("checkContinue", req, res)
                return True
            res.write_continue()
            return False
        if not server.emit("checkExpectation", req, res):
            res.write_head(417).end()
        return True

    def _on_upgrade(self, head: RequestHead, upgrade: Upgrade) -> None:
        server, parser = self.server, self._parser
        assert parser is not None
        event = "connect" if head.method == "CONNECT" else "upgrade"
        req = IncomingMessage(head, self)
        if event == "upgrade" and not server._should_upgrade(req):
            head.upgrade = False
            rest = parser.refuse_upgrade(head, upgrade)
            self._dispatch(iter([head, *rest]))
            return
        self._parser = None
        self._rest = None
        if not server.listener_count(event):
            self.destroy()
            return
        self._flush()
        self.tcp.read_stop()
        sock = self.socket
        sock.remove_listener("timeout", self._on_timeout)
        sock.remove_listener("error", _ignore)
        server._connections_open.pop(self, None)
        self._over = True
        sock._release(server)
        server.emit(event, req, sock, upgrade.data)

    # Stopping and going on

    def _block(self, reason: int) -> None:
        self._blocked |= reason

    def _unblock(self, reason: int) -> None:
        if self._blocked & reason:
            self._blocked &= ~reason
            if not self._blocked:
                self.env.ticks.append((self._go_on, ()))

    def _go_on(self) -> None:
        """There is room again: first what was parsed already, then what the kernel has (called in a tick)."""
        if self._blocked or self._over:
            return
        rest, self._rest = self._rest, None
        if rest is not None:
            self._out = self._out or []
            try:
                self._dispatch(rest)
            except Exception as exc:
                self._raised(exc, rest)
            finally:
                self._flush()
        if not self._blocked and not self._over:
            self.tcp.read_start(self._on_read)

    def resume_body(self, message: IncomingMessage) -> None:
        """`message` has room for more of its body."""
        if self._blocked & _BODY and (message is self._request or self._request is None):
            self._unblock(_BODY)

    def _held(self, size: int) -> None:
        """`size` more bytes wait in responses whose turn it is not yet."""
        self._held_size += size
        if self._held_size >= DEFAULT_HIGH_WATER_MARK:
            self._block(_OUTPUT)

    def _unblock_output(self) -> None:
        """Read again, if little enough waits to be sent."""
        if (
            self._held_size < DEFAULT_HIGH_WATER_MARK
            and not self.tcp.write_queue_size
            and (not self._waiting or len(self._waiting) < _MOST_WAITING)
        ):
            self._unblock(_OUTPUT)

    # Sending

    def _write(self, parts: list[Any], ended: ServerResponse | None) -> bool:
        """Take what the current response writes; `ended` is that response if these are its last parts."""
        direct = self._out is None
        if direct:
            self._out = []
        self._take(parts)
        if ended is not None:
            self._end_response(ended)
            if direct or self._corks:
                self._corks = 0  # the end of a response undoes every cork
                self._flush()
        elif direct:
            self.env.ticks.append((self._flush, ()))
        if self._out_size >= DEFAULT_HIGH_WATER_MARK:
            self._flush(direct)
        return self.tcp.write_queue_size + self._out_size < DEFAULT_HIGH_WATER_MARK

    def _take(self, parts: list[Any]) -> None:
        out = self._out
        assert out is not None
        for part in parts:
            if callable(part):
                if self._callbacks is None:
                    self._callbacks = []
                self._callbacks.append(part)
            else:
                self._out_size += len(part)
                out.append(part)

    def _finish_with(self, res: ServerResponse, parts: list[Any], size: int) -> None:
        """The whole of `res`, the current response, `size` bytes of body among it."""
        out = self._out
        self._out_size += size
        if out is None:
            self._out = parts
            self._end_response(res)
            self._flush()
            return
        out += parts
        self._end_response(res)
        if self._corks:
            self._corks = 0
            self._flush()
        elif self._out_size >= _FLUSH_AT:
            self._flush(False)

    def _end_response(self, res: ServerResponse) -> None:
        """All of `res` is taken: it is the next one's turn."""
        if self._done is None:
            self._done = [res]
        else:
            self._done.append(res)
        res._connection = None
        req = res.req
        if req._streaming or not req.complete:
            req._dump()
        if res._last:
            self.current = None
            self._last = self._over = True
            return
        if self._waiting:
            self._next_response(self._waiting)
        else:
            self.current = None
            self._since = self.tcp.loop.now
        if self._blocked & _OUTPUT:
            self._unblock_output()

    def _next_response(self, waiting: deque[ServerResponse]) -> None:
        self.current = res = waiting.popleft()
        pending, res._pending = res._pending, None
        size, res._pending_size = res._pending_size, 0
        if pending:
            self._take(pending)
            self._held_size -= size
        if res.finished:
            self._end_response(res)
        elif res._need_drain:
            self.env.ticks.append((self._drained, ()))

    def _flush(self, end_batch: bool = True) -> None:
        """Send what was collected."""
        out = self._out
        if out is None or (self._corks and not self._last):
            return
        self._out = None if end_batch else []
        if out and not self._closed:
            size, self._out_size = self._out_size, 0
            rest: Any = out
            try:
                if size <= _COPY_AT_MOST:
                    rest = b"".join(out)
                    sent = self.tcp.try_write(rest)
                    rest = rest[sent:] if sent < len(rest) else None
                else:
                    rest = _without(out, self.tcp.try_write(out))
            except BlockingIOError:
                pass
            except OSError as exc:
                self._lose(exc)
                return
            if rest:
                self._queue(rest)
            else:
                self._tell_flushed()
        if self._last and end_batch and not self.tcp.write_queue_size:
            self._finish()

    def _queue(self, rest: Any) -> None:
        """The kernel did not take `rest`: it leaves when it can."""
        try:
            self.tcp.write(rest, self._on_written)
        except OSError as exc:  # the program has ended the socket
            self._lose(exc)
            return
        if self._unflushed is None:
            self._unflushed = deque()
        self._unflushed.append((self._done, self._callbacks))
        self._done = self._callbacks = None
        if self.tcp.write_queue_size >= DEFAULT_HIGH_WATER_MARK:
            self._block(_OUTPUT)
            if self._rest is None and not self._over:
                self.tcp.read_stop()

    def _on_written(self, failure: OSError | None) -> None:
        env = self.env
        try:
            assert self._unflushed is not None
            collected = self._done, self._callbacks
            self._done, self._callbacks = self._unflushed.popleft()
            if failure is not None:
                self._lose(failure)
            else:
                self._tell_flushed()
            self._done, self._callbacks = collected
            if failure is None and not self.tcp.write_queue_size:
                self._drained()
            if env.ticks or env.microtasks or env.rejections:
                env.drain()
        except Exception as exc:
            env.uncaught_exception(exc)

    def _drained(self) -> None:
        if self._socket is not None:
            self._socket._active()
        if self._last and self._out is None:
            self._finish()
            return
        self._unblock_output()
        res = self.current
        if res is not None and res._need_drain and not res.finished and not self.tcp.write_queue_size:
            res._need_drain = False
            res.emit("drain")

    def _tell_flushed(self) -> None:
        """Every byte of the responses in `_done`, and of what `_callbacks` stand for, is with the operating system."""
        done, self._done = self._done, None
        for res in done or ():
            if res._plain and res._events is None:
                res._flushed = True  # nobody asked to be told
            else:
                self.env.ticks.append((res._all_flushed, ()))
                self.env.ticks.append((res._close, ()))
        if self._callbacks is not None:
            callbacks, self._callbacks = self._callbacks, None
            for callback in callbacks:
                self.env.ticks.append((callback, (None,)))

    def _lose(self, failure: OSError) -> None:
        """They will never leave: the connection is broken."""
        callbacks, self._callbacks = self._callbacks, None
        for callback in callbacks or ():
            self.env.ticks.append((callback, (failure,)))
        self.destroy(failure)
        done, self._done = self._done, None
        for res in done or ():
            self.env.ticks.append((res._close, ()))

    def cork(self) -> None:
        """Hold back what is written."""
        self._corks += 1
        if self._out is None:
            self._out = []

    def uncork(self) -> None:
        """Undo one `cork`."""
        if self._corks:
            self._corks -= 1
            if not self._corks:
                self._flush()

    # Errors and the end

    def _fail(self, error: Any) -> None:
        """The request cannot be understood, or took too long: a 'clientError' listener answers, or we do."""
        self._parser = None
        if self.server.listener_count("clientError"):
            self._lingering = self._over = True
            self._since = _FOREVER  # until the listener ends it
            self._flush(False)
            self.server.emit("clientError", error, self.socket)
            return
        if self.current is not None and self.current._head_sent:
            self.destroy(error)
            return
        self._abandon()
        self._out = [*(self._out or ()), status_line(error.status), b"Connection: close\r\n\r\n"]
        self._last = self._lingering = self._over = True

    def _abandon(self) -> None:
        """Tell everybody who still expects something of this connection that nothing will come of it."""
        requests = [] if self._request is None else [self._request]
        responses = [] if self.current is None else [self.current]
        responses += self._waiting or ()
        self.current = self._request = self._waiting = None
        ticks = self.env.ticks
        for res in responses:
            res._connection = None
            if res.req not in requests:
                requests.append(res.req)
            ticks.append((res._close, ()))
        lost = ConnectionResetError("aborted")
        for req in requests:
            ticks.append((req._abort, (lost,)))

    def _on_end(self, failure: OSError | None) -> None:
        """The other side has ended, or is gone."""
        if failure is not None or self._lingering:
            self._end_lost(failure)
            return
        parser = self._parser
        events = parser.finish() if parser is not None else []
        if events:
            self._handle(iter(events))
        elif self.server.http_allow_half_open and self.current is not None:
            (self._waiting[-1] if self._waiting else self.current)._last = True
        elif self.tcp.write_queue_size:
            self._last = self._lingering = self._over = True
        else:
            self.env.make_callback(self.destroy)

    def _end_lost(self, failure: OSError | None) -> None:
        def end() -> None:
            if failure is not None and self.server.listener_count("clientError") and not self._lingering:
                self._lingering = self._over = True
                self.server.emit("clientError", failure, self.socket)
            if failure is None and self.tcp.write_queue_size:
                return  # the other side reads no less for having said all it had to say
            self.destroy()

        self.env.make_callback(end)

    def _finish(self) -> None:
        """Everything is out, and nothing more is to come."""
        if self._closed:
            return
        if not self._lingering and (self._parser is None or self._parser.idle):
            self.destroy()
            return
        # Data may be under way that we do not want: see the module's docstring.
        self._lingering = self._over = True
        self._last = False
        self._since = self.tcp.loop.now
        try:
            self.tcp.shutdown()
            self.tcp.read_start(self._on_read)
        except OSError:
            self.destroy()

    def destroy(self, error: BaseException | None = None) -> None:
        """Close the connection now. What was not sent is lost."""
        if self._socket is not None and not self._socket.destroyed:
            self._socket.destroy(error)
        elif not self._closed:
            self.tcp.close()
            self._gone(error)

    def _gone(self, error: BaseException | None) -> None:
        """The handle is closed: tell everybody who still expects something of it."""
        self._closed = self._over = True
        server = self.server
        server._connections_open.pop(self, None)
        server._connection_ended()
        self._parser = self._rest = None
        self._out = None
        self._abandon()
        callbacks, self._callbacks = self._callbacks, None
        for callback in callbacks or ():
            self.env.ticks.append((callback, (error or ConnectionResetError("aborted"),)))
        done, self._done = self._done, None
        for res in done or ():
            self.env.ticks.append((res._close, ()))

    def _on_timeout(self) -> None:
        """The socket was idle for the time that somebody set."""
        sock = self._socket
        told = False
        if self._request is not None:
            told = self._request.emit("timeout", sock)
        if self.current is not None:
            told = self.current.emit("timeout", sock) or told
        if not (self.server.emit("timeout", sock) or told):
            self.destroy()

    def __repr__(self) -> str:
        return f"<Connection {self.tcp!r}>"


def _without(parts: list[Any], sent: int) -> list[Any]:
    """`parts` without their first `sent` bytes."""
    for position, part in enumerate(parts):
        if sent < len(part):
            return [memoryview(part)[sent:], *parts[position + 1 :]]
        sent -= len(part)
    return []
