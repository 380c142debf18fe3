"""The agent: a client's connections, who waits for one, and which are kept.

Theory of operation. Each connection has a `Channel`: a parser (protocol.py), and the request it serves at the moment;
client requests are never pipelined. When the response has been read to its end and the request is out, the channel goes
back to the agent, which gives it to the next request that waits, keeps it for later, or lets it close.

What surprises people: a kept connection may be closed by the server in the very moment a request is sent on it: that
request fails with ECONNRESET, and `reused_socket` tells that trying again is reasonable. And the global agent keeps
connections open for 5 seconds, which does not keep a program running.
"""

from __future__ import annotations

import errno
import re
from collections import deque
from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any

from .. import environment, net
from ..events import EventEmitter
from .incoming import IncomingMessage
from .protocol import End, ProtocolError, ResponseHead, ResponseParser, Upgrade

if TYPE_CHECKING:
    from ..environment import Environment
    from .client import ClientRequest

Callback = Callable[..., object]

DEFAULT_PORT = 80
_KEEP_ALIVE_HINT = re.compile(r"timeout=(\d+)")

CONNECTION_OPTIONS = frozenset((
    "family", "hints", "lookup", "local_address", "local_port", "auto_select_family",
    "auto_select_family_attempt_timeout", "block_list", "high_water_mark", "no_delay", "keep_alive_initial_delay",
))  # fmt: skip


def hang_up(message: str = "socket hang up") -> ConnectionResetError:
    failure = ConnectionResetError(errno.ECONNRESET, message)
    vars(failure).update(code="ECONNRESET")
    return failure


# Connections

class Channel:
    """A client's connection: a socket, a parser, and the request that is served."""

    __slots__ = (
        "_ended", "_failed", "_parser", "_upgraded", "agent", "env", "idle", "name", "request", "response", "socket",
        "used",
    )  # fmt: skip

    def __init__(self, socket: Any, agent: Agent | None, name: str) -> None:
        self.socket = socket
        self.agent = agent
        self.name = name
        self.env: Environment = environment.current()
        self.request: ClientRequest | None = None
        self.response: IncomingMessage | None = None
        self.idle = False
        """Kept by the agent for a request to come."""
        self.used = False
        """Whether a request was served already."""
        self._parser: ResponseParser | None = None
        self._ended = False  # the response has been read to its end
        self._failed = False  # the request was told of an error already
        self._upgraded = False
        for event, listener in self._listeners():
            socket.on(event, listener)

    def _listeners(self) -> tuple[tuple[str, Callback], ...]:
        return (
            ("data", self._on_data), ("end", self._on_end), ("error", self._on_error), ("close", self._on_close),
            ("drain", self._on_drain), ("timeout", self._on_timeout),
        )

    # Serving

    def serve(self, request: ClientRequest) -> None:
        """`request` has this connection for itself now."""
        self.request = request
        self.response = None
        self._ended = self._failed = False
        parser = self._parser
        if parser is None:
            parser = self._parser = ResponseParser(request.max_header_size)
        parser.max_header_size = request.max_header_size
        parser.request_sent(request.method)
        if self.socket.timeout != request.timeout and (self.socket.timeout or request.timeout):
            self.socket.set_timeout(request.timeout or 0)

    def send(self, request: ClientRequest, parts: list[Any], end: bool) -> bool:
        """Write `parts`: data, and functions to call when what is before them is out."""
        socket = self.socket
        callbacks = [part for part in parts if callable(part)]
        if end:
            callbacks.append(lambda failure=None: self._sent(request, failure))
        go_on = True
        data = b"".join(part for part in parts if not callable(part))
        if data:
            go_on = socket.write(data)
        if not callbacks:
            return go_on

        def tell(failure: BaseException | None = None) -> None:
            for callback in callbacks:
                callback(failure)

        if socket.writable_length or socket.connecting or socket.destroyed:
            socket.write(b"", tell)
        else:
            self.env.ticks.append((tell, ()))
        return go_on

    def _sent(self, request: ClientRequest, failure: BaseException | None) -> None:
        """The whole request is with the operating system."""
        if failure is None:
            request._all_flushed()
            if self._ended and self.request is request:
                self._release()

    # Receiving

    def _on_data(self, data: bytes) -> None:
        if self.request is None or self._parser is None:
            self.socket.destroy()  # nobody asked: whatever this answers, it is not the next request
            return
        for event in self._parser.feed(data):
            self._take(event)
            if self.socket.destroyed or self._upgraded:
                return

    def _take(self, event: Any) -> None:
        kind = event.__class__
        if kind is ResponseHead:
            if event.informational:
                self._on_information(event)
            elif not event.upgrade:
                self._on_response(event)
            else:
                self.response = self._new_response(event)
        elif kind is bytes:
            if self.response is not None and not self.response._receive(event):
                self.socket.pause()
        elif kind is End:
            self._on_response_end(event)
        elif kind is Upgrade:
            self._on_upgrade(event)
        else:
            self._on_protocol_error(event)

    def _new_response(self, head: ResponseHead) -> IncomingMessage:
        response = IncomingMessage(head, self)
        assert self.request is not None
        vars(response)["req"] = self.request
        if self.request.join_duplicate_headers:
            response.join_duplicate_headers = True
        return response

    def _call(self, emit: Callback, *args: Any) -> Any:
        """Call the program; what it raises must not keep the rest of the data from being looked at."""
        try:
            return emit(*args)
        except Exception as exc:
            self.env.uncaught_exception(exc)
            return True

    def _on_information(self, head: ResponseHead) -> None:
        request = self.request
        assert request is not None
        if head.status == 100:
            self._call(request.emit, "continue")
        self._call(request.emit, "information", self._new_response(head))

    def _on_response(self, head: ResponseHead) -> None:
        request = self.request
        assert request is not None
        if self.response is not None:
            self.socket.destroy()  # a second answer to one request
            return
        response = self.response = request.response = self._new_response(head)
        if not head.keep_alive:
            request.should_keep_alive = False
        response.on("end", lambda: self._response_read(response))
        heard = self._call(request.emit, "response", response)
        if not heard or request.destroyed:
            response._dump()
            response.resume()

    def _on_response_end(self, event: End) -> None:
        if self.response is not None:
            self.response._receive_end(event.raw_trailers)

    def _response_read(self, response: IncomingMessage) -> None:
        """The program has come to the response's end."""
        request = self.request
        if request is None or response is not self.response:
            return
        self._ended = True
        if request.writable_finished:
            self._release()
        elif not request.should_keep_alive and request.finished:
            self.socket.destroy_soon()

    def _release(self) -> None:
        """Request and response are over: what becomes of the connection?"""
        request = self.request
        assert request is not None
        if not request.should_keep_alive or self.agent is None or self.socket.destroyed:
            self.socket.destroy_soon()  # 'close' comes with the socket's
            return
        request.destroyed = True
        self.env.ticks.append((self._free, ()))

    def _free(self) -> None:
        request, self.request = self.request, None
        self.used = True
        if request is None:
            return
        if self.agent is not None and not self.socket.destroyed:
            self.agent._freed(self)
        request._close()

    def _on_upgrade(self, event: Upgrade) -> None:
        request, response = self.request, self.response
        assert request is not None
        if response is None:
            response = request.response
        name = "connect" if request.method == "CONNECT" else "upgrade"
        self._upgraded = True
        if not request.listener_count(name):
            self.socket.destroy()
            return
        self._leave()
        self.request = None
        request.upgraded = True
        self.socket._read_state.flowing = None  # nothing may be lost before the program listens
        try:
            self._call(request.emit, name, response, self.socket, event.data)
        finally:
            request._close()

    def _leave(self) -> None:
        """The socket is the program's from now on."""
        for event, listener in self._listeners():
            self.socket.remove_listener(event, listener)
        if self.agent is not None:
            self.agent._gone(self)

    def _on_protocol_error(self, failure: ProtocolError) -> None:
        self._fail(failure)
        self.socket.destroy()

    # What an IncomingMessage asks for

    def resume_body(self, message: IncomingMessage) -> None:
        """`message` has room for more of its body."""
        if message is self.response and not self.socket.destroyed and self.socket.is_paused():
            self.socket.resume()

    def destroy(self, error: BaseException | None = None) -> None:
        """Close the connection now."""
        if not self.socket.destroyed:
            self.socket.destroy(error)

    # What happens to the socket

    def _on_drain(self) -> None:
        request = self.request
        if request is not None and request._need_drain:
            request._need_drain = False
            request.emit("drain")

    def _on_timeout(self) -> None:
        if self.request is not None:
            self.request.emit("timeout")
        elif self.idle:
            self.socket.destroy()

    def _on_end(self) -> None:
        """The server sends no more: the end of a body that goes on until then, or too early."""
        if self.request is None or self._parser is None:
            self.socket.destroy()
            return
        for event in self._parser.finish():
            if event.__class__ is End:
                self._on_response_end(event)
        if self.response is None:
            self._fail(hang_up())
        self.request.should_keep_alive = False
        self.socket.end()

    def _on_error(self, failure: BaseException) -> None:
        self._fail(failure)

    def _fail(self, failure: BaseException) -> None:
        request = self.request
        if request is not None and not self._failed:
            self._failed = True
            request._tell_failure(failure)

    def _on_close(self, had_error: bool = False) -> None:
        if self.agent is not None:
            self.agent._gone(self)
        request, response = self.request, self.response
        if request is None:
            return
        try:
            if response is not None and not self._upgraded:
                if not response.complete:
                    response._abort(hang_up("aborted"))
            elif not self._upgraded and not request.aborted:
                self._fail(hang_up())
        finally:
            self.request = None
            request._close()


# Agents

class Agent(EventEmitter):
    """Keeps connections for requests to come, and requests until there is a connection.

    https://nodejs.org/api/http.html#class-httpagent

    `keep_alive`: keep connections; `keep_alive_msecs`: ms of silence after which a kept connection is probed;
    `max_sockets`: connections to one place at a time; `max_total_sockets`: to all; `max_free_sockets`: kept ones to one
    place; `scheduling`: "lifo" reuses the connection that was used last, "fifo" the one that waits longest; `timeout`:
    ms of silence after which a kept connection is closed. Other keywords are options for `net.connect`.
    """

    default_port = DEFAULT_PORT
    protocol = "http:"

    def __init__(
        self, *, keep_alive: bool = False, keep_alive_msecs: int = 1000, max_sockets: float = inf,
        max_total_sockets: float = inf, max_free_sockets: int = 256, scheduling: str = "lifo",
        timeout: int | None = None, keep_alive_timeout_buffer: int = 1000, **options: Any,
    ) -> None:
        super().__init__()
        if scheduling not in ("lifo", "fifo"):
            raise ValueError(f"scheduling must be 'lifo' or 'fifo', not {scheduling!r}")
        for name, value in (("max_sockets", max_sockets), ("max_total_sockets", max_total_sockets)):
            if not isinstance(value, (int, float)) or not value > 0:
                raise ValueError(f"{name} must be a number above 0, not {value!r}")
        unknown = set(options) - CONNECTION_OPTIONS
        if unknown:
            raise TypeError(f"an agent has no option {', '.join(sorted(unknown))}")
        self.keep_alive = keep_alive
        self.keep_alive_msecs = keep_alive_msecs
        self.max_sockets = max_sockets
        self.max_total_sockets = max_total_sockets
        self.max_free_sockets = max_free_sockets
        self.scheduling = scheduling
        self.timeout = timeout
        self.keep_alive_timeout_buffer = keep_alive_timeout_buffer
        self.options: dict[str, Any] = {"no_delay": True, **options}
        self._start_over()

    def _start_over(self) -> None:
        """An agent may outlive an environment: in a new one nothing of the old one counts."""
        self._env: Environment | None = None
        self._busy: dict[str, list[Channel]] = {}
        self._kept: dict[str, list[Channel]] = {}
        self._queue: dict[str, deque[ClientRequest]] = {}
        self.total_socket_count = 0
        """How many connections there are."""

    # Looking

    @property
    def sockets(self) -> dict[str, list[Any]]:
        """The connections in use, by name (see `get_name`)."""
        return {name: [channel.socket for channel in channels] for name, channels in self._busy.items()}

    @property
    def free_sockets(self) -> dict[str, list[Any]]:
        """The connections kept for requests to come, by name."""
        return {name: [channel.socket for channel in channels] for name, channels in self._kept.items()}

    @property
    def requests(self) -> dict[str, list[ClientRequest]]:
        """The requests that wait for a connection, by name."""
        return {name: list(requests) for name, requests in self._queue.items()}

    def get_name(self, options: Mapping[str, Any]) -> str:
        """What tells one place from another: "host:port:local_address", and the family or the path of a socket."""
        name = f"{options.get('host') or 'localhost'}:{options.get('port') or ''}:{options.get('local_address') or ''}"
        if options.get("family") in (4, 6):
            name += f":{options['family']}"
        if options.get("socket_path"):
            name += f":{options['socket_path']}"
        return name

    # Connections

    def create_connection(self, options: Mapping[str, Any]) -> Any:
        """A new connection, a `net.Socket` or any Duplex like one. To be overridden for another kind."""
        given = {name: value for name, value in options.items() if name in CONNECTION_OPTIONS and value is not None}
        if options.get("socket_path"):
            return net.connect({"path": options["socket_path"], **given})
        if self.keep_alive:
            given.update(keep_alive=True, keep_alive_initial_delay=self.keep_alive_msecs)
        return net.connect({"host": options.get("host"), "port": options.get("port"), **given})

    def add_request(self, request: ClientRequest, options: dict[str, Any]) -> None:
        """Give `request` a connection: a kept one, a new one, or let it wait for one."""
        env = environment.current()
        if self._env is not env:
            self._start_over()
            self._env = env
        name = self.get_name(options)
        request._name = name
        request._options_for_socket = options
        channel = self._take_kept(name)
        if channel is not None:
            request.reused_socket = channel.used
            self._assign(channel, request)
        elif len(self._busy.get(name, ())) < self.max_sockets and self.total_socket_count < self.max_total_sockets:
            self._connect(request)
        else:
            self._queue.setdefault(name, deque()).append(request)

    def _take_kept(self, name: str) -> Channel | None:
        kept = self._kept.get(name)
        channel: Channel | None = None
        while kept and channel is None:
            channel = kept.pop(-1 if self.scheduling == "lifo" else 0)
            if channel.socket.destroyed or not channel.socket.writable:
                channel = None
        if kept is not None and not kept:
            del self._kept[name]
        return channel

    def _connect(self, request: ClientRequest) -> None:
        options = request._options_for_socket
        create = options.get("create_connection") or self.create_connection
        try:
            socket = create({**self.options, **options})
        except OSError as exc:
            request._env.next_tick(request._give_up, exc)
            return
        self.total_socket_count += 1
        self._assign(Channel(socket, self, request._name), request)

    def _assign(self, channel: Channel, request: ClientRequest) -> None:
        self._busy.setdefault(channel.name, []).append(channel)
        if channel.idle:
            channel.idle = False
            channel.socket.ref()
            self.reuse_socket(channel.socket, request)
        request._env.ticks.append((request._on_channel, (channel,)))

    def keep_socket_alive(self, socket: Any) -> bool:
        """Called when a connection is to be kept; False closes it instead. To be overridden."""
        socket.set_keep_alive(True, self.keep_alive_msecs)
        socket.unref()
        return True

    def reuse_socket(self, socket: Any, request: ClientRequest) -> None:
        """Called when a kept connection is used again. To be overridden."""

    def _freed(self, channel: Channel) -> None:
        """A request is done with its connection."""
        name = channel.name
        waiting = self._queue.get(name)
        if waiting and channel.socket.writable:
            request = self._next_waiting(name)
            if request is not None:
                self._forget_busy(channel)
                self._assign(channel, request)
                return
        limit = self._time_to_keep(channel)
        kept = self._kept.get(name, ())
        total = len(self._busy.get(name, ())) + len(kept)
        if (
            not self.keep_alive or limit == 0 or len(kept) >= self.max_free_sockets or total > self.max_sockets
            or not channel.socket.writable or not self.keep_socket_alive(channel.socket)
        ):
            channel.socket.destroy()
            return
        self._forget_busy(channel)
        channel.idle = True
        if (channel.socket.timeout or None) != limit:
            channel.socket.set_timeout(limit or 0)
        self._kept.setdefault(name, []).append(channel)

    def _time_to_keep(self, channel: Channel) -> int | None:
        """In ms; None: for ever. What the server says it will wait, less some time for the way, is a limit too."""
        hint = None
        if channel.response is not None:
            line = channel.response._head.header(b"keep-alive")
            found = _KEEP_ALIVE_HINT.search(line.decode("latin-1")) if line else None
            if found is not None:
                hint = max(0, int(found.group(1)) * 1000 - self.keep_alive_timeout_buffer)
        limits = [limit for limit in (hint, self.timeout or None) if limit is not None]
        return min(limits) if limits else None

    def _next_waiting(self, name: str) -> ClientRequest | None:
        waiting = self._queue.get(name)
        found = None
        while waiting and found is None:
            request = waiting.popleft()
            if not request.destroyed:
                found = request
        if waiting is not None and not waiting:
            self._queue.pop(name, None)
        return found

    def _forget_busy(self, channel: Channel) -> None:
        busy = self._busy.get(channel.name)
        if busy and channel in busy:
            busy.remove(channel)
            if not busy:
                del self._busy[channel.name]

    def _gone(self, channel: Channel) -> None:
        """A connection is closed, or no longer ours: there may be room for another."""
        if channel.env is not self._env:
            return
        channel.agent = None
        self.total_socket_count -= 1
        self._forget_busy(channel)
        kept = self._kept.get(channel.name)
        if kept and channel in kept:
            kept.remove(channel)
            if not kept:
                del self._kept[channel.name]
        for name in (channel.name, *self._queue):
            if len(self._busy.get(name, ())) < self.max_sockets:
                request = self._next_waiting(name)
                if request is not None:
                    self._connect(request)
                    return

    def destroy(self) -> None:
        """Close all connections, those in use too. Rarely needed: kept ones do not keep a program running."""
        for channels in (*self._busy.values(), *self._kept.values()):
            for channel in list(channels):
                channel.socket.destroy()


global_agent = Agent(keep_alive=True, scheduling="lifo", timeout=5000)
"""The agent of requests that name none."""

NO_AGENT = Agent()
"""What connects for requests that have no agent."""
