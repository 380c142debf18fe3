"""The turn of the loop, and what is told about it.

An event loop does the same few things again and again. Here is one turn of libuv's, in the order that it has had since
1.45 (in Node since 20.3), and so has ours:

            before the first turn: timers that are due
            ┌──────────────────────────────────────────┐
        ┌──→│ 1 pending    put off by an earlier step  │
        │   │ 2 idle       while set, poll can't sleep │
        │   │ 3 prepare    just before it waits        │
        │   │ 4 poll       sleep; then what is ready   │
        │   │ 5 check      setImmediate                │
        │   │ 6 closing    'close' of handles          │
        └───│ 7 timers     all that are due            │
            └──────────────────────────────────────────┘

Most of a program's life is in one line of it, poll: there the thread sleeps in a system call (epoll_wait, kevent,
GetQueuedCompletionStatusEx) and uses no processor, until the kernel has something for it or the next timer is due. All
that a program does, it does between two of these calls.

There are two queues besides, and they are not steps of the loop. `process.nextTick` and promises have a queue each.
Whenever a callback has returned, whichever step called it, both are emptied, ticks first, until nothing is left in
either. Only then comes the next callback. The loop knows nothing of them; they belong to Node and to V8.

Many diagrams show the turn, and many of them are wrong, or were right once. Timers were the first step of a turn until
2023; promises waited for the end of a step until 2018. The sentences that are said of it can be put to the test,
though: if a sentence is true, a certain program must print a certain thing. This lab has thirteen such sentences, each
with its program, runs every one on this loop, and on `node` if it is installed, and compares.

One of these programs is worth a look beforehand. How does one see which step of a turn is the last, from the inside? By
dying there. An immediate that is `unref`ed does not keep the program alive. If it is set while the turn still has its
check step before it, it runs all the same. If it is set in the last step of what is the last turn, nobody comes to run
it any more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

from .catalogue import NotHere
from .stage import Stage

WOULD = "This lab would run thirteen small JavaScript programs, and compare what they print with what is said of loops."

_LEAST_NODE = (20, 3)
_PATIENCE = 30  # seconds


@dataclass(frozen=True)
class Claim:
    """Something that is said of the event loop."""

    said: str
    program: str
    predicts: str
    """The lines that the program must print if the claim is true."""
    truth: str
    """What is so."""


CLAIMS = (
    Claim(
        "Timers run first in each turn.", """
        setImmediate(() => setTimeout(() => {
          console.log('timer');
          setImmediate(() => console.log('immediate')).unref();
        }, 10));
        """, "timer, immediate",
        "They run last (before libuv 1.45 they did run first). This was the last step of the last turn, and the check "
        "step of another one never came. Only before the first turn are timers looked at first, which is why this one "
        "is set by an immediate."),
    Claim(
        "setImmediate is always before setTimeout(f, 0).", """
        setTimeout(() => console.log('timer'), 0);
        setImmediate(() => console.log('immediate'));
        for (const end = Date.now() + 5; Date.now() < end;);
        """, "immediate, timer",
        "From a main program it is a race: if the loop begins after the timer's millisecond, as here, timers that are "
        "due come before the first turn; if it is quicker, immediates come first."),
    Claim(
        "In an I/O callback, setImmediate is before setTimeout(f, 0).", """
        require('fs').stat('.', () => {
          setTimeout(() => console.log('timer'), 0);
          setImmediate(() => console.log('immediate'));
          for (const end = Date.now() + 5; Date.now() < end;);
        });
        """, "immediate, timer",
        "Poll is the fourth step, check the fifth, timers the seventh. However long the callback takes, it stays so."),
    Claim(
        "process.nextTick is a phase of the loop.", """
        setImmediate(() => {
          console.log('immediate 1');
          process.nextTick(() => console.log('tick'));
        });
        setImmediate(() => console.log('immediate 2'));
        """, "immediate 1, immediate 2, tick",
        "It is a queue that is emptied after each callback, in the midst of a step. The loop does not know of it."),
    Claim(
        "Promises run when the phase is over.", """
        setImmediate(() => {
          console.log('immediate 1');
          Promise.resolve().then(() => console.log('promise'));
        });
        setImmediate(() => console.log('immediate 2'));
        """, "immediate 1, immediate 2, promise",
        "They run after each callback too, when no tick is left. (Until Node 10 the claim was true.)"),
    Claim(
        "Ticks always run before promises.", """
        Promise.resolve().then(() => {
          process.nextTick(() => console.log('tick'));
          Promise.resolve().then(() => console.log('promise'));
        });
        """, "tick, promise",
        "A queue that has been begun is emptied. What is run from the promises' queue, as all of an ES module is, "
        "sees promises first."),
    Claim(
        "I/O callbacks run in the pending phase.", """
        setImmediate(() => console.log('check')).unref();
        require('fs').stat('.', () => console.log('file'));
        """, "check, file",
        "They run where it was found that they are ready: in poll, before the check step of that same turn. Pending "
        "has only what an earlier step put off, such as an error that connect() told at once."),
    Claim(
        "setTimeout(f, 0) waits for 0 ms.", """
        setTimeout(() => console.log('1 ms'), 1);
        setTimeout(() => console.log('0 ms'), 0);
        """, "0 ms, 1 ms",
        "0 becomes 1. Both are in the list of timers of 1 ms, in the order in which they were set."),
    Claim(
        "The event loop runs on a thread of its own.", """
        setTimeout(() => console.log('timer'), 1);
        for (const end = Date.now() + 30; Date.now() < end;);
        console.log('the program ends');
        """, "timer, the program ends",
        "It is a function that is called when the main program has ended, on the same thread. While a callback "
        "computes, there is no loop."),
    Claim(
        "Poll waits only when no timer is set.", """
        const { eventLoopUtilization } = require('perf_hooks').performance;
        setTimeout(() => {
          console.log(eventLoopUtilization().idle > 50 ? 'it slept' : 'it spun');
        }, 100);
        """, "it spun",
        "It waits until the next timer is due. It does not wait at all when an immediate, an idle handle, or something "
        "pending or closing is there; and for ever when there is nothing but I/O to wait for."),
    Claim(
        "All I/O uses the thread pool.", """
        let running = 4; // as many as the pool has threads
        const tell = (who) => console.log(who, running < 4 ? 'waited' : 'went on');
        const net = require('net'), fs = require('fs'), crypto = require('crypto');
        for (let n = 0; n < 4; n++) {
          crypto.pbkdf2('', '', 2e5, 64, 'sha512', () => running--);
        }
        fs.stat('.', () => tell('file'));
        const server = net.createServer((socket) => socket.end('hello'));
        server.listen(0, '127.0.0.1', () => {
          const socket = net.connect(server.address().port, '127.0.0.1');
          socket.on('data', () => tell('network'));
          socket.on('close', () => server.close());
        });
        """, "file waited, network waited",
        "Files, dns.lookup, and some of crypto and zlib do: here the file waited for a thread. The network does not: "
        "the kernel says which sockets are ready, and one thread asks for thousands of them."),
    Claim(
        "An immediate set by an immediate runs in the same turn.", """
        setImmediate(() => {
          setImmediate(() => console.log('immediate'));
          setTimeout(() => console.log('timer'), 1);
          for (const end = Date.now() + 5; Date.now() < end;);
        });
        """, "immediate, timer",
        "It waits for the check step of the next one, and this turn's timers come before. So a chain of immediates "
        "starves nobody; a chain of ticks starves all."),
    Claim(
        "An async function runs later.", """
        async function f() {
          console.log('f begins');
          await null;
          console.log('f goes on');
        }
        f();
        console.log('the caller goes on');
        """, "the caller goes on, f begins, f goes on",
        "It runs at once, as any function, as far as its first `await`. Only what comes after that runs later."),
)


@dataclass
class Runtime:
    """What runs JavaScript."""

    name: str
    command: list[str]
    version: str = ""
    unfit: str = ""
    """Why it is not asked; empty if it is."""


@dataclass
class Figures:
    """What was seen."""

    steps: list[tuple[int, str]]
    """The steps of our loop in which something was called, in order, each with the number of the turn.

    None on Windows: the loop stands on epoll and poll.
    """
    runtimes: list[Runtime]
    """Those that were asked, and those that could not be."""
    printed: list[dict[str, str]]
    """For each claim, what its program printed, by the runtime's name."""


def measure() -> Figures:
    """Watch a turn, then run each claim's program."""
    steps = [] if sys.platform == "win32" else watch_turns()
    runtimes = [_ours(), _node()]
    asked = [runtime for runtime in runtimes if not runtime.unfit]
    if not asked:
        raise NotHere(WOULD, " ".join(runtime.unfit for runtime in runtimes))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        printed = [
            {runtime.name: _run(runtime, Path(folder, f"claim{number}.js"), claim) for runtime in asked}
            for number, claim in enumerate(CLAIMS, 1)]
    return Figures(steps, runtimes, printed)


# The turn, watched

def watch_turns() -> list[tuple[int, str]]:
    """Have something called in each step of a loop of our own: the steps, with the number of the turn (0: before)."""
    from ouroloop.loop import Async, Check, Idle, Loop, Prepare, Timer

    loop = Loop()
    seen: list[tuple[int, str]] = []
    due, late, idle, prepare, check = Timer(loop), Timer(loop), Idle(loop), Prepare(loop), Check(loop)
    wakeup = Async(loop, lambda: seen.append((loop.turns, "poll")))

    def close_all() -> None:
        seen.append((loop.turns, "check"))
        late.start(lambda: seen.append((loop.turns, "timers")), 0)
        for handle in (idle, prepare, check, wakeup):
            handle.close()
        due.close(lambda: seen.append((loop.turns, "closing")))

    due.start(lambda: seen.append((loop.turns, "timers")), 0)
    loop.defer(lambda: seen.append((loop.turns, "pending")))
    idle.start(lambda: seen.append((loop.turns, "idle")))
    prepare.start(lambda: seen.append((loop.turns, "prepare")))
    wakeup.send()
    check.start(close_all)
    loop.run()
    late.close()
    loop.run()
    loop.close()
    return seen


# The programs, run

def _ours() -> Runtime:
    runtime = Runtime("ouro", [sys.executable, "-m", "ouroloop"])
    done = _output_of(runtime, "-p", "process.versions.ouroloop")
    runtime.version = done.stdout.strip()
    if done.returncode:
        reason = (done.stderr.strip() or "it does not say why").splitlines()[-1]
        runtime.unfit = f"On this system ouro runs no JavaScript: {reason}."
    return runtime


def _node() -> Runtime:
    """The `node` that is installed, or that OUROLOOP_NODE names."""
    runtime = Runtime("node", [os.environ.get("OUROLOOP_NODE") or shutil.which("node") or ""])
    least = ".".join(map(str, _LEAST_NODE))
    with_newer = f"With {least} or later installed, or named by OUROLOOP_NODE, it is asked too."
    try:
        runtime.version = _output_of(runtime, "--version").stdout.strip().removeprefix("v")
        is_fit = tuple(int(number) for number in runtime.version.split(".")[:2]) >= _LEAST_NODE
    except (OSError, ValueError, subprocess.SubprocessError):
        runtime.unfit = f"There is no node here. {with_newer}"
        return runtime
    if not is_fit:
        runtime.unfit = f"The node of this machine is {runtime.version}, whose turn is another one. {with_newer}"
    return runtime


def _run(runtime: Runtime, file: Path, claim: Claim) -> str:
    """The lines that a claim's program prints."""
    file.write_text(program_of(claim))
    done = _output_of(runtime, str(file))
    if done.returncode:
        raise RuntimeError(f"{runtime.name} could not run {claim.said!r}: {done.stderr}")
    return ", ".join(done.stdout.splitlines())


def _output_of(runtime: Runtime, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it, with nobody's options but these, and a pool of four threads, as is the default."""
    others = {name: value for name, value in os.environ.items() if name not in ("NODE_OPTIONS", "FORCE_COLOR")}
    return subprocess.run(
        [*runtime.command, *words], env={**others, "UV_THREADPOOL_SIZE": "4"}, capture_output=True, text=True,
        timeout=_PATIENCE, check=False)


def program_of(claim: Claim) -> str:
    """A claim's program, as a file."""
    return textwrap.dedent(claim.program).strip() + "\n"


# What it says

def show(figures: Figures, stage: Stage) -> None:
    """Print the turn, then each claim, its program, and what came of it."""
    stage.heading("One turn, as this loop went through it")
    if not figures.steps:
        stage.note("Not here: this loop stands on epoll and poll, and Windows has neither.")
    for number in dict.fromkeys(turn for turn, _ in figures.steps):
        steps = " → ".join(step for turn, step in figures.steps if turn == number)
        stage.line(f"  {f'turn {number}' if number else 'before':<7} {stage.styled(steps, 'a')}")
    names = [f"{runtime.name} {runtime.version}" for runtime in figures.runtimes if not runtime.unfit]
    stage.heading(f"What is said of it, put to the test on {' and on '.join(names)}")
    for runtime in figures.runtimes:
        if runtime.unfit:
            stage.note(runtime.unfit)
    for number, (claim, printed) in enumerate(zip(CLAIMS, figures.printed, strict=True), 1):
        _show_claim(stage, number, claim, printed)
    _say(figures, stage)


def _show_claim(stage: Stage, number: int, claim: Claim, printed: dict[str, str]) -> None:
    stage.line()
    stage.prose(f'"{claim.said}"', f"{number:>2}  ", "strong")
    stage.write(textwrap.indent(stage.styled(program_of(claim).rstrip(), "code"), "    ") + "\n")
    stage.line(f"    if so       {claim.predicts}")
    outputs = set(printed.values())
    for who, text in {"it": outputs.pop()}.items() if len(outputs) == 1 else printed.items():
        stage.line(f"    {who + ' prints':<11} {text}")
    verdict = "True." if holds(claim, printed) else "Wrong."
    stage.prose(f"{verdict} {claim.truth}", "  → ")


def holds(claim: Claim, printed: dict[str, str]) -> bool:
    """Whether every runtime printed what the claim predicts."""
    return all(text == claim.predicts for text in printed.values())


def _say(figures: Figures, stage: Stage) -> None:
    true = sum(map(holds, CLAIMS, figures.printed))
    text = f"Of {len(CLAIMS)} claims, {len(CLAIMS) - true} do not hold."
    if len(figures.printed[0]) > 1:
        same = sum(len(set(printed.values())) == 1 for printed in figures.printed)
        text += f" The two runtimes printed the same for {same} of them."
    stage.meaning(
        f"{text} What a diagram of phases leaves out is mostly this: the two queues that are emptied after each "
        "callback, and that a turn ends with its timers.")
