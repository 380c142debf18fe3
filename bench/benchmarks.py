"""The benchmarks, and the peers they are measured against.

Each is a function from a peer to one `Sample`. The programs are twins: small files in `programs/` that do the same in
Python on `ouroloop.node`, in Python on asyncio (with its own loop or uvloop's), and in JavaScript on Node. The names of
those that begin with `js-` are of JavaScript programs, in `programs/javascript/`: `ouro` and Node run the same file.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from . import probeless, processes
from .measure import OURS, PEERS, Better, Failed, Sample, Unavailable

FILES, FILE_SIZE = 64, 16 * 1024
COPIED_MIB = 64
STARTS = 5
MESSAGE = 1024
HTTP_CONNECTIONS = 50


@dataclass(frozen=True)
class Scale:
    """How much is done in one measurement."""

    seconds: float
    timers: int
    idle_connections: int


FULL = Scale(seconds=2.0, timers=300_000, idle_connections=10_000)
QUICK = Scale(seconds=0.3, timers=100_000, idle_connections=3_000)


@dataclass(frozen=True)
class Peers:
    """How to start each peer's programs."""

    node: str | None

    def command(self, peer: str, program: str, *arguments: object) -> list[str]:
        """The command that runs `program` as `peer`. Raises `Unavailable` if the peer is not on this machine."""
        texts = [str(argument) for argument in arguments]
        if peer == OURS:
            return [sys.executable, "-m", "ouroloop", self._file(f"{program}.py"), *texts]
        if peer == "node":
            if self.node is None:
                raise Unavailable("no Node: give its binary with --node or OUROLOOP_NODE")
            return [self.node, self._file(f"{program}.js"), *texts]
        if peer == "uvloop":
            self._require("uvloop")
        if program == "hello":
            self._require("uvicorn")
            self._require("httptools")
            return [sys.executable, self._file("hello_uvicorn.py"), peer]
        return [sys.executable, self._file(f"{program}_asyncio.py"), *texts, peer]

    def javascript(self, peer: str, *arguments: object) -> list[str]:
        """The command that runs JavaScript as `peer`: the arguments are those of `node`."""
        texts = [str(argument) for argument in arguments]
        if peer == OURS:
            # As a person starts it: `-m` takes 4 ms of its own.
            command = shutil.which("ouro", path=str(Path(sys.executable).parent))
            return [*([command] if command else [sys.executable, "-m", "ouroloop"]), *texts]
        if self.node is None:
            raise Unavailable("no Node: give its binary with --node or OUROLOOP_NODE")
        return [self.node, *texts]

    def _file(self, name: str) -> str:
        return str(processes.PROGRAMS / name)

    def _require(self, module: str) -> None:
        if importlib.util.find_spec(module) is None:
            raise Unavailable(f"{module} is not installed: pip install {module}")


Measure = Callable[[Peers, str, Scale], Sample]


@dataclass(frozen=True)
class Benchmark:
    """Something to measure, in `unit`."""

    name: str
    title: str
    unit: str
    measure: Measure
    better: Better = "higher"
    peers: tuple[str, ...] = PEERS


def _rate(command: list[str], seconds: float, core: set[int] | None, package: str = "") -> Sample:
    found = processes.read_json(processes.run(command, 60 + 10 * seconds, core, package), command)
    beside = {"cpu_us": found["cpu"] / found["operations"] * 1e6} if "cpu" in found else {}
    return Sample(found["operations"] / found["seconds"], beside)


def turns(peers: Peers, peer: str, scale: Scale) -> Sample:
    """Turns of the loop in a second, of a chain of immediates (asyncio: `call_soon`)."""
    return _rate(peers.command(peer, "turns", scale.seconds), scale.seconds, processes.SERVER_CORE)


def timers(peers: Peers, peer: str, scale: Scale) -> Sample:
    """Timers created and fired in a second, of 300,000 with 50 different times."""
    return _rate(peers.command(peer, "timers", scale.timers), 20, processes.SERVER_CORE)


def file_work(operation: str, peers: Peers, peer: str, scale: Scale) -> Sample:
    """File operations in a second, 32 at a time, from the page cache."""
    with _files() as folder:
        command = peers.command(peer, "files", operation, scale.seconds, folder)
        return _rate(command, scale.seconds, None)


@contextmanager
def _files() -> Iterator[str]:
    """A folder of small files."""
    with tempfile.TemporaryDirectory(prefix="ouroloop-bench-") as folder:
        for number in range(FILES):
            (Path(folder) / f"file{number}").write_bytes(bytes(FILE_SIZE))
        yield folder


def echo(connections: int, peers: Peers, peer: str, scale: Scale) -> Sample:
    """TCP round trips in a second of 1 KiB messages."""
    return _echo(peers.command(peer, "echo"), _echo_client(connections, scale), scale)


def script_echo(connections: int, peers: Peers, peer: str, scale: Scale) -> Sample:
    """As `echo`, of a JavaScript server."""
    return _echo(peers.javascript(peer, processes.PROGRAMS / "echo.js"), _echo_client(connections, scale), scale)


def _echo_client(connections: int, scale: Scale) -> list[str]:
    return [
        sys.executable, str(processes.PROGRAMS / "echo_client.py"), "{port}", str(connections), str(scale.seconds),
        str(MESSAGE),
    ]


def _echo(server: list[str], client: list[str], scale: Scale) -> Sample:
    with processes.server(server) as (pid, port):
        client[2] = str(port)
        before = processes.cpu_seconds(pid)
        found = processes.read_json(processes.run(client, 30 + 5 * scale.seconds, processes.CLIENT_CORE), client)
        cpu = processes.cpu_seconds(pid) - before
    rate = found["operations"] / found["seconds"]
    beside = {"cpu_us": cpu / found["all_operations"] * 1e6, "client_busy": found["client_busy"]}
    return Sample(rate, beside)


def http(peers: Peers, peer: str, scale: Scale) -> Sample:
    """HTTP requests in a second, as `wrk` counts them."""
    return _served(peers.command(peer, "hello"), scale)


def script_http(peers: Peers, peer: str, scale: Scale) -> Sample:
    """As `http`, with the server in JavaScript."""
    return _served(peers.javascript(peer, processes.PROGRAMS / "hello.js"), scale)


def _served(command: list[str], scale: Scale) -> Sample:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise Unavailable("wrk is not installed: apt install wrk")
    with processes.server(command) as (pid, port):
        url = f"http://127.0.0.1:{port}/"
        base = [wrk, "--threads=1", f"--connections={HTTP_CONNECTIONS}"]
        _requests_per_second([*base, "--duration=1s", url])  # warms the server up
        seconds = max(1, round(scale.seconds))
        before = processes.cpu_seconds(pid)
        rate = _requests_per_second([*base, f"--duration={seconds}s", url])
        cpu = processes.cpu_seconds(pid) - before
    return Sample(rate, {"cpu_us": cpu / (rate * seconds) * 1e6})


def _requests_per_second(command: list[str]) -> float:
    output = processes.run(command, 60, processes.CLIENT_CORE)
    wrong = re.search(r"(Non-2xx.*|Socket errors:.*)", output)
    if wrong is not None:
        raise Failed(f"wrk reports {wrong[1].strip()}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None or not float(found[1]):
        raise Failed("wrk counted no requests")
    return float(found[1])


def recorded(language: str, peers: Peers, peer: str, scale: Scale) -> Sample:
    """As `http`, of a server under `ouro trace`; and of the same one that nobody records."""
    program = processes.PROGRAMS / f"hello.{language}"
    options = ["trace", "--format", "json", "-o", os.devnull] if peer == OURS else []
    return _served(peers.javascript(OURS, *options, program), scale)


def probe(peers: Peers, peer: str, scale: Scale) -> Sample:
    """As `turns`, with the loop as it is, and with one whose code knows no probe."""
    command = peers.command(OURS, "turns", scale.seconds)
    if peer == OURS:
        return _rate(command, scale.seconds, processes.SERVER_CORE)
    with probeless.package() as folder:
        return _rate(command, scale.seconds, processes.SERVER_CORE, folder)


def idle_memory(peers: Peers, peer: str, scale: Scale) -> Sample:
    """KiB by which a server grows for each idle keep-alive connection that had one request answered."""
    return _grown(peers.command(peer, "hello"), scale)


def script_idle_memory(peers: Peers, peer: str, scale: Scale) -> Sample:
    """As `idle_memory`, with the server in JavaScript."""
    return _grown(peers.javascript(peer, processes.PROGRAMS / "hello.js"), scale)


def _grown(command: list[str], scale: Scale) -> Sample:
    count = scale.idle_connections
    limit = processes.open_files_limit()
    if limit < count + 100:
        raise Unavailable(f"a process may open only {limit} files (ulimit -Hn), not {count + 100}")
    client = [sys.executable, str(processes.PROGRAMS / "idle_client.py")]
    with processes.server(command, many_files=True) as (pid, port):
        _hold(client, port, 50, lambda: None)  # what the first connections alone cost is not a connection's price
        before = processes.resident_kib(pid)
        after = _hold(client, port, count, lambda: processes.resident_kib(pid))
    assert after is not None
    return Sample((after - before) / count, {"resident_before_kib": before, "resident_after_kib": after})


def _hold(client: list[str], port: int, count: int, look: Callable[[], int | None]) -> int | None:
    """What `look` sees while `count` connections are open and idle."""
    command = [*client, str(port), str(count)]
    process = processes.start(command, processes.CLIENT_CORE, many_files=True)
    try:
        processes.next_json(process, command, 120)
        time.sleep(1)
        seen = look()
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        still_open = processes.next_json(process, command, 30)["connections"]
        if still_open != count:
            raise Failed(f"only {still_open} of {count} connections stayed open")
        return seen
    finally:
        processes.end(process)


def script(name: str, which: str | None, peers: Peers, peer: str, scale: Scale) -> Sample:
    """Operations in a second of a JavaScript program that runs for `scale.seconds`."""
    arguments = [which] if which else []
    command = peers.javascript(peer, processes.JAVASCRIPT / f"{name}.js", *arguments, scale.seconds)
    return _rate(command, scale.seconds, processes.SERVER_CORE)


def script_timers(durations: int, peers: Peers, peer: str, scale: Scale) -> Sample:
    """JavaScript's timers created and fired in a second, of 300,000 with so many different times."""
    command = peers.javascript(peer, processes.JAVASCRIPT / "timers.js", scale.timers, durations)
    return _rate(command, 20, processes.SERVER_CORE)


def script_files(operation: str, peers: Peers, peer: str, scale: Scale) -> Sample:
    """JavaScript's file operations in a second, 32 at a time (`read_sync`: one), from the page cache."""
    with _files() as folder:
        if operation == "read_sync":
            program = [processes.JAVASCRIPT / "read_sync.js", scale.seconds, folder]
        else:
            program = [processes.PROGRAMS / "files.js", operation, scale.seconds, folder]
        return _rate(peers.javascript(peer, *program), scale.seconds, None)


def copy(peers: Peers, peer: str, scale: Scale) -> Sample:
    """MiB a second, from a read stream to a write stream."""
    with tempfile.TemporaryDirectory(prefix="ouroloop-bench-") as folder:
        command = peers.javascript(peer, processes.JAVASCRIPT / "copy.js", COPIED_MIB, folder)
        return _rate(command, 20, None)


def script_zlib(which: str, size: int, peers: Peers, peer: str, scale: Scale) -> Sample:
    """Buffers of so many bytes packed or unpacked in a second; or MiB a second through createGzip and createGunzip."""
    command = peers.javascript(peer, processes.JAVASCRIPT / "zlib.js", which, size, scale.seconds)
    return _rate(command, scale.seconds, None)


def start_up(peers: Peers, peer: str, scale: Scale) -> Sample:
    """Milliseconds from start to end of a process that runs an empty program: the median of five."""
    command = peers.javascript(peer, "-e", "0")
    processes.timed(command)  # what is cached is cached
    runs = [processes.timed(command) for _ in range(STARTS)]
    beside = {"cpu_us": median(usage.ru_utime + usage.ru_stime for _, usage in runs) * 1e6}
    return Sample(median(seconds for seconds, _ in runs) * 1000, beside)


def start_memory(peers: Peers, peer: str, scale: Scale) -> Sample:
    """The most memory, in MiB, that an empty program ever has in RAM."""
    return Sample(processes.timed(peers.javascript(peer, "-e", "0"))[1].ru_maxrss / 1024)


def _script(name: str, title: str, unit: str, measure: Measure, better: Better = "higher") -> Benchmark:
    return Benchmark(f"js-{name}", f"JavaScript: {title}", unit, measure, better, ("node",))


def _queue(name: str, title: str) -> Benchmark:
    return _script(name.replace("_", "-"), title, "1/s", partial(script, "queues", name))


BENCHMARKS = [
    Benchmark("turns", "loop turns (set_immediate chain)", "turns/s", turns),
    Benchmark("timers", "timers created and fired", "timers/s", timers),
    *(
        Benchmark(f"echo-{number}", f"TCP echo, 1 KiB, connections: {number}", "round trips/s", partial(echo, number))
        for number in (1, 10, 50)
    ),
    Benchmark("http", "HTTP hello world, 50 connections (wrk)", "requests/s", http),
    Benchmark(
        "trace-http", "the same under ouro trace", "requests/s", partial(recorded, "py"), peers=("unrecorded",)),
    Benchmark("probe", "loop turns, nobody looking", "turns/s", probe, peers=("probeless",)),
    Benchmark("read_file", "read_file, 16 KiB, 32 at a time", "files/s", partial(file_work, "read_file")),
    Benchmark("stat", "stat, 32 at a time", "calls/s", partial(file_work, "stat")),
    Benchmark("idle-memory", "memory of an idle HTTP connection", "KiB/connection", idle_memory, better="lower"),
    _script("http", "HTTP hello world, 50 connections (wrk)", "requests/s", script_http),
    Benchmark(
        "js-trace-http", "JavaScript: the same under ouro trace", "requests/s", partial(recorded, "js"),
        peers=("unrecorded",)),
    _script(
        "idle-memory", "memory of an idle HTTP connection", "KiB/connection", script_idle_memory, better="lower"),
    _script("start", "empty program", "ms", start_up, better="lower"),
    _script("memory", "memory, empty program", "MiB", start_memory, better="lower"),
    _script("timers", "timers, 50 durations", "timers/s", partial(script_timers, 50)),
    _script("timers-many", "timers, 500 durations", "timers/s", partial(script_timers, 500)),
    _queue("timers_cleared", "timers set and cleared"),
    _queue("immediates", "immediates, a chain"),
    _queue("immediate_batch", "immediates, at once"),
    _queue("ticks", "ticks, at once"),
    _queue("tick_chain", "ticks, a chain"),
    _queue("microtasks", "microtasks, a chain"),
    _queue("promises", "promises, a chain"),
    _queue("await", "async functions awaited"),
    _script("events", "events emitted", "events/s", partial(script, "events", None)),
    *(
        _script(name, f"streams, {name}", "chunks/s", partial(script, "streams", name))
        for name in ("pipe", "transform", "loop")
    ),
    _script("read_file", "readFile, 32 at a time", "files/s", partial(script_files, "read_file")),
    _script("stat", "stat, 32 at a time", "calls/s", partial(script_files, "stat")),
    _script("read_sync", "readFileSync", "files/s", partial(script_files, "read_sync")),
    *(
        _script(
            f"echo-{number}", f"TCP echo, 1 KiB, connections: {number}", "round trips/s", partial(script_echo, number))
        for number in (1, 10, 50)
    ),
    _script("copy", "file streams, 64 MiB", "MiB/s", copy),
    *(
        _script(f"buffer-{name}", f"buffers, {name}", "rounds/s", partial(script, "buffers", name))
        for name in ("small", "large", "text")
    ),
    *(
        _script(name, title, "rounds/s", partial(script, "calls", name))
        for name, title in (
            ("files", "statSync, existsSync, openSync"), ("clone", "structuredClone"),
            ("serialize", "v8.serialize, deserialize"), ("compare", "isDeepStrictEqual"),
            ("inspect", "util.inspect"), ("hash", "createHash, randomUUID"),
            ("clocks", "clocks, process.env"),
        )
    ),
    *(
        _script(
            f"{which}-{name}", f"{which}Sync, {title}", "buffers/s", partial(script_zlib, which, size))
        for which in ("gzip", "gunzip")
        for name, title, size in (
            ("small", "1 KB", 1_000), ("medium", "100 KB", 100_000), ("large", "10 MB", 10_000_000))
    ),
    _script("gzip-stream", "gzip and gunzip streams, 64 MiB", "MiB/s", partial(script_zlib, "stream", 64 * 2**20)),
    _script("urls", "URLs parsed", "URLs/s", partial(script, "urls", None)),
]
