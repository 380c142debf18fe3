"""The house keeps its arrows: each floor imports only from those below, and the ground floor rests on Python alone."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ouroloop

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "ouroloop"
CORE_MODULES = SOURCE / "js" / "lib"

BELOW = {
    "loop": {"loop"},
    "node": {"node", "loop"},
    "js": {"js", "node", "loop"},
    "xray": {"xray", "js", "node", "loop"},
    "labs": {"labs", "xray", "js", "node", "loop"},
}


def imports_of(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports, anywhere in it."""
    package = ("ouroloop", *path.relative_to(SOURCE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def files(floor: str) -> list[Path]:
    return sorted((SOURCE / floor).rglob("*.py"))


@pytest.mark.parametrize("floor", [floor for floor in BELOW if (SOURCE / floor).exists()])
def test_a_floor_imports_only_from_the_floors_below(floor: str) -> None:
    assert files(floor)
    for path in files(floor):
        for name in imports_of(path):
            if name.startswith("ouroloop.") and name != "ouroloop.__version__":
                assert name.split(".")[1] in BELOW[floor], f"{path}: imports {name}"


def test_the_loop_rests_on_the_standard_library_alone() -> None:
    for path in files("loop"):
        for name in imports_of(path):
            top = name.split(".")[0]
            # _typeshed is the type checker's own: nothing imports it at run time.
            assert top in {"ouroloop", "_typeshed", *sys.stdlib_module_names}, f"{path}: imports {name}"


def test_only_the_engine_imports_the_v8_binding() -> None:
    importers = {
        path.name for path in SOURCE.rglob("*.py") if any(name.split(".")[0] == "v8" for name in imports_of(path))
    }
    assert importers <= {"engine.py"}


def test_every_file_opens_with_its_theory() -> None:
    for path in SOURCE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no opening docstring"
    for path in CORE_MODULES.rglob("*.js"):
        assert re.match(r"'use strict';\n\n?//", path.read_text()), f"{path} has no opening comment"


def test_no_line_in_the_core_modules_is_longer_than_in_python() -> None:
    """Which `ruff` sees to; `oxlint` has no such rule."""
    for path in CORE_MODULES.rglob("*.js"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert len(line) <= 120, f"{path}:{number} is too long"


def test_the_map_of_the_house_leads_to_what_is_there() -> None:
    lines = (ROOT / "CONTRIBUTING.md").read_text().splitlines()
    rows = [line.split("|")[1] for line in lines if line.startswith("| `")]
    shown: set[Path] = set()
    for row in rows:
        names = re.findall(r"`([^`]+)`", row)
        beside = (ROOT / names[0]).parent
        for name in names:
            found = [*ROOT.glob(name), *beside.glob(name)]
            assert found, f"there is no {name}: {row}"
            shown.update(found)
    folders = {path.parent for floor in ("loop", "node", "js") for path in files(floor)}
    assert folders <= shown | {SOURCE / floor for floor in ("loop", "node", "js")}


def test_the_map_of_the_core_modules_shows_each_room_and_no_other() -> None:
    text = (CORE_MODULES / "README.md").read_text()
    table = "".join(line for line in text.splitlines() if line.startswith("| `"))
    there = {path.name + "/" * path.is_dir() for path in (CORE_MODULES / "internal").iterdir()}
    assert there <= set(re.findall(r"`([^`]+)`", table))
    for name in re.findall(r"`([\w./]+(?:/|\.js|\.py))`", text):
        assert (CORE_MODULES / name).exists() or (CORE_MODULES / "internal" / name).exists(), f"there is no {name}"


def test_the_changelog_knows_this_version() -> None:
    assert f"## {ouroloop.__version__}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize(
    "command", [["ruff", "check", "."], ["mypy"], ["oxlint", "src", "bench", "examples"]],
    ids=["ruff", "mypy", "oxlint"])
@pytest.mark.timeout(300)
def test_static_checks_are_clean(command: list[str]) -> None:
    program = shutil.which(command[0], path=str(Path(sys.executable).parent)) or shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed; pip install '.[test]' brings it")
    result = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert result.returncode == 0, result.stdout + result.stderr
