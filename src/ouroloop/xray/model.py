"""The model: what a recorded program did, in the form in which every view wants it.

Theory of operation. A trace has *runs*: a callback ran from one time to another. A run belongs to a *resource* (a
timer, a tick, a promise, a request, a handle), and that was made by another run: this is what makes chains of causes.
Beside them stand the loop's turns and steps, its sleep in the event queue, the jobs of the thread pool, and what the
program has written. All times are ns since the program began.

What surprises people: run 0 is the main program, which nothing has asked for; a promise's run is what follows an
`await`; a server's handle is one resource that runs a thousand times; and the step "poll" contains its sleep.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

MAIN = 0
"""The main program's run."""


@dataclass(slots=True)
class Place:
    """Where in the program's sources: `line` and `column` count from 1; `function` is "" where there is no name."""

    file: str
    line: int
    column: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def is_core(self) -> bool:
        """Whether it is in a core module, or in code without a name of its own, as `new Function` makes it."""
        return self.file == "" or self.file.startswith("node:")


@dataclass(slots=True)
class Resource:
    """Something that calls back. `type` is what async hooks call it, `cause` the run that made it."""

    number: int
    type: str
    cause: int
    made: int
    place: int = -1
    """Where the program made it; of a promise's reaction, where the `await` or `then` stands if that is known."""
    wait: float = 0
    """What a timer was set to, in ms."""
    destroyed: int | None = None
    """When it was over: a timer that ran or was cleared, a handle that was closed."""
    settled: int | None = None
    """When a promise was settled."""
    repeats: bool = False
    """Whether a timer is an interval."""
    due: list[tuple[int, int]] = field(default_factory=list)
    """Of a timer, each time that it was started (made, refreshed, again after each run of an interval): when that was,
    and when it was due then."""
    settler: int = -1
    """The run that settled a promise."""
    parent: int = -1
    """The promise that a promise's reaction waits for."""
    detail: str = ""
    """What it is about: an address, a file, a command, a signal's name."""
    closing: int | None = None
    """When a handle was asked to close; the closing step comes later (`destroyed`)."""
    is_inherited: bool = False
    """Whether core modules made it, and `place` is that of what they did so for."""
    closer: int = -1
    """The run that asked a handle to close."""


@dataclass(slots=True)
class Run:
    """A callback ran. `outer` is the run that it interrupted, if any; `turn` is the loop's, 0 before the first one."""

    number: int
    resource: int
    name: str
    began: int
    ended: int | None = None
    outer: int | None = None
    turn: int = 0
    step: str = ""
    place: int = -1
    """Where the function that ran is."""
    why: list[float] = field(default_factory=list)
    """Which of the trace's sentences tells why it ran when it did, and the numbers in that."""
    kind: str = ""
    """What it was, in a word: one of `kinds.KINDS`."""
    after: int = -1
    """Of a tick, microtask or rejection, the callback after which it came."""
    trigger: int = -1
    """The run that made it ready: of a promise's reaction, the one that settled the promise; else who asked for it."""
    due: int | None = None
    """When a timer should have run."""
    job: int = -1
    """Which of the trace's jobs had its outcome delivered by this run."""
    descriptor: int = -1
    """The descriptor that the event queue told of just before, and that brought this run."""


@dataclass(slots=True)
class Step:
    """A step of a turn that had something to do: pending, idle, prepare, poll (with its sleep), check, closing, timers.

    Before, between and after the turns there are steps of turn 0: "start" (until the program begins), "main" (the main
    program, and what is drained after it) and "exit" (from when the loop has run dry). A gap of more than 1 ms between
    steps is one of the name "between": the system let something else run.
    """

    name: str
    turn: int
    began: int
    ended: int


@dataclass(slots=True)
class Sleep:
    """The loop was blocked in the event queue for `timeout` ms at most (below 0: without limit)."""

    turn: int
    began: int
    ended: int
    timeout: float
    woke: list[tuple[int, int, str]] = field(default_factory=list)
    """Each descriptor that the queue told of: its number, a mask of events (`loop.queue`), whose it is."""


@dataclass(slots=True)
class Job:
    """A job of the thread pool. `resource` is the request that it was made for, -1 if nobody knows."""

    name: str
    queued: int
    resource: int = -1
    started: int | None = None
    thread: str = ""
    finished: int | None = None
    delivered: int | None = None
    run: int = -1
    """The run that its outcome was delivered to."""
    detail: str = ""
    """What it is about: a file, a descriptor."""


@dataclass(slots=True)
class Output:
    """What the program wrote to its standard output (1) or error (2)."""

    time: int
    descriptor: int
    text: str
    run: int


OWNERS = {"Wakeup": "other threads", "_Receiver": "signals", "_Inotify": "file watchers", "Ring": "file work"}
"""In words, whose a descriptor is that the program has not opened itself; other owners are called as in `loop`."""


@dataclass(slots=True)
class Watch:
    """`owner` registered a descriptor with the event queue for a mask of events; 0: no longer."""

    time: int
    descriptor: int
    events: int
    owner: str


@dataclass(slots=True)
class Pause:
    """Everything stood still while memory was collected: `kind` is V8's or Python's name for it."""

    kind: str
    began: int
    ended: int


@dataclass(slots=True)
class Trace:
    """A recorded program."""

    program: str
    arguments: list[str]
    began: float
    """Seconds since 1970."""
    duration: int
    exit_code: int
    dropped: int
    """How many records the ring had no room for."""
    places: list[Place] = field(default_factory=list)
    resources: dict[int, Resource] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    turns: list[int] = field(default_factory=list)
    """When each turn began; the first one's number is `first_turn`."""
    first_turn: int = 1
    steps: list[Step] = field(default_factory=list)
    sleeps: list[Sleep] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    """The text of each file that a place is in, as far as it can be read."""
    sentences: list[str] = field(default_factory=list)
    """Templates of why a run ran when it did, with {0}, {1} … for the numbers of `Run.why`."""
    output: list[Output] = field(default_factory=list)
    language: str = "JavaScript"
    """Or "Python"."""
    ended_by: str = ""
    """What broke the program off, if anything did: a signal's name, or "execve", by which it became another one."""
    still_runs: bool = False
    """Whether the program went on when this was made."""
    pool_size: int = 4
    """How many threads the pool may have."""

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return dataclasses.asdict(self)

    def in_order(self) -> list[Run]:
        """The runs in the order in which they began."""
        return sorted(self.runs.values(), key=lambda run: run.number)

    def end_of(self, run: Run) -> int:
        """When a run ended; one that the program's end cut short did then."""
        return self.duration if run.ended is None else run.ended

    def length_of(self, run: Run) -> int:
        """How long it ran, in ns."""
        return self.end_of(run) - run.began

    def causes(self, run: Run) -> list[Run]:
        """The chain of causes: who made this one's resource, and so on, to the main program or to what was lost."""
        chain: list[Run] = []
        resource = self.resources.get(run.resource)
        while resource is not None and (cause := self.runs.get(resource.cause)) is not None and cause not in chain:
            chain.append(cause)
            resource = self.resources.get(cause.resource)
        return chain
