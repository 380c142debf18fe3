"""The model: what a recorded program did, in the form in which every view wants it.

Theory of operation. A trace has *runs*: a callback ran from one time to another. A run belongs to a *resource* (a
timer, a tick, a promise, a request, a handle), and that was made by another run: this is what makes chains of causes.
Beside them stand the loop's turns and steps, its sleep in the event queue, the jobs of the thread pool, and what the
program has written. All times are ns since the program began.

What surprises people: run 0 is the main program, which nothing has asked for; a promise's run is what follows an
`await`; and a server's handle is one resource that runs a thousand times.
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


@dataclass(slots=True)
class Resource:
    """Something that calls back. `wait` is what a timer was set to, in ms."""

    number: int
    type: str
    cause: int
    made: int
    place: int = -1
    wait: float = 0
    destroyed: int | None = None
    settled: int | None = None


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
    why: list[float] = field(default_factory=list)
    """Which of the trace's sentences tells why it ran when it did, and the numbers in that."""


@dataclass(slots=True)
class Step:
    """A step of a turn that had something to do."""

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


@dataclass(slots=True)
class Output:
    """What the program wrote to its standard output (1) or error (2)."""

    time: int
    descriptor: int
    text: str
    run: int


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

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return dataclasses.asdict(self)

    def causes(self, run: Run) -> list[Run]:
        """The chain of causes: the run that made this one's resource, and so on, to the main program or what was lost."""
        chain: list[Run] = []
        resource = self.resources.get(run.resource)
        while resource is not None and (cause := self.runs.get(resource.cause)) is not None and cause not in chain:
            chain.append(cause)
            resource = self.resources.get(cause.resource)
        return chain
