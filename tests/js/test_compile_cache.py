"""The compile cache (`module.enableCompileCache`, NODE_COMPILE_CACHE): what a program can see of it.

Each test states what Node 24 does. With OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from js.commands import output, run, write

FILES: dict[str, str | bytes] = {
    "main.cjs": "console.log(require('./part.cjs')(2)); import('./part.mjs').then((m) => console.log(m.default));",
    "part.cjs": "module.exports = (n) => n * 21;",
    "part.mjs": "export default 'module';",
}
DEBUG = {"NODE_DEBUG_NATIVE": "COMPILE_CACHE"}
OUTCOME = re.compile(r"V8 code cache for \w+ \S*?([\w.]+) was ([\w ]+), (\w+) the in-memory entry")


def outcomes(text: str) -> dict[str, str]:
    return {name: outcome for name, outcome, _ in OUTCOME.findall(text)}


def test_what_was_compiled_is_taken_from_the_cache_by_the_next_run(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, FILES)
    names = ("main.cjs", "part.cjs", "part.mjs")
    for outcome in ("not initialized", "accepted"):
        done = run(command, "main.cjs", folder=tmp_path, NODE_COMPILE_CACHE="cache", **DEBUG)
        assert done.stdout == "42\nmodule\n"
        assert outcomes(done.stderr) == dict.fromkeys(names, outcome)


def test_a_changed_file_is_compiled_anew(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, FILES)
    run(command, "main.cjs", folder=tmp_path, NODE_COMPILE_CACHE="cache")
    write(tmp_path, {"part.cjs": "module.exports = (n) => n * 31;"})  # of the same length
    done = run(command, "main.cjs", folder=tmp_path, NODE_COMPILE_CACHE="cache", **DEBUG)
    assert done.stdout == "62\nmodule\n"
    assert outcomes(done.stderr) == {"main.cjs": "accepted", "part.cjs": "not initialized", "part.mjs": "accepted"}


@pytest.mark.parametrize("damage", [lambda data: data[:10], lambda data: data[:-9], lambda data: data[:-1] + b"?"])
def test_a_damaged_file_is_not_used(command: list[str], tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    write(tmp_path, {"a.cjs": "console.log('fine')"})
    run(command, "a.cjs", folder=tmp_path, NODE_COMPILE_CACHE="cache")
    (kept,) = (tmp_path / "cache").glob("*/*")
    kept.write_bytes(damage(kept.read_bytes()))
    done = run(command, "a.cjs", folder=tmp_path, NODE_COMPILE_CACHE="cache", **DEBUG)
    assert done.stdout == "fine\n"
    assert outcomes(done.stderr) == {"a.cjs": "not initialized"}


def test_a_program_turns_it_on_once(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.cjs": """
        const { enableCompileCache, getCompileCacheDir, constants } = require('module');
        const { relative, dirname } = require('path');
        const tell = ({ status, directory }) => console.log(status, relative(process.cwd(), directory).slice(0, 10));
        console.log(getCompileCacheDir(), constants.compileCacheStatus.ENABLED);
        tell(enableCompileCache({ directory: 'cache' }));
        tell(enableCompileCache('other'));
        console.log(relative(process.cwd(), dirname(getCompileCacheDir())));
        try { enableCompileCache(1) } catch (error) { console.log(error.code, error.message) }
    """})
    assert output(command, "a.cjs", folder=tmp_path) == (
        "undefined 1\n1 cache\n2 cache/v24.\ncache\nERR_INVALID_ARG_TYPE cacheDir should be a string\n")


def test_the_environment_can_forbid_it_and_a_bad_folder_is_told(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "file": "", "a.cjs": "console.log(JSON.stringify(require('module').enableCompileCache('file')));",
    })
    assert output(command, "a.cjs", folder=tmp_path) == (
        '{"status":0,"message":"Cannot create cache directory: not a directory"}\n')
    assert output(command, "a.cjs", folder=tmp_path, NODE_DISABLE_COMPILE_CACHE="1") == (
        '{"status":3,"message":"Disabled by NODE_DISABLE_COMPILE_CACHE"}\n')


def test_a_portable_cache_moves_with_its_folder(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"here/a.mjs": "console.log(1)"})
    portable = {"NODE_COMPILE_CACHE": "cache", "NODE_COMPILE_CACHE_PORTABLE": "1", **DEBUG}
    run(command, "a.mjs", folder=tmp_path / "here", **portable)
    (tmp_path / "here").rename(tmp_path / "there")
    done = run(command, "a.mjs", folder=tmp_path / "there", **portable)
    assert outcomes(done.stderr) == {"a.mjs": "accepted"}


def test_flushing_writes_at_once(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.cjs": """
        const count = () => require('fs').readdirSync(require('module').getCompileCacheDir()).length;
        console.log(count());
        require('module').flushCompileCache();
        console.log(count());
    """})
    assert output(command, "a.cjs", folder=tmp_path, NODE_COMPILE_CACHE="cache") == "0\n1\n"
