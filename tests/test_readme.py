"""What the README says is so: every block of code in it is run here, and what it names is there, or is not."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from js.commands import COMMANDS, OURO, environment, output, run, write

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf8")
SOURCES = ["LICENSE", "README.md", "examples", "pyproject.toml", "scripts", "src"]

OFFLINE = (
    "NewConnectionError", "Temporary failure in name resolution", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT",
    "ENETUNREACH",
)


def read_blocks() -> dict[tuple[str, str], str]:
    """The blocks of code, by section and language; of several alike, those after the first have a number."""
    found: dict[tuple[str, str], str] = {}
    for section in re.split(r"^## ", README, flags=re.MULTILINE)[1:]:
        heading = section.split("\n", 1)[0]
        for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE):
            earlier = sum(each == heading and name.startswith(language) for each, name in found)
            found[heading, f"{language} {earlier + 1}" if earlier else language] = text
    return found


BLOCKS = read_blocks()

START, RUN_TESTS = ("Start", "sh"), ("Start", "sh 2")
LOG, WHY = ("Watch the loop", "text"), ("Watch the loop", "text 2")
SERVICE, NPM = ("JavaScript", "js"), ("JavaScript", "sh")
EMBEDDING = ("JavaScript in a Python program", "python")
PYTHON_SERVICE = ("A Python program", "python")


def test_every_block_is_tested_here() -> None:
    assert set(BLOCKS) == {START, RUN_TESTS, LOG, WHY, SERVICE, NPM, EMBEDDING, PYTHON_SERVICE}


# Start


def shell(script: str, folder: Path, path: Path, **variables: str) -> str:
    """What a script prints, with `path` before all other folders of commands. Skips the test if there is no network."""
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, timeout=280,
        check=False, env=environment(PATH=f"{path}{os.pathsep}{os.environ['PATH']}", **variables))
    if done.returncode and any(word in done.stdout + done.stderr for word in OFFLINE):
        pytest.skip("there is no network")
    assert done.returncode == 0, done
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A checkout in which the commands of "Start" were run, and what they printed."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder, shell(BLOCKS[START], folder, Path(sys.executable).parent)


@pytest.mark.timeout(300)
def test_start_installs_and_ends_with_the_tour(checkout: tuple[Path, str]) -> None:
    folder, printed = checkout
    assert printed.endswith("Timer: 3000 ms\n")
    assert (folder / ".venv/bin/ouro").exists()


def test_the_tests_are_started_by_the_continuous_integration_as_here() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert BLOCKS[RUN_TESTS] in re.sub(r"(?<=pip install)( --\S+)+", "", script)  # there it says less


# Watch the loop


def test_the_log_shown_is_one_that_is_written() -> None:
    def shape(line: str) -> str:
        """A line without what differs from one run to the next: how long, on which descriptor, which thread."""
        return re.sub(r"\d+ ms late|on time", "late", re.sub(r"\d+ ms at most|\d+", "N", line))

    lines = {shape(line) for line in output(OURO, "--log", ROOT / "examples/tour.py", folder=ROOT).splitlines()}
    shown = [line for line in BLOCKS[LOG].splitlines() if line != "…"]
    assert len(shown) > 20
    assert [line for line in shown if shape(line) not in lines] == []


KEPT = {
    "app.js": """\
const net = require('node:net');
const { load } = require('./lib/read.js');
const server = net.createServer().listen(0, '127.0.0.1', () => console.log(server.address().port));
setInterval(function tick() {}, 1000);
load();
""",
    "lib/read.js": "\n" * 6 + """\
exports.load = load;
function load() {
  require('node:fs').readFile('fifo', () => {});
}
""",
}


def test_what_keeps_a_program_from_ending_is_told_as_shown(tmp_path: Path) -> None:
    def shape(line: str) -> str:
        return re.sub(r" +", " ", re.sub(r"[\d.]*:\d{4,}\b|\(\d+\)|in \d+ ms", "N", line))

    os.mkfifo(tmp_path / "fifo")
    write(tmp_path, KEPT)
    shown = BLOCKS[WHY].splitlines()
    with subprocess.Popen(
        [*OURO, "why", "--after", "1", "app.js"], cwd=tmp_path, env=environment(COLUMNS="120"), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None and process.stderr is not None
            with socket.create_connection(("127.0.0.1", int(process.stdout.readline()))):
                told = [process.stderr.readline().rstrip("\n") for _ in shown]
        finally:
            process.kill()
    assert shape(told[0]) == shape(shown[0])
    assert {shape(line) for line in told} == {shape(line) for line in shown}


# Services


@contextmanager
def served(command: list[str], name: str, text: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Run a program that listens on port 8080, on another one: the first line that it prints, and what it serves."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    source = text.replace("8080", port)
    (folder / name).write_text(source, encoding="utf8")
    words = [*command, name]
    with subprocess.Popen(words, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            with urlopen(f"http://127.0.0.1:{port}/", timeout=20) as response:
                yield said.replace(port, "8080"), response.read().decode()
        finally:
            process.terminate()


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_the_service_in_javascript_answers(command: list[str], tmp_path: Path) -> None:
    with served(command, "hello.mjs", BLOCKS[SERVICE], tmp_path) as (said, answer):
        assert (said, answer) == ("Now open http://127.0.0.1:8080/\n", "Hello\n")


@pytest.mark.parametrize("command", [OURO, [sys.executable]], ids=["ouro", "python"])
def test_the_service_in_python_answers(command: list[str], tmp_path: Path) -> None:
    with served(command, "hello.py", BLOCKS[PYTHON_SERVICE], tmp_path) as (said, answer):
        assert re.fullmatch(r"\d+ characters of source; now open http://127.0.0.1:8080/\n", said)
        assert answer == "a little later\n"


# npm


@pytest.mark.timeout(300)
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_comes_and_installs_without_node(checkout: tuple[Path, str], tmp_path: Path) -> None:
    version = re.search(r"npm-([\d.]+)\.tgz", BLOCKS[NPM])
    assert version is not None
    venv = checkout[0] / ".venv"
    app, nothing = tmp_path / "app", tmp_path / "nothing"
    app.mkdir()
    nothing.mkdir()
    packed = subprocess.run(
        ["npm", "pack", "--silent", "--prefer-offline", f"npm@{version[1]}"], cwd=app, capture_output=True, text=True)
    if packed.returncode:
        pytest.skip(f"npm's package is not to be had: {packed.stderr.strip()}")
    shell(
        f". {venv}/bin/activate\n{BLOCKS[NPM]}", app, nothing,
        npm_config_userconfig=str(tmp_path / "npmrc"), npm_config_prefer_offline="true")
    program = "process.versions.ouroloop.length > 0 && typeof require(`express`)"
    found = shell(f"node -p '{program}'\nnpm --version", app, venv / "bin")
    assert found.splitlines() == ["function", version[1]]


# Embedding


def test_the_embedding_prints_what_its_comments_say(tmp_path: Path) -> None:
    source = BLOCKS[EMBEDDING]
    (tmp_path / "program.py").write_text(source)
    printed = output([sys.executable], "program.py", folder=tmp_path).splitlines()
    promised = re.findall(r"print\(.*\)  +# (.*)$", source, re.MULTILINE)
    assert len(printed) == len(promised) == source.count("print(")
    for line, promise in zip(printed, promised, strict=True):
        assert line.startswith(promise.removesuffix("…")) if promise.endswith("…") else line == promise


# What there is, and what there is not


def test_the_core_modules_named_are_those_that_are_there(tmp_path: Path) -> None:
    text = re.search(r"Core modules that are there: (.*?); and the web's", README, re.DOTALL)
    assert text is not None
    named = set(re.findall(r"\w+", re.sub(r"\(.*?\)", "", text[1], flags=re.DOTALL)))
    program = """
        const there = require('module').builtinModules.filter((name) => {
          if (/\\/|^_/.test(name)) return false;
          try { return require(name); } catch { return false; }
        });
        console.log(there.join('\\n').replaceAll('node:', ''));
    """
    there = set(output(OURO, "--no-warnings", "-e", program, folder=tmp_path).split())
    # Old names, and empty rooms.
    assert there - named == {"constants", "sys", "inspector", "repl", "wasi", "worker_threads"}
    assert named <= there


ABSENT = {
    "`Worker`": ["-e", "new (require('worker_threads').Worker)('x.js')"],
    "TypeScript": ["program.ts"],
    "native addons": ["-e", "require('./addon.node')"],
    "WASI": ["-e", "new (require('wasi').WASI)({ version: 'preview1' })"],
    "`node:sqlite`": ["-e", "require('node:sqlite')"],
    "`node:sea`": ["-e", "require('node:sea')"],
    "`--inspect`": ["--inspect", "-p", "1"],
    "`node:repl`": ["-e", "require('node:repl').start()"],
    "`--test`": ["--test", "program.js"],
}


@pytest.mark.parametrize("name", ABSENT)
def test_what_the_readme_says_is_not_there_says_so(name: str, tmp_path: Path) -> None:
    assert name in README
    (tmp_path / "program.ts").write_text("const answer: number = 42;\n")
    (tmp_path / "addon.node").write_bytes(b"\x7fELF" + bytes(100))
    done = run(OURO, *ABSENT[name], folder=tmp_path)
    assert done.returncode in (1, 9)
    assert " is not in this version of Ouroloop (" in done.stderr
