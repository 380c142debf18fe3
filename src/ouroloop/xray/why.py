"""`ouro why`, and the answer to SIGUSR2: what keeps this program from ending?

Theory of operation. Whoever asks is answered in the loop's next poll step, when no callback of the program's runs. A
program that was started by `ouro why` has noted from its start where each thing was made; it is asked when its main
program has been over for a while, by SIGUSR2, and by SIGINT, which ends it then. Any other program is asked by SIGUSR2
only.

What surprises people: a program that listens for one of these signals itself gets it, and nothing is told. And a busy
program answers when it is no longer busy.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # as in js/command.py
import os
import sys
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..loop import Probe, Timer
from .holders import Holder, of_environment, of_runtime
from .observer import Observer
from .signals import listen
from .style import Style, columns, counted, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from ..js.runtime import Runtime
    from ..loop import Handle, Loop, Work
    from ..node.environment import Environment

_MOST_ALIKE, _FEW = 8, 3
_UNCUT = 1 << 20  # columns: nothing here may be missing, so a terminal that is too narrow breaks lines
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def answer_runtime(runtime: Runtime) -> None:
    """Somebody has asked a JavaScript program that knows no lines."""
    program = runtime.argv[1] if len(runtime.argv) > 1 else ""
    _write(_told(of_runtime(runtime), program, knows_lines=False))


def answer_environment(env: Environment) -> None:
    """Somebody has asked a Python program that knows no lines."""
    _write(_told(of_environment(env, lambda _: ""), env.process.argv[1], knows_lines=False))


class Why(Observer):
    """Tells `after` seconds after the end of the main program, and when it is asked; `ends` the program then."""

    def __init__(self, after: float, ends: bool) -> None:
        self._after = after
        self._ends = ends
        self._program = ""
        self._ask: Callable[[], list[Holder]] = list
        self._told = False
        self._began = monotonic()

    def watch(self, runtime: Runtime) -> None:
        runtime.keep_origins()
        self._program = runtime.argv[1] if len(runtime.argv) > 1 else "-e" if "--eval" in runtime.options else "-"
        self._ask = lambda: of_runtime(runtime)
        self._begin(runtime.loop)

    def watch_environment(self, env: Environment) -> None:
        origins = _Origins(env)
        self._program = sys.argv[0]
        self._ask = lambda: of_environment(env, origins.place_of)
        self._begin(env.loop)

    def _begin(self, loop: Loop) -> None:
        listen(loop, _signal.SIGUSR2, self.tell)
        listen(loop, _signal.SIGINT, self._interrupted, once=True)
        timer = Timer(loop)
        timer.unref()
        # The loop's first turn comes after the main program, however long that took.
        timer.start(lambda: timer.start(self._time_is_up, int(self._after * 1000)), 0)

    def _time_is_up(self) -> None:
        self.tell()
        if self._ends:
            os.kill(os.getpid(), _signal.SIGTERM)

    def _interrupted(self) -> None:
        self.tell()
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        os.kill(os.getpid(), _signal.SIGINT)

    def tell(self) -> None:
        """Say what keeps the program from ending now."""
        self._told = True
        _write(_told(self._ask(), self._program, knows_lines=True))

    def finish(self, code: int) -> None:
        if not self._told:
            took = monotonic() - self._began
            _write([f"ouro why: {_name(self._program)} has ended by itself after {took:.1f} s, with exit code {code}"])


class _Origins(Probe):
    """Notes for a Python program where each handle, job, timer and immediate is made."""

    def __init__(self, env: Environment) -> None:
        from weakref import WeakKeyDictionary

        self._handles: WeakKeyDictionary[Handle, str] = WeakKeyDictionary()
        self._others: dict[int, tuple[Any, str]] = {}
        env.loop.probe = self
        for queue in (env.timers, env.immediates):
            self._note_those_of(queue)

    def _note_those_of(self, queue: Any) -> None:
        """Of timers and immediates there is no probe: they are too many, and too quickly made."""
        make = queue.set

        def made(*args: Any, **options: Any) -> Any:
            each = make(*args, **options)
            self._note(each)
            return each

        queue.set = made

    def handle_made(self, handle: Handle) -> None:
        self._handles[handle] = _place_of_caller()

    def work_queued(self, work: Work) -> None:
        self._note(work)

    def work_delivered(self, work: Work) -> None:
        self._others.pop(id(work), None)

    def _note(self, each: Any) -> None:
        self._others[id(each)] = each, _place_of_caller()
        if len(self._others) > 10_000:
            self._others = {
                key: entry for key, entry in self._others.items() if not getattr(entry[0], "_destroyed", False)}

    def place_of(self, each: Any) -> str:
        """Where something was made, "" if nobody knows."""
        noted = self._others.get(id(each))
        if noted is not None and noted[0] is each:
            return noted[1]
        try:
            return self._handles.get(each, "")
        except TypeError:
            return ""


def _place_of_caller() -> str:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith((_PACKAGE, "<")):
        frame = frame.f_back
    if frame is None or frame.f_back is None:  # the outermost one is the command's
        return ""
    function = frame.f_code.co_name
    return f"{shown(frame.f_code.co_filename)}:{frame.f_lineno}" + ("" if function == "<module>" else f" in {function}")


# Telling

def _name(program: str) -> str:
    return {"-e": "the program", "-": "the program", "": "the program"}.get(program) or os.path.basename(program)


def _told(holders: list[Holder], program: str, knows_lines: bool) -> list[str]:
    style = Style.of(2)
    uncut = Style(_UNCUT, style.has_colors)
    speaker = f"ouro why: {_name(program)} ({os.getpid()})"
    if not holders:
        return [f"{speaker} is kept from ending by nothing that the loop waits for"]
    lines = [uncut.line([(f"{speaker} is kept from ending by {counted(len(holders), 'thing')}:", "bold")])]
    alike = _alike(holders)
    kinds = max(columns(holder.kind) for holder in alike)
    details = max(columns(_detail(*each)) for each in alike.items())
    details = min(details, style.width - kinds - 6 - max(columns(holder.place) for holder in alike))
    lines += [_line(holder, count, kinds, details, style.width, uncut) for holder, count in alike.items()]
    if not knows_lines:
        lines.append(f"  To see the lines that made them, start it anew: ouro why {_command(program)}")
    return lines


def _alike(holders: list[Holder]) -> dict[Holder, int]:
    """How often each is there. Of many that differ in their detail alone, a few stand for all."""
    told: Counter[Holder] = Counter()
    alike: dict[tuple[str, str], list[Holder]] = {}
    counts = Counter(holders)
    for holder in counts:
        alike.setdefault((holder.kind, holder.place), []).append(holder)
    for (kind, place), those in alike.items():
        few = len(those) if len(those) <= _MOST_ALIKE else _FEW
        for holder in those[:few]:
            told[holder] = counts[holder]
        if rest := those[few:]:
            told[Holder(kind, "others", place)] = sum(counts[holder] for holder in rest)
    return told


def _command(program: str) -> str:
    return shown(program) if program not in ("", "-", "-e") else "PROGRAM"


def _detail(holder: Holder, count: int) -> str:
    parts = [holder.detail]
    if holder.left is not None:
        parts.append(f"{'the first ' if count > 1 else ''}due in {max(holder.left, 0):,.10g} ms")
    return ", ".join(filter(None, parts)) + (f" (× {count:,})" if count > 1 else "")


def _line(holder: Holder, count: int, kinds: int, details: int, width: int, style: Style) -> str:
    kind = holder.kind + " " * (kinds - columns(holder.kind))
    detail = _detail(holder, count)
    beside = kinds + 6 + max(columns(detail), details) + columns(holder.place) <= width
    gap = " " * max(details - columns(detail), 0) + "  " if beside else f"\n{' ' * (kinds + 4)}"
    parts = [("  ", ""), (kind, "cyan"), (f"  {detail}", "")]
    if beside:
        return style.line([*parts, (gap, ""), (holder.place, "bold")])
    return style.line(parts) + gap + style.paint(holder.place, "bold")


def _write(lines: list[str]) -> None:
    try:
        os.write(2, ("\n".join(lines) + "\n").encode("utf-8", "replace"))
    except OSError:  # nobody listens
        return
