"""A trace as text: turns as a tree, each callback with the line that asked for it and its cause.

Theory of operation. What was recorded is put into one order by time and hung into a tree: turns, their steps, the
callbacks that ran there, and below each the ticks and microtasks that ran after it, before the loop went on. Sleep and
the pool's jobs stand as lines in between. Times on the left are ms since the program began; what took how long stands
on the right.

What surprises people: what repeats is folded. Of lines, steps and whole turns that differ in nothing but times and
numbers the first one stands there, and later on how many more there were; but one that took far longer is shown.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from .model import MAIN
from .style import Style, counted, duration, printable
from .summary import summarize

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from .model import Job, Pause, Run, Sleep, Step, Trace
    from .style import Part
    from .summary import Block, Late, Pool, Summary

_COLORS = {
    "main": "bold", "timer": "yellow", "interval": "yellow", "immediate": "green", "tick": "magenta", "await": "blue",
    "microtask": "blue", "rejection": "blue",
}
_OTHER_COLOR = "cyan"
_OUTSIDE = ("start", "main")  # steps that only say where the main program is
_WAKERS = {
    "Wakeup": "another thread", "_Receiver": "a signal", "_Inotify": "a file watcher", "Ring": "file work",
    "Tcp": "a socket", "Udp": "a socket", "Pipe": "a pipe", "Tty": "the terminal", "Process": "a child process",
}
_LONG, _VERY_LONG = 10_000_000, 50_000_000  # ns
_NS_OF_MS = 1_000_000
_SHORT_SLEEP = 1 * _NS_OF_MS
_OF_PATHS = ("file", "watcher")
_MOST_DETAIL = 60  # characters
_LEAST_FOLDED = 3
_MOST_TOLD = 5
_BAR = 30  # columns


@dataclass
class Entry:
    """A line of the tree, and what hangs below it. What has the same `key` looks the same; `is_beside`: it happened
    meanwhile, and makes no difference to what it hangs below."""

    began: int
    ended: int | None
    parts: list[Part]
    key: Hashable
    below: list[Entry] = field(default_factory=list)
    is_beside: bool = False

    def shape(self) -> Hashable:
        """The key of it and of all kinds of entries below, however many there are of each."""
        shapes = [entry.shape() for entry in self.below if not entry.is_beside]
        return (self.key, *(shape for shape, before in pairwise([*shapes, None]) if shape != before))

    def longest(self) -> int:
        """How long the longest callback took, it or one below it (ns)."""
        below = max((entry.longest() for entry in self.below), default=0)
        is_run = isinstance(self.key, tuple) and self.key[0] == "run" and self.ended is not None
        return max(below, (self.ended or 0) - self.began if is_run else 0)


def render(trace: Trace, style: Style | None = None) -> str:
    """The whole trace, as lines."""
    style = style or Style()
    return "\n".join(_lines(trace, style))


def _lines(trace: Trace, style: Style) -> Iterator[str]:
    yield style.line([(_program(trace), "bold")])
    yield from style.wrapped(_totals(trace))
    if trace.dropped:
        yield style.line([(f"The first {trace.dropped:,} records were dropped (--limit keeps more)", "yellow")])
    yield ""
    for entry in _folded(_tree(trace)):
        yield _line(entry, "", style)
        yield from _below(entry, "", style)
    yield ""
    yield from _summary(trace, summarize(trace), style)


def _program(trace: Trace) -> str:
    return printable(os.path.basename(trace.program))


def _totals(trace: Trace) -> list[str]:
    asleep = sum(sleep.ended - sleep.began for sleep in trace.sleeps)
    end = f"ended by {trace.ended_by}" if trace.ended_by else f"exit code {trace.exit_code}"
    share = f", {asleep / trace.duration:.0%} of it asleep" if trace.duration else ""
    return [
        f"{duration(trace.duration)}{share}", counted(len(trace.turns), "turn"), counted(len(trace.runs), "callback"),
        *([counted(len(trace.jobs), "pool job")] if trace.jobs else []), end,
    ]


# The tree

class _Tree:
    """Hangs each event where it belongs; they come in order of time."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.top: list[Entry] = []
        self._by_run: dict[int, Entry] = {}
        self._turn: Entry | None = None
        self._step: Entry | None = None
        self._run: Entry | None = None

    def turn(self, number: int, began: int) -> None:
        self._turn = Entry(began, None, [(f"turn {number}", "bold")], "turn")
        self.top.append(self._turn)
        self._step = None

    def step(self, step: Step) -> None:
        if step.name in _OUTSIDE:
            return
        self._step = Entry(step.began, step.ended, [(step.name, "bold")], ("step", step.name))
        if not step.turn:  # the loop has run dry
            self._turn = None
        (self.top if self._turn is None else self._turn.below).append(self._step)

    def run(self, run: Run) -> None:
        entry = Entry(run.began, self.trace.end_of(run), *_described(self.trace, run))
        self._by_run[run.number] = self._run = entry
        above = self._by_run.get(run.after if run.outer is None else run.outer)
        if above is None:
            self.add(entry)
        else:
            above.below.append(entry)

    def pause(self, entry: Entry) -> None:
        """It interrupted what ran then."""
        run = self._run
        if run is not None and (run.ended is None or entry.began <= run.ended):
            run.below.append(entry)
        else:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Hang it below the step that goes on."""
        step = self._step
        if step is not None and (step.ended is None or entry.began <= step.ended):
            step.below.append(entry)
        elif self._turn is not None:
            self._turn.below.append(entry)
        else:
            self.top.append(entry)


def _tree(trace: Trace) -> list[Entry]:
    tree = _Tree(trace)
    events: list[tuple[int, int, tuple[object, ...]]] = [
        *((at, 0, ("turn", trace.first_turn + index, at)) for index, at in enumerate(trace.turns)),
        *((step.began, 1, ("step", step)) for step in trace.steps),
        *((sleep.began, 2, ("add", _sleep(sleep, after))) for sleep, after in pairwise([*trace.sleeps, None])
          if sleep is not None and _is_worth_telling(sleep)),
        *((job.queued if job.started is None else job.started, 3, ("add", _job(job))) for job in trace.jobs),
        *((run.began, 4, ("run", run)) for run in trace.runs.values()),
        *((pause.began, 5, ("pause", _pause(pause))) for pause in trace.pauses),
    ]
    events.sort(key=lambda event: event[:2])
    for _, _, (method, *arguments) in events:
        getattr(tree, str(method))(*arguments)
    for turn in tree.top:
        turn.below[:] = [entry for entry in turn.below if entry.below or not _is_step(entry)]
        for step in filter(_is_step, turn.below):
            step.is_beside = all(entry.is_beside for entry in step.below)
        if turn.key == "turn" and turn.below:
            turn.ended = max(entry.ended or entry.began for entry in turn.below)
    return [entry for entry in tree.top if entry.below or (entry.key != "turn" and not _is_step(entry))]


def _is_step(entry: Entry) -> bool:
    return isinstance(entry.key, tuple) and entry.key[0] == "step"


def _is_worth_telling(sleep: Sleep) -> bool:
    return bool(sleep.woke) or sleep.ended - sleep.began >= _SHORT_SLEEP


# What a line says

def kind_of(trace: Trace, run: Run) -> str:
    """What a run was, in a word; the program's own resources have names of their own."""
    resource = trace.resources.get(run.resource)
    return printable(resource.type) if run.kind == "resource" and resource is not None else run.kind or "callback"


def place_of(trace: Trace, run: Run) -> str:
    """The file and line that scheduled a run, "" if nobody knows."""
    resource = trace.resources.get(run.resource)
    if resource is None or resource.place < 0:
        return ""
    return _said(trace, resource.place)


def _said(trace: Trace, number: int) -> str:
    place = trace.places[number]
    return f"{printable(os.path.basename(place.file))}:{place.line}"


def _described(trace: Trace, run: Run) -> tuple[list[Part], Hashable]:
    kind, name, place = kind_of(trace, run), printable(run.name), place_of(trace, run)
    if run.number == MAIN:
        return [("main program", "bold")], ("run", "main")
    parts = [(kind, _COLORS.get(kind, _OTHER_COLOR)), (f" {name}" if name else "", "bold")]
    resource = trace.resources.get(run.resource)
    if resource is not None and run.kind in ("timer", "interval"):
        parts.append((f" {resource.wait:,.10g} ms", ""))
    about = _about(trace, run)
    if about:
        parts.append((f"  {about}", "dim"))
    if place:
        parts.append((f"  {place}", ""))
    cause = _cause(trace, run)
    if cause:
        parts.append((f"  ← {cause}", "dim"))
    return parts, ("run", kind, name, operation_of(trace, run), place, cause)


def operation_of(trace: Trace, run: Run) -> str:
    """What the pool has done for a run, without the kind's own name: "open", "pbkdf2"."""
    if run.job < 0:
        return ""
    name = printable(trace.jobs[run.job].name)
    module, _, operation = name.partition(".")
    return operation or ("" if module == run.kind else name)


def _about(trace: Trace, run: Run) -> str:
    """The operation, and which file, address, command or signal it was."""
    resource = trace.resources.get(run.resource)
    detail = printable(resource.detail) if resource is not None else ""
    if run.kind in _OF_PATHS and "/" in detail:
        detail = os.path.basename(detail.rstrip("/")) or detail
    return " ".join(filter(None, [operation_of(trace, run), detail[:_MOST_DETAIL]]))


def _cause(trace: Trace, run: Run) -> str:
    """What made it ready: who asked for it, or of a promise's reaction who settled the promise."""
    cause = trace.runs.get(run.trigger)
    if cause is None or cause is run:
        return ""
    return "main" if cause.number == MAIN else f"{kind_of(trace, cause)} {printable(cause.name)}".rstrip()


def _plain(began: int, ended: int | None, text: str, key: Hashable = None) -> Entry:
    return Entry(began, ended, [(text, "dim")], key or text, is_beside=True)


def _sleep(sleep: Sleep, after: Sleep | None) -> Entry:
    owners = list(dict.fromkeys(_WAKERS.get(owner, printable(owner)) for _, _, owner in sleep.woke))
    if owners and sleep.ended == sleep.began:
        text = f"the queue told of {', '.join(owners)}"
    elif owners:
        text = f"asleep, woken by {', '.join(owners)}"
    elif after is not None and after.turn == sleep.turn and sleep.timeout >= 0:
        text = "asleep for a moment, to look after the pool"
    elif 0 <= sleep.timeout * _NS_OF_MS <= sleep.ended - sleep.began + _NS_OF_MS:
        text = f"asleep for the {sleep.timeout:,.10g} ms to the next timer"
    else:
        text = "asleep until something happened"
    return _plain(sleep.began, sleep.ended, text, ("sleep", *owners))


def _pause(pause: Pause) -> Entry:
    return _plain(pause.began, pause.ended, f"memory collected: {printable(pause.kind)}", ("pause", pause.kind))


def _job(job: Job) -> Entry:
    name = printable(job.name)
    if job.started is None:
        return _plain(job.queued, None, f"pool: {name} never started", ("job", name, "queued"))
    waited = job.started - job.queued
    late = f", which waited {duration(waited)} for it" if waited >= _SHORT_SLEEP else ""
    text = f"{printable(job.thread) or 'pool'}: {name}{late}"
    return _plain(job.started, job.finished, text, ("job", name))


# Folding

def _folded(entries: list[Entry]) -> Iterator[Entry]:
    """The entries; in place of those that look like earlier ones, how many there were."""
    longest: dict[int, int] = {}
    alike: list[Entry] = []
    last = 0
    kinds: set[int] = set()
    for entry in entries:
        shape, length = hash(entry.shape()), entry.longest()
        if shape in longest and not length >= max(_LONG, 2 * longest[shape]):
            alike.append(entry)
            kinds.add(shape)
            continue
        yield from _more(alike, kinds == {last})
        alike, kinds, last = [], set(), shape
        longest[shape] = max(length, longest.get(shape, 0))
        yield entry
    yield from _more(alike, kinds == {last})


def _more(alike: list[Entry], is_like_the_last: bool) -> Iterator[Entry]:
    if len(alike) < _LEAST_FOLDED:
        yield from alike
        return
    lengths = [entry.ended - entry.began for entry in alike if entry.ended is not None]
    text = f"… {len(alike):,} more like {'this' if is_like_the_last else 'those above'}"
    if lengths:
        text += f", {duration(sum(lengths))} in all, the longest {duration(max(lengths))}"
    yield Entry(alike[0].began, None, [(text, "dim")], "more")


# Lines

def _below(entry: Entry, lead: str, style: Style) -> Iterator[str]:
    below = list(_folded(entry.below))
    for each in below:
        is_last = each is below[-1]
        yield _line(each, lead + ("└ " if is_last else "├ "), style)
        yield from _below(each, lead + ("  " if is_last else "│ "), style)


def _line(entry: Entry, lead: str, style: Style) -> str:
    head = f"{entry.began / 1e6:>11,.3f}  "
    tail = _length(entry)
    if entry.key == "more":
        head, tail = " " * len(head), ("", "")
    return style.line([(head, "dim"), (lead, "dim"), *entry.parts], tail)


def _length(entry: Entry) -> Part:
    if entry.ended is None:
        return ("", "")
    took = entry.ended - entry.began
    if isinstance(entry.key, tuple) and entry.key[0] != "run":
        return (duration(took), "dim")
    return (duration(took), "bold red" if took >= _VERY_LONG else "yellow" if took >= _LONG else "")


# The summary

def _summary(trace: Trace, summary: Summary, style: Style) -> Iterator[str]:
    paused = f", memory collected {summary.pauses:,} times in {duration(summary.paused)}" if summary.pauses else ""
    did = f"busy {summary.utilization:.0%} of its time" if trace.turns else "never turned"
    yield style.line([("Loop  ", "bold"), (f"{did}{paused}", "")])
    if summary.pool.jobs:
        yield from style.wrapped(_of_pool(trace, summary.pool), ("Pool  ", "bold"))
    longest = [trace.runs[number] for number in summary.longest[:_MOST_TOLD]]
    yield from _list("Longest callbacks", [(trace.length_of(run), _told(trace, run)) for run in longest], style)
    blocks = [_blocking(trace, block) for block in summary.blocks]
    yield from _list("What kept the loop from turning for 10 ms or more", blocks, style)
    yield from _list("Late timers", [_late(trace, late) for late in summary.late], style)
    yield from _delays(summary, style)


def _list(title: str, entries: list[tuple[int, list[Part]]], style: Style) -> Iterator[str]:
    if not entries:
        return
    yield style.line([(title, "bold")])
    for took, parts in entries[:_MOST_TOLD]:
        color = "bold red" if took >= _VERY_LONG else "yellow" if took >= _LONG else ""
        yield style.line([(f"  {duration(took):>8}  ", color), *parts])
    if len(entries) > _MOST_TOLD:
        yield style.line([(f"            … {len(entries) - _MOST_TOLD:,} more", "dim")])


def _told(trace: Trace, run: Run) -> list[Part]:
    """A run with the line where its function is, or else where it was asked for."""
    if run.number == MAIN:
        return [("main program", "")]
    place = place_of(trace, run) if run.place < 0 else _said(trace, run.place)
    name = f"{kind_of(trace, run)} {printable(run.name)}".rstrip()
    return [(name, ""), (f"  {place}" if place else "", ""), (f"  at {run.began / 1e6:,.1f} ms", "dim")]


def _blocking(trace: Trace, block: Block) -> tuple[int, list[Part]]:
    parts = _told(trace, trace.runs[block.culprit])
    if block.share < block.duration * 0.9:
        parts.append((f", {duration(block.share)} of it", ""))
    return block.duration, parts


def _late(trace: Trace, late: Late) -> tuple[int, list[Part]]:
    parts = _told(trace, trace.runs[late.run])[:2]
    if late.culprit >= 0:
        parts += [("  because of ", "dim"), *_told(trace, trace.runs[late.culprit])[:2]]
    return late.late, parts


def _of_pool(trace: Trace, pool: Pool) -> list[str]:
    told = [f"{counted(pool.jobs, 'job')} on {pool.threads} threads", f"busy {pool.saturation:.0%} of the time"]
    if pool.longest_wait >= _SHORT_SLEEP:
        name = printable(trace.jobs[pool.longest_wait_job].name)
        told += [f"up to {pool.longest_line:,} in line", f"{name} waited {duration(pool.longest_wait)} for a thread"]
    return told


def _delays(summary: Summary, style: Style) -> Iterator[str]:
    """The histogram of how long the loop was kept from turning."""
    most = max((count for _, count in summary.delays), default=0)
    if not most:
        return
    yield style.line([("How long the loop was kept from turning", "bold")])
    before = 0.0
    filled = [index for index, (_, count) in enumerate(summary.delays) if count]
    for bound, count in summary.delays[: filled[-1] + 1]:
        span = f"{before:,.0f} ms and more" if bound == float("inf") else f"{before:,.0f} to {bound:,.0f} ms"
        bar = "█" * round(_BAR * count / most) or ("▏" if count else "")
        yield style.line([(f"  {span:>14}  ", ""), (f"{bar} ", "cyan"), (f"{count:,}", "")])
        before = bound
