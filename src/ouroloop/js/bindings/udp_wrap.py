"""udp_wrap: datagram sockets. They stand among the streams of a runtime, by number, and close as these do.

Theory of operation. A datagram that arrives is told as `(bytes, host, port)`, an error as a negative errno. A datagram
is sent at once if the socket takes it, else a request tells when.
"""

from __future__ import annotations

import errno
import socket

from .stream_wrap import address_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from ...loop import Udp
    from ..runtime import Runtime

_IPV6_ONLY, _REUSE_ADDRESS, _REUSE_PORT = 1, 4, 8


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/dgram`."""
    sockets = Sockets(runtime)
    return {
        "newUdp": sockets.new, "bind": sockets.bind, "connect": sockets.connect, "send": sockets.send,
        "recvStart": sockets.receive_start, "recvStop": sockets.receive_stop, "set": sockets.set,
        "membership": sockets.membership, "sourceMembership": sockets.source_membership,
        "bufferSize": sockets.buffer_size, "queueSize": sockets.queue_size, "queueCount": sockets.queue_count,
    }


class Sockets:
    """The datagram sockets of a runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def new(self, handle: int) -> None:
        """Make a UDP socket: see udp(7)."""
        from ...loop import Udp

        self._runtime.streams.by_number[handle] = Udp(self._runtime.loop)  # type: ignore[assignment]

    def _socket(self, handle: int) -> Udp:
        found = self._runtime.streams.by_number.get(handle)
        if found is None:
            raise OSError(errno.EBADF, "closed")
        return found  # type: ignore[return-value]

    def _do(self, handle: int, act: Callable[[Udp], object]) -> int:
        """0, or a negative errno."""
        try:
            act(self._socket(handle))
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)
        return 0

    def bind(self, handle: int, host: str, port: int, flags: int) -> int:
        """Bind to an address. 0, or a negative errno."""
        flags = int(flags)
        return self._do(handle, lambda udp: udp.bind(
            (host, int(port)), ipv6_only=bool(flags & _IPV6_ONLY), reuse_address=bool(flags & _REUSE_ADDRESS),
            reuse_port=bool(flags & _REUSE_PORT)))

    def connect(self, handle: int, host: str | None, port: int) -> int:
        """Connect; or with no host, end that."""
        return self._do(handle, lambda udp: udp.connect(None if host is None else (host, int(port))))

    def send(self, handle: int, request: int, chunks: list[bytes], host: str | None, port: int) -> int:
        """One more than the size when it is sent; 0 when the request will tell; or a negative errno."""
        address = None if host is None else (host, int(port))
        try:
            udp = self._socket(handle)
            if not udp.send_queue_count:
                try:
                    return udp.try_send(chunks, address) + 1
                except BlockingIOError:
                    pass
            size = sum(map(len, chunks))
            udp.send(chunks, address, lambda error: self._runtime.complete(
                request, 0 if error is None else -(error.errno or errno.EIO), size))
        except OSError as exc:
            return -(exc.errno or errno.EIO)
        return 0

    def receive_start(self, handle: int) -> int:
        """Tell `handle` `(data, address, port)` of each datagram, or a negative errno. 0, or a negative errno."""
        emit = self._runtime.emit

        def arrived(error: OSError | None, data: bytes, address: tuple[Any, ...] | None, flags: int) -> None:
            if error is not None or address is None:
                emit(handle, -((error and error.errno) or errno.EIO))
            else:
                emit(handle, data, *address_of(address))

        return self._do(handle, lambda udp: udp.recv_start(arrived))

    def receive_stop(self, handle: int) -> int:
        """Receive no more until `receive_start`."""
        return self._do(handle, lambda udp: udp.recv_stop())

    def set(self, handle: int, option: str, value: Any) -> int:
        """`set_broadcast`, `set_ttl`, `set_multicast_ttl`, `set_multicast_loop` or `set_multicast_interface`."""
        return self._do(handle, lambda udp: getattr(udp, f"set_{option}")(
            value if isinstance(value, str) else int(value)))

    def membership(self, handle: int, group: str, interface: str | None, what: Literal["join", "leave"]) -> int:
        """Join or leave a multicast group: see ip(7)."""
        return self._do(handle, lambda udp: udp.set_membership(group, interface, what))

    def source_membership(
        self, handle: int, source: str, group: str, interface: str | None, what: Literal["join", "leave"]
    ) -> int:
        """The same for what one source sends to the group."""
        return self._do(handle, lambda udp: udp.set_source_membership(group, interface, source, what))

    def buffer_size(self, handle: int, size: int, is_receiving: bool) -> int:
        """Set the size of a buffer in the kernel; for 0, what it is. Or a negative errno."""
        option = socket.SO_RCVBUF if is_receiving else socket.SO_SNDBUF
        try:
            descriptor = self._socket(handle).fileno()
            with socket.socket(fileno=socket.dup(descriptor)) as own:  # the options are the open file's
                if size:
                    own.setsockopt(socket.SOL_SOCKET, option, int(size))
                return own.getsockopt(socket.SOL_SOCKET, option)
        except OverflowError:
            return -errno.EINVAL
        except OSError as exc:
            return -(exc.errno or errno.EINVAL)

    def queue_size(self, handle: int) -> int:
        """How many bytes wait to be sent."""
        return self._socket(handle).send_queue_size

    def queue_count(self, handle: int) -> int:
        """How many datagrams wait to be sent."""
        return self._socket(handle).send_queue_count
