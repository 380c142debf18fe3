"""Connecting: a socket's connection on its way.

Theory of operation. A name is looked up, then its addresses are tried, IPv6 and IPv4 by turns, each attempt with a
limited time, until one answers (`auto_select_family`). An attempt whose time is over is given up.

Source: RFC 8305, of which Node does a part: attempts follow each other, and are not made at the same time.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ...loop.pipe import Pipe
from ...loop.tcp import Tcp
from ..environment import require_callable
from .address import Handle, blocked_error, checked_port, is_ip, system_error

if TYPE_CHECKING:
    from ..timers import Timeout
    from .socket import Socket


_auto_select_family = True
_auto_select_family_attempt_timeout = 250


def get_default_auto_select_family() -> bool:
    """Whether `connect` tries all addresses of a name where its options don't say."""
    return _auto_select_family


def set_default_auto_select_family(value: bool) -> None:
    """Set what `get_default_auto_select_family` returns."""
    global _auto_select_family
    _auto_select_family = bool(value)


def get_default_auto_select_family_attempt_timeout() -> int:
    """How many ms one address has to answer before the next is tried: 250 at first."""
    return _auto_select_family_attempt_timeout


def set_default_auto_select_family_attempt_timeout(value: int) -> None:
    """Set what `get_default_auto_select_family_attempt_timeout` returns; less than 10 becomes 10, as in Node."""
    global _auto_select_family_attempt_timeout
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"the time for one attempt must be a number of ms, 1 or more, not {value!r}")
    _auto_select_family_attempt_timeout = max(value, 10)


class Attempt(NamedTuple):
    address: str
    family: int


class Connecting:
    """A connection on its way: the look-up, then one address after another."""

    __slots__ = ("_addresses", "_env", "_errors", "_handle", "_options", "_over", "_ref", "_socket", "_timer")

    def __init__(self, socket: Socket, options: Mapping[str, Any]) -> None:
        self._socket = socket
        self._env = socket._env
        self._options = options
        self._addresses: list[Attempt] = []
        self._errors: list[OSError] = []
        self._handle: Handle | None = None
        self._timer: Timeout | None = None
        self._over = False
        self._ref = socket._referenced
        for name in ("local_address", "host"):
            value = options.get(name)
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name} must be a string, not {value!r}")
        if options.get("local_address") is not None and not is_ip(options["local_address"]):
            raise ValueError(f"local_address must be an IP address, not {options['local_address']!r}")
        if options.get("local_port") is not None:
            checked_port(options["local_port"], "local_port")
        if options.get("lookup") is not None:
            require_callable(options["lookup"])

    def start(self) -> None:
        if self._options.get("path") is not None:
            self._connect_path(os.fspath(self._options["path"]))
            return
        host = self._options.get("host") or "localhost"
        literal = is_ip(host)
        if literal:
            self._addresses = [Attempt(host, literal)]
            self._env.next_tick(self._next)
        else:
            self._look_up(host)

    def ref(self, wanted: bool) -> None:
        self._ref = wanted
        if self._handle is not None:
            (self._handle.ref if wanted else self._handle.unref)()

    def give_up(self) -> None:
        """The socket was destroyed: nobody waits for a connection any more."""
        self._over = True
        self._drop_attempt()

    def _drop_attempt(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        handle, self._handle = self._handle, None
        if handle is not None and not handle.closing:
            handle.close()

    # Looking up

    def _look_up(self, host: str) -> None:
        from .. import dns

        options = self._options
        lookup = options.get("lookup") or dns.lookup
        auto = options.get("auto_select_family")
        family = options.get("family") or 0
        every = (_auto_select_family if auto is None else auto) and not family and not options.get("local_address")
        lookup(
            host, partial(self._found_all if every else self._found, host),
            family=family, hints=options.get("hints") or 0, all=bool(every),
        )

    def _found(self, host: str, failure: OSError | None, address: Any = None, family: Any = None) -> None:
        if self._over:
            return
        self._socket.emit("lookup", failure, address, family, host)
        self._have_addresses(host, failure, [] if failure is not None else [Attempt(address, family)])

    def _found_all(self, host: str, failure: OSError | None, found: Sequence[Any] | None = None) -> None:
        if self._over:
            return
        if failure is not None:
            self._socket.emit("lookup", failure, None, None, host)
        attempts = [Attempt(*address) for address in found or ()]
        for attempt in attempts:
            self._socket.emit("lookup", None, attempt.address, attempt.family, host)
        self._have_addresses(host, failure, by_turns(attempts))

    def _have_addresses(self, host: str, failure: OSError | None, addresses: list[Attempt]) -> None:
        if self._over:
            return
        if failure is not None:
            self._socket._connect_failed(failure)
        elif not addresses:
            self._socket._connect_failed(OSError(errno.EADDRNOTAVAIL, f"connect: {host} has no address"))
        else:
            self._addresses = addresses
            self._next()

    # Attempts

    def _next(self) -> None:
        """Try the next address; without any left, fail."""
        while self._addresses:
            if self._over:
                return
            attempt = self._addresses.pop(0)
            if self._try(attempt):
                return
        if not self._over:
            self._over = True
            self._socket._connect_failed(joined(self._errors))

    def _try(self, attempt: Attempt) -> bool:
        port = self._options["port"]
        block_list = self._options.get("block_list")
        if block_list is not None and block_list.check(attempt.address, f"ipv{attempt.family}"):
            self._failed(attempt, blocked_error(attempt.address), move_on=False)
            return False
        self._socket.emit("connectionAttempt", attempt.address, port, attempt.family)
        if self._over:
            return True
        handle = self._handle = Tcp(self._env.loop)
        if not self._ref:
            handle.unref()
        try:
            self._bind(handle, attempt.family)
            handle.connect((attempt.address, port), partial(self._answered, attempt, handle))
        except OSError as exc:
            self._failed(attempt, exc, move_on=False)
            return False
        if self._addresses:
            limit = self._options.get("auto_select_family_attempt_timeout") or _auto_select_family_attempt_timeout
            self._timer = self._env.timers.set(self._timed_out, max(limit, 10), (attempt,), repeat=False)
        return True

    def _bind(self, handle: Tcp, family: int) -> None:
        address, port = self._options.get("local_address"), self._options.get("local_port")
        if address is not None or port is not None:
            handle.bind((address or ("::" if family == 6 else "0.0.0.0"), int(port or 0)))

    def _answered(self, attempt: Attempt, handle: Handle, failure: OSError | None) -> None:
        """From the loop."""
        if handle is not self._handle:
            return
        if failure is not None:
            self._env.make_callback(self._failed, attempt, failure)
            return
        if self._timer is not None:
            self._timer.close()
        self._over = True
        self._handle = None
        self._env.make_callback(self._socket._connected, handle)

    def _timed_out(self, attempt: Attempt) -> None:
        self._socket.emit("connectionAttemptTimeout", attempt.address, self._options["port"], attempt.family)
        self._failed(attempt, OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)), tell=False)

    def _failed(self, attempt: Attempt, failure: OSError, *, move_on: bool = True, tell: bool = True) -> None:
        self._drop_attempt()
        port = self._options["port"]
        failure = failure if hasattr(failure, "code") else system_error(failure, "connect", attempt.address, port)
        self._errors.append(failure)
        if tell and self._addresses:
            self._socket.emit("connectionAttemptFailed", attempt.address, port, attempt.family, failure)
        if move_on:
            self._next()

    # Unix-domain sockets

    def _connect_path(self, path: str) -> None:
        handle = self._handle = Pipe(self._env.loop)
        if not self._ref:
            handle.unref()
        try:
            handle.connect(path, partial(self._path_answered, path, handle))
        except OSError as exc:
            self._env.next_tick(self._path_failed, path, exc)

    def _path_answered(self, path: str, handle: Handle, failure: OSError | None) -> None:
        if handle is not self._handle:
            return
        if failure is not None:
            self._env.make_callback(self._path_failed, path, failure)
            return
        self._over = True
        self._handle = None
        self._env.make_callback(self._socket._connected, handle)

    def _path_failed(self, path: str, failure: OSError) -> None:
        if not self._over:
            self._over = True
            self._drop_attempt()
            self._socket._connect_failed(system_error(failure, "connect", path))


def by_turns(found: list[Attempt]) -> list[Attempt]:
    """Addresses of the first one's family and of the other by turns, each family in its own order (RFC 8305)."""
    if not found:
        return []
    first = [attempt for attempt in found if attempt.family == found[0].family]
    other = [attempt for attempt in found if attempt.family != found[0].family]
    turns: list[Attempt] = []
    for position in range(max(len(first), len(other))):
        turns += first[position : position + 1] + other[position : position + 1]
    return turns


def joined(errors: list[OSError]) -> OSError:
    """One error for all attempts: the first one's kind, with all of them as `errors`."""
    first = errors[0]
    if len(errors) == 1:
        return first
    joined = OSError(first.errno, "; ".join(str(each.strerror) for each in errors))
    vars(joined).update(code=getattr(first, "code", None), syscall="connect", errors=errors)
    return joined
