"""watch: run a program, and run it again whenever a file that it has loaded changes (`--watch`).

Theory of operation. The program runs in a process of its own, which tells the paths of the files it loads through a
pipe (`report`). Here the folders of those files are watched: an editor may save by putting a new file in the old one's
place, which only the folder knows. Of many changes in a short time one restart is made: the program gets a signal, is
waited for, and is started again.

What surprises people: the files that counted for the last run count until the next has told its own, so a program that
fails at its first line is run again when that line is mended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any

from ..loop import FsEvent, Loop, Pipe, Process, Signal, Timer

VARIABLE = "OUROLOOP_WATCH_FD"
"""The variable that names the descriptor to which a watched program tells its files."""

_REPORTS = 3
_QUIET_MS = 200
_GRACE_MS = 500  # a program that takes longer to end is told of

_target = -1


def begin() -> None:
    """This process is one that is run again: from now on `report` works."""
    global _target
    _target = int(os.environ.pop(VARIABLE))
    os.set_inheritable(_target, False)


def report_python_modules() -> None:
    """From now on report the file of each Python module that is run."""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec":
            filename = getattr(arguments[0], "co_filename", "")
            if os.path.isabs(filename):
                report(filename)

    sys.addaudithook(hear)


def report(path: str) -> None:
    """Tell that this process has loaded a file."""
    if _target >= 0:
        with contextlib.suppress(OSError):  # nobody listens any more
            os.write(_target, os.fsencode(path) + b"\0")


class Watcher:
    """Runs `command` again and again. `shown` is what it is called in messages.

    `files` are watched from the start. With `folders`, all that is in them is watched, and nothing else. `end_signal`
    is what ends a run that is under way.
    """

    def __init__(
        self, command: list[str], shown: str, files: Iterable[str], folders: list[str], end_signal: int, clears: bool,
    ) -> None:
        self._command = command
        self._shown = f"'{shown}'"
        self._files = {os.path.abspath(path) for path in files}
        self._folders = [os.path.abspath(folder) for folder in folders]
        self._end_signal = end_signal
        self._clears = clears and sys.stdout.isatty()
        self._loop = Loop()
        self._events: dict[str, FsEvent] = {}
        self._debounce = Timer(self._loop)
        self._grace = Timer(self._loop)
        self._process: Process | None = None
        self._unread = b""
        self._restarts = False
        self._is_late = False
        self._ends = False
        self._code = 0

    def run(self) -> int:
        """Run until a signal ends it all; the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            Signal(self._loop).start(self._stop, number)
        for folder in self._folders:
            for each, _, _ in os.walk(folder):
                self._watch_folder(each)
        for path in self._files:
            self._watch(path)
        self._start()
        self._loop.run()
        return self._code

    # The program

    def _start(self) -> None:
        self._unread = b""
        reports = Pipe(self._loop)
        self._process = Process(self._loop)
        self._process.spawn(
            self._command[0], self._command, env={**os.environ, VARIABLE: str(_REPORTS)}, stdio=[0, 1, 2, reports],
            exit_callback=self._ended,
        )
        reports.read_start(lambda error, data: self._told(reports, error, data))

    def _told(self, reports: Pipe, error: OSError | None, data: bytes) -> None:
        if error is not None or not data:
            reports.close()
            return
        *paths, self._unread = (self._unread + data).split(b"\0")
        for path in paths:
            self._watch(os.fsdecode(path))

    def _ended(self, status: int, signum: int) -> None:
        assert self._process is not None
        self._process.close()
        self._process = None
        self._grace.stop()
        self._code = status
        if self._ends:
            self._loop.stop()
        elif self._restarts:
            self._restarts = False
            if self._is_late:
                self._say(f"Gracefully restarted {self._shown}")
            self._start()
        else:
            outcome = "Failed" if status or signum else "Completed"
            self._say(f"{outcome} running {self._shown}. Waiting for file changes before restarting...")

    def _stop(self, signum: int) -> None:
        """The watching itself is to end, and the program before it."""
        self._ends = True
        if self._process is None:
            self._loop.stop()
        else:
            self._process.kill(signum)

    # Its files

    def _watch(self, path: str) -> None:
        self._files.add(path)
        if not self._folders:
            self._watch_folder(os.path.dirname(path))

    def _watch_folder(self, folder: str) -> None:
        if folder in self._events:
            return
        event = FsEvent(self._loop)
        try:
            event.start(lambda error, name, kind: self._changed(folder, name), folder)
        except OSError:
            event.close()
            return
        self._events[folder] = event

    def _changed(self, folder: str, name: str | None) -> None:
        path = os.path.join(folder, name or "")
        if self._folders and os.path.isdir(path):
            self._watch_folder(path)
        elif not self._folders and name is not None and path not in self._files:
            return
        if not self._debounce.active:
            self._debounce.start(lambda: self._restart(path), _QUIET_MS)

    def _restart(self, path: str) -> None:
        if self._clears:
            sys.stdout.write("\033c")
        self._say(f"Change detected in '{path}'")
        self._say(f"Restarting {self._shown}")
        if self._process is None:
            self._start()
            return
        self._restarts, self._is_late = True, False
        self._process.kill(self._end_signal)
        self._grace.start(self._wait_longer, _GRACE_MS)

    def _wait_longer(self) -> None:
        self._is_late = True
        self._say("Waiting for graceful termination...")

    def _say(self, text: str) -> None:
        print(text, flush=True)
