"""Tcp: TCP connections and servers.

Theory of operation. A `Tcp` is a stream over a socket that is made when the address family is known: at `bind` or
`connect`. A server calls back once for each connection; `accept` then returns it as a new `Tcp`.

What surprises people: a connection that was announced and not accepted stays: no further one is announced until it is
accepted, and the kernel keeps the rest waiting. And when the process is out of descriptors (EMFILE), a level-triggered
queue would report the waiting connection for ever and the loop would spin. So the loop keeps one descriptor in reserve;
it is given up for a moment to accept and drop what waits, which tells those clients at once instead of leaving them
hanging.
"""

from __future__ import annotations

import errno
import socket
import struct

from .errors import error
from .request import Request
from .stream import DoneCallback, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .loop import Loop

Address: TypeAlias = "tuple[Any, ...]"


class Tcp(Stream):
    """libuv's `uv_tcp_t`. Addresses are tuples: (host, port), or (host, port, flowinfo, scope_id) for IPv6; hosts are
    literal addresses, names are for `getaddrinfo`. A method that is given anything else raises `OSError` EINVAL.
    """

    __slots__ = ("_keepalive", "_nodelay", "_peer")

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._peer: Address | None = None
        self._nodelay = False
        self._keepalive: tuple[bool, int, int, int] | None = None

    def _socket(self, family: int) -> socket.socket:
        if self._fd < 0:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            self._adopt(sock)
            self._apply_options()
        return self._io  # type: ignore[no-any-return]

    def open(self, sock: socket.socket | int) -> None:
        """Take over a socket, or its descriptor (uv_tcp_open). It will not block, and is closed with the handle.

        Raises `OSError` EBUSY when the handle has a socket already, ENOTSOCK for a descriptor that is none.
        """
        self._adopt_open(self._taken(sock))
        self._apply_options()

    def bind(self, address: Address, *, ipv6_only: bool = False, reuse_port: bool = False) -> None:
        """Bind to `address` (uv_tcp_bind). Raises `OSError`, EADDRINUSE for example."""
        self._require_open()
        family = family_of(address)
        if ipv6_only and family != socket.AF_INET6:
            raise error(errno.EINVAL)
        sock = self._socket(family)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(ipv6_only))
        try:
            sock.bind(scoped(address))
        except OSError as exc:
            raise misfit(exc) from None

    def listen(self, backlog: int, callback: DoneCallback) -> None:
        """Listen, and call `callback(error)` for each connection, which then must be accepted (uv_listen).

        A handle that was not bound listens on a free port of every IPv4 address.
        """
        self._require_open()
        sock = self._socket(socket.AF_INET)
        self.loop._reserve_descriptor()
        sock.listen(backlog)
        self._listen(callback)

    def _new_connection(self, fd: int, peer: Address) -> Tcp:
        client = Tcp(self.loop)
        sock = socket.socket(self._io.family, socket.SOCK_STREAM, 0, fd)
        sock.setblocking(False)
        client._adopt_open(sock)
        client._peer = peer
        return client

    def connect(self, address: Address, callback: DoneCallback) -> Request:
        """Connect to `address`, then `callback(error)` (uv_tcp_connect).

        Raises `OSError`: EALREADY while connecting, EISCONN, or what connect(2) answers at once; being refused is
        always left to the callback.
        """
        self._require_open()
        if self._connect_request is not None:
            raise error(errno.EALREADY)
        sock = self._socket(family_of(address))
        try:
            code = sock.connect_ex(scoped(address))
        except OSError as exc:
            raise misfit(exc) from None
        if code not in (0, errno.EINPROGRESS, errno.EINTR, errno.ECONNREFUSED):
            raise error(code)
        request = Request(self.loop, callback)
        self._start_connect(code, request)
        return request

    def nodelay(self, enable: bool) -> None:
        """Send small segments at once (TCP_NODELAY). Remembered if there is no socket yet (uv_tcp_nodelay)."""
        self._nodelay = enable
        if self._fd >= 0:
            self._io.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(enable))

    def keepalive(self, enable: bool, delay: int = 0, interval: int = 1, count: int = 10) -> None:
        """Probe an idle connection after `delay` s, then every `interval` s, at most `count` times (SO_KEEPALIVE).

        A delay of 0 leaves the system's times. Remembered if there is no socket yet.
        """
        self._keepalive = (enable, delay, interval, count)
        if self._fd < 0:
            return
        sock = self._io
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(enable))
        if enable and delay:
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_KEEPIDLE", 0x10), delay)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, interval)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, count)

    def set_type_of_service(self, value: int) -> None:
        """Mark what is sent with `value`, 0 to 255 (IP_TOS, IPV6_TCLASS). Raises `OSError` EBADF without a socket."""
        self._io_with_socket().setsockopt(*self._type_of_service(), value)

    def get_type_of_service(self) -> int:
        """What `set_type_of_service` set; 0 by default."""
        return self._io_with_socket().getsockopt(*self._type_of_service())

    def _io_with_socket(self) -> socket.socket:
        self.fileno()
        return self._io  # type: ignore[no-any-return]

    def _type_of_service(self) -> tuple[int, int]:
        if self._io.family == socket.AF_INET6:
            return socket.IPPROTO_IPV6, socket.IPV6_TCLASS
        return socket.IPPROTO_IP, socket.IP_TOS

    def _apply_options(self) -> None:
        if self._nodelay:
            self.nodelay(True)
        if self._keepalive is not None:
            self.keepalive(*self._keepalive)

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
    """AF_INET6 or AF_INET, for an address that is one. Raises `OSError` EINVAL for any other."""
    family = host_family(address[0])
    numbers = address[1:]
    if not 1 <= len(numbers) <= (3 if family == socket.AF_INET6 else 1):
        raise OSError(errno.EINVAL, f"not an address: {address!r}")
    for number in numbers:
        if not isinstance(number, int) or not 0 <= number <= 0xFFFFFFFF:
            raise OSError(errno.EINVAL, f"not an address: {address!r}")
    if numbers[0] > 0xFFFF:
        raise OSError(errno.EINVAL, f"a port is a number from 0 to 65535, not {numbers[0]}")
    return family


def scoped(address: Address) -> Address:
    """`address` with the number of the interface that its host names after a % sign (RFC 4007), as Python takes it."""
    host, _, zone = address[0].partition("%")
    return (host, address[1], 0, zone_index(zone)) if zone and len(address) == 2 else address


def zone_index(zone: str) -> int:
    """The number of the interface `zone`, a name or a number; 0, the system's choice, for one that does not exist."""
    if zone.isdecimal():
        return int(zone)
    try:
        return socket.if_nametoindex(zone)
    except OSError:
        return 0


def host_family(host: str) -> int:
    """AF_INET6 or AF_INET, for a literal host. Raises `OSError` EINVAL for any other.

    Without this check Python would look a name up, and block the loop for as long as that takes.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.inet_pton(family, host.partition("%")[0] if family == socket.AF_INET6 else host)
    except (OSError, ValueError, TypeError):
        raise OSError(errno.EINVAL, f"not an IP address: {host!r}") from None
    return family


def misfit(failure: OSError) -> OSError:
    """What the system would say of an address that Python refused: it is of another family than the socket."""
    return error(errno.EAFNOSUPPORT) if isinstance(failure, socket.gaierror) else failure
