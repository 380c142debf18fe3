"""process: exit codes, figures, identity, and how errors that nobody takes end a program.

Each test states what Node 24 does. With OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from js.commands import output, run, write


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("process.exitCode = '5'", 5, ""),
        ("process.exitCode = 4; process.exit(undefined)", 0, ""),
        ("process.exitCode = 4; process.exit()", 4, ""),
        ("process.exitCode = -1", 255, ""),
        ("process.on('exit', (code) => { console.log(code); process.exitCode = 9 })", 9, "0\n"),
        ("process.on('exit', () => { process.exitCode = undefined }); process.exitCode = 4", 4, ""),
        ("process.on('exit', (code) => { console.log(code); process.exit(7) }); process.exit(3)", 7, "3\n"),
        ("process.on('exit', () => { process.exit(0) }); throw 1", 0, ""),
        ("process.on('exit', (code) => { console.log(code, process.exitCode) }); throw 1", 1, "1 1\n"),
        ("try { process.exitCode = 1.5 } catch (error) { console.log(error.code) }", 0, "ERR_OUT_OF_RANGE\n"),
        ("try { process.exit('x') } catch (error) { console.log(error.code) }", 0, "ERR_INVALID_ARG_TYPE\n"),
    ],
)
def test_exit_codes(command: list[str], tmp_path: Path, source: str, code: int, said: str) -> None:
    done = run(command, "-e", source, folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, said)


def test_an_error_is_told_after_exit_and_not_at_all_if_exit_ends_it(command: list[str], tmp_path: Path) -> None:
    done = run(command, "-e", "process.on('exit', () => console.error('exit')); throw new Error('x')", folder=tmp_path)
    assert done.stderr.startswith("exit\n[eval]:1\n")
    done = run(command, "-e", "process.on('exit', () => process.exit(3)); throw new Error('x')", folder=tmp_path)
    assert (done.returncode, done.stderr) == (3, "")


def test_who_hears_of_resolving_twice_is_warned_once(command: list[str], tmp_path: Path) -> None:
    source = """
        process.on('multipleResolves', (type) => console.log(type));
        process.on('warning', ({ code }) => console.log(code));
        if (process.argv[1]) for (let i = 0; i < 2; i++) new Promise((resolve) => { resolve(1); resolve(2); });
    """
    assert run(command, "-e", source, "x", folder=tmp_path).stdout == "resolve\nresolve\nDEP0160\n"
    assert run(command, "-e", source, folder=tmp_path).stdout == ""


def test_bindings_of_old_are_there_by_name(command: list[str], tmp_path: Path) -> None:
    source = """
        console.log(process.binding('util').isDate(new Date()), process.binding('uv').errname(-2));
        console.log(process.binding('constants').os.signals.SIGINT, typeof process.binding('natives').fs);
        try { process.binding('nothing') } catch (error) { console.log(error.message) }
    """
    done = run(command, "-e", source, folder=tmp_path)
    assert (done.stdout, done.stderr) == ("true ENOENT\n2 string\nNo such module: nothing\n", "")
    done = run(command, "--pending-deprecation", "-e", "process.binding('util')", folder=tmp_path)
    assert "[DEP0111] DeprecationWarning: process.binding() is deprecated." in done.stderr


def test_the_environment_is_an_object_of_texts(command: list[str], tmp_path: Path) -> None:
    source = """
        const { spawnSync } = require('child_process');
        const child = spawnSync('env', { encoding: 'utf8', env: { PATH: process.env.PATH, 42: 7 } });
        console.log(typeof structuredClone(process.env), /^42=7$/m.test(child.stdout));
    """
    assert output(command, "-e", source, folder=tmp_path) == "object true\n"


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("throw new Error('x')", -5, ""),
        ("try { throw new Error('x') } catch { console.log('caught') }", 0, "caught\n"),
        ("process.setUncaughtExceptionCaptureCallback(() => console.log('told')); throw new Error('x')", 0, "told\n"),
        ("process.setUncaughtExceptionCaptureCallback(() => console.log('told'));"
         "process.setUncaughtExceptionCaptureCallback(null); throw new Error('x')", -5, ""),
        ("const domain = require('domain').create(); domain.on('error', () => console.log('told'));"
         "domain.run(() => { throw new Error('x') })", 0, "told\n"),
        ("Promise.reject(new Error('x'))", -6, ""),
    ],
)
def test_an_error_may_abort_unless_a_callback_takes_it(
    command: list[str], tmp_path: Path, source: str, code: int, said: str,
) -> None:
    done = run(command, "--abort-on-uncaught-exception", "-e", source, folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, said)


def test_another_program_may_take_over(command: list[str], tmp_path: Path) -> None:
    source = "process.execve('/bin/sh', ['sh', '-c', 'echo $FOO; exit 3'], { FOO: 'bar' })"
    done = run(command, "-e", source, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (3, "bar\n", "")
    done = run(command, "-e", "process.execve('/absent')", folder=tmp_path)
    assert done.returncode == -6
    assert "process.execve failed with error code ENOENT\n" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_process_goes_on_when_it_has_given_up_its_rights(command: list[str], tmp_path: Path) -> None:
    source = """
        process.setgid(65534);
        process.setuid(65534);
        try { process.setuid(0) } catch (error) { console.log(error.message, error.errno) }
        require('child_process');
        console.log(process.getuid(), require('os').userInfo().uid);
    """
    assert output(command, "-e", source, folder=tmp_path) == "EPERM, Operation not permitted 1\n65534 65534\n"


def test_texts_end_at_nul_as_the_system_has_them(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    source = r"process.chdir('a\0b'); process.env.X = 'x\0y'; console.log(process.cwd().slice(-2), process.env.X)"
    assert output(command, "-e", source, folder=tmp_path) == "/a x\n"


def test_streams_that_are_closed_are_nowhere(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "const fs = require('fs'); console.log(fs.openSync('a.js') > 2)"})
    words = ["sh", "-c", 'exec "$@" <&-', "sh", *command]
    assert output(words, "a.js", folder=tmp_path) == "true\n"


def test_what_the_command_line_switches_on_is_seen_on_process(command: list[str], tmp_path: Path) -> None:
    names = "noDeprecation", "traceDeprecation", "throwDeprecation"
    show = f"[{', '.join(f'process.{name}' for name in names)}, 'noDeprecation' in process].join()"
    assert output(command, "-p", show, folder=tmp_path) == ",,,false\n"
    options = ["--no-deprecation", "--trace-deprecation", "--throw-deprecation"]
    assert output(command, *options, "-p", show, folder=tmp_path) == "true,true,true,true\n"
    write(tmp_path, {"pre.js": ""})
    show = "process._preload_modules + process._eval.length + process._print_eval + process.debugPort"
    said = output(command, "-r", "./pre.js", "--inspect-port=5555", "-p", show, folder=tmp_path)
    assert said == f"./pre.js{len(show)}true5555\n"
