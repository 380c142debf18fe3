"""The command `ouro`, as a person meets it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import ouroloop
from ouroloop.js.snapshot import NODE_VERSION


def ouro(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `ouro`."""
    return subprocess.run(
        [sys.executable, "-m", "ouroloop", *map(str, arguments)],
        capture_output=True, text=True, timeout=30, check=False, **options,
    )


@pytest.fixture
def program(tmp_path: Path) -> Any:
    """A function that writes a program and returns its path."""

    def write(source: str, name: str = "program.py") -> Path:
        path = tmp_path / name
        path.write_text(textwrap.dedent(source))
        return path

    return write


@pytest.mark.parametrize("option", ["-v", "--version"])
def test_version(option: str) -> None:
    done = ouro(option)
    told = f"v{NODE_VERSION} (ouroloop {ouroloop.__version__})\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, told, "")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(option: str) -> None:
    done = ouro(option)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("Usage: ouro", "--log", "--version", "OUROLOOP_QUEUE", "UV_THREADPOOL_SIZE"):
        assert word in done.stdout


@pytest.mark.parametrize("arguments", [["--unknown", "x.py"], ["-x"]])
def test_bad_options_end_with_9_and_one_line(arguments: list[str]) -> None:
    done = ouro(*arguments)
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.endswith(f": bad option: {arguments[0]}\n")
    assert done.stderr.count("\n") == 1


def test_without_a_program_and_at_a_terminal_there_is_nothing_to_do() -> None:
    master, terminal = os.openpty()
    try:
        done = ouro(stdin=terminal)
    finally:
        os.close(master)
        os.close(terminal)
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.endswith(": name a program to run; there is no prompt in this version (see ouro --help)\n")


def test_a_program_runs_as_python_would_run_it(program: Any) -> None:
    path = program(
        """
        import builtins, os, sys
        import neighbour
        print(__name__, __file__, __package__, __spec__, __doc__)
        print(sys.argv, sys.path[0])
        print(neighbour.name, sys.modules["__main__"].__file__ == __file__)
        if __name__ == "__main__":
            print("is main", __builtins__ is builtins)
        """
    )
    program("name = 'next door'", "neighbour.py")
    arguments = [str(path), "a", "-b", "--version"]
    done = ouro(*arguments)
    expected = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, expected.stdout, "")
    assert "next door" in done.stdout


def test_a_relative_path_works_from_any_directory(program: Any) -> None:
    path = program("import sys; print(__file__, sys.argv, sys.path[0])")
    done = ouro(path.name, cwd=path.parent)
    assert done.stdout.split() == [str(path), "['program.py']", str(path.parent)]


@pytest.mark.parametrize(
    ("head", "called"),
    [
        ("async def main()", True), ("async def main(x=1)", True), ("async def main(*args, y=2)", True),
        ("def main()", False), ("async def main(x)", False), ("async def main(*, x)", False),
        ("async def other()", False),
    ],
)
def test_main_is_called_if_it_is_a_coroutine_function_without_arguments(program: Any, head: str, called: bool) -> None:
    done = ouro(program(f"{head}:\n    print('called')\n"))
    assert done.returncode == 0
    assert done.stdout == ("called\n" if called else "")
    assert ("takes arguments" in done.stderr) == ((not called and "(x)" in head) or "*, x" in head)


RUN_ITSELF = """
from ouroloop.node import run, set_timeout, process
async def main():
    print("main")
    set_timeout(print, 1, "timer")
    process.exit_code = 3
if __name__ == "__main__":
    run(main)
"""


def test_a_program_that_calls_run_works_with_both_commands(program: Any) -> None:
    path = program(RUN_ITSELF)
    by_ouro = ouro(path)
    by_python = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=30, check=False)
    for done in (by_ouro, by_python):
        assert (done.returncode, done.stdout, done.stderr) == (3, "main\ntimer\n", "")


def test_errors_under_plain_python_are_reported_the_same_way(program: Any) -> None:
    path = program("from ouroloop.node import run\nasync def main():\n    raise ValueError('x')\nrun(main)\n")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[1].startswith(f'  File "{path}", line 3, in main')


@pytest.mark.parametrize(
    ("source", "code"),
    [("import sys; sys.exit(4)", 4), ("from ouroloop.node import process; process.exit(5)", 5),
     ("from ouroloop.node import process; process.exit_code = 6", 6), ("raise SystemExit", 0), ("1/0", 1)],
)
def test_the_exit_code_is_the_programs(program: Any, source: str, code: int) -> None:
    assert ouro(program(source)).returncode == code


def test_exit_with_work_under_way_does_not_wait(program: Any) -> None:
    path = program(
        """
        import time
        from ouroloop.node import current, process, set_immediate, set_timeout
        current().loop.queue_work(lambda: time.sleep(20))
        set_timeout(print, 20000)
        set_immediate(process.exit, 7)
        """
    )
    assert ouro(path).returncode == 7


def test_no_such_file() -> None:
    done = ouro("nowhere.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "ouro: cannot open nowhere.py: No such file or directory\n"


def test_a_directory_is_a_javascript_program_or_none(tmp_path: Path) -> None:
    done = ouro(tmp_path)
    assert done.returncode == 1
    assert f"Error: Cannot find module '{tmp_path.resolve()}'\n" in done.stderr
    (tmp_path / "index.js").write_text("console.log('found')")
    assert ouro(tmp_path).stdout == "found\n"


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_an_unreadable_file(program: Any) -> None:
    path = program("print(1)")
    path.chmod(0)
    done = ouro(path)
    assert done.returncode == 1
    assert done.stderr == f"ouro: cannot open {path}: Permission denied\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"print('\xff\xfe')", "cannot be read as text"), (b"print(1)\0", "contains NUL bytes"),
     (b"# coding: nonsense\n", "cannot be read as text")],
)
def test_what_is_not_text_is_no_program(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "program.py"
    path.write_bytes(content)
    done = ouro(path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"ouro: {path} ")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_other_encodings_can_be_declared(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_bytes("# coding: latin-1\nprint(ascii('ü'))\n".encode("latin-1"))
    assert ouro(path).stdout == "'\\xfc'\n"


@pytest.mark.parametrize("name", ["app.js", "app.mjs", "app.cjs", "app"])
def test_javascript_is_told_apart(program: Any, name: str) -> None:
    done = ouro(program("console.log(typeof process.version)", name))
    assert (done.returncode, done.stdout, done.stderr) == (0, "string\n", "")


def test_a_syntax_error_is_shown_with_its_place_and_nothing_of_ours(program: Any) -> None:
    path = program("x = 1\nif x\n    pass\n")
    done = ouro(path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == f'  File "{path}", line 2'
    assert "SyntaxError" in done.stderr
    assert "cli.py" not in done.stderr


def test_a_syntax_error_in_an_imported_module(program: Any) -> None:
    path = program("import broken\n")
    broken = program("def f(:\n", "broken.py")
    done = ouro(path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[1] == f'  File "{path}", line 1, in <module>'
    assert f'  File "{broken}", line 1' in done.stderr


def test_a_reader_that_leaves_ends_the_program_quietly(program: Any) -> None:
    path = program(
        """
        from ouroloop.node import set_interval
        set_interval(lambda: print("x" * 10000, flush=True), 1)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-m", "ouroloop", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(20) == 1


def test_a_reader_that_has_left_at_the_end_is_no_error_either(program: Any) -> None:
    path = program("import time\ntime.sleep(0.3)\nprint('x')\n")
    with subprocess.Popen(
        [sys.executable, "-m", "ouroloop", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(20) == 1


@pytest.mark.parametrize("source", ["1", "import sys\nsys.stdout.close()", "with __import__('sys').stdout: print('x')"])
def test_a_program_may_be_without_standard_output(program: Any, source: str) -> None:
    path = program(source)
    for redirection in ("", ">&-", "<&- >&-"):
        command = f'"{sys.executable}" -m ouroloop "{path}" {redirection}'
        if redirection and source != "1":
            continue
        for log in ("", "1"):
            done = subprocess.run(
                command, shell=True, capture_output=True, text=True, timeout=30, check=False,
                env={**os.environ, "OUROLOOP_LOG": log},
            )
            assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_told_of(program: Any) -> None:
    path = program("print('x')")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ouroloop", str(path)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30,
            check=False, env=environment,
        )
    assert done.returncode != 0
    assert "No space left on device" in done.stderr
    assert "cli.py" not in done.stderr


def test_the_log_falls_silent_when_its_reader_leaves_and_the_program_goes_on(program: Any, tmp_path: Path) -> None:
    path = program(
        f"""
        from ouroloop.node import fs, set_timeout

        async def main():
            for _ in range(100):
                await fs.stat(__file__)
            await fs.write_file({str(tmp_path / "done")!r}, "")
        """
    )
    with subprocess.Popen(
        [sys.executable, "-m", "ouroloop", "--log", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(20) in (0, 1)
    assert (tmp_path / "done").exists()


@pytest.mark.parametrize("raised", ["Mine('x')", "GeneratorExit('x')", "asyncio.CancelledError('x')"])
@pytest.mark.parametrize("where", ["at_once", "in_main", "in_a_timer"])
def test_errors_that_are_no_exceptions_end_the_program_like_others(program: Any, raised: str, where: str) -> None:
    path = program(
        f"""
        import asyncio, sys
        from ouroloop.node import set_timeout

        class Mine(BaseException):
            pass

        def at_once():
            raise {raised}

        async def main():
            if {where!r} == "in_main":
                at_once()

        if {where!r} == "in_a_timer":
            set_timeout(at_once, 1)
        elif {where!r} == "at_once":
            at_once()
        """
    )
    done = ouro(path)
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1].endswith(": x")
    assert "ouroloop" + os.sep not in done.stderr


def test_a_forked_child_that_exits_leaves_its_parents_loop_alone(program: Any, queue: str) -> None:
    path = program(
        """
        import os, sys
        from ouroloop.node import fs

        async def main():
            await fs.stat(__file__)
            child = os.fork()
            if not child:
                sys.exit(7)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            await fs.stat(__file__)
            print("still listening")
        """
    )
    # From 3.12 on Python warns of every fork in a process that has threads.
    done = ouro(path, env={**os.environ, "PYTHONWARNINGS": "ignore::DeprecationWarning"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "7\nstill listening\n", "")


def test_an_unknown_queue_is_told_of_in_one_line(program: Any) -> None:
    done = ouro(program("print('x')"), env={**os.environ, "OUROLOOP_QUEUE": "nope"})
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.startswith("ouro: ")
    assert done.stderr.count("\n") == 1
    assert "nope" in done.stderr


@pytest.mark.parametrize("by", ["option", "variable"])
def test_the_log_tells_of_the_loop(program: Any, by: str, queue: str) -> None:
    path = program("from ouroloop.node import set_timeout\nset_timeout(print, 1, 'timer')\n")
    done = ouro("--log", path) if by == "option" else ouro(path, env={**os.environ, "OUROLOOP_LOG": "1"})
    assert done.returncode == 0
    assert "timer" in done.stdout + done.stderr
    assert "TICK" in done.stdout + done.stderr
    assert ouro(path).stdout == "timer\n"


HEAVY = {
    "argparse", "asyncio", "ctypes", "dataclasses", "http", "httptools", "inspect", "logging", "pycares", "socket",
    "ssl", "subprocess", "traceback", "ouroloop.loop.process", "ouroloop.loop.tcp", "ouroloop.node.crypto",
    "ouroloop.node.fs", "ouroloop.node.http", "ouroloop.node.net", "ouroloop.node.promise", "ouroloop.node.stream",
}


def test_little_is_imported_for_a_small_program(program: Any) -> None:
    path = program(
        """
        import sys
        from ouroloop.node import set_timeout
        set_timeout(lambda: print(*sys.modules), 1)
        """
    )
    loaded = set(ouro(path).stdout.split())
    assert "ouroloop.node.timers" in loaded
    assert loaded & HEAVY == set()


def test_main_starts_before_what_the_program_has_queued(program: Any) -> None:
    path = program(
        """
        from ouroloop.node import next_tick
        next_tick(print, "tick")
        async def main():
            print("main")
        """
    )
    assert ouro(path).stdout == "main\ntick\n"


def test_a_main_that_takes_arguments_is_not_called_and_that_is_said(program: Any) -> None:
    done = ouro(program("async def main(argv): print('called')\n"))
    assert done.stdout == ""
    assert "main() takes arguments" in done.stderr


def test_a_main_that_cannot_finish_is_told_of_with_its_place(program: Any) -> None:
    done = ouro(program("from ouroloop.node import Promise\nasync def main():\n    await Promise()\n"))
    assert done.returncode == 13
    assert "program.py:3 can no longer happen" in done.stderr


def test_a_callback_that_cannot_take_its_arguments_is_named_with_its_place(program: Any) -> None:
    done = ouro(program("from ouroloop.node import process\n\nprocess.on('exit', lambda: None)\n"))
    assert done.returncode == 1
    assert "takes 0 positional arguments but 1 was given" in done.stderr
    assert "program.py:3" in done.stderr


def test_an_error_event_without_a_listener_says_whose_it_was(program: Any) -> None:
    done = ouro(program("from ouroloop.node import net\nnet.create_server().listen(0, '192.0.2.1')\n"))
    assert done.returncode == 1
    assert "listen EADDRNOTAVAIL" in done.stderr
    assert "'error' event of a Server" in done.stderr


def test_an_unhandled_rejection_says_that_nobody_awaited(program: Any) -> None:
    done = ouro(program("from ouroloop.node import fs\nfs.read_file('/does/not/exist')\n"))
    assert done.returncode == 1
    assert "nobody awaited" in done.stderr


@pytest.mark.parametrize("call", ["run(main)", "run(main())"])
def test_a_program_under_plain_python_runs_its_main(program: Any, call: str) -> None:
    path = program(f"from ouroloop.node import run\nasync def main(): print('main')\n{call}\n")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=20, check=True)
    assert (done.stdout, done.stderr) == ("main\n", "")


def test_a_program_whose_loop_nobody_runs_says_so(program: Any) -> None:
    path = program("from ouroloop.node import set_timeout\nset_timeout(print, 1, 'never')\n")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == ""
    assert "its loop was never run" in done.stderr
