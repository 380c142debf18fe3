"""Tcp: TCP connections and servers.

Theory of operation. A `Tcp` is a stream over a socket that is made when the address family is known: at `bind` or
`connect`. A server calls back once for each connection; `accept` then returns it as a new `Tcp`.

What surprises people: when the process is out of descriptors (EMFILE), a level-triggered queue would report the waiting
connection for ever and the loop would spin. So the loop keeps one descriptor in reserve; it is given up for a moment
to accept and drop what waits, which tells those clients at once instead of leaving them hanging.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .errors import error
from .request import Request
from .stream import DoneCallback, Stream

if TYPE_CHECKING:
    from .loop import Loop

Address = tuple[Any, ...]

_ACCEPTS_PER_EVENT = 256


class Tcp(Stream):
    """libuv's `uv_tcp_t`. Addresses are tuples: (host, port), or (host, port, flowinfo, scope_id) for IPv6; hosts are
    literal addresses, names are for `getaddrinfo`.
    """

    __slots__ = ("_accepted", "_peer")

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._accepted: tuple[int, Address] | None = None
        self._peer: Address | None = None

    def _socket(self, family: int) -> socket.socket:
        if self._io is None:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            self._adopt(sock)
        return self._io  # type: ignore[no-any-return]

    def open(self, sock: socket.socket) -> None:
        """Take over an existing socket; it is set to not block, and closed with the handle (uv_tcp_open)."""
        self._require_open()
        if self._io is not None:
            raise error(errno.EBUSY)
        sock.setblocking(False)
        self._adopt(sock)

    def bind(self, address: Address, *, ipv6_only: bool = False, reuse_port: bool = False) -> None:
        """Bind to `address` (uv_tcp_bind). Raises `OSError`, EADDRINUSE for example."""
        self._require_open()
        sock = self._socket(family_of(address))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(ipv6_only))
        sock.bind(address)

    def listen(self, backlog: int, callback: DoneCallback) -> None:
        """Listen, and call `callback(error)` for each connection, which then must be accepted (uv_listen)."""
        self._require_open()
        sock = self._socket(socket.AF_INET)
        sock.listen(backlog)
        self.loop._reserve_descriptor()
        self._listen(callback)

    def accept(self) -> Tcp:
        """The connection that the callback of `listen` announced (uv_accept). Raises `BlockingIOError` if there is none."""
        if self._accepted is None:
            raise error(errno.EAGAIN)
        (fd, peer), self._accepted = self._accepted, None
        client = Tcp(self.loop)
        sock = socket.socket(self._io.family, socket.SOCK_STREAM, 0, fd)
        sock.setblocking(False)
        client._adopt(sock)
        client._peer = peer
        return client

    def _on_connection(self) -> None:
        accept = self._io._accept
        for _ in range(_ACCEPTS_PER_EVENT):
            callback = self._connection_callback
            if callback is None:
                return
            try:
                self._accepted = accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError as exc:
                if exc.errno in (errno.EMFILE, errno.ENFILE) and self.loop._give_up_reserve(accept):
                    return
                callback(exc)
                return
            callback(None)
            if self._accepted is not None:
                socket.close(self._accepted[0])
                self._accepted = None

    def connect(self, address: Address, callback: DoneCallback) -> Request:
        """Connect to `address`, then `callback(error)` (uv_tcp_connect).

        Raises `OSError`: EALREADY while connecting, EISCONN, or what connect(2) answers at once.
        """
        self._require_open()
        if self._connect_request is not None:
            raise error(errno.EALREADY)
        code = self._socket(family_of(address)).connect_ex(address)
        if code not in (0, errno.EINPROGRESS, errno.EINTR, errno.ECONNREFUSED):
            raise error(code)
        request = Request(self.loop, callback)
        self._start_connect(code, request)
        return request

    def nodelay(self, enable: bool) -> None:
        """Send small segments at once (TCP_NODELAY)."""
        self._io.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(enable))

    def keepalive(self, enable: bool, delay: int = 0, interval: int = 1, count: int = 10) -> None:
        """Probe an idle connection after `delay` s, then every `interval` s, at most `count` times (SO_KEEPALIVE)."""
        sock = self._io
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(enable))
        if enable and delay:
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_KEEPIDLE", 0x10), delay)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, interval)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, count)

    def getsockname(self) -> Address:
        """The local address. Raises `OSError` EBADF when there is no socket."""
        self.fileno()
        return self._io.getsockname()  # type: ignore[no-any-return]

    def getpeername(self) -> Address:
        """The other side's address. Raises `OSError` ENOTCONN when there is none."""
        self.fileno()
        if self._peer is None:
            self._peer = self._io.getpeername()
        return self._peer

    def close_reset(self, callback: Callable[[], object] | None = None) -> None:
        """Close with a reset (RST) instead of an orderly end (uv_tcp_close_reset)."""
        if self._shutdown_request is not None:
            raise error(errno.EINVAL)
        if self._fd >= 0:
            self._io.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close(callback)


def family_of(address: Address) -> int:
    """AF_INET6 for an address whose host has a colon, else AF_INET."""
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET
