"""`python -m bench`: our API beside asyncio, uvloop and Node, in one run on one machine.

    python -m bench                                 all of it, about twenty minutes
    python -m bench --quick --only turns,http       a first look
    python -m bench --only js --node /usr/bin/node  the JavaScript programs, which ouro and Node run alike
    python -m bench --node /usr/bin/node            with Node's column
    python -m bench --list                          what there is

The ratio is ours to the peer's: above 1.00 we are better, also where less is better (memory). Beside it, in brackets,
stand the least and the greatest ratio of all rounds: the machine's noise. The processor time for one (of a server: its
own, not the client's) is steadier than the rates, where the machine does other work too. uvloop and uvicorn come with
`pip install -e .[bench]`; `wrk` with the system's packages.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

from . import processes
from .benchmarks import BENCHMARKS, FULL, QUICK, Benchmark, Peers, Scale
from .measure import ITSELF, OURS, PEERS, Failed, Result, Unavailable

_ROUNDS, _QUICK_ROUNDS = 5, 2
_TITLE_WIDTH, _WIDTH = 40, 31


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; 0 if nothing failed."""
    options = _parse(arguments)
    if options.list:
        for benchmark in BENCHMARKS:
            print(f"{benchmark.name:12} {benchmark.title}, in {benchmark.unit}")
        return 0
    chosen = _chosen(options.only)
    node = _node(options.node)
    peers = Peers(node)
    scale = QUICK if options.quick else FULL
    rounds = options.rounds or (_QUICK_ROUNDS if options.quick else _ROUNDS)
    machine = _machine(node)
    _print_head(machine, rounds, scale, node)
    results = []
    for benchmark in chosen:
        result = measure(benchmark, peers, scale, rounds)
        results.append(result)
        _print_row(result)
    _write(options.output, machine, rounds, options.quick, results)
    return 1 if any(result.failed for result in results) else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = ",".join(benchmark.name for benchmark in BENCHMARKS)
    parser.add_argument("--only", metavar="NAMES", help=f"some of {names}; a name's beginning is enough")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"how often each peer is measured ({_ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="short measurements: for a look, not for a claim")
    parser.add_argument("--node", metavar="PATH", help="Node's binary (or the variable OUROLOOP_NODE)")
    parser.add_argument(
        "-o", "--output", type=Path, default=processes.ROOT / "bench" / "result.json", metavar="FILE",
        help="where the figures go as JSON (bench/result.json)",
    )
    parser.add_argument("--list", action="store_true", help="print the benchmarks' names")
    options = parser.parse_args(arguments)
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    if not options.output.parent.is_dir():
        parser.error(f"there is no folder {options.output.parent} for -o")
    return options


def _chosen(only: str | None) -> list[Benchmark]:
    if only is None:
        return BENCHMARKS
    chosen: list[Benchmark] = []
    for name in only.split(","):
        found = [benchmark for benchmark in BENCHMARKS if benchmark.name.startswith(name.strip())]
        if not name.strip() or not found:
            sys.exit(f"bench: there is no benchmark {name!r}; python -m bench --list prints them")
        chosen += [benchmark for benchmark in found if benchmark not in chosen]
    return chosen


def _node(given: str | None) -> str | None:
    """Node's binary, tried out."""
    given = given or os.environ.get("OUROLOOP_NODE")
    if not given:
        return None
    found = shutil.which(given)
    if found is None:
        sys.exit(f"bench: {given} is not a program; give Node's binary with --node or OUROLOOP_NODE")
    _version_of(found)
    return found


def _version_of(node: str) -> str:
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as exc:
        sys.exit(f"bench: {node} --version does not work: {exc}")
    return done.stdout.strip()


def measure(benchmark: Benchmark, peers: Peers, scale: Scale, rounds: int) -> Result:
    """Every peer once a round; a peer that is missing or fails is left out from then on."""
    result = Result(benchmark.name, benchmark.title, benchmark.unit, benchmark.better)
    for number in range(rounds):
        for peer in (OURS, *benchmark.peers):
            if peer in result.missing or peer in result.failed:
                continue
            _say(f"{benchmark.name}: round {number + 1} of {rounds}, {peer}")
            try:
                result.add(peer, benchmark.measure(peers, peer, scale))
            except Unavailable as exc:
                result.missing[peer] = str(exc)
            except Failed as exc:
                result.fail(peer, str(exc))
    _say("")
    return result


def _say(text: str) -> None:
    """What goes on now, in a line that the next one overwrites."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


# The table


def _print_head(machine: dict[str, Any], rounds: int, scale: Scale, node: str | None) -> None:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    print(f"{machine['processor']}, {machine['cores']} cores, {machine['system']}")
    print(versions)
    print(f"{rounds} rounds; ratio: ours to theirs, above 1 we are better [least to greatest of all rounds]")
    if node is None:
        print("Node is left out: give its binary with --node PATH or OUROLOOP_NODE")
    if machine["load"] > machine["cores"] / 4:
        print(f"This machine is busy (load {machine['load']:.1f}): expect noise")
    print()
    columns = "".join(f"{peer:>{_WIDTH}}" for peer in PEERS if peer != "node" or node)
    print(f"{'':{_TITLE_WIDTH}}{OURS:>14}{columns}")


def _print_row(result: Result) -> None:
    shown = [peer for peer in PEERS if peer in result.samples or peer in result.failed or peer != "node"]
    itself = [peer for peer in ITSELF if peer in result.samples and OURS in result.samples]
    if OURS not in result.samples:
        ours = "failed" if OURS in result.failed else "-"
        figures = "".join(f"{_figure(result, peer):>{_WIDTH}}" for peer in shown)
    else:
        ours = _number(result.median(OURS))
        figures = "".join(f"{_compared(result, peer):>{_WIDTH}}" for peer in shown)
    print(f"{result.title:{_TITLE_WIDTH}}{ours:>14}{figures}  {result.unit}")
    for peer in itself:
        print(f"    {peer}: {_compared(result, peer)}")
    cpu = {peer: beside["cpu_us"] for peer, beside in result.beside.items() if "cpu_us" in beside}
    if cpu:
        print(f"    processor time for one, in us: {', '.join(_processor_time(cpu, peer) for peer in cpu)}")
    saturated = [peer for peer, beside in result.beside.items() if median(beside.get("client_busy", [0])) > 0.95]
    if saturated:
        print(f"    the client was at its limit with {', '.join(saturated)}: these may be faster than shown")
    for peer, reason in result.failed.items():
        print(f"    {peer} failed: {reason}")
    for reason in dict.fromkeys(reason for peer, reason in result.missing.items() if peer != "node"):
        print(f"    left out: {reason}")
    sys.stdout.flush()


def _processor_time(cpu: dict[str, list[float]], peer: str) -> str:
    """A peer's, and its ratio to ours: steadier than the rates on a machine that does other work too."""
    figure = f"{peer} {_number(median(cpu[peer]))}"
    if peer == OURS or OURS not in cpu:
        return figure
    ratios = [theirs / ours for ours, theirs in zip(cpu[OURS], cpu[peer], strict=True)]
    return f"{figure} {median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _figure(result: Result, peer: str) -> str:
    if peer not in result.samples:
        return "failed" if peer in result.failed else "-"
    return _number(result.median(peer))


def _compared(result: Result, peer: str) -> str:
    if peer not in result.samples:
        return _figure(result, peer)
    ratios = result.ratios(peer)
    return f"{_figure(result, peer)} {median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]"


# The file


def _machine(node: str | None) -> dict[str, Any]:
    versions = {"python": platform.python_version(), "ouroloop": _own_version()}
    for name in ("uvloop", "uvicorn", "httptools"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    if node is not None:
        versions["node"] = _version_of(node)
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "system": platform.platform(),
        "load": os.getloadavg()[0],
        "versions": versions,
    }


def _own_version() -> str:
    command = [sys.executable, "-c", "import ouroloop; print(ouroloop.__version__)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, env=processes.environment())
    if done.returncode:
        sys.exit(f"bench: ouroloop cannot be imported: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout.strip()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _write(path: Path, machine: dict[str, Any], rounds: int, quick: bool, results: list[Result]) -> None:
    content = {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "rounds": rounds,
        "quick": quick,
        "results": [result.as_json() for result in results],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(f"\nwritten to {path}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
