"""run_script: run a script of the nearest package.json (`--run`).

Theory of operation. The script is a shell's command. It runs in the package's folder, with the executables of every
node_modules/.bin from there upwards in its PATH, and takes over standard input and output. No script before or after it
is run, as npm would do.

Source: Node's documentation of --run.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import Any

_MANIFEST = "package.json"


class ScriptError(Exception):
    """A script that cannot be run; the text is what to say."""


def run_script(name: str, arguments: list[str]) -> int:
    """Run a script with more arguments. 0, or 1 if it failed. Raises `ScriptError`."""
    path = _find_manifest()
    command = _script_of(path, name)
    folder = os.path.dirname(path)
    environment = {
        **os.environ, "NODE_RUN_SCRIPT_NAME": name, "NODE_RUN_PACKAGE_JSON_PATH": path,
        "PATH": os.pathsep.join([*_executables(_working_folder()), os.environ.get("PATH", "")]),
    }
    words = " ".join([command.partition("\0")[0], *map(shlex.quote, arguments)])
    return int(subprocess.run(["/bin/sh", "-c", words], cwd=folder, env=environment, check=False).returncode > 0)


def _upwards(folder: str) -> list[str]:
    folders = [folder]
    while (parent := os.path.dirname(folders[-1])) != folders[-1]:
        folders.append(parent)
    return folders


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError as exc:
        raise ScriptError(f"Can't find the current working directory: {exc.strerror}") from None


def _find_manifest() -> str:
    folder = _working_folder()
    paths = [os.path.join(each, _MANIFEST) for each in _upwards(folder)]
    found = next((path for path in paths if os.path.isfile(path)), None)
    if found is None:
        raise ScriptError(f"Can't find package.json for directory {folder}")
    return found


def _script_of(path: str, name: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
    except (OSError, ValueError, RecursionError):
        raise ScriptError(f"Can't parse {path}") from None
    if not isinstance(manifest, dict):
        raise ScriptError(f"Root value unexpected not an object for {path}\n")
    scripts: Any = manifest.get("scripts")
    if not isinstance(scripts, dict):
        raise ScriptError(f'Can\'t find "scripts" field in {path}')
    if name not in scripts:
        offer = [f"  {each}: {command}" for each, command in scripts.items() if isinstance(command, str)]
        raise ScriptError("\n".join([f'Missing script: "{name}" for {path}\n', "Available scripts are:", *offer]))
    command = scripts[name]
    if not isinstance(command, str):
        raise ScriptError(f'Script "{name}" is unexpectedly not a string for {path}\n')
    return command


def _executables(folder: str) -> list[str]:
    paths = [os.path.join(each, "node_modules", ".bin") for each in _upwards(folder)]
    return [path for path in paths if os.path.isdir(path)]
