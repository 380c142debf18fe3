"""The benchmarks' own promises: what is printed was measured, and what follows from it follows from it."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `python -m bench` without Node."""
    variables = {name: value for name, value in os.environ.items() if name != "OUROLOOP_NODE"}
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=50)


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module `bench.measure`."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("bench.measure")


def test_a_quick_run_prints_and_writes_what_it_measured(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    done = bench("--quick", "--only", "turns", "--rounds", 2, "-o", file)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    assert found["rounds"] == 2
    assert found["quick"] is True
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    [result] = found["results"]
    assert (result["name"], result["unit"], result["better"]) == ("turns", "turns/s", "higher")
    assert not result["failed"]
    assert {"ouroloop", "asyncio"} <= set(result["samples"])
    assert "node" in result["missing"]
    check_that_all_follows(result)
    for peer, rate in result["medians"].items():  # a chain keeps one processor busy, or waits for it
        assert 0 < result["beside"][peer]["cpu_us"] < 1.2e6 / rate
    assert "processor time for one, in us: ouroloop " in done.stdout
    assert "Node is left out" in done.stdout
    assert f"{result['medians']['ouroloop']:,.0f}" in done.stdout
    assert f"{result['ratios']['asyncio']['median']:.2f}" in done.stdout


def check_that_all_follows(result: dict[str, Any]) -> None:
    """Medians, ratios and noise are those of the samples."""
    samples = result["samples"]
    ours = samples["ouroloop"]
    assert set(result["medians"]) == set(result["noise"]) == set(samples)
    assert set(result["ratios"]) == set(samples) - {"ouroloop"}
    for peer, theirs in samples.items():
        assert len(theirs) == len(ours)
        assert min(theirs) > 0
        assert result["medians"][peer] == median(theirs)
        assert result["noise"][peer] == pytest.approx((max(theirs) - min(theirs)) / median(theirs))
        if peer == "ouroloop":
            continue
        rounds = [a / b if result["better"] == "higher" else b / a for a, b in zip(ours, theirs, strict=True)]
        expected = {"median": median(rounds), "min": min(rounds), "max": max(rounds)}
        assert result["ratios"][peer] == pytest.approx(expected)


@pytest.mark.parametrize(("better", "expected"), [("higher", [0.5, 2.0, 1.0]), ("lower", [2.0, 0.5, 1.0])])
def test_a_ratio_above_one_is_better_for_us(measure: ModuleType, better: str, expected: list[float]) -> None:
    result = measure.Result("name", "title", "unit", better)
    for ours, theirs in ((10, 20), (40, 20), (30, 30)):
        result.add("ouroloop", measure.Sample(ours, {"busy": ours / 100}))
        result.add("node", measure.Sample(theirs))
    assert result.ratios("node") == expected
    written = result.as_json()
    check_that_all_follows(written)
    assert written["beside"] == {"ouroloop": {"busy": 0.3}}


def test_a_peer_that_failed_has_no_figures(measure: ModuleType) -> None:
    result = measure.Result("name", "title", "unit", "higher")
    result.add("ouroloop", measure.Sample(10.0))
    result.add("node", measure.Sample(20.0, {"busy": 1.0}))
    result.fail("node", "it fell over")
    written = result.as_json()
    assert written["failed"] == {"node": "it fell over"}
    for part in ("samples", "medians", "ratios", "noise", "beside"):
        assert "node" not in written[part]
    result.fail("ouroloop", "so did we")
    assert result.as_json()["ratios"] == {}


def test_a_program_that_fails_is_reported_and_not_measured(tmp_path: Path) -> None:
    broken = tmp_path / "node"
    broken.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo v0.0.0 && exit 0\necho 'it broke' >&2\nexit 3\n")
    broken.chmod(0o755)
    done = bench("--quick", "--only", "turns", "--rounds", 1, "--node", broken, "-o", tmp_path / "result.json")
    assert done.returncode == 1
    assert "node failed: node turns.js 0.3 ended with 3: it broke" in done.stdout
    [result] = json.loads((tmp_path / "result.json").read_text())["results"]
    assert "node" not in result["samples"]
    assert "ouroloop" in result["samples"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nothing"], "there is no benchmark 'nothing'"),
        (["--node", "/nowhere/node"], "/nowhere/node is not a program"),
        (["--rounds", "0"], "--rounds must be 1 or more"),
        (["-o", "/nowhere/result.json"], "there is no folder /nowhere"),
    ],
)
def test_wrong_options_are_named(arguments: list[str], message: str) -> None:
    done = bench(*arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_list_names_every_benchmark_asked_for() -> None:
    names = {line.split()[0] for line in bench("--list").stdout.splitlines()}
    assert names == {
        "turns", "timers", "echo-1", "echo-10", "echo-50", "http", "read_file", "stat", "idle-memory", "js-start",
        "js-memory", "js-timers", "js-timers-many", "js-timers-cleared", "js-immediates", "js-immediate-batch",
        "js-ticks", "js-tick-chain", "js-microtasks", "js-promises", "js-await", "js-events", "js-files", "js-clone",
        "js-serialize", "js-compare", "js-inspect", "js-hash", "js-clocks", "js-pipe", "js-transform", "js-loop",
        "js-read_file", "js-stat", "js-read_sync", "js-echo-1", "js-echo-10", "js-echo-50", "js-copy",
        "js-buffer-small", "js-buffer-large", "js-buffer-text", "js-urls", "js-gzip-small",
        "js-gzip-medium", "js-gzip-large", "js-gunzip-small", "js-gunzip-medium", "js-gunzip-large", "js-gzip-stream",
        "js-http", "js-idle-memory", "trace-http", "js-trace-http", "probe",
    }
