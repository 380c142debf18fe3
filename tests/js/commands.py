"""JavaScript programs run by a command: `ouro`, and Node beside it when OUROLOOP_NODE names a node binary."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

OURO = [sys.executable, "-m", "ouroloop"]
NODE = os.environ.get("OUROLOOP_NODE")

COMMANDS = {"ouro": OURO} | ({"node": [NODE]} if NODE else {})
"""What a test is run with: the name, and the words that start it."""

WITHOUT_MACHINE_CODE = [
    sys.executable, "-c",
    "from ouroloop.js.natives import direct; direct.available = False; from ouroloop.cli import main; main()",
]
"""The words that start `ouro` as it is on other processors."""

_NOT_INHERITED = ("NODE_OPTIONS", "NODE_PATH", "NODE_NO_WARNINGS", "FORCE_COLOR", "NO_COLOR")


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    """Write files, by their paths in `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def environment(**variables: str) -> dict[str, str]:
    """This process's environment, without what would change how a program runs, and with `variables`."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED} | variables


def run(
    command: list[str], *arguments: str | Path, folder: Path, given: str | None = None, **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command in `folder`; `given` is what comes on its standard input."""
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL} if given is None else {"input": given}
    return subprocess.run(
        [*command, *map(str, arguments)], cwd=folder, env=environment(**variables), capture_output=True, text=True,
        timeout=60, check=False, **options,
    )


def output(command: list[str], *arguments: str | Path, folder: Path, **more: Any) -> str:
    """What a program that must end well writes on standard output."""
    done = run(command, *arguments, folder=folder, **more)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def told(command: list[str], folder: Path, source: str, **variables: str) -> Any:
    """What a program in `folder` hands to `say`, once, as JSON; it has `fs`."""
    write(folder, {
        "program.js":
            f"globalThis.fs = require('fs'); const say = (value) => console.log(JSON.stringify(value));\n{source}"})
    return json.loads(output(command, "program.js", folder=folder, **variables))
