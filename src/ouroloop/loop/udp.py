"""Udp: datagrams.

Theory of operation. A `Udp` owns a socket that is made at `bind`, `connect`, or the first thing that needs one, which
then binds it to a free port of every address. A datagram is sent at once if the socket takes it, else queued and sent
in order when it does. Receiving hands over at most 32 datagrams an event, so that one busy port does not hold up all
others; what is left is reported again.

What surprises people: sent means handed to the kernel, no more. That nobody listens at the other side (ECONNREFUSED) is
known only to a connected socket, only if an ICMP message comes back, and then to the *next* thing it does; receiving
goes on after such an error. And an empty datagram is a datagram: the end of the data does not exist.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections import deque

from .errors import error
from .io_handle import IoHandle, IoRequest
from .queue import ERROR, INVALID, READABLE, WRITABLE
from .stream import Data, DoneCallback, buffers_of, size_of
from .tcp import Address, family_of, host_family, misfit, scoped, zone_index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, TypeAlias

    from .loop import Loop

ReceiveCallback: TypeAlias = "Callable[[OSError | None, bytes, Address | None, int], object]"
Membership: TypeAlias = "Literal['join', 'leave']"

_DATAGRAM_SIZE = 65536
_DATAGRAMS_PER_EVENT = 32
_MULTICAST_JOIN_SOURCE_GROUP = 46
_MULTICAST_LEAVE_SOURCE_GROUP = 47


class SendRequest(IoRequest):
    """A datagram under way (libuv's `uv_udp_send_t`)."""

    __slots__ = ("address", "buffers", "handle", "size")

    def __init__(
        self, handle: Udp, buffers: list[Data], address: Address | None, callback: DoneCallback | None
    ) -> None:
        super().__init__(handle.loop, callback)
        self.handle = handle
        self.buffers = buffers
        self.address = address
        self.size = size_of(buffers)
        handle.send_queue_size += self.size
        handle.send_queue_count += 1

    def _finish(self, *results: Any) -> None:
        self.handle.send_queue_size -= self.size
        self.handle.send_queue_count -= 1
        super()._finish(*results)


class Udp(IoHandle):
    """libuv's `uv_udp_t`. Addresses are as for `Tcp`: hosts are literal, anything else raises `OSError` EINVAL."""

    __slots__ = ("_connected", "_receive_callback", "_sends", "send_queue_count", "send_queue_size")

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._connected = False
        self._receive_callback: ReceiveCallback | None = None
        self._sends: deque[SendRequest] = deque()
        self.send_queue_size = 0
        """How many bytes wait to be sent, or for their callback (uv_udp_get_send_queue_size)."""
        self.send_queue_count = 0
        """How many datagrams wait to be sent, or for their callback (uv_udp_get_send_queue_count)."""

    def _socket(self, family: int) -> socket.socket:
        if self._fd < 0:
            sock = socket.socket(family, socket.SOCK_DGRAM)
            sock.setblocking(False)
            self._adopt(sock)
        return self._io  # type: ignore[no-any-return]

    def _bound_socket(self, family: int, *, reuse_address: bool = False) -> socket.socket:
        """The socket; a new one is bound to a free port of every address."""
        if self._fd < 0:
            self.bind(("::", 0) if family == socket.AF_INET6 else ("0.0.0.0", 0), reuse_address=reuse_address)
        return self._io  # type: ignore[no-any-return]

    def open(self, sock: socket.socket | int) -> None:
        """Take over a socket, or its descriptor (uv_udp_open). It will not block, and is closed with the handle.

        Raises `OSError` EBUSY when the handle has a socket already, ENOTSOCK for a descriptor that is none.
        """
        sock = self._taken(sock)
        self._adopt(sock)
        try:
            sock.getpeername()
        except OSError:
            self._connected = False
        else:
            self._connected = True

    def bind(
        self, address: Address, *, reuse_address: bool = False, ipv6_only: bool = False, reuse_port: bool = False
    ) -> None:
        """Bind to `address` (uv_udp_bind). Raises `OSError`, EADDRINUSE for example.

        `reuse_address` lets several sockets have one multicast port, `reuse_port` shares a port's datagrams out among
        the sockets bound to it.
        """
        self._require_open()
        family = family_of(address)
        if ipv6_only and family != socket.AF_INET6:
            raise error(errno.EINVAL)
        sock = self._socket(family)
        if reuse_address:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if ipv6_only:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            sock.bind(scoped(address))
        except OSError as exc:
            raise misfit(exc) from None

    def connect(self, address: Address | None) -> None:
        """Send to and receive from `address` only; None ends that (uv_udp_connect).

        Raises `OSError` EISCONN when connected already, ENOTCONN for None when not.
        """
        self._require_open()
        if address is None:
            self._disconnect()
            return
        if self._connected:
            raise error(errno.EISCONN)
        sock = self._bound_socket(family_of(address))
        try:
            sock.connect(scoped(address))
        except OSError as exc:
            raise misfit(exc) from None
        self._connected = True

    def _disconnect(self) -> None:
        if not self._connected:
            raise error(errno.ENOTCONN)
        _connect_to_nowhere(self._fd)
        self._connected = False

    # Sending

    def send(
        self, data: Data | Sequence[Data], address: Address | None = None, callback: DoneCallback | None = None
    ) -> SendRequest:
        """Send a buffer, or several as one datagram, then `callback(error)` (uv_udp_send).

        `address` must be left out on a connected handle (EISCONN) and only there (EDESTADDRREQ). Raises `OSError` EBADF
        on a closing handle.
        """
        self._prepare_to_send(address)
        request = SendRequest(self, buffers_of(data), address, callback)
        try:
            if self._sends or not self._send(request):
                self._want(self._events | WRITABLE)
                self._sends.append(request)
        except OSError as exc:
            self._complete(request, misfit(exc))
            if self._tells_of_loss(exc):
                self.loop.defer(self._lost_by, exc)
        return request

    def try_send(self, data: Data | Sequence[Data], address: Address | None = None) -> int:
        """Send a datagram if that can be done at once, and return its size (uv_udp_try_send).

        Raises `BlockingIOError` (EAGAIN) if it cannot, or datagrams are queued; else as `send`, and what sendmsg(2)
        raises.
        """
        self._prepare_to_send(address)
        if self.send_queue_count:
            raise error(errno.EAGAIN)
        try:
            return self._send_now(buffers_of(data), address)
        except OSError as exc:
            if exc.errno == errno.ENOBUFS:
                raise error(errno.EAGAIN) from None
            raise misfit(exc) from None

    def _prepare_to_send(self, address: Address | None) -> None:
        if self._closing:
            raise error(errno.EBADF)
        if address is None:
            if not self._connected:
                raise error(errno.EDESTADDRREQ)
        elif self._connected:
            raise error(errno.EISCONN)
        else:
            family = family_of(address)
            if self._fd < 0:
                self._bound_socket(family)

    def _send_now(self, buffers: list[Data], address: Address | None) -> int:
        if len(buffers) != 1:
            return self._io.sendmsg(buffers, (), 0, address and scoped(address))  # type: ignore[no-any-return]
        if address is None:
            return self._io.send(buffers[0])  # type: ignore[no-any-return]
        return self._io.sendto(buffers[0], scoped(address))  # type: ignore[no-any-return]

    def _send(self, request: SendRequest) -> bool:
        """Whether the datagram left. Raises `OSError`."""
        try:
            self._send_now(request.buffers, request.address)
        except OSError as exc:
            if exc.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS):
                return False
            raise
        self._complete(request, None)
        return True

    def _flush(self) -> None:
        sends = self._sends
        while sends:
            try:
                if not self._send(sends[0]):
                    return
                sends.popleft()
            except OSError as exc:
                if self._lost_by(exc):
                    return
                self._complete(sends.popleft(), misfit(exc))
        self._want(self._events & ~WRITABLE)

    # Receiving

    def recv_start(self, callback: ReceiveCallback) -> None:
        """Call `callback(error, data, address, flags)` for each datagram (uv_udp_recv_start).

        `flags` is 0: every datagram fits. Receiving goes on after an error, which comes with b"", None and 0. A handle
        that is not bound is bound to a free port. Raises `OSError` EALREADY when receiving, EINVAL on a closing handle.
        """
        self._require_open()
        if self._receive_callback is not None:
            raise error(errno.EALREADY)
        self._bound_socket(socket.AF_INET)
        self._want(self._events | READABLE)
        self._receive_callback = callback
        self._set_active()

    def recv_stop(self) -> None:
        """Receive no more for now; the kernel keeps what arrives until its buffer is full (uv_udp_recv_stop)."""
        if self._receive_callback is None:
            return
        self._receive_callback = None
        self._set_inactive()
        if not self._closing:
            self._want(self._events & ~READABLE)

    def _receive(self) -> None:
        receive = self._io.recvfrom
        for position in range(_DATAGRAMS_PER_EVENT):
            callback = self._receive_callback
            if callback is None:
                return
            try:
                data, address = receive(_DATAGRAM_SIZE)
            except BlockingIOError:
                if not position:
                    self._check_number()
                return
            except OSError as exc:
                if not self._lost_by(exc):
                    callback(exc, b"", None, 0)
                return
            callback(None, data, address, 0)

    # Options

    def getsockname(self) -> Address:
        """The local address. Raises `OSError` EBADF when there is no socket."""
        self.fileno()
        return self._io.getsockname()  # type: ignore[no-any-return]

    def getpeername(self) -> Address:
        """The address the handle is connected to. Raises `OSError` EBADF, ENOTCONN."""
        self.fileno()
        return self._io.getpeername()  # type: ignore[no-any-return]

    def set_broadcast(self, enable: bool) -> None:
        """Allow sending to broadcast addresses (SO_BROADCAST)."""
        self.fileno()
        self._io.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, int(enable))

    def set_ttl(self, hops: int) -> None:
        """How many routers a datagram may pass, 1 to 255 (uv_udp_set_ttl). Raises `OSError` EINVAL for others."""
        self._set_hops(hops, 1, socket.IP_TTL, socket.IPV6_UNICAST_HOPS)

    def set_multicast_ttl(self, hops: int) -> None:
        """How many routers a multicast datagram may pass, 0 to 255; 1 by default (uv_udp_set_multicast_ttl)."""
        self._set_hops(hops, 0, socket.IP_MULTICAST_TTL, socket.IPV6_MULTICAST_HOPS)

    def set_multicast_loop(self, enable: bool) -> None:
        """Whether multicast datagrams also come back to this machine's members (uv_udp_set_multicast_loop)."""
        self._set_option(socket.IP_MULTICAST_LOOP, socket.IPV6_MULTICAST_LOOP, int(enable))

    def set_multicast_interface(self, interface: str) -> None:
        """Send multicast through `interface`: its address; for IPv6, one that ends in %name.

        Raises `OSError` EINVAL for what is no address, ENODEV or EADDRNOTAVAIL for one that is no interface's.
        """
        if host_family(interface) == socket.AF_INET6:
            self._set_option(None, socket.IPV6_MULTICAST_IF, _interface_index(interface))
        else:
            self._set_option(socket.IP_MULTICAST_IF, None, socket.inet_aton(interface))

    def _set_hops(self, hops: int, least: int, option4: int, option6: int) -> None:
        if not least <= hops <= 255:
            raise error(errno.EINVAL)
        self._set_option(option4, option6, hops)

    def _set_option(self, option4: int | None, option6: int | None, value: int | bytes) -> None:
        self.fileno()
        is_ipv6 = self._io.family == socket.AF_INET6
        option = option6 if is_ipv6 else option4
        if option is None:
            raise error(errno.EINVAL)
        self._io.setsockopt(socket.IPPROTO_IPV6 if is_ipv6 else socket.IPPROTO_IP, option, value)

    def set_membership(self, group: str, interface: str | None, membership: Membership) -> None:
        """Join or leave a multicast group, on one interface or the system's choice (uv_udp_set_membership).

        Raises `OSError`: EINVAL for what is no address, EADDRINUSE when joined already, EADDRNOTAVAIL when never.
        """
        self._require_open()
        _check_membership(membership)
        family = host_family(group)
        sock = self._bound_socket(family, reuse_address=True)
        if family == socket.AF_INET6:
            request = socket.inet_pton(family, group.partition("%")[0]) + struct.pack("@I", _interface_index(interface))
            option = socket.IPV6_JOIN_GROUP if membership == "join" else socket.IPV6_LEAVE_GROUP
            sock.setsockopt(socket.IPPROTO_IPV6, option, request)
        else:
            option = socket.IP_ADD_MEMBERSHIP if membership == "join" else socket.IP_DROP_MEMBERSHIP
            sock.setsockopt(socket.IPPROTO_IP, option, _packed4(group) + _packed4(interface))

    def set_source_membership(self, group: str, interface: str | None, source: str, membership: Membership) -> None:
        """As `set_membership`, for datagrams of the group that come from `source` (uv_udp_set_source_membership)."""
        self._require_open()
        _check_membership(membership)
        family = host_family(group)
        if host_family(source) != family:
            raise error(errno.EINVAL)
        sock = self._bound_socket(family, reuse_address=True)
        if family == socket.AF_INET6:
            request = struct.pack("@I4x", _interface_index(interface)) + _storage6(group) + _storage6(source)
            option = _MULTICAST_JOIN_SOURCE_GROUP if membership == "join" else _MULTICAST_LEAVE_SOURCE_GROUP
            sock.setsockopt(socket.IPPROTO_IPV6, option, request)
        else:
            option = _ADD_SOURCE_MEMBERSHIP if membership == "join" else _DROP_SOURCE_MEMBERSHIP
            sock.setsockopt(socket.IPPROTO_IP, option, _packed4(group) + _packed4(interface) + _packed4(source))

    # Events

    def _on_event(self, events: int) -> None:
        if events & INVALID:
            self._on_lost()
            return
        if events & (READABLE | ERROR) and self._receive_callback is not None:
            self._receive()
        if events & (WRITABLE | ERROR) and self._sends and not self._closing:
            self._flush()

    def _cancel_sends(self, failure: OSError) -> None:
        while self._sends:
            self._complete(self._sends.popleft(), failure)

    def _fail_lost(self, failure: OSError) -> None:
        if self._closing:
            return
        callback, self._receive_callback = self._receive_callback, None
        self._connected = False
        self._set_inactive()
        self._cancel_sends(failure)
        if callback is not None:
            callback(failure, b"", None, 0)

    def _stop_for_close(self) -> None:
        super()._stop_for_close()
        self._receive_callback = None

    def _release(self) -> None:
        super()._release()
        self._cancel_sends(error(errno.ECANCELED))
        self._settle()


# linux/in.h; Python names them only from 3.12 on.
_ADD_SOURCE_MEMBERSHIP: int = getattr(socket, "IP_ADD_SOURCE_MEMBERSHIP", 39)
_DROP_SOURCE_MEMBERSHIP: int = getattr(socket, "IP_DROP_SOURCE_MEMBERSHIP", 40)


def _check_membership(membership: str) -> None:
    if membership not in ("join", "leave"):
        raise ValueError(f"membership must be 'join' or 'leave', not {membership!r}")


def _packed4(address: str | None) -> bytes:
    try:
        return socket.inet_pton(socket.AF_INET, address or "0.0.0.0")
    except OSError:
        raise error(errno.EINVAL) from None


def _interface_index(interface: str | None) -> int:
    """The number of the interface that an IPv6 address ends in (%name or %number); 0 for none."""
    if interface is None:
        return 0
    if host_family(interface) != socket.AF_INET6:
        raise error(errno.EINVAL)
    zone = interface.partition("%")[2]
    return zone_index(zone) if zone else 0


def _storage6(address: str) -> bytes:
    """A sockaddr_storage that holds an IPv6 address."""
    packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    return struct.pack("@HHI16s104x", socket.AF_INET6, 0, 0, packed)


def _connect_to_nowhere(fd: int) -> None:
    """connect(2) with AF_UNSPEC, which ends a datagram socket's connection. Python's sockets cannot say that."""
    from .libc import call

    call("connect", fd, struct.pack("@H14x", socket.AF_UNSPEC), 16)
