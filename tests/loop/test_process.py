"""Process: children are started with exactly what they were given, watched to their end, and leave no zombie."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ouroloop.loop import Async, Loop, Tcp, Timer
from ouroloop.loop import process as process_module
from ouroloop.loop.pipe import Pipe
from ouroloop.loop.process import Process, kill
from ouroloop.loop.signal import Signal


@pytest.fixture(autouse=True)
def no_zombies(loop: Loop) -> Iterator[None]:
    """Every test ends with no child left, not even a dead one."""
    yield
    assert children() == {}


@pytest.fixture(params=["pidfd", "sigchld"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The two ways in which a loop learns of a child's end."""
    if request.param == "sigchld":
        monkeypatch.setattr(process_module, "has_pidfd", lambda: False)
    elif not process_module.has_pidfd():
        pytest.skip("this kernel has no pidfd")
    return request.param


def children() -> dict[int, str]:
    """This process's children: their states by process id ("Z": a zombie)."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid():
                found[int(name)] = fields[0]
    return found


def python(program: str) -> list[str]:
    return [sys.executable, "-S", "-c", program]


def sh(program: str) -> list[str]:
    return ["sh", "-c", program]


def start(loop: Loop, args: list[str], **options: Any) -> tuple[Process, list[tuple[int, int]]]:
    """A started child, and the list that its exit status and signal land in."""
    ends: list[tuple[int, int]] = []
    process = Process(loop)
    process.spawn(args[0], args, exit_callback=lambda status, signum: ends.append((status, signum)), **options)
    return process, ends


def reading(pipe: Pipe) -> bytearray:
    """What arrives on `pipe`."""
    received = bytearray()

    def on_read(error: OSError | None, data: bytes) -> None:
        assert error is None
        received.extend(data)
        if not data:
            pipe.close()

    pipe.read_start(on_read)
    return received


def output_of(loop: Loop, args: list[str], **options: Any) -> str:
    """Run a child to its end and return what it wrote to its standard output."""
    pipe = Pipe(loop)
    process, ends = start(loop, args, stdio=[None, pipe, 2], **options)
    received = reading(pipe)
    loop.run()
    assert ends == [(0, 0)]
    process.close()
    return received.decode()


# The end of a child


@pytest.mark.parametrize("code", [0, 1, 127, 255])
def test_tells_the_exit_status(loop: Loop, way: str, code: int) -> None:
    process, ends = start(loop, sh(f"exit {code}"))
    assert process.active
    assert process.pid > 0
    loop.run()
    assert ends == [(code, 0)]
    assert not process.active


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL, signal.SIGUSR1])
def test_tells_the_signal_that_ended_it(loop: Loop, way: str, signum: int) -> None:
    process, ends = start(loop, ["sleep", "60"])
    process.kill(signum)
    loop.run()
    assert ends == [(0, signum)]
    with pytest.raises(ProcessLookupError):
        process.kill(signum)


def test_runs_without_an_exit_callback(loop: Loop, way: str) -> None:
    process = Process(loop)
    process.spawn("true", ["true"])
    loop.run()
    assert not process.active


def test_unref_lets_the_loop_end_before_the_child(loop: Loop, way: str) -> None:
    process, ends = start(loop, ["sleep", "60"])
    process.unref()
    loop.run()
    assert ends == []
    process.ref()
    process.kill(signal.SIGKILL)
    loop.run()
    assert ends == [(0, signal.SIGKILL)]


def test_the_end_is_told_after_the_output_that_came_before_it(loop: Loop, way: str) -> None:
    order: list[str] = []
    pipe = Pipe(loop)
    process = Process(loop)
    process.spawn("echo", ["echo", "x"], stdio=[None, pipe, 2], exit_callback=lambda *end: order.append("end"))
    pipe.read_start(lambda error, data: (order.append("data" if data else "eof"), data or pipe.close()))
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    loop.run()
    assert order[0] == "data"
    assert sorted(order) == ["data", "end", "eof"]


def test_500_children_leave_no_zombie(loop: Loop, way: str) -> None:
    ends: list[tuple[int, int]] = []
    left = 500

    def start_one() -> None:
        nonlocal left
        if left:
            left -= 1
            process = Process(loop)
            process.spawn("/bin/true", ["true"], exit_callback=lambda *end: ended(process, end))

    def ended(process: Process, end: tuple[int, int]) -> None:
        ends.append(end)
        process.close()
        start_one()

    for _ in range(50):
        start_one()
    loop.run()
    assert ends == [(0, 0)] * 500
    assert children() == {}


def test_children_that_end_at_once_are_all_told(loop: Loop, way: str) -> None:
    started = [start(loop, ["sleep", "60"]) for _ in range(40)]
    for process, _ in started:
        process.kill(signal.SIGKILL)
    loop.run()
    assert [ends for _, ends in started] == [[(0, signal.SIGKILL)]] * 40


def test_a_raising_exit_callback_keeps_no_other_from_being_called(loop: Loop, way: str) -> None:
    ends: list[int] = []

    def end(status: int, signum: int) -> None:
        ends.append(status)
        raise ZeroDivisionError

    for code in range(3):
        process = Process(loop)
        process.spawn("sh", sh(f"exit {code}"), exit_callback=end)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            loop.run()
    assert not loop.run()
    assert sorted(ends) == [0, 1, 2]


def test_a_child_spawned_in_an_exit_callback(loop: Loop, way: str) -> None:
    second: list[tuple[int, int]] = []
    process = Process(loop)

    def again(status: int, signum: int) -> None:
        _, ends = start(loop, sh("exit 4"))
        second.append((status, signum))
        second_ends.append(ends)

    second_ends: list[list[tuple[int, int]]] = []
    process.spawn("sh", sh("exit 3"), exit_callback=again)
    loop.run()
    assert second == [(3, 0)]
    assert second_ends == [[(4, 0)]]


def test_a_child_whose_handle_was_closed_is_reaped_later(loop: Loop, way: str) -> None:
    process, ends = start(loop, ["sleep", "60"])
    pid = process.pid
    process.close()
    loop.run()
    kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert children() == {pid: "Z"}
    _, other_ends = start(loop, ["true"])
    loop.run()
    assert ends == []
    assert other_ends == [(0, 0)]
    assert children() == {}


def test_a_child_that_somebody_else_reaped_still_ends(loop: Loop, way: str) -> None:
    process, ends = start(loop, ["true"])
    os.waitpid(process.pid, 0)
    loop.run()
    assert ends == [(255, 0)]


def test_children_of_two_loops_in_two_threads(loop: Loop, queue: str) -> None:
    there: list[tuple[int, int]] = []

    def other() -> None:
        second = Loop()
        for _ in range(20):
            process = Process(second)
            process.spawn("sh", sh("exit 2"), exit_callback=lambda *end, process=process: (
                there.append(end), process.close()
            ))
        second.run()
        second.close()

    thread = threading.Thread(target=other)
    thread.start()
    started = [start(loop, sh("exit 1")) for _ in range(20)]
    loop.run()
    thread.join(20)
    assert [ends for _, ends in started] == [[(1, 0)]] * 20
    assert there == [(2, 0)] * 20


# What keeps a program from starting


@pytest.mark.parametrize(("file", "cwd", "code", "named"), [
    ("/no/such/program", None, errno.ENOENT, "/no/such/program"),
    ("no-such-program", None, errno.ENOENT, "no-such-program"),
    ("", None, errno.ENOENT, ""),
    ("/", None, errno.EACCES, "/"),
    (__file__, None, errno.EACCES, __file__),
    (__file__ + "/x", None, errno.ENOTDIR, __file__ + "/x"),
    ("true", "/no/such/directory", errno.ENOENT, "/no/such/directory"),
    ("true", __file__, errno.ENOTDIR, __file__),
])
def test_failing_to_start_is_raised_at_once(
    loop: Loop, way: str, file: str, cwd: str | None, code: int, named: str
) -> None:
    pipe, process = Pipe(loop), Process(loop)
    with pytest.raises(OSError, match=os.strerror(code)) as raised:
        process.spawn(file, ["x"], cwd=cwd, stdio=[pipe])
    assert raised.value.errno == code
    assert raised.value.filename == named
    assert not process.active
    assert process.pid == 0
    assert not loop.alive
    process.spawn("true", ["true"])
    loop.run()


def test_a_second_child_or_a_closing_handle_is_refused(loop: Loop) -> None:
    process, _ = start(loop, ["true"])
    with pytest.raises(OSError, match="Invalid argument"):
        process.spawn("true", ["true"])
    loop.run()
    process.close()
    with pytest.raises(OSError, match="Invalid argument"):
        process.spawn("true", ["true"])
    with pytest.raises(OSError, match="Invalid argument"):
        Process(loop).spawn("true", [])


@pytest.mark.parametrize("options", [
    {"args": ["x\0y"]}, {"args": ["x"], "env": {"A": "b\0c"}}, {"args": ["x"], "env": {"A=B": "c"}},
    {"args": ["x"], "cwd": "/tmp\0"}, {"args": ["x"], "env": {"": "c"}},
])
def test_strings_that_no_program_could_get_are_refused(loop: Loop, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"NUL|environment variable"):
        Process(loop).spawn("true", **options)
    assert not loop.alive


def test_out_of_descriptors_nothing_is_started(loop: Loop) -> None:
    import resource

    Process(loop).spawn("true", ["true"])
    loop.run()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    taken: list[int] = []
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        pass
    try:
        with pytest.raises(OSError, match="Too many open files"):
            Process(loop).spawn("true", ["true"])
    finally:
        for fd in taken:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_child_that_cannot_be_watched_is_not_left_behind(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    if not process_module.has_pidfd():
        pytest.skip("this kernel has no pidfd")

    def fail(pid: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pidfd_open", fail)
    process, pipe = Process(loop), Pipe(loop)
    with pytest.raises(OSError, match="Too many open files"):
        process.spawn("sleep", ["sleep", "60"], stdio=[pipe])
    assert children() == {}
    assert not process.active
    assert not loop.alive


def test_a_pipe_is_used_once(loop: Loop) -> None:
    pipe, closing = Pipe(loop), Pipe(loop)
    closing.close()
    for stdio in ([pipe, pipe], [pipe, closing], [Tcp(loop)]):
        with pytest.raises(OSError, match="Invalid argument"):
            Process(loop).spawn("true", ["true"], stdio=stdio)
    assert children() == {}


# What a child gets


def test_arguments_environment_and_directory(loop: Loop, tmp_path: Path) -> None:
    program = "import os, sys; print(sys.argv[1:], os.environ['A'], 'PATH' in os.environ, os.getcwd())"
    text = output_of(loop, [*python(program), "b c", "ü", ""], env={"A": "é"}, cwd=tmp_path)
    assert text == f"['b c', 'ü', ''] é False {tmp_path}\n"


def test_the_environment_is_inherited_by_default(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUROLOOP_TEST", "set later")
    assert output_of(loop, sh("echo $OUROLOOP_TEST")) == "set later\n"


def test_the_program_is_looked_for_in_the_path_of_the_child(loop: Loop, tmp_path: Path) -> None:
    for name, mode in (("denied", 0o644), ("found", 0o755)):
        directory = tmp_path / name
        directory.mkdir()
        (directory / "tool").write_text(f"#!/bin/sh\necho {name}\n")
        (directory / "tool").chmod(mode)
    path = f"/no/such/directory:{tmp_path}/denied:{tmp_path}/found"
    assert output_of(loop, ["tool"], env={"PATH": path}) == "found\n"
    assert output_of(loop, ["tool"], env={"PATH": "found"}, cwd=tmp_path) == "found\n"
    with pytest.raises(PermissionError) as raised:
        start(loop, ["tool"], env={"PATH": f"{tmp_path}/denied"})
    assert raised.value.filename == "tool"


def test_a_script_without_an_interpreter_line_runs_in_the_shell(loop: Loop, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text('echo "$1 from sh"\n')
    script.chmod(0o755)
    assert output_of(loop, [str(script), "hello"]) == "hello from sh\n"


def test_signals_are_as_in_a_new_program(loop: Loop) -> None:
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    watcher = Signal(loop)
    watcher.start(lambda signum: None, signal.SIGUSR1)
    watcher.unref()
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    try:
        text = output_of(loop, ["cat", "/proc/self/status"])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGHUP, old)
    standard = (1 << 31) - 1
    lines = [line.split() for line in text.splitlines() if line[:6] in ("SigBlk", "SigIgn", "SigCgt")]
    assert [int(mask, 16) & standard for _, mask in lines] == [0, 0, 0]


def test_a_detached_child_leads_a_session(loop: Loop) -> None:
    program = "import os; print(os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid())"
    assert output_of(loop, python(program), detached=True) == "True True\n"
    assert output_of(loop, python(program)) == "False False\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_another_user_and_group(loop: Loop) -> None:
    program = "import os; print(os.getresuid(), os.getresgid(), os.getgroups())"
    args = ["/usr/bin/env", "python3", "-S", "-c", program]
    assert output_of(loop, args, uid=1234, gid=4321, cwd="/") == "(1234, 1234, 1234) (4321, 4321, 4321) []\n"
    with pytest.raises(OSError, match=os.strerror(errno.ENOTSUP)):
        start(loop, args, uid=1234, stdio=[None, None, None, 1])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may become anybody")
def test_another_user_is_refused(loop: Loop) -> None:
    with pytest.raises(PermissionError):
        start(loop, ["true"], uid=0)


# Plumbing


def test_a_pipe_goes_both_ways(loop: Loop) -> None:
    pipe = Pipe(loop)
    program = "import os; os.write(0, os.read(0, 100).upper())"
    process, ends = start(loop, python(program), stdio=[pipe])
    received = reading(pipe)
    pipe.write(b"through one descriptor")
    loop.run()
    assert received == b"THROUGH ONE DESCRIPTOR"
    assert ends == [(0, 0)]
    assert not process.active


def test_much_data_through_a_child(loop: Loop) -> None:
    data = os.urandom(1 << 20)
    source, sink = Pipe(loop), Pipe(loop)
    _, ends = start(loop, ["cat"], stdio=[source, sink, 2])
    received = reading(sink)
    source.write(data)
    source.shutdown(lambda error: source.close())
    loop.run()
    assert received == data
    assert ends == [(0, 0)]


def test_more_than_three_descriptors_in_any_order(loop: Loop) -> None:
    pipes = [Pipe(loop) for _ in range(6)]
    program = (
        "import os\nfor n in (1, 3, 4, 7): os.write(n, b'to %d' % n)\n"
        "try: os.fstat(5)\nexcept OSError: os.write(8, b'no 5')"
    )
    reader, writer = os.pipe()
    stdio = [None, pipes[0], 2, pipes[1], pipes[2], None, None, writer, pipes[3]]
    _, ends = start(loop, python(program), stdio=stdio)
    os.close(writer)
    received = [reading(pipe) for pipe in pipes[:4]]
    loop.run()
    assert ends == [(0, 0)]
    assert received == [b"to 1", b"to 3", b"to 4", b"no 5"]
    assert os.read(reader, 100) == b"to 7"
    os.close(reader)


def test_descriptors_may_change_places(loop: Loop) -> None:
    """Each source number is another entry's target."""
    socks = [socket.socketpair() for _ in range(4)]
    numbers = [theirs.fileno() for _, theirs in socks]
    top = max(numbers)
    stdio: list[int | None] = [None] * (top + 1)
    stdio[2] = 2
    for target, source in zip(numbers, numbers[1:] + numbers[:1], strict=True):
        stdio[target] = source
    program = f"import os\nfor n in {numbers}: os.write(n, b'%d' % n)"
    _, ends = start(loop, python(program), stdio=stdio)
    loop.run()
    assert ends == [(0, 0)]
    for position, (ours, theirs) in enumerate(socks):
        theirs.close()
        assert ours.recv(10) == b"%d" % numbers[position - 1]
        ours.close()


def test_no_other_descriptor_reaches_the_child(loop: Loop) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    text = output_of(loop, python("import os; print(sorted(map(int, os.listdir('/proc/self/fd'))))"))
    os.close(reader)
    os.close(writer)
    assert text == "[0, 1, 2, 3]\n"  # 3 is the directory being listed


def test_without_closefrom_no_other_descriptor_reaches_the_child(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    from ouroloop.loop import spawn

    monkeypatch.setattr(spawn._library(), "has_close_from", False)
    test_no_other_descriptor_reaches_the_child(loop)


def test_missing_standard_descriptors_are_dev_null(loop: Loop) -> None:
    reader, writer = os.pipe()
    program = "import os; os.write(3, ' '.join(os.readlink(f'/proc/self/fd/{n}') for n in range(3)).encode())"
    _, ends = start(loop, python(program), stdio=[None, None, None, writer])
    os.close(writer)
    loop.run()
    assert ends == [(0, 0)]
    assert os.read(reader, 200) == b"/dev/null /dev/null /dev/null"
    os.close(reader)


def test_an_open_stream_is_inherited(loop: Loop) -> None:
    ours, theirs = socket.socketpair()
    pipe = Pipe(loop)
    pipe.open(theirs.detach())
    _, ends = start(loop, ["echo", "hello"], stdio=[None, pipe, 2])
    loop.run()
    assert ends == [(0, 0)]
    assert ours.recv(10) == b"hello\n"
    ours.close()


def test_inherited_standard_descriptors_block(loop: Loop) -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    _, ends = start(loop, python("import os; assert os.get_blocking(0)"), stdio=[reader, None, 2])
    loop.run()
    assert ends == [(0, 0)]
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("entry", [-1, 999])
@pytest.mark.parametrize("position", [0, 3])
def test_a_closed_descriptor_cannot_be_inherited(loop: Loop, entry: int, position: int) -> None:
    pipe = Pipe(loop)
    stdio: list[Any] = [None, pipe, None, None]
    stdio[position] = entry
    with pytest.raises(OSError, match="Bad file") as raised:
        start(loop, ["true"], stdio=stdio)
    assert raised.value.errno == errno.EBADF


def test_a_write_to_a_child_that_has_ended_fails_with_epipe(loop: Loop) -> None:
    pipe = Pipe(loop)
    errors: list[int | None] = []
    process = Process(loop)

    def ended(status: int, signum: int) -> None:
        pipe.write(b"x", lambda error: errors.append(error.errno if error else None))

    process.spawn("true", ["true"], stdio=[pipe], exit_callback=ended)
    loop.run()
    assert errors == [errno.EPIPE]


# Kill


def test_kill_0_asks_whether_a_process_is_there(loop: Loop) -> None:
    process, _ = start(loop, ["sleep", "60"])
    kill(process.pid, 0)
    process.kill(0)
    process.kill(signal.SIGKILL)
    loop.run()
    with pytest.raises(ProcessLookupError):
        kill(process.pid, 0)
    with pytest.raises(OSError, match="Invalid argument"):
        kill(os.getpid(), 12345)


def test_a_running_child_does_not_keep_other_work_waiting(loop: Loop, way: str) -> None:
    process, ends = start(loop, ["sleep", "60"])
    heard: list[str] = []
    timer, handle = Timer(loop), Async(loop, lambda: wake())

    def wake() -> None:
        heard.append("async")
        handle.close()
        timer.start(tick, 1)

    def tick() -> None:
        heard.append("timer")
        process.kill(signal.SIGTERM)

    handle.send()
    loop.run()
    assert heard == ["async", "timer"]
    assert ends == [(0, signal.SIGTERM)]
