"""process: what a program may ask, its signals, its warnings, its end."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

import ouroloop
from ouroloop import node
from ouroloop.node import environment
from ouroloop.node.environment import Environment
from ouroloop.node.process import Process, signal_number
from ouroloop.node.promise import Promise
from ouroloop.node.timers import set_immediate, set_timeout


def run_program(tmp_path: Path, source: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `source` with ouro, in a process of its own."""
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(source))
    return subprocess.run(
        [sys.executable, "-m", "ouroloop", str(path), *arguments],
        capture_output=True, text=True, timeout=30, check=False, **options,
    )


# What it is


def test_it_knows_itself(env: Environment) -> None:
    process = env.process
    assert process.pid == os.getpid()
    assert process.ppid == os.getppid()
    assert process.exec_path == sys.executable
    assert process.argv[0] == sys.executable
    assert process.env is os.environ
    assert process.cwd() == os.getcwd()
    assert process.version == f"v{ouroloop.__version__}"
    assert process.versions["python"] == sys.version.split()[0]
    assert process.versions["ouroloop"] == ouroloop.__version__


@pytest.mark.skipif(sys.platform != "linux", reason="asks for Linux's names")
def test_platform_and_arch_have_nodes_names(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.process.platform == "linux"
    for machine, name in (("x86_64", "x64"), ("aarch64", "arm64"), ("i686", "ia32"), ("riscv64", "riscv64")):
        monkeypatch.setattr(os, "uname", lambda machine=machine: os.uname_result(("", "", "", "", machine)))
        assert env.process.arch == name


def test_argv_can_be_given() -> None:
    with Environment(argv=["python", "program", "x"]) as env:
        assert env.process.argv == ["python", "program", "x"]


def test_process_is_that_of_the_current_environment(env: Environment) -> None:
    assert node.process is env.process
    with Environment() as inner:
        assert node.process is inner.process
        assert environment.current() is inner
    assert node.process is env.process
    assert isinstance(node.process, Process)


def test_directories_and_masks(env: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(os.getcwd())
    env.process.chdir(tmp_path)
    assert env.process.cwd() == os.path.realpath(tmp_path)
    with pytest.raises(FileNotFoundError):
        env.process.chdir(tmp_path / "nowhere")
    before = env.process.umask()
    assert env.process.umask(0o077) == before
    assert env.process.umask() == 0o077
    assert env.process.umask(before) == 0o077


def test_it_measures(env: Environment) -> None:
    process = env.process
    first = process.hrtime()
    assert isinstance(first, int)
    time.sleep(0.002)
    assert process.hrtime() - first >= 2_000_000
    assert 0 < process.uptime() < 100_000
    assert process.memory_usage()["rss"] > 1_000_000
    usage = process.cpu_usage()
    assert usage["user"] + usage["system"] > 0
    sum(range(1_000_000))
    later = process.cpu_usage(usage)
    assert 0 <= later["user"] + later["system"] < usage["user"] + usage["system"] + 60_000_000
    assert process.resource_usage()["max_rss"] > 1000


@pytest.mark.skipif(sys.platform != "linux", reason="the command name is /proc's")
def test_the_title_is_what_ps_shows(env: Environment) -> None:
    before = Path("/proc/self/comm").read_text().strip()
    try:
        env.process.title = "an ouroboros"
        assert env.process.title == "an ouroboros"
        assert Path("/proc/self/comm").read_text().strip() == "an ouroboros"
    finally:
        env.process.title = before


# Signals


def test_a_signal_is_an_event_with_name_and_number(env: Environment) -> None:
    seen: list[Any] = []

    def caught(name: str, number: int) -> None:
        seen.append((name, number))
        env.process.off("SIGUSR1", caught)
        keep.close()

    def program() -> None:
        nonlocal keep
        keep = set_timeout(lambda: None, 5000)
        env.process.on("SIGUSR1", caught)
        set_immediate(env.process.kill, os.getpid(), "SIGUSR1")

    keep: Any = None
    before = signal.getsignal(signal.SIGUSR1)
    env.run(program)
    assert seen == [("SIGUSR1", int(signal.SIGUSR1))]
    assert signal.getsignal(signal.SIGUSR1) == before, "the default action is back with the last listener gone"


def test_every_listener_of_a_signal_hears_it(env: Environment) -> None:
    seen: list[str] = []

    def program() -> None:
        keep = set_timeout(lambda: None, 5000)
        env.process.on("SIGUSR2", lambda name, number: seen.append("first"))
        env.process.once("SIGUSR2", lambda name, number: (seen.append("second"), keep.close()))
        set_immediate(os.kill, os.getpid(), signal.SIGUSR2)

    env.run(program)
    assert seen == ["first", "second"]


def test_a_signal_listener_does_not_keep_the_program(env: Environment) -> None:
    start = time.monotonic()
    env.run(lambda: env.process.on("SIGTERM", lambda *_: None) and None)
    assert time.monotonic() - start < 2
    env.process.remove_all_listeners("SIGTERM")


def test_a_signal_listener_may_be_a_coroutine(env: Environment) -> None:
    seen: list[str] = []

    async def caught(name: str, number: int) -> None:
        await Promise.resolve()
        seen.append(name)
        keep.close()

    def program() -> None:
        nonlocal keep
        keep = set_timeout(lambda: None, 5000)
        env.process.on("SIGHUP", caught)
        set_immediate(os.kill, os.getpid(), signal.SIGHUP)

    keep: Any = None
    env.run(program)
    assert seen == ["SIGHUP"]


def test_signals_that_nobody_can_catch_are_refused(env: Environment) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.EINVAL)) as caught:
        env.process.on("SIGKILL", lambda *_: None)
    assert caught.value.errno == errno.EINVAL
    assert env.process.listener_count("SIGKILL") == 0


def test_kill_by_name_and_number(env: Environment) -> None:
    assert env.process.kill(os.getpid(), 0) is True
    with pytest.raises(ValueError, match="unknown signal: 'SIGNOTHING'"):
        env.process.kill(os.getpid(), "SIGNOTHING")
    with pytest.raises(ProcessLookupError):
        env.process.kill(2**22 + 1, 0)
    assert signal_number("SIGTERM") == 15
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    env.process.kill(child.pid)
    assert child.wait(10) == -signal.SIGTERM


# Warnings


def test_a_warning_is_printed_and_emitted(env: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Any] = []

    def program() -> None:
        env.process.on("warning", seen.append)
        env.process.emit_warning("plain")
        env.process.emit_warning("old thing", "DeprecationWarning", "DEP0001", "use the new thing")
        env.process.emit_warning(UserWarning("an exception"))

    env.run(program)
    assert capsys.readouterr().err == (
        f"(ouro:{os.getpid()}) Warning: plain\n"
        f"(ouro:{os.getpid()}) [DEP0001] DeprecationWarning: old thing\nuse the new thing\n"
        f"(ouro:{os.getpid()}) UserWarning: an exception\n"
    )
    assert [str(each) for each in seen] == ["plain", "old thing", "an exception"]
    assert seen[1].code == "DEP0001"
    with pytest.raises(TypeError, match="must be a str or an exception"):
        env.process.emit_warning(3)  # type: ignore[arg-type]


def test_a_rejection_handled_late_without_a_listener_is_a_warning(
    env: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    def program() -> None:
        env.process.on("unhandledRejection", lambda error, promise: None)
        late = Promise.reject(ValueError("x"))
        set_immediate(late.catch, lambda error: None)

    assert env.run(program) == 0
    assert "PromiseRejectionHandledWarning: Promise rejection was handled asynchronously" in capsys.readouterr().err


# The end


@pytest.mark.parametrize(("code", "result"), [(None, 0), (0, 0), (3, 3), (255, 255)])
def test_exit_ends_with_its_code(env: Environment, code: int | None, result: int) -> None:
    assert env.run(lambda: env.process.exit(code)) == result


@pytest.mark.parametrize(
    ("code", "result", "printed"), [(None, 0, ""), (4, 4, ""), ("a message", 1, "a message\n")]
)
def test_sys_exit_is_an_exit_too(
    env: Environment, capsys: pytest.CaptureFixture[str], code: Any, result: int, printed: str
) -> None:
    codes: list[int] = []
    env.process.on("exit", codes.append)
    assert env.run(lambda: sys.exit(code)) == result
    assert codes == [result]
    assert capsys.readouterr().err == printed


def test_exit_runs_finally_blocks_and_tells_once(env: Environment) -> None:
    seen: list[Any] = []

    def program() -> None:
        env.process.on("exit", lambda code: seen.append(code))
        try:
            env.process.exit(2)
        finally:
            seen.append("finally")

    assert env.run(program) == 2
    assert seen == [2, "finally"]
    assert env.process.exiting


def test_the_exit_code_must_be_an_int(env: Environment) -> None:
    assert env.process.exit_code is None
    with pytest.raises(TypeError, match="must be an int, not '1'"):
        env.process.exit_code = "1"  # type: ignore[assignment]
    with pytest.raises(TypeError):
        env.process.exit("1")  # type: ignore[arg-type]
    env.process.exit_code = 5
    assert env.run() == 5


# What a person sees


def test_a_traceback_begins_in_the_program(tmp_path: Path) -> None:
    done = run_program(
        tmp_path,
        """
        from ouroloop.node import set_timeout
        def outer():
            inner()
        def inner():
            raise ValueError("from the timer")
        set_timeout(outer, 1)
        """,
    )
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.strip(" ^~")]
    assert lines == [
        "Traceback (most recent call last):",
        f'  File "{tmp_path}/program.py", line 4, in outer',
        "    inner()",
        f'  File "{tmp_path}/program.py", line 6, in inner',
        '    raise ValueError("from the timer")',
        "ValueError: from the timer",
    ]


@pytest.mark.parametrize(
    "start",
    ["broken()", "set_immediate(broken)", "next_tick(broken)", "queue_microtask(broken)",
     "Promise.resolve().then(lambda _: broken())", "Promise.resolve(started())",
     "EventEmitter().on('x', broken).emit('x')", "process.on('exit', lambda code: broken())"],
)
def test_no_frame_of_ours_is_on_top(tmp_path: Path, start: str) -> None:
    done = run_program(
        tmp_path,
        f"""
        from ouroloop.node import *
        def broken():
            raise ValueError("x")
        async def started():
            await Promise.resolve()
            broken()
        {start}
        """,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    first = done.stderr.splitlines()[1]
    assert first.startswith(f'  File "{tmp_path}/program.py"'), done.stderr
    last = [line for line in done.stderr.splitlines() if not line.startswith("It rejected a promise")][-1]
    assert last == "ValueError: x"


def test_chained_errors_are_cleaned_too(tmp_path: Path) -> None:
    done = run_program(
        tmp_path,
        """
        from ouroloop.node import Promise
        async def main():
            try:
                await Promise.reject(KeyError("first"))
            except KeyError as exc:
                raise ValueError("second") from exc
        """,
    )
    assert done.returncode == 1
    assert "KeyError: 'first'" in done.stderr
    assert "ValueError: second" in done.stderr
    assert "The above exception was the direct cause" in done.stderr
    assert f"{os.sep}ouroloop{os.sep}node{os.sep}environment.py" not in done.stderr


def test_a_wrong_argument_points_to_the_programs_line(tmp_path: Path) -> None:
    done = run_program(
        tmp_path,
        """
        from ouroloop.node import set_timeout
        set_timeout("not a function", 1)
        """,
    )
    assert done.returncode == 1
    assert f'File "{tmp_path}/program.py", line 3, in <module>' in done.stderr.splitlines()[1]
    assert "TypeError: the callback must be a function, not 'not a function'" in done.stderr


# Interrupts


def interrupted(tmp_path: Path, source: str) -> tuple[int, str, str]:
    """Run `source`, send SIGINT when it has printed a line; return the status and the output."""
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(source))
    with subprocess.Popen(
        [sys.executable, "-m", "ouroloop", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    ) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
        return child.returncode, first + out, err


def test_an_interrupt_nobody_takes_ends_the_program_as_the_signal_does(tmp_path: Path) -> None:
    status, out, err = interrupted(
        tmp_path,
        """
        import atexit, os
        from ouroloop.node import set_timeout
        set_timeout(print, 50000, "never")
        atexit.register(print, "cleaned up")
        print("buffered")
        os.write(1, b"ready\\n")
        """,
    )
    assert status == -signal.SIGINT
    assert out == "ready\nbuffered\ncleaned up\n"
    assert err == ""


def test_an_interrupt_ends_a_busy_program(tmp_path: Path) -> None:
    status, out, err = interrupted(
        tmp_path,
        """
        print("ready", flush=True)
        while True:
            pass
        """,
    )
    assert (status, out, err) == (-signal.SIGINT, "ready\n", "")


def test_an_interrupt_can_be_listened_for(tmp_path: Path) -> None:
    status, out, err = interrupted(
        tmp_path,
        """
        from ouroloop.node import process, set_timeout
        keep = set_timeout(print, 50000, "never")
        process.on("SIGINT", lambda name, number: (print(name, number), keep.close()))
        print("ready", flush=True)
        """,
    )
    assert (status, out, err) == (0, "ready\nSIGINT 2\n", "")
