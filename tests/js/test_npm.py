"""npm's own program, run by `ouro`: it says its version, and installs a package from a file as it does with Node."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from js.commands import NODE, OURO, environment, output, write

PACKAGE = {
    "name": "tiny", "version": "1.2.3", "main": "index.js", "bin": {"tiny": "cli.js"},
    "scripts": {"postinstall": "node -p 40+2 > made.txt"},
}
INSTALL = ["install", "--offline", "--no-audit", "--no-fund", "--cache", "./cache"]


@pytest.fixture(scope="module")
def npm() -> Path:
    """npm's program."""
    found = shutil.which("npm")
    if found is None:
        pytest.skip("npm is not installed")
    program = Path(found).resolve()
    if program.name != "npm-cli.js":
        pytest.skip("npm is no program of JavaScript here")
    return program


@pytest.fixture(scope="module")
def tarball(npm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package, packed by npm."""
    folder = tmp_path_factory.mktemp("tiny")
    write(folder, {
        "package.json": json.dumps(PACKAGE), "index.js": "module.exports = 42;\n",
        "cli.js": "#!/usr/bin/env node\nconsole.log(require('.'));\n",
    })
    subprocess.run(["npm", "pack", "--silent"], cwd=folder, env=environment(), capture_output=True, check=True)
    return folder / "tiny-1.2.3.tgz"


def install(command: list[str], npm: Path, tarball: Path, folder: Path, *options: str) -> dict[str, str]:
    """What is in the folder afterwards: for each file its hash, for a link where it leads."""
    write(folder, {"package.json": '{"name":"app","version":"1.0.0"}'})
    (folder / "bin").mkdir()
    if command == OURO:
        (folder / "bin/node").symlink_to(Path(sys.executable).with_name("ouro-node"))
    variables = environment(PATH=f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run(
        [*command, npm, *INSTALL, *options, tarball], cwd=folder, env=variables, capture_output=True, text=True,
        timeout=120, check=False)
    assert (done.returncode, "added 1 package" in done.stdout) == (0, True), done
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if (path.is_symlink() or path.is_file()) and not {"cache", "bin"} & {*path.relative_to(folder).parts[:1]}
    }


def test_npm_says_its_version(command: list[str], npm: Path, tmp_path: Path) -> None:
    manifest = json.loads((npm.parent.parent / "package.json").read_text())
    assert output(command, npm, "--version", folder=tmp_path) == f"{manifest['version']}\n"


@pytest.mark.parametrize("option", ["--ignore-scripts", "--foreground-scripts"])
def test_npm_installs_a_package_from_a_file(option: str, npm: Path, tarball: Path, tmp_path: Path) -> None:
    (tmp_path / "ouro").mkdir()
    found = install(OURO, npm, tarball, tmp_path / "ouro", option)
    assert found["node_modules/.bin/tiny"] == "../tiny/cli.js"
    if option == "--foreground-scripts":
        assert (tmp_path / "ouro/node_modules/tiny/made.txt").read_text() == "42\n"
    if NODE is not None:
        (tmp_path / "node").mkdir()
        assert found == install([NODE], npm, tarball, tmp_path / "node", option)
