"""Names and addresses by the system's own resolver: libuv's `uv_getaddrinfo` and `uv_getnameinfo`.

Theory of operation. The resolver of the C library knows /etc/hosts, mDNS and whatever else the machine is set up to
ask, but has no form that doesn't block. So a look-up is a job for the pool, and a slow one: a name server may take
seconds to answer, and then files must not wait behind it. Each function has its synchronous form, `getaddrinfo_sync`
and `getnameinfo_sync`, and that is what the job runs.

What surprises people: errors are `socket.gaierror`, whose errno is one of the `EAI_*` codes and not a system error; and
these look-ups are not "DNS queries": the answer may come from a file, and `localhost` is no exception.
"""

from __future__ import annotations

import socket
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .loop import Loop
    from .threadpool import Work

__all__ = ["AddressInfo", "getaddrinfo", "getaddrinfo_sync", "getnameinfo", "getnameinfo_sync"]

AddressInfo: TypeAlias = "tuple[int, int, int, str, tuple[Any, ...]]"
"""Family, socket type, protocol, canonical name (empty unless AI_CANONNAME was asked for), socket address."""


def getaddrinfo(
    loop: Loop,
    callback: Callable[[Any, Any], object] | None,
    host: str | bytes | None,
    port: str | int | None = None,
    family: int = socket.AF_UNSPEC,
    socktype: int = 0,
    protocol: int = 0,
    flags: int = 0,
) -> Work:
    """Look `host` and `port` up, then `callback(error, addresses)` with a list of `AddressInfo` (getaddrinfo(3)).

    `host` may be a name or an address in text, `port` a number or the name of a service; either may be None, not both.
    The error is a `socket.gaierror`. Returns the request; cancelled while it waits for a thread, it gets ECANCELED.
    """
    look_up = partial(getaddrinfo_sync, host, port, family, socktype, protocol, flags)
    return loop.queue_work(look_up, callback, slow=True, name="dns.getaddrinfo")


def getnameinfo(
    loop: Loop, callback: Callable[[Any, Any], object] | None, address: tuple[Any, ...], flags: int = 0
) -> Work:
    """Find the names of a socket address, then `callback(error, (host, service))` (getnameinfo(3)).

    `address` is `(host, port)`, for IPv6 optionally with flow and scope, the host being an address in text.
    """
    return loop.queue_work(partial(getnameinfo_sync, address, flags), callback, slow=True, name="dns.getnameinfo")


def getaddrinfo_sync(
    host: str | bytes | None,
    port: str | int | None = None,
    family: int = socket.AF_UNSPEC,
    socktype: int = 0,
    protocol: int = 0,
    flags: int = 0,
) -> list[AddressInfo]:
    """`getaddrinfo` here and now. A name that cannot be a host's is EAI_NONAME without asking anybody."""
    if host is not None and (b"\0" if isinstance(host, bytes) else "\0") in host:  # type: ignore[operator]
        # C would look up what stands before the NUL: not the name that somebody may have checked.
        raise _no_name("it has a NUL in it")
    if isinstance(port, int) and not 0 <= port <= 0xFFFF:
        raise socket.gaierror(socket.EAI_SERVICE, f"a port is a number from 0 to 65535, not {port}")
    try:
        found: list[Any] = list(socket.getaddrinfo(host, port, family, socktype, protocol, flags))
        return found
    except UnicodeError as exc:
        raise _no_name(exc) from exc


def getnameinfo_sync(address: tuple[Any, ...], flags: int = 0) -> tuple[str, str]:
    """`getnameinfo` here and now."""
    try:
        return socket.getnameinfo(address, flags)
    except UnicodeError as exc:
        raise _no_name(exc) from exc
    except OSError as exc:
        if isinstance(exc, socket.gaierror):
            raise
        # "sockaddr resolved to multiple addresses": a name stood where an address must
        raise _no_name(exc) from exc


def _no_name(cause: object) -> socket.gaierror:
    return socket.gaierror(socket.EAI_NONAME, f"not a name that can be looked up: {cause}")
