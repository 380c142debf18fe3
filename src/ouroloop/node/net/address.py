"""What sockets and servers of `net` say alike: addresses, the forms of their arguments, and their errors."""

from __future__ import annotations

import errno
import ipaddress
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Union

from ...loop.pipe import Pipe
from ...loop.tcp import Tcp
from ..errors import system_code
from ..stream import StreamError

Handle = Union[Tcp, Pipe]
Callback = Callable[..., object]


class AddressInfo(NamedTuple):
    """Where one end of a connection is: `family` is "IPv4" or "IPv6"."""

    address: str
    family: str
    port: int


def is_ip(text: str) -> int:
    """4 or 6 when `text` is an IPv4 or IPv6 address, else 0."""
    if is_ipv4(text):
        return 4
    return 6 if is_ipv6(text) else 0


def is_ipv4(text: str) -> bool:
    """Whether `text` is an IPv4 address in dotted form, without leading zeros."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return isinstance(text, str)


def is_ipv6(text: str) -> bool:
    """Whether `text` is an IPv6 address, with or without a zone ("fe80::1%eth0")."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return isinstance(text, str)


def checked_port(port: Any, name: str = "port") -> int:
    """The number of a port, given as an int or as digits. Raises `TypeError` or `ValueError` that says `name`."""
    number = int(port) if isinstance(port, str) and port.strip().isdecimal() else port
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"the {name} must be a number from 0 to 65535, not {port!r}")
    if not 0 <= number <= 65535:
        raise ValueError(f"the {name} must be a number from 0 to 65535, not {port!r}")
    return number


def info_of(address: tuple[Any, ...]) -> AddressInfo:
    return AddressInfo(address[0], "IPv6" if ":" in address[0] else "IPv4", address[1])


def is_path(value: object) -> bool:
    """Whether a first argument names a Unix-domain socket: a string that is not a number."""
    return isinstance(value, os.PathLike) or (isinstance(value, str) and not value.strip().isdecimal())


def arguments_of(
    args: Sequence[Any], keywords: Mapping[str, Any], names: Sequence[str]
) -> tuple[dict[str, Any], Callback | None]:
    """The forms that `connect` and `listen` take: (options, callback), (path, …, callback), (port, …, callback)."""
    rest = list(args)
    callback = rest.pop() if rest and callable(rest[-1]) else None
    while rest and rest[-1] is None:
        rest.pop()
    if rest and isinstance(rest[0], Mapping):
        return {**rest[0], **keywords}, callback
    options: dict[str, Any] = {}
    if rest and is_path(rest[0]):
        options["path"] = rest.pop(0)
        names = [name for name in names[1:] if name != "host"]
    for name, value in zip(names, rest, strict=False):
        if name == "host" and isinstance(value, int):
            name = "backlog"
        if value is not None:
            options[name] = value
    if len(rest) > len(names):
        raise TypeError(f"too many arguments: {args!r}")
    return {**options, **keywords}, callback


# Errors

def system_error(cause: OSError, syscall: str, address: str | None = None, port: int | None = None) -> OSError:
    """`cause` with Node's fields: `code`, `syscall`, and `address` and `port` where they are known."""
    code = system_code(cause)
    fields: dict[str, Any] = {"code": code, "syscall": syscall}
    if address is not None:
        where = address if port is None else f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        reason = "" if syscall == "connect" else f": {os.strerror(cause.errno or 0).lower()}"  # the forms are Node's
        cause = OSError(cause.errno, f"{syscall} {code}{reason} {where}")
        fields["address"] = address
        if port is not None:
            fields["port"] = port
    vars(cause).update(fields)
    return cause


def blocked_error(address: str) -> OSError:
    failure = OSError(errno.EPERM, f"IP({address}) is blocked by the block list")
    vars(failure).update(code="ERR_IP_BLOCKED", address=address)
    return failure


def closed_error() -> StreamError:
    return StreamError("ERR_SOCKET_CLOSED", "Socket is closed")


def closed_early_error() -> StreamError:
    return StreamError("ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "Socket closed before the connection was established")
