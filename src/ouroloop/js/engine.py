"""Engine: V8, in one isolate and one context.

Theory of operation. The only file that imports the V8 binding (with `natives/`, which reaches V8's C interface beside
it). An engine starts from a snapshot, a heap in which the core modules have already run. Python enters JavaScript by
calling a function that it took out once (`function`); JavaScript reaches Python by the one host function `operation`,
which gets a number and the arguments.

What surprises people: values cross by copy, and entering the binding while JavaScript is on the stack aborts the
process. So `depth` counts, and `EngineBusyError` is raised instead. Microtasks run only when asked to (`checkpoint`).
An isolate belongs to the thread that made it, and isolates are dropped last-in, first-out: V8's rule, kept by the
binding.
"""

from __future__ import annotations

import _thread
import gc
import os

import v8  # type: ignore[import-untyped]

from . import cache, natives
from .natives import calls
from .natives.calls import memory
from .natives.startup_data import StartupData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = [
    "Engine", "EngineBusyError", "JavaScriptError", "has_snapshot", "make_snapshot", "memory",
    "set_flags_from_command_line", "use_snapshot", "version",
]

JavaScriptError = v8.JavaScriptError
"""What the binding raises when JavaScript threw."""

_INTL_DATA = "icudt77l.dat"  # what ICU looks for
_INTL_PACKAGE, _INTL_FILE = "py_mini_racer", "icudtl.dat"  # what there is


def version() -> str:
    """V8's version."""
    load_natives()
    return calls.v8_version()


def cached_data_version_tag() -> int:
    """What code that V8 compiled and kept depends on: its version, flags and processor."""
    tag: int = v8.cached_data_version_tag()
    return tag


def load_natives() -> None:
    """Find V8's functions, before there is an engine."""
    natives.load(v8.v8.__file__)


_RESERVED = (32 << 30) + (300 << 20)  # bytes of addresses: V8's cage for C++ objects, and what is there without it


def _check_address_space() -> None:
    """Raise `MemoryError` where this process may not have the addresses that V8 reserves: V8 would abort."""
    limit = calls.address_space_limit()
    if limit < _RESERVED:
        raise MemoryError(
            f"V8 reserves 32 GiB of addresses (not of memory), and this process may have {limit / (1 << 30):.1f}: "
            "raise the limit, or lift it (ulimit -v unlimited)")


_is_gc_exposed = False
_has_own_flags = False


def set_flags_from_command_line(flags: list[str]) -> list[str]:
    """Set V8's flags, before there is an engine; those that V8 does not know, or whose value is none, are returned."""
    global _is_gc_exposed, _has_own_flags
    _has_own_flags = True
    _is_gc_exposed = any(flag.replace("_", "-") == "--expose-gc" for flag in flags)
    load_natives()
    return calls.set_flags_from_command_line(flags)


class EngineBusyError(RuntimeError):
    """JavaScript was called while JavaScript is running."""


class Engine:
    """One JavaScript world. `operation(number, *arguments)` is what JavaScript's operations call."""

    def __init__(
        self, operation: Callable[..., Any], add_natives: Callable[[natives.Natives], None] | None = None,
    ) -> None:
        check_not_forked()
        _check_address_space()
        load_natives()
        _use_intl_data()
        begin_with = _startup_data
        assert begin_with is not None, "use_snapshot comes first"
        self.natives: natives.Natives | None = None
        self.depth = 0
        self._is_switched = False
        self._neighbours = _living.__dict__.setdefault("engines", [])
        self._neighbours.append(self)
        self._add_natives = add_natives
        global _was_used
        _was_used = True
        isolate = v8.Isolate(None if _is_lent else begin_with.copy())
        if not _is_gc_exposed:
            calls.set_flags("--no-expose-gc")  # the binding turns it on
        builder = isolate.create_context_builder()
        builder.use_snapshot(_OURS)
        builder.set_microtasks_policy("explicit")
        apis = [v8.api.SharedArrayBuffer(), v8.api.Atomics()]
        builder.use_profile(v8.BaseProfile().install(apis))
        builder.host_function(operation, name="__operation")
        builder.host_function(self._install_natives, name="__installNatives")
        self.context = builder.build()
        begin_with.rest()
        self.checkpoint: Callable[[], None] = self.context.perform_microtask_checkpoint
        """Run all microtasks. Only while no JavaScript is on the stack."""

    def _install_natives(self) -> None:
        self.natives = natives.Natives(None if _has_own_flags else cached_data_version_tag)
        self.natives.install("__natives")
        if self._add_natives is not None:
            self._add_natives(self.natives)

    def eval(self, source: str, time_limit_ms: int | None = None) -> Any:
        """Run a script and return its last value, as the binding's wrapper. Raises `TimeoutError` past the limit."""
        self.enter()
        try:
            return self.context.eval(source, timeout_ms=time_limit_ms)
        finally:
            self.leave()

    def global_function(self, name: str) -> Callable[..., Any]:
        """As `function`, for a global variable: V8 need not compile anything for that."""
        function: Callable[..., Any] = self.context.get_global(name).as_v8_function()
        return function

    def function(self, expression: str) -> Callable[..., Any]:
        """The function that `expression` gives, for Python to call; it returns a wrapper (`.to_python()`)."""
        function: Callable[..., Any] = self.eval(expression).as_v8_function()
        return function

    def guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function` with `enter` before it and `leave` after it: for where several engines live side by side."""

        def call(*args: Any) -> Any:
            self.enter()
            try:
                return function(*args)
            finally:
                self.leave()

        return call

    def enter(self) -> None:
        """To be called before JavaScript is entered, and `leave` afterwards. Raises `EngineBusyError`."""
        if self.depth:
            raise EngineBusyError(
                "JavaScript is running: Python code that it called cannot call into it before it returns. "
                "Return a value, or make the function `async def` and await what you need")
        self.depth += 1
        # V8 works in the isolate that this thread made last; a call into another one must say so.
        self._is_switched = self._neighbours[-1] is not self
        if self._is_switched and self.natives is not None:
            self.natives.enter_isolate()

    def leave(self) -> None:
        """JavaScript was left."""
        self.depth -= 1
        if self._is_switched and self.natives is not None:
            self.natives.exit_isolate()

    @property
    def belongs_here(self) -> bool:
        """Whether this is the thread that made it. (The number of a thread that has ended is another's soon.)"""
        return _living.__dict__.get("engines") is self._neighbours

    def close(self) -> None:
        """Drop the isolate. Nothing of it may be used any more."""
        self.natives = None
        self._neighbours.remove(self)
        del self.checkpoint, self.context
        gc.collect()


_living = _thread._local()  # .engines: those of a thread, in the order in which they were made
_is_forked = False


def check_not_forked() -> None:
    """Raise `RuntimeError` in a process that was forked from one with an engine: V8's own threads are not here."""
    if _is_forked:
        raise RuntimeError(
            "JavaScript cannot run in a forked child of a process that has used it: start the child as a new process "
            "(multiprocessing: the start method spawn)")


def is_forked() -> bool:
    """Whether this is a forked child of a process that had an engine."""
    return _is_forked


def _after_fork() -> None:
    global _is_forked
    _is_forked = _was_used


_was_used = False
os.register_at_fork(after_in_child=_after_fork)


_startup_data: StartupData | None = None
_is_lent = False


def has_snapshot() -> bool:
    """Whether this process has a snapshot for its engines."""
    return _startup_data is not None


def use_snapshot(data: bytes | tuple[int, int]) -> None:
    """Let all engines of this process begin with a snapshot: bytes, or an open file and how much of it that is.

    The file is closed. Raises `OSError`.
    """
    global _startup_data, _is_lent
    load_natives()
    if isinstance(data, bytes):
        _startup_data = StartupData.of_bytes(data)
    else:
        _startup_data = StartupData.of_file(*data)
        os.close(data[0])
    _is_lent = _startup_data.lend()


_OURS = 0  # the number of the context in a snapshot in which the core modules are, among those that were added


def make_snapshot(scripts: Iterable[tuple[str, str, bool]]) -> bytes:
    """A heap in which scripts (name, source) have run, in the form that `use_snapshot` takes; to be called before it.

    With each comes whether all of its functions are to be compiled at once, and not when they are first called. The
    snapshot's own context is left as it is: those of `node:vm` are made from it. The scripts run in a second one.
    """
    from .natives.at_import import run_at_import

    _check_address_space()
    load_natives()
    _use_intl_data()
    creator = v8.SnapshotCreator()
    # The binding runs one script in a context that it adds, and cannot be called meanwhile. So that script imports.
    failed = run_at_import(scripts)
    creator.add_context("import('')")
    if failed:
        raise RuntimeError(f"an exception at {failed[0]}")
    blob: bytes = creator.create_blob("keep").to_bytes()
    return blob


def has_intl() -> bool:
    """Whether V8 finds ICU's data. Without it, many functions of Intl throw, and to tell a date aborts the process."""
    return _has_intl


_has_intl = False


def _use_intl_data() -> None:
    """Let V8 find ICU's data: the `mini-racer` wheel carries the file that fits.

    ICU looks for it by a name of its own, so the cache folder has a link of that name, in a folder for each
    installation: several share the cache and run at once.
    """
    global _has_intl
    if _has_intl or os.path.exists(os.path.join(os.environ.get("ICU_DATA", ""), _INTL_DATA)):
        _has_intl = True
        return
    data = _intl_data()
    if data is None:
        return
    key = f"intl-{cache.fingerprint(data)}"
    link = cache.link(f"{key}/{_INTL_DATA}", data)
    if link is not None:
        calls.set_intl_data(os.path.dirname(link))
        _has_intl = True


def installed_in() -> str:
    """The folder where the binding is installed, and with it what Ouroloop depends on."""
    folder: str = os.path.dirname(v8.__path__[0])
    return folder


def _intl_data() -> str | None:
    """The path of ICU's data: in the folder where the binding is installed too, or else wherever Python finds it."""
    beside = os.path.join(installed_in(), _INTL_PACKAGE, _INTL_FILE)
    if os.path.exists(beside):
        return beside
    import importlib.util

    spec = importlib.util.find_spec(_INTL_PACKAGE)
    return None if spec is None or spec.origin is None else os.path.join(os.path.dirname(spec.origin), _INTL_FILE)
