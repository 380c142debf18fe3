"""Node's API in Python's spelling.

The globals of a Node program are names of this package: `set_timeout`, `process`, `Promise` … Node's modules are its
modules: `from ouroloop.node import fs, net`. Whatever is not used is not imported.

    from ouroloop.node import run, set_timeout

    async def main():
        set_timeout(print, 1000, "a second later")

    run(main)

A program started with the command `ouro` needs no `run`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .environment import Environment, current

if TYPE_CHECKING:
    from .events import EventEmitter
    from .process import Process
    from .promise import AggregateError, Promise
    from .timers import (
        Immediate,
        Timeout,
        clear_immediate,
        clear_interval,
        clear_timeout,
        set_immediate,
        set_interval,
        set_timeout,
    )

    process: Process

__all__ = [
    "AggregateError", "Environment", "EventEmitter", "Immediate", "Promise", "Timeout", "clear_immediate",
    "clear_interval", "clear_timeout", "current", "next_tick", "process", "queue_microtask", "run", "set_immediate",
    "set_interval", "set_timeout",
]

_HOMES = {
    "AggregateError": "promise", "EventEmitter": "events", "Promise": "promise", "Immediate": "timers",
    "Timeout": "timers", "clear_immediate": "timers", "clear_interval": "timers", "clear_timeout": "timers",
    "set_immediate": "timers", "set_interval": "timers", "set_timeout": "timers",
}


_MODULES = [
    "child_process", "crypto", "dns", "events", "fs", "http", "net", "perf_hooks", "stream", "timers",
    "timers_promises", "zlib",
]


class _Package(ModuleType):
    """`process` is the object, as in Node, not the module that defines its class."""

    @property
    def process(self) -> Process:
        """The current environment's process."""
        return current().process

    @process.setter
    def process(self, module: object) -> None:
        """Python's import binds each submodule in its package; this one's name is taken."""


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is not None:
        value = getattr(importlib.import_module(f".{home}", __name__), name)
        globals()[name] = value
        return value
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return importlib.import_module(f".{name}", __name__)
    except ModuleNotFoundError as exc:
        if exc.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES])


def next_tick(callback: Callable[..., object], *args: Any) -> None:
    """Call `callback(*args)` after the callback that runs now, before all microtasks (Node's `process.nextTick`)."""
    current().next_tick(callback, *args)


def queue_microtask(callback: Callable[..., object], *args: Any) -> None:
    """Call `callback(*args)` after the callback that runs now and all ticks."""
    current().queue_microtask(callback, *args)


def run(main: Callable[[], Any] | Coroutine[Any, Any, Any] | None = None) -> None:
    """Call `main` (a function or an `async def`), run the loop until nothing is left, and end the program.

    For programs started with plain `python`: ends with `SystemExit` if the exit code is not 0. Under `ouro`, where the
    loop is about to run anyway, it starts `main` and returns.
    """
    env = current()
    if env.running:
        env.main_called = True
        env.start_main(main)
        return
    try:
        code = env.run(main)
        if not env.loop.alive:  # else the program has left with work under way, which nobody is to wait for
            env.close()
    except KeyboardInterrupt as interrupt:
        from .process import end_quietly

        end_quietly(interrupt)
    if code:
        sys.exit(code)
