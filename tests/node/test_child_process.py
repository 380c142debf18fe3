"""child_process: programs are started, fed, listened to and waited for, with Node's events in Node's order."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ouroloop.node import child_process, set_immediate, set_timeout
from ouroloop.node.child_process import ChildProcess, CommandError, MaxBufferError
from ouroloop.node.environment import Environment
from ouroloop.node.promise import Promise, start


@pytest.fixture(autouse=True)
def no_children(env: Environment) -> Iterator[None]:
    """Every test ends with no child left, not even a dead one."""
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


class Told:
    """What a child told, in order."""

    def __init__(self, child: ChildProcess) -> None:
        self.events: list[tuple[Any, ...]] = []
        for event in ("spawn", "exit", "close", "error"):
            self._keep(child, event, event)
        for name, stream in (("stdin", child.stdin), ("stdout", child.stdout), ("stderr", child.stderr)):
            if stream is not None:
                for event in ("end", "close", "error"):
                    self._keep(stream, event, f"{name}.{event}")
                if name != "stdin":
                    self._keep(stream, "data", f"{name}.data")

    def _keep(self, emitter: Any, event: str, name: str) -> None:
        emitter.on(event, lambda *args: self.events.append((name, *args)))

    def names(self) -> list[str]:
        return [event[0] for event in self.events]

    def of(self, name: str) -> list[tuple[Any, ...]]:
        return [event[1:] for event in self.events if event[0] == name]

    def output(self, name: str = "stdout") -> bytes:
        return b"".join(data for (data,) in self.of(f"{name}.data"))


def run(env: Environment, main: Callable[[], Any]) -> Any:
    """Call `main`, run the loop until nothing is left, and return what `main` returned. May be done several times."""
    results: list[Any] = []
    env.make_callback(lambda: results.append(main()))
    env.loop.run()
    return results[0]


def told(environment: Environment, /, *args: Any, **options: Any) -> Told:
    """Run one child to its end."""
    result = run(environment, lambda: Told(child_process.spawn(*args, **options)))
    assert isinstance(result, Told)
    return result


def awaited(env: Environment, make: Callable[[], Any]) -> Any:
    """What the promise made by `make` is fulfilled with, or the error that it is rejected with."""
    results: list[Any] = []

    async def main() -> None:
        try:
            results.append(await make())
        except Exception as exc:
            results.append(exc)

    run(env, lambda: start(main()))
    return results[0]


# spawn


def test_output_exit_and_close(env: Environment) -> None:
    heard = told(env, "sh", ["-c", "echo out; echo err >&2; exit 3"])
    assert heard.output("stdout") == b"out\n"
    assert heard.output("stderr") == b"err\n"
    assert heard.of("exit") == [(3, None)]
    assert heard.of("close") == [(3, None)]
    names = heard.names()
    assert names[0] == "spawn"
    assert names.index("exit") < names.index("close")
    assert {"stdin.close", "stdout.end", "stdout.close", "stderr.end", "stderr.close"} <= set(names)


def test_the_state_of_a_child(env: Environment) -> None:
    def main() -> ChildProcess:
        child = child_process.spawn("sleep", ["60"])
        assert isinstance(child.pid, int)
        assert (child.exit_code, child.signal_code, child.killed) == (None, None, False)
        assert (child.spawnfile, child.spawnargs) == ("sleep", ["sleep", "60"])
        assert child.stdio == [child.stdin, child.stdout, child.stderr]
        assert child.kill(0)
        assert child.kill()
        assert child.killed
        return child

    child = run(env, main)
    assert (child.exit_code, child.signal_code) == (None, "SIGTERM")
    assert child.kill() is False
    child.ref()
    child.unref()


def test_spawn_is_told_between_ticks_and_microtasks_as_in_node(env: Environment) -> None:
    order: list[str] = []

    def main() -> None:
        set_immediate(order.append, "immediate")
        env.next_tick(order.append, "tick")
        child = child_process.spawn("sleep", ["0.05"])
        for event in ("spawn", "exit", "close"):
            child.on(event, lambda *args, event=event: order.append(event))
        env.queue_microtask(order.append, "microtask")

    run(env, main)
    assert order[:4] == ["tick", "spawn", "microtask", "immediate"]
    assert order[4:] == ["exit", "close"]


def test_input_goes_through_a_child(env: Environment) -> None:
    data = os.urandom(300_000)

    def main() -> Told:
        child = child_process.spawn("cat")
        assert child.stdin is not None
        assert child.stdin.write(data) is False
        child.stdin.end()
        return Told(child)

    heard = run(env, main)
    assert heard.output() == data
    assert heard.of("close") == [(0, None)]


def test_children_are_piped_together(env: Environment) -> None:
    def main() -> Told:
        first = child_process.spawn("printf", ["b\\na\\nb\\n"])
        second = child_process.spawn("sort", ["-u"])
        assert first.stdout is not None
        assert second.stdin is not None
        first.stdout.pipe(second.stdin)
        return Told(second)

    assert run(env, main).output() == b"a\nb\n"


def test_output_is_read_with_async_for(env: Environment) -> None:
    async def read() -> bytes:
        child = child_process.spawn("sh", ["-c", "echo one; sleep 0.01; echo two"])
        assert child.stdout is not None
        return b"".join([chunk async for chunk in child.stdout])

    assert awaited(env, read) == b"one\ntwo\n"


def test_output_that_nobody_reads_does_not_keep_the_program(env: Environment) -> None:
    closed: list[Any] = []
    run(env, lambda: child_process.spawn("echo", ["unheard"]).on("close", lambda *args: closed.append(args)))
    assert closed == [(0, None)]


def test_a_write_to_a_child_that_does_not_read_is_an_error_of_stdin(env: Environment) -> None:
    def main() -> Told:
        child = child_process.spawn("true")
        assert child.stdin is not None
        child.stdin.write(bytes(1_000_000))
        return Told(child)

    heard = run(env, main)
    [(failure,)] = heard.of("stdin.error")
    assert failure.errno in (errno.EPIPE, errno.ECONNRESET)
    assert heard.of("close") == [(0, None)]


def test_a_grandchild_delays_close_but_not_exit(env: Environment) -> None:
    def main() -> Told:
        child = child_process.spawn("sh", ["-c", "sleep 60 & echo $!; exit 0"])
        heard = Told(child)
        child.on("exit", lambda *args: set_immediate(end))

        def end() -> None:
            assert heard.of("close") == []
            os.kill(int(heard.output()), signal.SIGKILL)

        return heard

    heard = run(env, main)
    assert heard.of("close") == [(0, None)]


@pytest.mark.parametrize("options", [{}, {"cwd": "/no/such/directory"}])
def test_a_program_that_cannot_be_started_is_an_error_event(env: Environment, options: dict[str, Any]) -> None:
    def main() -> Told:
        child = child_process.spawn("no-such-program", ["a"], **options)
        assert child.pid is None
        assert child.stdin is not None
        return Told(child)

    heard = run(env, main)
    assert "spawn" not in heard.names()
    assert "exit" not in heard.names()
    [(failure,)] = heard.of("error")
    assert isinstance(failure, FileNotFoundError)
    assert failure.filename == options.get("cwd", "no-such-program")
    assert vars(failure) == {
        "code": "ENOENT", "syscall": "spawn no-such-program", "path": "no-such-program", "spawnargs": ["a"],
    }
    assert heard.of("close") == [(-errno.ENOENT, None)]
    assert heard.names()[0] == "error"
    assert {"stdout.end", "stdout.close", "stderr.end", "stderr.close", "stdin.close"} <= set(heard.names())


def test_an_error_nobody_listens_for_ends_the_program(env: Environment, capfd: pytest.CaptureFixture[str]) -> None:
    assert env.run(lambda: child_process.spawn("no-such-program")) == 1
    assert "No such file or directory: 'no-such-program'" in capfd.readouterr().err


@pytest.mark.parametrize("signum", ["SIGKILL", "sigusr1", signal.SIGINT, 1])
def test_kill_by_name_or_number(env: Environment, signum: str | int) -> None:
    def main() -> Told:
        child = child_process.spawn("sleep", ["60"])
        child.kill(signum)
        return Told(child)

    name = signum.upper() if isinstance(signum, str) else signal.Signals(signum).name
    assert run(env, main).of("exit") == [(None, name)]


def test_a_timeout_kills(env: Environment) -> None:
    assert told(env, "sleep", ["60"], timeout=20).of("exit") == [(None, "SIGTERM")]
    assert told(env, "sleep", ["60"], timeout=20, kill_signal="SIGKILL").of("exit") == [(None, "SIGKILL")]
    assert told(env, "true", timeout=60_000).of("exit") == [(0, None)]


def test_options_reach_the_child(env: Environment, tmp_path: Path) -> None:
    heard = told(env, "/bin/sh", ["-c", 'echo "$A|$B|$HOME|$PWD|$0"', "zero"], cwd=tmp_path, env={"A": 1, "B": None})
    assert heard.output() == f"1|||{tmp_path}|zero\n".encode()
    assert told(env, "cat", ["/proc/self/cmdline"], argv0="other").output() == b"other\0/proc/self/cmdline\0"
    program = "import os; print(os.getsid(0) == os.getpid())"
    assert told(env, sys.executable, ["-S", "-c", program], detached=True).output() == b"True\n"


def test_a_shell_runs_a_line(env: Environment) -> None:
    def main() -> Told:
        child = child_process.spawn("echo $((1 + 2)); exit 4", shell=True)
        assert child.spawnargs == ["/bin/sh", "-c", "echo $((1 + 2)); exit 4"]
        return Told(child)

    heard = run(env, main)
    assert heard.output() == b"3\n"
    assert heard.of("exit") == [(4, None)]


def test_arguments_to_a_shell_are_joined_with_a_warning(
    env: Environment, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(child_process, "_warned_of_shell", False)
    for _ in range(2):
        assert told(env, "echo", ["a", "$((2 * 3))"], shell="/bin/sh").output() == b"a 6\n"
    assert capfd.readouterr().err.count("[DEP0190] DeprecationWarning") == 1


def test_unref_lets_the_program_end_first(env: Environment) -> None:
    children: list[ChildProcess] = []

    def main() -> None:
        child = child_process.spawn("sleep", ["60"], stdio="ignore")
        child.unref()
        children.append(child)

    run(env, main)
    assert children[0].exit_code is None
    children[0].ref()
    children[0].kill()
    env.loop.run()
    assert children[0].signal_code == "SIGTERM"


def test_a_raising_exit_listener_does_not_keep_close_away(env: Environment) -> None:
    heard: list[Any] = []

    def fail(*args: Any) -> None:
        raise ZeroDivisionError

    def main() -> None:
        env.process.on("uncaughtException", lambda error, origin: heard.append(type(error)))
        child_process.spawn("true").on("exit", fail).on("close", lambda *args: heard.append(args))

    run(env, main)
    assert len(heard) == 2
    assert set(heard) == {ZeroDivisionError, (0, None)}


# stdio


def test_ignored_and_further_descriptors(env: Environment) -> None:
    def main() -> tuple[ChildProcess, list[bytes]]:
        program = "import os; os.write(3, os.read(3, 10).upper()); os.write(1, b'x')"
        stdio = ["ignore", "ignore", "inherit", "pipe"]
        child = child_process.spawn(sys.executable, ["-S", "-c", program], stdio=stdio)
        received: list[bytes] = []
        assert (child.stdin, child.stdout, child.stderr) == (None, None, None)
        extra = child.stdio[3]
        assert extra is not None
        extra.on("data", received.append)
        extra.write(b"there")
        return child, received

    child, received = run(env, main)
    assert received == [b"THERE"]
    assert child.exit_code == 0


def test_missing_entries_are_pipes_and_none_is_a_pipe_or_nothing(env: Environment) -> None:
    child = run(env, lambda: child_process.spawn("true", stdio=[None, "ignore"]))
    assert [stream is not None for stream in child.stdio] == [True, False, True]
    child = run(env, lambda: child_process.spawn("true", stdio=["ignore", "ignore", "ignore", None, "overlapped"]))
    assert [stream is not None for stream in child.stdio] == [False, False, False, False, True]


def test_inherit_passes_our_own_descriptors(env: Environment, capfd: pytest.CaptureFixture[str]) -> None:
    child = run(env, lambda: child_process.spawn("sh", ["-c", "echo here; echo there >&2"], stdio="inherit"))
    assert child.stdio == [None, None, None]
    assert capfd.readouterr() == ("here\n", "there\n")


def test_files_sockets_and_numbers_are_passed_on(env: Environment, tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    with open(tmp_path / "out", "wb") as file:
        run(env, lambda: child_process.spawn(
            "sh", ["-c", "echo file; echo socket >&2; echo number >&3"], stdio=["ignore", file, theirs, writer]
        ))
    assert (tmp_path / "out").read_bytes() == b"file\n"
    assert ours.recv(20) == b"socket\n"
    assert os.read(reader, 20) == b"number\n"
    ours.close()
    theirs.close()
    os.close(reader)
    os.close(writer)


def test_the_stream_of_one_child_is_inherited_by_another(env: Environment) -> None:
    def main() -> Told:
        second = child_process.spawn("cat")
        first = child_process.spawn("echo", ["through"], stdio=["ignore", second.stdin, "inherit"])
        assert second.stdin is not None
        first.on("exit", lambda *args: second.stdin and second.stdin.end())
        return Told(second)

    assert run(env, main).output() == b"through\n"


# Bad arguments


@pytest.mark.parametrize(("args", "options", "kind", "text"), [
    (("",), {}, ValueError, "empty"),
    ((5,), {}, TypeError, "must be named by a string"),
    (("true", "x"), {}, TypeError, "list of strings"),
    (("true", 5), {}, TypeError, "list of strings"),
    (("true", [5]), {}, TypeError, "must be strings"),
    (("true", ["a\0b"]), {}, ValueError, "NUL"),
    (("true",), {"cwd": 5}, TypeError, "cwd"),
    (("true",), {"env": ["A=b"]}, TypeError, "env"),
    (("true",), {"env": {"A=B": "c"}}, ValueError, "environment variable"),
    (("true",), {"stdio": "foo"}, ValueError, "'foo'"),
    (("true",), {"stdio": ["foo"]}, TypeError, r"stdio\[0\]"),
    (("true",), {"stdio": [True]}, TypeError, r"stdio\[0\]"),
    (("true",), {"stdio": ["pipe", "pipe", "pipe", "ipc"]}, NotImplementedError, "ipc"),
    (("true",), {"timeout": -1}, ValueError, "timeout"),
    (("true",), {"timeout": "1"}, TypeError, "timeout"),
    (("true",), {"kill_signal": "SIGFOO"}, ValueError, "SIGFOO"),
    (("true",), {"kill_signal": 1000}, ValueError, "1000"),
    (("true",), {"kill_signal": 1.5}, TypeError, "signal"),
    (("true",), {"stdio": [999]}, OSError, "Bad file descriptor"),
    (("true",), {"cwd": __file__}, OSError, "Not a directory"),
])
def test_bad_arguments_are_raised_at_once(
    env: Environment, args: tuple[Any, ...], options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    before = list(env.loop.walk())
    with pytest.raises(kind, match=text):
        child_process.spawn(*args, **options)
    run(env, lambda: None)
    assert list(env.loop.walk()) == before


@pytest.mark.parametrize("options", [{"encoding": "no-such"}, {"max_buffer": -1}, {"callback": 5}, {"timeout": -1}])
def test_bad_arguments_of_exec_are_raised_at_once(env: Environment, options: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        child_process.exec("true", **options)
    assert not env.loop.alive


def test_an_unknown_signal_is_refused(env: Environment) -> None:
    def main() -> None:
        child = child_process.spawn("sleep", ["60"])
        with pytest.raises(ValueError, match="FOO"):
            child.kill("FOO")
        assert not child.killed
        child.kill("SIGKILL")

    run(env, main)


# exec and exec_file


def collected(env: Environment, function: Callable[..., Any], *args: Any, **options: Any) -> tuple[Any, Any, Any]:
    """What the callback of `exec` or `exec_file` got; it must come once."""
    calls: list[tuple[Any, Any, Any]] = []

    def main() -> None:
        child = function(*args, callback=lambda error, stdout, stderr: calls.append((error, stdout, stderr)), **options)
        assert isinstance(child, ChildProcess)

    run(env, main)
    assert len(calls) == 1
    return calls[0]


def test_exec_gives_the_output_of_a_shell_line(env: Environment) -> None:
    assert collected(env, child_process.exec, "echo out; echo err >&2") == (None, "out\n", "err\n")


def test_exec_file_gives_the_output_of_a_program(env: Environment) -> None:
    assert collected(env, child_process.exec_file, "echo", ["a  b", "$HOME"]) == (None, "a  b $HOME\n", "")


def test_a_command_that_fails(env: Environment) -> None:
    error, stdout, stderr = collected(env, child_process.exec, "echo out; echo err >&2; exit 3")
    assert isinstance(error, CommandError)
    assert str(error) == "Command failed: echo out; echo err >&2; exit 3\nerr\n"
    assert (error.code, error.signal, error.killed) == (3, None, False)
    assert error.cmd == "echo out; echo err >&2; exit 3"
    assert (stdout, stderr) == (error.stdout, error.stderr) == ("out\n", "err\n")


def test_a_command_ended_by_a_signal(env: Environment) -> None:
    error, _, _ = collected(env, child_process.exec, "kill -9 $$")
    assert (error.code, error.signal, error.killed) == (None, "SIGKILL", False)


def test_a_command_that_takes_too_long_is_killed(env: Environment) -> None:
    error, stdout, _ = collected(env, child_process.exec_file, "sleep", ["60"], timeout=20)
    assert isinstance(error, CommandError)
    assert (error.code, error.signal, error.killed, error.cmd) == (None, "SIGTERM", True, "sleep 60")
    assert stdout == ""


@pytest.mark.parametrize(("to", "kept"), [("stdout", ("abcde", "")), ("stderr", ("", "abcde"))])
def test_a_command_that_writes_too_much_is_killed(env: Environment, to: str, kept: tuple[str, str]) -> None:
    line = f"echo abcdefgh >&{1 if to == 'stdout' else 2}; exec sleep 60"
    error, stdout, stderr = collected(env, child_process.exec, line, max_buffer=5)
    assert isinstance(error, MaxBufferError)
    assert error.code == "ERR_CHILD_PROCESS_STDIO_MAXBUFFER"
    assert re.match(f"{to} max_buffer", str(error))
    assert (stdout, stderr) == kept


def test_text_is_measured_in_bytes_and_cut_in_characters_as_in_node(env: Environment) -> None:
    error, stdout, _ = collected(env, child_process.exec, "echo 中文测试", max_buffer=3)
    assert isinstance(error, MaxBufferError)
    assert stdout == "中文测"


def test_the_streams_of_exec_give_text_too(env: Environment) -> None:
    chunks: list[Any] = []

    async def main() -> Any:
        promise = child_process.exec("echo out")
        promise.child.stdout.on("data", chunks.append)
        other = child_process.exec("echo more", encoding=None)
        other.child.stdout.set_encoding("utf-8")
        return [await promise, await other]

    assert awaited(env, main) == [("out\n", ""), ("more\n", b"")]
    assert chunks == ["out\n"]


def test_an_empty_directory_name_is_none(env: Environment) -> None:
    assert told(env, "pwd", cwd="").output() == os.fsencode(os.getcwd() + "\n")


def test_exactly_as_much_as_allowed_is_fine(env: Environment) -> None:
    assert collected(env, child_process.exec, "printf abcde", max_buffer=5) == (None, "abcde", "")
    assert collected(env, child_process.exec, "head -c 3000000 /dev/zero", max_buffer=float("inf"), encoding=None) == (
        None, bytes(3_000_000), b"",
    )


def test_a_command_that_is_not_there(env: Environment) -> None:
    error, stdout, stderr = collected(env, child_process.exec_file, "no-such-program", ["x"])
    assert isinstance(error, FileNotFoundError)
    assert (vars(error)["code"], vars(error)["cmd"], stdout, stderr) == ("ENOENT", "no-such-program x", "", "")


@pytest.mark.parametrize("encoding", [None, "buffer"])
def test_output_as_bytes(env: Environment, encoding: str | None) -> None:
    assert collected(env, child_process.exec, "printf '\\377'", encoding=encoding) == (None, b"\xff", b"")


def test_output_in_other_encodings(env: Environment) -> None:
    assert collected(env, child_process.exec, "printf '\\344'", encoding="latin-1") == (None, "ä", "")
    assert collected(env, child_process.exec, "printf '\\303'; sleep 0.01; printf '\\244'") == (None, "ä", "")
    assert collected(env, child_process.exec, "printf '\\377'") == (None, "\N{REPLACEMENT CHARACTER}", "")


def test_without_a_callback_there_is_a_promise(env: Environment) -> None:
    async def main() -> Any:
        promise = child_process.exec("echo out; echo err >&2")
        assert isinstance(promise, Promise)
        assert isinstance(promise.child, ChildProcess)
        return await promise

    output = awaited(env, main)
    assert (output.stdout, output.stderr) == ("out\n", "err\n")
    error = awaited(env, lambda: child_process.exec_file("sh", ["-c", "echo out; exit 5"]))
    assert isinstance(error, CommandError)
    assert (error.code, error.stdout) == (5, "out\n")
    assert isinstance(awaited(env, lambda: child_process.exec_file("no-such-program")), FileNotFoundError)


def test_many_commands_at_once(env: Environment) -> None:
    async def main() -> list[str]:
        outputs = await Promise.all([child_process.exec(f"echo {number}") for number in range(60)])
        return [output.stdout for output in outputs]

    assert awaited(env, main) == [f"{number}\n" for number in range(60)]


def test_input_for_exec(env: Environment) -> None:
    async def main() -> Any:
        promise = child_process.exec("tr a-z A-Z")
        promise.child.stdin.end(b"loud")
        return await promise

    assert awaited(env, main).stdout == "LOUD"


# The synchronous functions


def test_spawn_sync(env: Environment) -> None:
    result = child_process.spawn_sync("sh", ["-c", "cat; echo err >&2; exit 4"], input="in", encoding="utf-8")
    assert result[1:] == ([None, "in", "err\n"], "in", "err\n", 4, None, None)
    assert result.pid > 0


def test_spawn_sync_while_the_program_runs(env: Environment) -> None:
    order: list[str] = []

    def main() -> None:
        set_timeout(order.append, 1, "timer")
        child_process.spawn_sync("sleep", ["0.02"])
        order.append("sync")

    run(env, main)
    assert order == ["sync", "timer"]


def test_spawn_sync_much_in_and_out(env: Environment) -> None:
    data = os.urandom(900_000)
    assert child_process.spawn_sync("cat", input=data).stdout == data
    assert child_process.spawn_sync("true", input=data).status == 0


def test_spawn_sync_errors(env: Environment) -> None:
    result = child_process.spawn_sync("no-such-program")
    assert isinstance(result.error, FileNotFoundError)
    assert (result.pid, result.status, result.output) == (0, None, None)
    assert vars(result.error)["syscall"] == "spawnSync no-such-program"
    result = child_process.spawn_sync("sleep", ["60"], timeout=20)
    assert isinstance(result.error, TimeoutError)
    assert (result.status, result.signal, result.stdout) == (None, "SIGTERM", b"")
    result = child_process.spawn_sync("sh", ["-c", "echo abcdefgh; exec sleep 60"], max_buffer=5, kill_signal="SIGKILL")
    assert result.error is not None
    assert (result.error.errno, result.signal) == (errno.ENOBUFS, "SIGKILL")
    with pytest.raises(ValueError, match="NUL"):
        child_process.spawn_sync("a\0b")


def test_spawn_sync_stdio(env: Environment, capfd: pytest.CaptureFixture[str]) -> None:
    result = child_process.spawn_sync("sh", ["-c", "echo a; echo b >&2; echo c >&3"], stdio=[
        "ignore", "inherit", "pipe", "pipe",
    ])
    assert result.output == [None, None, b"b\n", b"c\n"]
    assert capfd.readouterr().out == "a\n"


def test_exec_sync(env: Environment, capfd: pytest.CaptureFixture[str]) -> None:
    assert child_process.exec_sync("echo out; echo err >&2") == b"out\n"
    assert capfd.readouterr().err == "err\n"
    assert child_process.exec_file_sync("echo", ["a b"], encoding="utf-8") == "a b\n"
    assert child_process.exec_sync("echo unheard", stdio="ignore") is None


def test_exec_sync_raises_what_went_wrong(env: Environment) -> None:
    with pytest.raises(CommandError) as raised:
        child_process.exec_sync("echo out; echo err >&2; exit 3", stdio="pipe")
    assert str(raised.value) == "Command failed: echo out; echo err >&2; exit 3\nerr\n"
    fields = vars(raised.value)
    assert (fields["status"], fields["signal"], fields["stdout"], fields["stderr"]) == (3, None, b"out\n", b"err\n")
    with pytest.raises(TimeoutError):
        child_process.exec_file_sync("sleep", ["60"], timeout=20)
    with pytest.raises(FileNotFoundError):
        child_process.exec_file_sync("no-such-program")
