"""process_wrap: child processes."""

from __future__ import annotations

import contextlib
import errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `child_process`."""
    children: dict[int, Any] = runtime.handles if runtime is not None else {}

    def spawn(handle: int, options: dict[str, Any], pipes: list[int | None]) -> list[int]:
        """Start a program: `[errno, pid]`.

        `stdio` has "ignore", a descriptor, or "pipe"; `pipes` the numbers of the handles for those.
        """
        from ...loop import Process

        stdio = [
            runtime.streams.by_number[int(pipe)] if pipe is not None else None if entry == "ignore" else int(entry)
            for entry, pipe in zip(options["stdio"], pipes, strict=True)
        ]
        process = Process(runtime.loop)

        def ended(status: int, signum: int) -> None:
            process.close()
            children.pop(int(handle), None)
            runtime.emit(handle, status, signum)

        try:
            process.spawn(
                options["file"], options["args"], env=_environment(options["env"]), cwd=options["cwd"], stdio=stdio,
                uid=_number(options["uid"]), gid=_number(options["gid"]), detached=bool(options["detached"]),
                exit_callback=ended,
            )
        except (OSError, ValueError) as exc:
            process.close()
            return [-(getattr(exc, "errno", None) or errno.EINVAL), 0]
        children[int(handle)] = process
        return [0, process.pid]

    def kill(handle: int, number: int) -> int:
        process = children.get(int(handle))
        if process is None:
            return -errno.ESRCH
        try:
            process.kill(int(number))
        except OSError as exc:
            return -(exc.errno or errno.ESRCH)
        return 0

    def ref(handle: int, referenced: bool) -> None:
        process = children.get(int(handle))
        if process is not None:
            (process.ref if referenced else process.unref)()

    return {"spawn": spawn, "kill": kill, "ref": ref, "spawnSync": spawn_sync}


def _environment(variables: dict[Any, str]) -> dict[str, str]:
    """Names that look like numbers cross as numbers."""
    return {str(name): value for name, value in variables.items()}


def _number(value: float | None) -> int | None:
    return None if value is None else int(value)


def spawn_sync(options: dict[str, Any]) -> dict[str, Any]:
    """Run a program to its end, on a loop of its own: what it wrote, how it ended."""
    from ...loop import Loop

    try:
        loop = Loop()
    except OSError as exc:
        return {"pid": 0, "error": -(exc.errno or errno.EMFILE), "status": None, "signal": 0, "output": []}
    try:
        return _Run(loop, options).result()
    finally:
        loop.close()


class _Run:
    """A program that is run to its end."""

    def __init__(self, loop: Any, options: dict[str, Any]) -> None:
        from ...loop import Pipe, Process, Timer

        self._loop = loop
        self._options = options
        self._output: dict[int, bytearray] = {}
        self._pipes: dict[int, Pipe] = {}
        self._status: int | None = None
        self._signal = 0
        self._error = 0
        self._process = Process(loop)
        self._timer = Timer(loop)
        self._killed = False

    def result(self) -> dict[str, Any]:
        pid = self._start()
        if pid:
            self._feed_and_read()
            self._loop.run()
        for handle in (self._process, self._timer, *self._pipes.values()):
            if not handle.closing:
                handle.close()
        self._loop.run()
        stdio = self._options["stdio"]
        return {
            "pid": pid, "error": self._error, "status": self._status, "signal": self._signal,
            "output": [
                bytes(self._output[position]) if position in self._output else None for position in range(len(stdio))
            ],
        }

    def _start(self) -> int:
        from ...loop import Pipe

        options = self._options
        stdio: list[Any] = []
        for position, entry in enumerate(options["stdio"]):
            if entry == "pipe":
                pipe = self._pipes[position] = Pipe(self._loop)
                stdio.append(pipe)
                if position:
                    self._output[position] = bytearray()
            else:
                stdio.append(None if entry == "ignore" else int(entry))
        try:
            self._process.spawn(
                options["file"], options["args"], env=_environment(options["env"]), cwd=options["cwd"], stdio=stdio,
                uid=_number(options["uid"]), gid=_number(options["gid"]), detached=bool(options["detached"]),
                exit_callback=self._ended,
            )
        except (OSError, ValueError) as exc:
            self._error = -(getattr(exc, "errno", None) or errno.EINVAL)
            return 0
        return self._process.pid

    def _feed_and_read(self) -> None:
        options = self._options
        for position, pipe in self._pipes.items():
            if position:
                pipe.read_start(self._reader(position, pipe))
        if 0 in self._pipes:
            given = self._pipes[0]
            if options["input"]:
                given.write(options["input"], lambda _: self._end_input(given))
            else:
                self._end_input(given)
        if options["timeout"]:
            self._timer.start(self._timed_out, int(options["timeout"]))
            self._timer.unref()

    @staticmethod
    def _end_input(pipe: Any) -> None:
        if not pipe.closing:
            pipe.close()

    def _reader(self, position: int, pipe: Any) -> Callable[[OSError | None, bytes], None]:
        limit = self._options["maxBuffer"]

        def arrived(error: OSError | None, data: bytes) -> None:
            if error is not None or not data:
                if not pipe.closing:
                    pipe.close()
                return
            output = self._output[position]
            output.extend(data)
            if limit is not None and len(output) > limit:
                self._stop(-errno.ENOBUFS)

        return arrived

    def _timed_out(self) -> None:
        self._stop(-errno.ETIMEDOUT)

    def _stop(self, reason: int) -> None:
        """Enough of it: send the signal, and wait only for its end."""
        if self._killed:
            return
        self._killed = True
        self._error = reason
        for pipe in self._pipes.values():
            if not pipe.closing:
                pipe.close()
        with contextlib.suppress(OSError):
            self._process.kill(int(self._options["killSignal"]))

    def _ended(self, status: int, signum: int) -> None:
        self._status, self._signal = status, signum
        if 0 in self._pipes:
            self._end_input(self._pipes[0])
