"""process: the running program as an object, and the events of its life.

Theory of operation. Each environment has one `Process`. It holds what a program may ask about itself, and it is the
emitter of 'beforeExit' (nothing is left to do: a listener may start something), 'exit' (it is over: only synchronous
work still counts), 'uncaughtException', 'unhandledRejection', 'warning', and of each signal by its name.

What surprises people: `exit()` raises `SystemExit`, as `sys.exit()` does, so `finally` blocks still run on the way out;
an `except SystemExit` that keeps it keeps the program alive, but 'exit' is emitted once only. Listening for a signal
replaces its default action for as long as there is a listener, and does not keep the loop alive.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Hashable, MutableMapping
from types import CodeType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

import ouroloop

from .errors import add_note
from .events import EventEmitter, Listener

if TYPE_CHECKING:
    from ..loop.signal import Signal
    from .environment import Environment

_STARTED = time.monotonic()
_OUR_FILES = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_IMPORT_MACHINERY = ("<frozen runpy>", "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
_ARCHITECTURES = {
    "x86_64": "x64", "amd64": "x64", "i386": "ia32", "i586": "ia32", "i686": "ia32", "aarch64": "arm64",
    "armv6l": "arm", "armv7l": "arm", "ppc64le": "ppc64",
}
_SIGNALS = {name: int(number) for name, number in signal.Signals.__members__.items() if name.startswith("SIG")}


class ProcessWarning(Warning):
    """What the 'warning' event carries: `name` (its kind), `message`, `code` and `detail`."""

    def __init__(self, message: str, name: str = "Warning", code: str | None = None, detail: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.code = code
        self.detail = detail


class Process(EventEmitter):
    """Node's `process`, for one environment. https://nodejs.org/api/process.html

    `argv` is in Node's form: the executable, the program, its arguments; by default made of `sys.argv`.
    """

    def __init__(self, env: Environment, argv: list[str] | None = None) -> None:
        super().__init__()
        self._env = env
        self._exit_code: int | None = None
        self._exiting = False
        self._signals: dict[str, Signal] = {}
        self._title: str | None = None
        self.exec_path: str = sys.executable
        """The Python interpreter that runs this."""
        self.argv: list[str] = argv if argv is not None else [sys.executable, *_program()]
        """The executable, the program's absolute path, its arguments."""
        self.argv0: str = sys.orig_argv[0] if sys.orig_argv else sys.executable
        """The executable as it was called."""
        self.env: MutableMapping[str, str] = os.environ
        """The environment variables; changes are seen by child processes."""

    # What the process is

    @property
    def pid(self) -> int:
        """The number of this process."""
        return os.getpid()

    @property
    def ppid(self) -> int:
        """The number of the parent process."""
        return os.getppid()

    @property
    def platform(self) -> str:
        """The operating system by Node's name: "linux", "darwin", "win32" …"""
        return sys.platform.rstrip("0123456789") if "bsd" in sys.platform else sys.platform

    @property
    def arch(self) -> str:
        """The processor by Node's name: "x64", "arm64" …"""
        machine = os.uname().machine.lower()
        return _ARCHITECTURES.get(machine, machine)

    @property
    def version(self) -> str:
        """Ouroloop's version, with a v in front."""
        return f"v{ouroloop.__version__}"

    @property
    def versions(self) -> dict[str, str]:
        """The versions of Ouroloop and of what it stands on."""
        import ssl

        from . import zlib

        return {
            "ouroloop": ouroloop.__version__,
            "python": sys.version.split()[0],
            "openssl": ssl.OPENSSL_VERSION.split()[1],
            **zlib.versions(),
        }

    @property
    def title(self) -> str:
        """The name that `ps` shows; setting it changes the first 15 bytes of the command name (Linux)."""
        return self._title if self._title is not None else os.path.basename(self.argv0)

    @title.setter
    def title(self, title: str) -> None:
        self._title = title
        try:
            with open("/proc/self/comm", "w", encoding="utf-8", errors="surrogateescape") as comm:
                comm.write(title)
        except OSError:
            return

    def cwd(self) -> str:
        """The current working directory."""
        return os.getcwd()

    def chdir(self, directory: str | os.PathLike[str]) -> None:
        """Change the current working directory; raises `OSError`."""
        os.chdir(directory)

    def umask(self, mask: int | None = None) -> int:
        """The file mode mask; with `mask`, set it and return the one before."""
        old = os.umask(0 if mask is None else mask)
        if mask is None:
            os.umask(old)
        return old

    # What it uses

    def uptime(self) -> float:
        """Seconds since Ouroloop was started."""
        return time.monotonic() - _STARTED

    def hrtime(self) -> int:
        """A clock in ns, from an arbitrary start, never going back (Node's `process.hrtime.bigint()`)."""
        return time.monotonic_ns()

    def memory_usage(self) -> dict[str, int]:
        """`rss`: the bytes of memory this process occupies. Python's heap has no further numbers to give."""
        try:
            with open("/proc/self/statm", "rb") as statm:
                return {"rss": int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")}
        except OSError:
            usage = self.resource_usage()["max_rss"]
            return {"rss": usage if sys.platform == "darwin" else usage * 1024}

    def cpu_usage(self, previous: dict[str, int] | None = None) -> dict[str, int]:
        """`user` and `system` time in µs; with a `previous` answer, since then."""
        times = os.times()
        usage = {"user": round(times.user * 1e6), "system": round(times.system * 1e6)}
        if previous is not None:
            usage = {name: value - previous[name] for name, value in usage.items()}
        return usage

    def resource_usage(self) -> dict[str, int]:
        """What getrusage(2) counts; times in µs, `max_rss` as the system gives it (Linux: KB)."""
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "user_cpu_time": round(usage.ru_utime * 1e6),
            "system_cpu_time": round(usage.ru_stime * 1e6),
            "max_rss": usage.ru_maxrss,
            "minor_page_fault": usage.ru_minflt,
            "major_page_fault": usage.ru_majflt,
            "swapped_out": usage.ru_nswap,
            "fs_read": usage.ru_inblock,
            "fs_write": usage.ru_oublock,
            "voluntary_context_switches": usage.ru_nvcsw,
            "involuntary_context_switches": usage.ru_nivcsw,
        }

    # What it does

    def next_tick(self, callback: Callable[..., object], *args: Any) -> None:
        """Call `callback(*args)` after the callback that runs now, before all microtasks."""
        self._env.next_tick(callback, *args)

    def kill(self, pid: int, sig: str | int = "SIGTERM") -> bool:
        """Send a signal, by name or number, to a process; 0 only asks whether it is there. Returns True.

        Raises `OSError` (ESRCH: there is none; EPERM: not yours), `ValueError` for a signal that does not exist.
        """
        os.kill(pid, sig if isinstance(sig, int) else signal_number(sig))
        return True

    def abort(self) -> NoReturn:
        """End at once and leave a core file."""
        os.abort()

    def emit_warning(
        self, warning: str | Exception, type: str = "Warning", code: str | None = None, detail: str | None = None
    ) -> None:
        """Emit 'warning' in the next tick, and print it on stderr: `(ouro:PID) [code] type: message`."""
        if isinstance(warning, str):
            warning = ProcessWarning(warning, type, code, detail)
        elif not isinstance(warning, Exception):
            raise TypeError(f"a warning must be a str or an exception, not {warning!r}")
        self._env.next_tick(self._emit_warning, warning)

    def _emit_warning(self, warning: Exception) -> None:
        name = getattr(warning, "name", type(warning).__name__)
        code = getattr(warning, "code", None)
        detail = getattr(warning, "detail", None)
        if sys.stderr is not None:
            head = f"(ouro:{self.pid}) {f'[{code}] ' if code else ''}{name}: {warning}\n"
            sys.stderr.write(head + (f"{detail}\n" if detail else ""))
        self.emit("warning", warning)

    # Signals: listened to while there is a listener

    def _add(self, event: Hashable, listener: Listener, prepend: bool) -> None:
        if isinstance(event, str) and event in _SIGNALS and event not in self._signals:
            self._watch_signal(event)
        super()._add(event, listener, prepend)

    def _watch_signal(self, name: str) -> None:
        from ..loop.signal import Signal

        number = _SIGNALS[name]
        handle = Signal(self._env.loop)
        try:
            handle.start(lambda *_: self._env.make_callback(self.emit, name, name, number), number)
        except BaseException:
            handle.close()
            raise
        handle.unref()
        self._signals[name] = handle

    def _forget(self, events: dict[Hashable, Any], event: Hashable) -> None:
        super()._forget(events, event)
        handle = self._signals.pop(event, None) if isinstance(event, str) else None
        if handle is not None and not handle.closing:
            handle.close()

    # The end

    @property
    def exit_code(self) -> int | None:
        """The code to end with when nothing is left to do; None is 0. Raises `TypeError` unless set to an int."""
        return self._exit_code

    @exit_code.setter
    def exit_code(self, code: int | None) -> None:
        if code is not None and not isinstance(code, int):
            raise TypeError(f"the exit code must be an int, not {code!r}")
        self._exit_code = code

    @property
    def exiting(self) -> bool:
        """Whether 'exit' has been emitted."""
        return self._exiting

    def exit(self, code: int | None = None) -> NoReturn:
        """End the program now, with `code` or else `exit_code`: emit 'exit' once, then raise `SystemExit`."""
        if code is not None:
            self.exit_code = code
        if self._start_exiting():
            self.emit("exit", self._exit_code or 0)
        self.leave(self._exit_code or 0)

    def leave(self, code: int) -> NoReturn:
        """End the program now without telling anybody."""
        self._start_exiting()
        self._exit_code = code
        raise SystemExit(code)

    def exit_by_error(self) -> NoReturn:
        """An error that nobody took ends the program; what the 'exit' listeners raise changes nothing any more."""
        if self._start_exiting():
            self._exit_code = 1
            try:
                self.emit("exit", 1)
            except Exception as exc:
                self.report(exc)
        self.leave(1 if self._exit_code is None else self._exit_code)

    def _start_exiting(self) -> bool:
        """From here on ticks are thrown away. False if that was so before."""
        if self._exiting:
            return False
        self._exiting = True
        self._env.ticks = deque(maxlen=0)
        return True

    def emit_before_exit(self) -> None:
        """Nothing is left to do: tell the listeners, who may start something."""
        self._env.make_callback(self.emit, "beforeExit", self._exit_code or 0)

    def emit_exit(self) -> None:
        """It is over: tell the listeners, unless they know."""
        if self._start_exiting():
            self._env.make_callback(self.emit, "exit", self._exit_code or 0)

    def take_system_exit(self, exc: SystemExit) -> None:
        """A `SystemExit` has left the program: from `exit`, or the program's own `sys.exit()`."""
        while True:
            self._exit_code = _exit_code_of(exc)
            try:
                self.emit_exit()
            except SystemExit as again:
                exc = again
            else:
                return

    def report(self, exc: BaseException) -> None:
        """Print the traceback of `exc` on stderr, without our frames on top."""
        if isinstance(exc, BrokenPipeError) and _stdout_is_broken():
            return  # whoever read our output has left: nobody to tell, and nothing that the program did wrong
        _explain_wrong_arguments(exc)
        _strip(exc, set())
        sys.excepthook(type(exc), exc, exc.__traceback__)

    def __repr__(self) -> str:
        return f"<Process {self.pid}>"


def end_quietly(interrupt: KeyboardInterrupt) -> NoReturn:
    """Nobody took a KeyboardInterrupt: let it go on to end the process, but without a traceback.

    Python then runs what `atexit` knows and ends as SIGINT ends a process, so that the parent can tell.
    """
    hook = sys.excepthook

    def quiet(kind: type[BaseException], exc: BaseException, traceback: TracebackType | None) -> None:
        if exc is not interrupt:
            hook(kind, exc, traceback)

    sys.excepthook = quiet
    raise interrupt


def signal_number(name: str) -> int:
    """The number of a signal, by its name: "SIGTERM" → 15. Raises `ValueError` for a name that there is not."""
    number = _SIGNALS.get(name)
    if number is None:
        raise ValueError(f"unknown signal: {name!r}; a name like 'SIGTERM' is needed")
    return number


def _program() -> list[str]:
    argv = list(getattr(sys, "argv", []))
    if argv and argv[0] and os.path.exists(argv[0]):
        argv[0] = os.path.abspath(argv[0])
    return argv


def _exit_code_of(exc: SystemExit) -> int:
    code = exc.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    sys.stderr.write(f"{code}\n")
    return 1


def _explain_wrong_arguments(exc: BaseException) -> None:
    """A callback that cannot take what it is called with has no frame to show: say where it is."""
    traceback = exc.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None or not isinstance(exc, TypeError):
        return
    frame = traceback.tb_frame
    if not frame.f_code.co_filename.startswith(_OUR_FILES):
        return
    for value in frame.f_locals.values():
        for candidate in (value, *(value if isinstance(value, tuple) else ())):
            code = getattr(getattr(candidate, "__func__", candidate), "__code__", None)
            name = getattr(candidate, "__qualname__", None)
            if isinstance(code, CodeType) and name and str(exc).startswith(f"{name}() "):
                add_note(
                    exc,
                    f"It is a callback, defined at {code.co_filename}:{code.co_firstlineno}. "
                    "A callback must take all that it is called with; *_ takes what it does not need.",
                )
                return


def _strip(exc: BaseException | None, seen: set[int]) -> None:
    """Take our frames off the top of the tracebacks of `exc` and of all exceptions it came from."""
    if exc is None or id(exc) in seen:
        return
    seen.add(id(exc))
    exc.__traceback__ = _without_our_frames(exc.__traceback__)
    _strip(exc.__cause__, seen)
    _strip(exc.__context__, seen)
    for inner in getattr(exc, "exceptions", ()):
        if isinstance(inner, BaseException):
            _strip(inner, seen)


def _without_our_frames(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if not filename.startswith(_OUR_FILES) and filename not in _IMPORT_MACHINERY:
            break
        traceback = traceback.tb_next
    return traceback


def _stdout_is_broken() -> bool:
    """Whether stdout is a pipe that nobody reads any more."""
    import select

    poll = select.poll()
    poll.register(1, 0)
    return any(events & select.POLLERR for _, events in poll.poll(0))
