"""What an empty program costs: little is imported, and the snapshot is small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import ouroloop

LIBRARY = Path(ouroloop.__file__).parent / "js" / "lib"


def python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=60, check=True)


def imported(code: str) -> set[str]:
    report = python(code, "-X", "importtime").stderr
    return {line.rpartition("|")[2].strip() for line in report.splitlines() if line.startswith("import time:")}


def test_to_start_imports_nothing_that_takes_long() -> None:
    # Each takes 0.5 to 8 ms, of the 25 or so that are Python's part.
    heavy = {
        "collections", "contextlib", "dataclasses", "enum", "functools", "hashlib", "importlib.util", "inspect", "json",
        "re", "signal", "socket", "subprocess", "threading", "typing", "weakref", "zlib",
    }
    start = "from ouroloop.cli import main; main(['-e', 'process.stdout; setTimeout(() => console.log({}), 1)'])"
    python(start)  # the snapshot may have to be made first
    assert not (imported(start) - imported("pass")) & heavy


def test_to_start_compiles_no_core_module_and_asks_python_for_nothing_of_the_process(tmp_path: Path) -> None:
    # All that an empty program runs is in the snapshot; its facts come with the call that starts it.
    program = tmp_path / "program.js"
    program.touch()
    start = f"from ouroloop.cli import main; main([{str(program)!r}])"
    python(start)
    assert not imported(start) & {f"ouroloop.js.bindings.{name}" for name in ("builtins", "process")}


def test_who_wants_more_of_inspect_than_the_engine_gets_the_module_itself() -> None:
    done = python(
        "import sys; sys.modules.pop('inspect', None)\n"
        "from ouroloop.js import inspect_stand_in; inspect_stand_in.install()\n"
        "import inspect as before\n"
        "async def f(): pass\n"
        "c = f(); print(before.isawaitable(c), before.isawaitable(1)); c.close()\n"
        "from inspect import signature\n"
        "import inspect as after\n"
        "print(signature is after.signature is before.signature, after.isclass(int), after.__file__ is not None)")
    assert done.stdout.split() == ["True", "False", "True", "True", "True"]


def test_core_modules_in_the_snapshot_take_one_byte_a_character() -> None:
    # V8 keeps a text twice as large in memory, in every process, for a single character beyond Latin-1.
    code = "from ouroloop.cli import main; main(['-p', 'JSON.stringify(process.moduleLoadList)'])"
    for name in json.loads(python(code).stdout):
        (LIBRARY / f"{name.removeprefix('NativeModule ')}.js").read_text().encode("latin-1")
