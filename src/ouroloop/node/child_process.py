"""child_process: other programs, started, fed, listened to and waited for.

Theory of operation. A `ChildProcess` is an emitter over the loop's Process handle. Each 'pipe' among its stdio is one
end of a pair of connected sockets, as in Node: a `net.Socket`, of which `stdin` is only written and `stdout` and
`stderr` are only read. `exec` and `exec_file` collect the output and call back once. The `_sync` functions run the
child on a loop of their own and return when it has ended; nothing else of the program runs meanwhile.

What surprises people: 'exit' says that the program has ended, 'close' that its output has ended too, which is later,
or much later if a grandchild holds the pipes open. A program that cannot be started is an 'error' event, not an
exception. And a `shell` runs what it is given: put nothing into a command that came from elsewhere.
"""

from __future__ import annotations

import codecs
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Union

from ..loop import Loop, Pipe, Process, Timer
from . import environment
from .environment import require_callable
from .errors import NodeError, system_code
from .events import EventEmitter
from .net import Socket
from .process import signal_number
from .promise import Promise

if TYPE_CHECKING:
    from .environment import Environment
    from .timers import Timeout

Path = Union[str, bytes, "os.PathLike[Any]"]
Stdio = Union[str, Sequence[Any]]
Callback = Callable[..., object]

_MAX_BUFFER = 1024 * 1024
_SIGNAL_NAMES = {int(number): name for name, number in reversed([*signal.Signals.__members__.items()])}
_TOLD_BY_EVENT = (errno.EACCES, errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOENT)

_warned_of_shell = False


class CommandError(Exception):
    """A command failed: it ended with a status that is not 0, or by a signal.

    `code` is the exit status (None after a signal), `signal` the signal's name, `killed` whether we sent it, `cmd` the
    command, `stdout` and `stderr` what it wrote.
    """

    code: int | None = None
    signal: str | None = None
    killed = False
    cmd = ""
    stdout: str | bytes = ""
    stderr: str | bytes = ""


class MaxBufferError(NodeError, RuntimeError):
    """A command wrote more than `max_buffer` bytes, and was killed. `stdout` and `stderr` hold what was kept."""

    cmd = ""
    stdout: str | bytes = ""
    stderr: str | bytes = ""

    def __init__(self, which: str) -> None:
        super().__init__("ERR_CHILD_PROCESS_STDIO_MAXBUFFER", f"{which} max_buffer length exceeded")


class Output(NamedTuple):
    """What a command wrote."""

    stdout: str | bytes
    stderr: str | bytes


class SyncResult(NamedTuple):
    """What `spawn_sync` returns: one of `status` and `signal` is None; `error` is set when the child was not started,
    took too long or wrote too much; `output` holds what came from each descriptor, None where there was no pipe.
    """

    pid: int
    output: list[str | bytes | None] | None
    stdout: str | bytes | None
    stderr: str | bytes | None
    status: int | None
    signal: str | None
    error: OSError | None


# Options


class _Command(NamedTuple):
    """What is run, and how: the options that all functions share, checked."""

    file: Path
    args: list[Path]
    cwd: Path | None
    env: dict[str, str] | None
    detached: bool
    uid: int | None
    gid: int | None
    timeout: float
    kill_signal: int

    def start(self, process: Process, stdio: Sequence[Any], on_exit: Callable[[int, int], object]) -> None:
        """Start it in `process`. Raises what `Process.spawn` raises, told as Node tells it."""
        try:
            process.spawn(
                self.file, self.args, env=self.env, cwd=self.cwd, stdio=stdio, uid=self.uid, gid=self.gid,
                detached=self.detached, exit_callback=on_exit,
            )
        except OSError as exc:
            raise self.failure(exc, "spawn") from None

    def failure(self, cause: OSError, syscall: str) -> OSError:
        """`cause` with Node's fields: `code`, `syscall`, `path`, `spawnargs`."""
        file = os.fsdecode(self.file)
        if cause.filename is None:
            cause = OSError(cause.errno, os.strerror(cause.errno or 0), file)
        vars(cause).update(
            code=system_code(cause), syscall=f"{syscall} {file}", path=file, spawnargs=self.args[1:]
        )
        return cause


def _command(
    file: Path, args: Sequence[Path] | None = None, *, cwd: Path | None = None, env: Mapping[str, Any] | None = None,
    argv0: str | None = None, shell: bool | str = False, detached: bool = False, uid: int | None = None,
    gid: int | None = None, timeout: float | None = None, kill_signal: str | int | None = None,
) -> _Command:
    if not isinstance(file, (str, bytes, os.PathLike)):
        raise TypeError(f"the program must be named by a string or a path, not {file!r}")
    if not os.fspath(file):
        raise ValueError("the program's name is empty")
    if args is None:
        args = ()
    if isinstance(args, (str, bytes)) or not isinstance(args, Sequence):
        raise TypeError(f"the arguments must be a list of strings, not {args!r}")
    for arg in args:
        if not isinstance(arg, (str, bytes, os.PathLike)):
            raise TypeError(f"the arguments must be strings, not {arg!r}")
    if cwd is not None and not isinstance(cwd, (str, bytes, os.PathLike)):
        raise TypeError(f"cwd must be a path, not {cwd!r}")
    if shell:
        file, args = _in_shell(file, args, shell)
    return _Command(
        file, [argv0 if argv0 is not None else file, *args], cwd or None, _environment(env), detached, uid, gid,
        _checked_timeout(timeout), signal.SIGTERM if kill_signal is None else _signal(kill_signal),
    )


def _in_shell(file: Path, args: Sequence[Path], shell: bool | str) -> tuple[Path, Sequence[Path]]:
    global _warned_of_shell
    if args and not _warned_of_shell:
        _warned_of_shell = True
        environment.current().process.emit_warning(
            "Passing args to a child process with shell=True can lead to security vulnerabilities, as the arguments "
            "are not escaped, only concatenated.", "DeprecationWarning", "DEP0190",
        )
    line = " ".join(map(os.fsdecode, [file, *args]))
    return shell if isinstance(shell, str) else "/bin/sh", ["-c", line]


def _environment(env: Mapping[str, Any] | None) -> dict[str, str] | None:
    if env is None:
        return None
    if not isinstance(env, Mapping):
        raise TypeError(f"env must be a mapping of names to values, not {env!r}")
    return {name: value if isinstance(value, str) else str(value) for name, value in env.items() if value is not None}


def _checked_timeout(timeout: float | None) -> float:
    if timeout is None:
        return 0
    if not isinstance(timeout, (int, float)) or isinstance(timeout, bool):
        raise TypeError(f"the timeout must be a number of ms, not {timeout!r}")
    if not timeout >= 0:
        raise ValueError(f"the timeout must be a number of ms, 0 or more, not {timeout!r}")
    return timeout


def _checked_max_buffer(size: float) -> float:
    if not isinstance(size, (int, float)) or not size >= 0:
        raise ValueError(f"max_buffer must be a number of bytes, 0 or more, not {size!r}")
    return size


def _signal(which: str | int) -> int:
    """The number of a signal. Raises `ValueError` for what is none; 0 only asks."""
    if isinstance(which, str):
        return signal_number(which.upper())
    if isinstance(which, bool) or not isinstance(which, int):
        raise TypeError(f"a signal is a name like 'SIGTERM' or a number, not {which!r}")
    if which != 0 and which not in signal.valid_signals():
        raise ValueError(f"unknown signal: {which}")
    return int(which)


def _signal_name(number: int) -> str | None:
    return _SIGNAL_NAMES.get(number, f"SIG{number}") if number else None


def _entries(stdio: Stdio) -> list[Any]:
    """What each of the child's descriptors is to be: "pipe", "ignore", or something with a descriptor."""
    if isinstance(stdio, str):
        if stdio not in ("pipe", "overlapped", "ignore", "inherit"):
            raise ValueError(f"stdio must be 'pipe', 'ignore', 'inherit' or a list, not {stdio!r}")
        stdio = [stdio] * 3
    entries = [*stdio, *[None] * (3 - len(stdio))]
    return [_entry(position, entry) for position, entry in enumerate(entries)]


def _entry(position: int, entry: Any) -> Any:
    if entry is None:
        return "pipe" if position < 3 else "ignore"
    if entry == "overlapped":
        return "pipe"
    if entry == "inherit":
        return position
    if entry == "ipc":
        raise NotImplementedError("'ipc' is not there: a Python program and its child share no message channel")
    if (isinstance(entry, int) and not isinstance(entry, bool)) or entry in ("pipe", "ignore"):
        return entry
    if isinstance(entry, Socket) and entry._handle is not None:
        return entry._handle
    if hasattr(entry, "fileno"):
        return entry.fileno()
    if isinstance(getattr(entry, "fd", None), int):
        return entry.fd
    raise TypeError(
        f"stdio[{position}] must be 'pipe', 'ignore', 'inherit', a descriptor's number or an open file, not {entry!r}"
    )


def _ends(loop: Loop, entries: Sequence[Any]) -> tuple[list[Any], list[Pipe | None]]:
    """What `Process.spawn` is to be given, and which of it are the pipes that we keep."""
    pipes = [Pipe(loop) if entry == "pipe" else None for entry in entries]
    others = [None if entry == "ignore" else entry for entry in entries]
    return [other if pipe is None else pipe for pipe, other in zip(pipes, others, strict=True)], pipes


# ChildProcess


class ChildProcess(EventEmitter):
    """A program that was started. https://nodejs.org/api/child_process.html#class-childprocess

    Events: 'spawn'; 'exit' (exit_code, signal_code); 'close' (the same), when its pipes have ended too; 'error', when
    it could not be started or signalled. Made by `spawn`, `exec` and `exec_file`.
    """

    def __init__(self, env: Environment, command: _Command, stdio: Stdio) -> None:
        """Start it. Raises `OSError` for what is not told by an 'error' event: a bad `cwd`, no right to a `uid`."""
        super().__init__()
        entries = _entries(stdio)
        self._env = env
        self._command = command
        self._handle: Process | None = Process(env.loop)
        self._timer: Timeout | None = None
        self._closes_left = 1
        self.pid: int | None = None
        """Its process id; None when it could not be started."""
        self.exit_code: int | None = None
        """Its exit status; None while it runs, and when a signal ended it."""
        self.signal_code: str | None = None
        """The name of the signal that ended it."""
        self.killed = False
        """Whether a signal was sent with `kill`. It may still run."""
        self.spawnfile = os.fsdecode(command.file)
        """The program."""
        self.spawnargs = command.args
        """Its whole argument list, with its name first."""
        self.stdio: list[Socket | None] = []
        """For each descriptor of the child: the stream on our end of its pipe, or None."""
        self._start(entries)

    @property
    def stdin(self) -> Socket | None:
        """The stream that the child reads; None unless it is a pipe."""
        return self.stdio[0] if self.stdio else None

    @property
    def stdout(self) -> Socket | None:
        """The stream of what the child writes; None unless it is a pipe."""
        return self.stdio[1] if self.stdio else None

    @property
    def stderr(self) -> Socket | None:
        """The stream of the child's error output; None unless it is a pipe."""
        return self.stdio[2] if self.stdio else None

    def _start(self, entries: list[Any]) -> None:
        assert self._handle is not None
        ends, ours = _ends(self._env.loop, entries)
        try:
            self._command.start(self._handle, ends, self._on_exit)
        except BaseException as exc:
            if not isinstance(exc, OSError) or exc.errno not in _TOLD_BY_EVENT:
                self._close_all(ours)
                raise
            self._env.next_tick(self._failed, exc)
            if not _open_on_nothing(ours):
                self._close_all(ours)
                self.stdio = []
                return
        else:
            self.pid = self._handle.pid
            self._env.next_tick(self.emit, "spawn")
            if self._command.timeout > 0:
                self._timer = self._env.timers.set(self._time_is_up, self._command.timeout, (), repeat=False)
        self.stdio = [self._stream(position, pipe) for position, pipe in enumerate(ours)]

    def _close_all(self, pipes: Sequence[Pipe | None]) -> None:
        for pipe in pipes:
            if pipe is not None:
                pipe.close()
        self._close_handle()

    def _close_handle(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def _stream(self, position: int, pipe: Pipe | None) -> Socket | None:
        if pipe is None:
            return None
        if position == 0:
            return Socket(handle=pipe, readable=False)
        self._closes_left += 1
        return Socket(handle=pipe, writable=position > 2).on("close", self._closed_one)

    def _closed_one(self, *_: Any) -> None:
        self._closes_left -= 1
        if not self._closes_left:
            self.emit("close", self.exit_code, self.signal_code)

    # The end

    def _failed(self, failure: OSError) -> None:
        self.exit_code = -(failure.errno or 0)
        self._ended()
        self.emit("error", failure)
        self._after_end()

    def _on_exit(self, status: int, signum: int) -> None:
        self._env.make_callback(self._exited, status, signum)

    def _exited(self, status: int, signum: int) -> None:
        if signum:
            self.signal_code = _signal_name(signum)
        else:
            self.exit_code = status
        self._ended()
        try:
            self.emit("exit", self.exit_code, self.signal_code)
        finally:
            self._after_end()

    def _ended(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        if self.stdin is not None:
            self.stdin.destroy()
        self._close_handle()

    def _after_end(self) -> None:
        self._env.next_tick(self._flush)
        self._closed_one()

    def _flush(self) -> None:
        """Output that nobody listens to must not keep the pipes open."""
        for stream in self.stdio:
            if stream is not None and stream.readable:
                stream.resume()

    def _time_is_up(self) -> None:
        self._timer = None
        try:
            self.kill(self._command.kill_signal)
        except OSError as exc:
            self.emit("error", exc)

    # What a program may do with it

    def kill(self, signal: str | int = "SIGTERM") -> bool:
        """Send the child a signal, by name or number; 0 only asks. Returns whether it could be sent.

        Raises `ValueError` for a signal that there is not. No right to send it is an 'error' event.
        """
        number = _signal(signal)
        if self._handle is None:
            return False
        try:
            self._handle.kill(number)
        except ProcessLookupError:
            return False
        except PermissionError as exc:
            self.emit("error", exc)
            return False
        self.killed = True
        return True

    def ref(self) -> None:
        """Let the program wait for the child; the default."""
        if self._handle is not None:
            self._handle.ref()

    def unref(self) -> None:
        """Let the program end without the child (its pipes are to be unreferenced, too)."""
        if self._handle is not None:
            self._handle.unref()

    def __repr__(self) -> str:
        state = "running" if self._handle is not None else f"ended: {self.signal_code or self.exit_code}"
        return f"<ChildProcess {self.spawnfile} {self.pid} {state}>"


def _open_on_nothing(pipes: Sequence[Pipe | None]) -> bool:
    """The child was not started: its streams are there all the same, and end at once. False without descriptors."""
    for pipe in pipes:
        if pipe is None:
            continue
        try:
            ours, theirs = socket.socketpair()
        except OSError:
            return False
        theirs.close()
        pipe.open(ours.detach())
    return True


def spawn(
    command: Path, args: Sequence[Path] | None = None, *, stdio: Stdio = "pipe", cwd: Path | None = None,
    env: Mapping[str, Any] | None = None, argv0: str | None = None, shell: bool | str = False,
    detached: bool = False, uid: int | None = None, gid: int | None = None, timeout: float | None = None,
    kill_signal: str | int | None = None,
) -> ChildProcess:
    """Start a program. https://nodejs.org/api/child_process.html#child_processspawncommand-args-options

    `stdio` is "pipe", "ignore", "inherit", or a list of these, descriptors' numbers and open files, one for each
    descriptor of the child. `env` replaces the environment; `shell` runs the command line in /bin/sh, or in the shell
    named; a `detached` child leads a session of its own; after `timeout` ms it is sent `kill_signal` ("SIGTERM").

    Raises `TypeError` or `ValueError` for bad arguments.
    """
    return ChildProcess(environment.current(), _command(
        command, args, cwd=cwd, env=env, argv0=argv0, shell=shell, detached=detached, uid=uid, gid=gid,
        timeout=timeout, kill_signal=kill_signal,
    ), stdio)


# exec and exec_file


class ExecPromise(Promise[Output]):
    """What `exec` and `exec_file` return without a callback; `child` is the process."""

    __slots__ = ("child",)

    child: ChildProcess


class _Collector:
    """One command's output, until its one call back."""

    def __init__(
        self, child: ChildProcess, name: str, encoding: str | None, max_buffer: float,
        callback: Callable[[Exception | None, Any, Any], object],
    ) -> None:
        self._child = child
        self._name = name
        self._encoding = encoding
        self._left = {"stdout": max_buffer, "stderr": max_buffer}
        self._chunks: dict[str, list[Any]] = {"stdout": [], "stderr": []}
        self._callback: Callable[[Exception | None, Any, Any], object] | None = callback
        self._error: Exception | None = None
        self._killed = False
        self._timer: Timeout | None = None
        for which, stream in (("stdout", child.stdout), ("stderr", child.stderr)):
            if stream is not None:
                if encoding is not None:
                    stream.set_encoding(encoding)
                stream.on("data", lambda data, which=which: self._take(which, data))
        child.on("close", self._finish).on("error", self._fail)

    def limit(self, timeout: float) -> None:
        if timeout > 0 and self._child.pid is not None:
            self._timer = self._child._env.timers.set(self._kill, timeout, (), repeat=False)

    def _take(self, which: str, data: str | bytes) -> None:
        """`data` is str if the stream was told so, by us or by the program."""
        left = self._left[which]
        size = len(data.encode(self._encoding or "utf-8", "replace")) if isinstance(data, str) else len(data)
        self._left[which] = left - size
        if left >= size:
            self._chunks[which].append(data)
            return
        self._chunks[which].append(data[: int(left)])
        self._error = MaxBufferError(which)
        self._kill()

    def _destroy_streams(self) -> None:
        for stream in (self._child.stdout, self._child.stderr):
            if stream is not None:
                stream.destroy()

    def _kill(self) -> None:
        self._timer = None
        self._destroy_streams()
        self._killed = True
        self._child.kill(self._child._command.kill_signal)

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._destroy_streams()
        self._finish(None, None)

    def _text(self, which: str) -> str | bytes:
        chunks = self._chunks[which]
        is_text = isinstance(chunks[0], str) if chunks else self._encoding is not None
        return "".join(chunks) if is_text else b"".join(chunks)

    def _finish(self, code: int | None, signal_code: str | None) -> None:
        callback, self._callback = self._callback, None
        if callback is None:
            return
        if self._timer is not None:
            self._timer.close()
        stdout, stderr = self._text("stdout"), self._text("stderr")
        error = self._error
        if error is None and (code != 0 or signal_code is not None):
            error = _command_failed(self._name, stderr)
            vars(error).update(code=code, signal=signal_code, killed=self._child.killed or self._killed)
        if error is not None:
            vars(error).update(cmd=self._name, stdout=stdout, stderr=stderr)
        callback(error, stdout, stderr)


def _command_failed(name: str, stderr: str | bytes | None) -> CommandError:
    text = stderr.decode("utf-8", "replace") if isinstance(stderr, bytes) else stderr
    return CommandError(f"Command failed: {name}\n{text or ''}")


def _checked_encoding(encoding: str | None) -> str | None:
    """The codec's name; None for bytes."""
    if encoding is None or encoding == "buffer":
        return None
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ValueError(f"unknown encoding: {encoding!r}; use 'utf-8', another codec of Python, or None") from None
    return encoding


def exec_file(
    file: Path, args: Sequence[Path] | None = None, callback: Callback | None = None, *,
    encoding: str | None = "utf-8", max_buffer: float = _MAX_BUFFER, cwd: Path | None = None,
    env: Mapping[str, Any] | None = None, argv0: str | None = None, shell: bool | str = False,
    uid: int | None = None, gid: int | None = None, timeout: float | None = None,
    kill_signal: str | int | None = None,
) -> Any:
    """Run a program to its end, then `callback(error, stdout, stderr)`; returns the `ChildProcess`.

    Without a callback: returns a promise of an `Output`, with the `child`. The output is str, or bytes when `encoding`
    is None. A program that writes more than `max_buffer` bytes or runs longer than `timeout` ms is killed.

    The error is a `CommandError` (it has `code`, `signal`, `killed`, `cmd`), a `MaxBufferError`, or the `OSError`
    that kept the program from starting. Raises `TypeError` or `ValueError` for bad arguments.
    https://nodejs.org/api/child_process.html#child_processexecfilefile-args-options-callback
    """
    command = _command(
        file, args, cwd=cwd, env=env, argv0=argv0, shell=shell, uid=uid, gid=gid, kill_signal=kill_signal
    )
    name = " ".join(map(os.fsdecode, [file, *(args or ())]))
    return _execute(command, name, callback, encoding, max_buffer, _checked_timeout(timeout))


def exec(
    command: str, callback: Callback | None = None, *, shell: str | None = None, encoding: str | None = "utf-8",
    max_buffer: float = _MAX_BUFFER, cwd: Path | None = None, env: Mapping[str, Any] | None = None,
    uid: int | None = None, gid: int | None = None, timeout: float | None = None,
    kill_signal: str | int | None = None,
) -> Any:
    """Run a command line in a shell (/bin/sh, or `shell`) to its end; everything else is as in `exec_file`.

    https://nodejs.org/api/child_process.html#child_processexeccommand-options-callback
    """
    return exec_file(
        command, None, callback, shell=shell or True, encoding=encoding, max_buffer=max_buffer, cwd=cwd, env=env,
        uid=uid, gid=gid, timeout=timeout, kill_signal=kill_signal,
    )


def _execute(
    command: _Command, name: str, callback: Callback | None, encoding: str | None, max_buffer: float, timeout: float
) -> Any:
    encoding = _checked_encoding(encoding)
    max_buffer = _checked_max_buffer(max_buffer)
    if callback is not None:
        require_callable(callback)
        child = ChildProcess(environment.current(), command, "pipe")
        _Collector(child, name, encoding, max_buffer, callback).limit(timeout)
        return child
    promise = ExecPromise()

    def settle(error: Exception | None, stdout: Any, stderr: Any) -> None:
        if error is None:
            promise._resolve(Output(stdout, stderr))
        else:
            promise._reject(error)

    promise.child = ChildProcess(environment.current(), command, "pipe")
    _Collector(promise.child, name, encoding, max_buffer, settle).limit(timeout)
    return promise


# The synchronous functions


class _SyncRun:
    """A child on a loop of its own."""

    def __init__(self, command: _Command, entries: list[Any], data: bytes, max_buffer: float) -> None:
        self._loop = Loop()
        self._command = command
        self._process = Process(self._loop)
        self._ends, self._pipes = _ends(self._loop, entries)
        self._data = data
        self._chunks: list[list[bytes]] = [[] for _ in entries]
        self._left = [max_buffer for _ in entries]
        self._status: tuple[int, int] | None = None
        self._error: OSError | None = None

    def run(self, encoding: str | None) -> SyncResult:
        try:
            self._command.start(self._process, self._ends, self._exited)
        except OSError as exc:
            return SyncResult(0, None, None, None, None, None, self._command.failure(exc, "spawnSync"))
        else:
            self._run()
        finally:
            self._close()
        return self._result(encoding)

    def _run(self) -> None:
        for position, pipe in enumerate(self._pipes):
            if pipe is not None:
                self._plumb(position, pipe)
        if self._command.timeout > 0:
            timer = Timer(self._loop)
            timer.unref()
            timer.start(lambda: self._stop(errno.ETIMEDOUT), int(self._command.timeout))
        self._loop.run()

    def _plumb(self, position: int, pipe: Pipe) -> None:
        if position:
            pipe.read_start(lambda failure, data: self._read(position, data))
            return
        if self._data:
            pipe.write(self._data)  # a child that does not read its input to the end makes this fail: that is its right
        pipe.shutdown()

    def _read(self, position: int, data: bytes) -> None:
        self._chunks[position].append(data)
        self._left[position] -= len(data)
        if self._left[position] < 0:
            self._stop(errno.ENOBUFS)

    def _exited(self, status: int, signum: int) -> None:
        self._status = status, signum

    def _stop(self, code: int) -> None:
        """Too late or too much: end the child and read no more."""
        if self._error is None:
            self._error = self._command.failure(OSError(code, os.strerror(code)), "spawnSync")
        for pipe in self._pipes:
            if pipe is not None and not pipe.closing:
                pipe.close()
        if self._process.active:
            self._process.kill(self._command.kill_signal)

    def _close(self) -> None:
        for handle in self._loop.walk():
            if not handle.closing:
                handle.close()
        while self._loop.run("nowait"):
            pass
        self._loop.close()

    def _result(self, encoding: str | None) -> SyncResult:
        assert self._status is not None
        status, signum = self._status
        output: list[str | bytes | None] = [
            None if pipe is None or position == 0 else self._text(position, encoding)
            for position, pipe in enumerate(self._pipes)
        ]
        return SyncResult(
            self._process.pid, output, output[1], output[2], None if signum else status, _signal_name(signum),
            self._error,
        )

    def _text(self, position: int, encoding: str | None) -> str | bytes:
        data = b"".join(self._chunks[position])
        return data if encoding is None else data.decode(encoding, "replace")


def spawn_sync(
    command: Path, args: Sequence[Path] | None = None, *, input: str | bytes | None = None, stdio: Stdio = "pipe",
    encoding: str | None = None, max_buffer: float = _MAX_BUFFER, cwd: Path | None = None,
    env: Mapping[str, Any] | None = None, argv0: str | None = None, shell: bool | str = False,
    uid: int | None = None, gid: int | None = None, timeout: float | None = None,
    kill_signal: str | int | None = None,
) -> SyncResult:
    """Run a program to its end, and return what became of it. `input` is what it reads from its standard input.

    The output is bytes, or str with an `encoding`. Options are those of `spawn` and `exec_file`.
    https://nodejs.org/api/child_process.html#child_processspawnsynccommand-args-options
    """
    checked = _command(
        command, args, cwd=cwd, env=env, argv0=argv0, shell=shell, uid=uid, gid=gid, timeout=timeout,
        kill_signal=kill_signal,
    )
    codec = _checked_encoding(encoding)
    entries = _entries(stdio)
    data = input.encode() if isinstance(input, str) else bytes(input or b"")
    if data:
        entries[0] = "pipe"
    return _SyncRun(checked, entries, data, _checked_max_buffer(max_buffer)).run(codec)


def exec_file_sync(
    file: Path, args: Sequence[Path] | None = None, *, stdio: Stdio | None = None, **options: Any
) -> str | bytes | None:
    """Run a program to its end and return its output. Options are those of `spawn_sync`.

    Unless `stdio` is given, its error output is written to ours. Raises `CommandError` when it fails (with
    `status`, `signal`, `stdout`, `stderr`, `output`, `pid`), or the `OSError` that kept it from starting or ended it.
    """
    result = spawn_sync(file, args, stdio="pipe" if stdio is None else stdio, **options)
    if stdio is None and result.stderr:
        text = result.stderr
        sys.stderr.write(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
    if result.error is not None or result.status != 0:
        _raise_failure(" ".join(map(os.fsdecode, [file, *(args or ())])), result)
    return result.stdout


def exec_sync(command: str, *, shell: str | None = None, **options: Any) -> str | bytes | None:
    """Run a command line in a shell (/bin/sh, or `shell`) to its end; everything else is as in `exec_file_sync`."""
    return exec_file_sync(command, shell=shell or True, **options)


def _raise_failure(name: str, result: SyncResult) -> NoReturn:
    error = result.error or _command_failed(name, result.stderr)
    vars(error).update(
        pid=result.pid, status=result.status, signal=result.signal, output=result.output, stdout=result.stdout,
        stderr=result.stderr, cmd=name,
    )
    if isinstance(error, CommandError):
        error.code = result.status
    raise error
