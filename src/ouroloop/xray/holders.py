"""What keeps a loop from ending, in words: handles, requests, timers, with the lines that made them if those are known.

Theory of operation. A loop is alive while a handle is active and referenced or a request is outstanding. Its handles
say themselves what they are (an address, a path, a process); the pool's queue and threads say what they are at. The
program's own floor knows the rest: JavaScript its timers, immediates, message ports and requests
(`js/lib/internal/holders.js`), Python the same (`node/timers.py`). Where one handle of the loop's stands for many of
these, they are told in its place.

What surprises people: requests are counted, not listed. What is outstanding and is found nowhere is told as a number.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from .kinds import kind_of
from .style import printable, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..js.runtime import Runtime
    from ..loop import Handle, Loop
    from ..node.environment import Environment


@dataclass(frozen=True)
class Holder:
    """One thing that keeps a loop from ending. `place` is "file:line in function", "" if nobody knows."""

    kind: str
    detail: str
    place: str = ""
    left: float | None = field(default=None, compare=False)
    """In how many ms a timer is due."""


# JavaScript

def of_runtime(runtime: Runtime) -> list[Holder]:
    """What keeps a JavaScript program from ending."""
    known = runtime.holders()
    found = [Holder("timer", _timer(timer), _place(timer["place"]), timer["left"]) for timer in known["timers"]]
    found += [Holder("immediate", _quoted(each["name"]), _place(each["place"])) for each in known["immediates"]]
    found += [Holder("message port", "", _place(port["place"])) for port in known["ports"]]
    places = {int(handle["number"]): _place(handle["place"]) for handle in known["handles"]}
    numbered = {**runtime.streams.by_number, **runtime.handles}
    numbers = {handle: number for number, handle in numbered.items()}
    for handle in _holding(runtime.loop, runtime.own_handles()):
        found.append(Holder(*describe(handle), places.get(numbers.get(handle, 0), "")))
    found += [
        Holder(kind_of(request["type"]), "a request under way", _place(request["place"]))
        for request in known["requests"]]
    return found


def _timer(facts: dict[str, Any]) -> str:
    what = "every " if facts["isRepeating"] else ""
    return ", ".join(filter(None, [f"{what}{facts['duration']:,.10g} ms", _quoted(facts["name"])]))


def _quoted(name: str) -> str:
    return f"{printable(name)}()" if name else ""


def _place(place: list[Any] | None) -> str:
    if place is None:
        return ""
    file, line, _, function = place
    if file.startswith("file://"):
        from urllib.parse import unquote

        file = unquote(file[7:])
    return f"{shown(file)}:{line:.0f}" + (f" in {printable(function)}" if function else "")


# Python

def of_environment(env: Environment, place_of: Callable[[object], str]) -> list[Holder]:
    """What keeps a Python program from ending; `place_of` knows the lines."""
    timers, immediates = env.timers, env.immediates
    now = env.loop.now
    found = [
        Holder(
            "timer", _timer({
                "duration": timeout.duration, "isRepeating": timeout._repeat,
                "name": _name_of(timeout._callback)}),
            place_of(timeout), timeout._start + timeout.duration - now)
        for timer_list in timers._lists.values() for timeout in timer_list.timers if timeout.has_ref()]
    found += [
        Holder("immediate", _quoted(_name_of(each._callback)), place_of(each))
        for each in immediates._queue if each.has_ref() and not each._destroyed]
    own = {timers._handle, immediates._check, immediates._idle}
    found += [Holder(*describe(handle), place_of(handle)) for handle in _holding(env.loop, own)]
    jobs = list(_jobs(env.loop))
    found += [Holder("work", f"{printable(job.name)}, {state}", place_of(job)) for job, state in jobs]
    writes = [
        Holder("request", "a write or a connection being made", place_of(each)) for each in _busy_streams(env.loop)]
    rest = env.loop.active_requests - len(jobs) - len(writes)
    return [*found, *writes, *([Holder("request", f"{rest:,} of other kinds")] if rest > 0 else [])]


def _name_of(callback: object) -> str:
    name = getattr(callback, "__name__", "")
    return "" if name == "<lambda>" else name


def _jobs(loop: Loop) -> Iterator[tuple[Any, str]]:
    pool = loop._pool
    if pool is None:
        return
    for number, job in enumerate(pool._current):
        if job is not None:
            yield job, f"on thread {number + 1}"
    for job in chain(list(pool._jobs), list(pool._slow_waiting)):
        yield job, "waiting for a thread"


def _busy_streams(loop: Loop) -> Iterator[Handle]:
    for handle in loop.walk():
        if getattr(handle, "write_queue_size", 0) or getattr(handle, "_connect_request", None) is not None:
            yield handle


# Handles

def _holding(loop: Loop, own: set[Handle]) -> Iterator[Handle]:
    for handle in loop.walk():
        if handle.active and handle.has_ref() and handle not in own:
            yield handle


def describe(handle: Handle) -> tuple[str, str]:
    """What a handle is, and what it is about."""
    name = type(handle).__name__
    tell = _TELLERS.get(name)
    return tell(handle) if tell is not None else (name.lower(), "")


def _stream(handle: Any) -> tuple[str, str]:
    kind = {"Tcp": "socket", "Pipe": "pipe", "Tty": "terminal"}[type(handle).__name__]
    if handle._connection_callback is not None:
        return "server", f"listening on {_own_address(handle)}"
    if handle._connect_request is not None:
        return kind, "connecting"
    peer = _address(getattr(handle, "getpeername", None))
    if kind == "socket" and peer:
        return kind, f"{_own_address(handle)}, connected with {peer}"
    return kind, peer or f"descriptor {handle._fd}"


def address_of(handle: Handle) -> str:
    """A socket's peer, or else its own address; "" where it has neither."""
    peer = _address(getattr(handle, "getpeername", None))
    return peer or _address(getattr(handle, "getsockname", None))


def _own_address(handle: Any) -> str:
    return _address(getattr(handle, "getsockname", None)) or f"descriptor {handle._fd}"


def _address(ask: Callable[[], Any] | None) -> str:
    try:
        address = ask() if ask is not None else ""
    except OSError:
        return ""
    if isinstance(address, tuple):
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return printable(os.fsdecode(address))


def _process(handle: Any) -> tuple[str, str]:
    try:
        with open(f"/proc/{handle.pid}/cmdline", "rb") as file:
            words = file.read().rstrip(b"\0").decode("utf-8", "replace").replace("\0", " ")
    except OSError:
        words = ""
    return "process", f"{handle.pid}" + (f" ({printable(words[:60])})" if words else "")


def _watched(handle: Any) -> tuple[str, str]:
    return "watcher", printable(handle.getpath())


def _signal(handle: Any) -> tuple[str, str]:
    return "signal", signal.Signals(handle.signum).name


def _loop_timer(handle: Any) -> tuple[str, str]:
    return "timer", f"of the loop, due in {max(handle._due - handle.loop.now, 0):,} ms"


_TELLERS: dict[str, Callable[[Any], tuple[str, str]]] = {
    "Tcp": _stream, "Pipe": _stream, "Tty": _stream, "Process": _process, "FsEvent": _watched, "FsPoll": _watched,
    "Signal": _signal, "Timer": _loop_timer,
    "Udp": lambda handle: ("udp", f"on {_own_address(handle)}"),
    "Poll": lambda handle: ("poll", f"descriptor {handle._fd}"),
}
