"""`ouro trace`: the program is left alone, the trace goes where it was told to, and bad input is one clear error."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from js.commands import OURO, environment, run, write

TRACE = [*OURO, "trace"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, {
        "app.js": "console.log('out', process.argv[2]); console.error('err'); process.exitCode = 5;",
        "quick.js": "setTimeout(function later() {}, 1)",
        "module.mjs": "import fs from 'node:fs'; await fs.promises.stat('.'); console.log('module');",
        "common.cjs": "console.log(typeof require)",
        "app.py":
            "import sys\nfrom ouroloop.node import set_timeout\nset_timeout(lambda: print('out', sys.argv[1]), 1)\n",
    })
    return tmp_path


def test_output_and_exit_code_are_the_programs(folder: Path) -> None:
    done = run([*TRACE, "--format", "json"], "app.js", "word", folder=folder)
    assert (done.returncode, done.stdout) == (5, "out word\n")
    assert done.stderr.startswith("err\nouro trace: trace.json: ")


@pytest.mark.parametrize(
    ("program", "out"), [("module.mjs", "module\n"), ("common.cjs", "function\n"), ("app.py", "out a\n")])
def test_any_kind_of_program_is_traced(folder: Path, program: str, out: str) -> None:
    done = run([*TRACE, "--format", "json"], program, "a", folder=folder)
    assert (done.returncode, done.stdout) == (0, out), done
    assert json.loads((folder / "trace.json").read_text())["duration"] > 0


@pytest.mark.parametrize("kind", ["html", "perfetto", "text", "json"])
def test_a_programs_modules_may_have_names_of_pythons(folder: Path, kind: str) -> None:
    names = ("base64", "bisect", "copy", "hashlib", "itertools", "html", "json", "struct", "sysconfig", "urllib")
    write(folder, {f"{name}.py": "raise ImportError('not for the trace')" for name in names})
    done = run([*TRACE, "--format", kind], "app.py", "a", folder=folder)
    assert (done.returncode, done.stdout) == (0, "out a\n")
    assert "lost" not in done.stderr
    assert "Error" not in done.stderr


def test_code_of_the_command_line_is_traced_and_options_of_ouro_are_taken(folder: Path) -> None:
    done = run(TRACE, "--no-warnings", "--format=text", "-e", "console.log(process.argv[1])", "a", folder=folder)
    assert (done.returncode, done.stdout) == (0, "a\n")
    assert "main program" in done.stderr


def test_options_after_the_program_are_the_programs(folder: Path) -> None:
    done = run([*TRACE, "--format", "json"], "app.js", "--limit", folder=folder)
    assert (done.returncode, done.stdout) == (5, "out --limit\n")


def test_the_message_says_where_how_many_and_what_was_dropped(folder: Path) -> None:
    write(folder, {"app.js": "let n = 0; (function next() { if (++n < 5000) setImmediate(next); })()"})
    done = run([*TRACE, "--format", "perfetto", "--limit", "1000"], "app.js", folder=folder)
    assert done.stderr.startswith("ouro trace: trace.perfetto.json: ")
    assert " callbacks in " in done.stderr
    assert " older records were dropped (--limit keeps more)" in done.stderr


def test_text_goes_to_standard_error_a_file_or_standard_output(folder: Path) -> None:
    plain = [*TRACE, "--format", "text"]
    done = run(plain, "quick.js", folder=folder)
    assert done.stdout == ""
    assert "timer later 1 ms  quick.js:1  ← main" in done.stderr
    done = run([*plain, "-o", "-"], "quick.js", folder=folder)
    assert "timer later" in done.stdout
    assert done.stderr == ""
    done = run([*plain, "-o", "here.txt"], "quick.js", folder=folder)
    assert "timer later" in (folder / "here.txt").read_text()
    assert done.stderr.startswith("ouro trace: here.txt: ")


def test_a_program_without_permissions_is_traced_and_has_no_more_of_them(folder: Path) -> None:
    write(folder, {"app.js": "try { require('fs').rmSync('x'); } catch (error) { console.log(error.code); }"})
    done = run([*TRACE, "--format", "json", "--permission"], "app.js", folder=folder)
    assert (done.returncode, done.stdout) == (0, "ERR_ACCESS_DENIED\n")
    assert (folder / "trace.json").exists()


def test_a_trace_that_cannot_be_written_costs_a_message_and_no_more(folder: Path) -> None:
    done = run([*TRACE, "--format", "json", "-o", "/dev/full"], "app.js", "word", folder=folder)
    assert (done.returncode, done.stdout) == (5, "out word\n")
    assert done.stderr.endswith(" is lost: /dev/full: No space left on device\n")


def test_the_file_is_named_from_where_the_program_began(folder: Path) -> None:
    write(folder, {"app.js": "process.chdir('/')"})
    done = run([*TRACE, "--format", "json", "-o", "out.json"], "app.js", folder=folder)
    assert done.returncode == 0
    assert (folder / "out.json").exists()


@pytest.mark.parametrize(("words", "complaint"), [
    (["--format", "svg", "quick.js"], "--format must be one of html, perfetto, text, json, otlp, not svg"),
    (["--format"], "--format needs a value: --format text"),
    (["--limit", "many", "quick.js"], "--limit must be a whole number from 1 to 10,000,000, not many"),
    (["--limit", "0", "quick.js"], "--limit must be a whole number from 1 to 10,000,000, not 0"),
    (["--live=yes", "quick.js"], "--live takes no value"),
    (["-o", "", "quick.js"], "-o needs the name of a file, or - for standard output"),
    (["--format", "text", "--open", "quick.js"],
     "--open shows a page in a browser, and --format text makes none; leave one of them out"),
    (["--format", "otlp", "-o", "x", "quick.js"],
     "--format otlp sends the trace to a collector; leave -o out, or choose another format"),
])
def test_bad_options_end_with_9_and_one_line_before_anything_runs(
    folder: Path, words: list[str], complaint: str,
) -> None:
    done = run(TRACE, *words, folder=folder)
    assert (done.returncode, done.stdout, done.stderr) == (9, "", f"ouro trace: {complaint}\n")


def test_a_place_that_cannot_be_written_is_refused_before_the_program_runs(folder: Path) -> None:
    done = run([*TRACE, "--format", "json", "-o", "nowhere/trace.json"], "app.js", folder=folder)
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.endswith("/nowhere for the trace; make it, or name another file with -o\n")
    done = run([*TRACE, "--format", "json", "-o", "."], "app.js", folder=folder)
    assert done.stderr.endswith(" is a folder; name a file in it with -o\n")


@pytest.mark.parametrize("words", [["-o", "app.js"], ["-o", "app.js", "app.js"], ["-o", "tool", "tool", "app.js"]])
def test_a_program_is_not_overwritten(words: list[str], folder: Path) -> None:
    (folder / "tool").write_text("console.log(1)")
    before = {file.name: file.read_text() for file in folder.iterdir()}
    done = run([*OURO, "trace", "--format", "json"], *words, folder=folder)
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.endswith(" is a program; name another file for the trace with -o\n")
    assert before == {file.name: file.read_text() for file in folder.iterdir()}


def test_a_file_that_the_program_is_given_may_be_overwritten(folder: Path) -> None:
    (folder / "out.json").write_text("old")
    run([*OURO, "trace", "--format", "json"], "-o", "out.json", "app.js", "out.json", folder=folder)
    assert json.loads((folder / "out.json").read_text())["program"] == "app.js"


def test_options_that_ouro_does_not_know_are_refused_as_ever(folder: Path) -> None:
    done = run(TRACE, "--unheard-of", "app.js", folder=folder)
    assert done.returncode == 9
    assert done.stderr.endswith(": bad option: --unheard-of\n")


@pytest.mark.parametrize("option", ["--watch", "--run=x"])
def test_what_runs_elsewhere_is_not_traced_and_says_so(folder: Path, option: str) -> None:
    done = run(TRACE, option, "app.js", folder=folder)
    assert done.returncode == 9
    assert "another process" in done.stderr


def test_without_a_program_at_a_terminal_it_says_what_to_do(folder: Path) -> None:
    master, terminal = os.openpty()
    try:
        done = subprocess.run(
            TRACE, stdin=terminal, capture_output=True, text=True, timeout=30, env=environment(), check=False)
    finally:
        os.close(master)
        os.close(terminal)
    assert done.returncode == 9
    assert done.stderr == "ouro trace: name a program to run: ouro trace app.js (ouro trace --help tells more)\n"


@pytest.mark.parametrize("command", ["trace", "why"])
def test_help_names_every_option(command: str, folder: Path) -> None:
    from ouroloop.xray.command import TRACE_OPTIONS, WHY_OPTIONS

    done = run([*OURO, command], "--help", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    for name in TRACE_OPTIONS if command == "trace" else WHY_OPTIONS:
        assert name in done.stdout


def test_by_nodes_name_a_program_may_be_called_as_a_command_is(folder: Path) -> None:
    write(folder, {"trace": "console.log(process.argv.length, process.argv0.endsWith('ouro-node'))"})
    script = "import sys; sys.argv[0] = 'ouro-node'; from ouroloop.cli import main; sys.exit(main())"
    done = run([sys.executable, "-c", script], "trace", "quick.js", folder=folder)
    assert (done.returncode, done.stdout[:2]) == (0, "3 "), done


def complete(folder: Path, *words: str) -> set[str]:
    """What bash offers for the last of these words."""
    script = run(OURO, "--completion-bash", folder=folder).stdout
    line = " ".join(f"'{word}'" for word in words)
    ask = f"""{script}
COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _ouro_complete; printf '%s\\n' "${{COMPREPLY[@]}}" """
    return set(subprocess.run(
        ["bash", "-c", ask], cwd=folder, capture_output=True, text=True, timeout=30, check=True).stdout.split())


def test_bash_completes_the_commands_their_options_and_formats(folder: Path) -> None:
    assert {"trace"} <= complete(folder, "ouro", "tr")
    assert complete(folder, "ouro", "trace", "--li") == {"--limit", "--live"}
    assert complete(folder, "ouro", "trace", "--format", "per") == {"perfetto"}
    assert complete(folder, "ouro", "why", "--af") == {"--after"}
    assert "--limit" not in complete(folder, "ouro", "--li")
    assert complete(folder, "ouro", "trace", "app.") == {"app.js", "app.py"}


def started(folder: Path, name: str) -> subprocess.Popen[str]:
    """A traced program that has said that it is ready."""
    process = subprocess.Popen(
        [*TRACE, "--format", "json", name], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment())
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    return process


WAITING = {
    "app.js": "console.log('ready'); setInterval(() => {}, 1000)",
    "app.py": "from ouroloop.node import set_interval\nset_interval(print, 100000)\nprint('ready', flush=True)\n",
}


@pytest.mark.parametrize("name", WAITING)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_program_that_a_signal_ends_is_traced_too(folder: Path, name: str, number: int) -> None:
    write(folder, WAITING)
    process = started(folder, name)
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == -number
    assert told.startswith("ouro trace: trace.json: ")


def test_a_program_that_listens_for_a_signal_gets_it(folder: Path) -> None:
    write(folder, {"app.js": """
        process.on('SIGINT', () => { console.log('mine'); setTimeout(() => process.exit(7), 10); });
        setInterval(() => {}, 1000); console.log('ready');"""})
    process = started(folder, "app.js")
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=30)
    assert (process.returncode, out) == (7, "mine\n")
    assert told.startswith("ouro trace: trace.json: ")


def test_a_second_signal_ends_a_busy_program_at_once(folder: Path) -> None:
    write(folder, {"app.js": "console.log('ready'); for (;;);"})
    process = started(folder, "app.js")
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT
