"""The examples print what they promise."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from js.commands import COMMANDS, output

from ouroloop.loop.queue import available

TOUR = Path(__file__).parent.parent / "examples" / "tour.py"
ENCRYPTED = '"Encrypted" the length: e3cb20a7386003a9…'
NESTED_IMMEDIATE = "Immediate, set in a file callback: runs in the check step of the same turn"

CHAINS = [
    ["The main program starts", "The main program ends; the loop takes over", "First read: 82 characters",
     "Nested read: 82 characters", NESTED_IMMEDIATE, "Timer: 1000 ms"],
    ["The main program ends; the loop takes over", "Second read: 82 characters", "Timer: 1000 ms"],
    ["The main program ends; the loop takes over", "Immediate, set by the main program", "Timer: 1000 ms"],
    ["First read: 82 characters", ENCRYPTED],
    ["Timer: 1000 ms", "Timer: 500 ms, set by the one of 1000 ms", "Web: 200 Hello from a slow server",
     "Timer: 3000 ms"],
]
"""What must come after what. Between these chains the thread pool decides."""


def tour(queue: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ouroloop", *options, str(TOUR)], capture_output=True, text=True, timeout=40,
        check=False, env={**os.environ, "PYTHONIOENCODING": "utf-8", "OUROLOOP_QUEUE": queue},
    )


@pytest.fixture(scope="module")
def tours() -> dict[tuple[str, ...], subprocess.CompletedProcess[str]]:
    """All tours, by queue and options. Each waits for its timers most of its 3 seconds: they are taken side by side."""
    ways = [(queue, *options) for queue in available() for options in ([], ["--log"])]
    with ThreadPoolExecutor(len(ways)) as guides:
        return dict(zip(ways, guides.map(lambda way: tour(*way), ways), strict=True))


def test_the_tour_prints_its_own_lines_in_order(tours: Any, queue: str) -> None:
    done = tours[queue,]
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert sorted(lines) == sorted({line for chain in CHAINS for line in chain})
    for chain in CHAINS:
        assert [line for line in lines if line in chain] == chain


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS.keys())
def test_the_tour_in_javascript_prints_the_same_in_the_same_order(words: list[str]) -> None:
    lines = output(words, TOUR.with_suffix(".js"), folder=TOUR.parent).splitlines()
    assert sorted(lines) == sorted({line for chain in CHAINS for line in chain})
    for chain in CHAINS:
        assert [line for line in lines if line in chain] == chain


def test_the_logged_tour_says_who_does_what(tours: Any, queue: str) -> None:
    done = tours[queue, "--log"]
    assert done.stderr == ""
    assert done.returncode == 0
    told: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        speaker, _, text = line.partition("| ")
        told.setdefault(speaker.strip(), []).append(text)
    assert set(told) == {"main", "thread1", "thread2"}
    main = told["main"]
    ticks = [line for line in main if line.startswith("===== TICK")]
    assert ticks == [f"===== TICK {number} =====" for number in range(1, len(ticks) + 1)]
    assert any(line.startswith(f"registered with {queue}: Tcp on descriptor") for line in main)
    assert any(line.startswith("ready: descriptor") for line in main)
    assert "ready: a wake-up from another thread" in main
    taken = [line for thread in ("thread1", "thread2") for line in told[thread] if line.startswith("took")]
    assert sorted(taken) == ["took crypto.pbkdf2", "took fs.read_file", "took fs.read_file", "took fs.read_file"]
    assert main[-2:] == ["2 pool threads joined", "FINISHED"]
    for chain in CHAINS:
        assert [line for line in main if line in chain] == chain


@pytest.mark.parametrize("variable", ["0", ""])
def test_without_the_log_only_the_program_speaks(variable: str, tmp_path: Path) -> None:
    program = tmp_path / "quiet.py"
    program.write_text("from ouroloop.node import set_immediate\nset_immediate(print, 'only this')\n")
    done = subprocess.run(
        [sys.executable, "-m", "ouroloop", str(program)],
        capture_output=True, text=True, timeout=20, check=True, env={**os.environ, "OUROLOOP_LOG": variable},
    )
    assert done.stdout == "only this\n"
