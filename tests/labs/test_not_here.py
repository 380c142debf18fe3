"""What the labs say where something is missing: another system, another processor, a right that one has not."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ouroloop.labs.catalogue import LINES, NotHere, load
from ouroloop.labs.interrupts import Phase
from ouroloop.labs.stage import Stage


def said(name: str, figures: Any) -> str:
    """What a lab prints of figures, on one line."""
    out = io.StringIO()
    load(name).show(figures, Stage(out, colour=False, width=80, fancy=True))
    return " ".join(out.getvalue().split())


@pytest.mark.parametrize(("name", "system", "because"), [
    ("epoll", "darwin", "epoll is Linux's; `ouro lab kqueue` is this system's"),
    ("epoll", "win32", "epoll is Linux's; `ouro lab iocp` is Windows's"),
    ("io-uring", "darwin", "io_uring is Linux's; this system's queue, `ouro lab kqueue`"),
    ("io-uring", "win32", "io_uring is Linux's; Windows's ports"),
    ("iocp", "linux", "Completion ports are Windows's, and this is Linux; `ouro lab io-uring`"),
    ("iocp", "darwin", "Completion ports are Windows's, and this is macOS; `ouro lab kqueue`"),
    ("kqueue", "win32", "This is Windows: Windows's queue is `ouro lab iocp`"),
    ("interrupts", "darwin", "the counts are in `powermetrics`"),
    ("interrupts", "win32", "the counts are in Windows's performance counters"),
    ("context-switch", "win32", "Windows has neither"),
])
def test_on_another_system_a_lab_names_what_that_has(
    name: str, system: str, because: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.platform", system)
    with pytest.raises(NotHere) as caught:
        load(name).measure()
    assert caught.value.would.startswith("This lab would ")
    assert because in caught.value.because


def test_each_lab_can_be_loaded_where_unix_s_modules_are_missing() -> None:
    missing = ["fcntl", "grp", "pwd", "resource", "termios"]
    code = (f"import sys; sys.modules.update(dict.fromkeys({missing})); from ouroloop.labs.catalogue import *; "
            "print(len([load(name) for name in LINES]))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == (f"{len(LINES)}\n", "")


MACHINE_CODE = ["syscall", "inline-assembly", "privilege", "context-switch", "green-threads"]


@pytest.mark.parametrize("name", MACHINE_CODE)
def test_on_another_processor_a_lab_says_for_which_it_is_written(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(NotHere) as caught:
        load(name).measure()
    assert caught.value.would.startswith("This lab would ")
    assert "riscv64" in caught.value.because


@pytest.mark.parametrize("name", MACHINE_CODE)
def test_where_no_code_of_our_own_may_run_a_lab_says_so(
    name: str, lab: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab(name)  # or it is not here for another reason

    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, 'mprotect says "Permission denied"')

    monkeypatch.setattr("ouroloop.labs.machine_code._make_executable", refuse)
    with pytest.raises(NotHere, match=r"lets this process run no code of its own: mprotect says"):
        load(name).measure()


def test_where_the_counters_are_hidden_the_layers_are_measured_all_the_same(lab: Callable[[str], Any]) -> None:
    figures = lab("interrupts").figures
    hidden = replace(figures, phases={name: Phase(phase.what) for name, phase in figures.phases.items()})
    told = said("interrupts", hidden)
    assert "This system shows no counters" in told
    assert "waking a process in epoll_wait" in told


def test_where_the_page_tables_are_hidden_the_faults_are_counted_all_the_same(lab: Callable[[str], Any]) -> None:
    told = said("privilege", replace(lab("privilege").figures, before=None, after=None))
    assert "/proc/self/pagemap is not here, or not for us" in told
    assert "page faults that nobody noticed" in told


def test_where_memory_is_not_told_the_waits_are_drawn_all_the_same(lab: Callable[[str], Any]) -> None:
    figures = lab("strategies").figures
    runs = {way: replace(run, memory=None, kernel_memory=None) for way, run in figures.runs.items()}
    told = said("strategies", replace(figures, runs=runs))
    assert "This system does not tell how much a process has written to" in told
    assert "had the processor work" in told


def test_a_way_that_cannot_be_gone_is_named_with_its_reason(lab: Callable[[str], Any]) -> None:
    figures = lab("strategies").figures
    runs = {way: run for way, run in figures.runs.items() if way != "green threads"}
    told = said("strategies", replace(figures, runs=runs, missing={"green threads": "Its machine code is not here."}))
    assert "green threads: not here. Its machine code is not here." in told


def test_where_nobody_can_be_kept_on_a_processor_it_is_said(lab: Callable[[str], Any]) -> None:
    assert "This system keeps nobody on one processor" in said(
        "context-switch", replace(lab("context-switch").figures, pinned=False))


def test_where_the_kernel_does_not_tell_of_buffers_the_rest_is_told(lab: Callable[[str], Any]) -> None:
    figures = lab("backpressure").figures
    kernel = replace(figures.kernel, sending=[], arrived=[], windows=[], window_at_full=None)
    told = said("backpressure", replace(figures, kernel=kernel))
    assert "How much is in which buffer, only Linux tells" in told
    assert "though nobody had read a byte" in told
