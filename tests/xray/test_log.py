"""The log: every line whole, and headed by the thread that speaks."""

from __future__ import annotations

import io
import os
import threading

import pytest

from ouroloop.loop import Loop, Timer, queue
from ouroloop.xray.log import HeadedOutput, Log, describe


def logged(loop: Loop) -> tuple[HeadedOutput, io.StringIO]:
    target = io.StringIO()
    out = HeadedOutput(target)
    loop.probe = Log(out)
    return out, target


def test_a_line_is_printed_when_it_ends() -> None:
    target = io.StringIO()
    out = HeadedOutput(target)
    out.write("one ")
    assert target.getvalue() == ""
    out.write("line\ntwo\nthr")
    assert target.getvalue() == "main     | one line\nmain     | two\n"
    out.finish()
    assert target.getvalue().endswith("main     | thr\n")


def test_lines_of_two_threads_do_not_mix() -> None:
    target = io.StringIO()
    out = HeadedOutput(target)

    def speak() -> None:
        out.write("from the ")
        out.write("side\n")

    out.write("from the ")
    thread = threading.Thread(target=speak, name="thread1")
    thread.start()
    thread.join()
    out.write("middle\n")
    assert target.getvalue() == "thread1  | from the side\nmain     | from the middle\n"


def test_it_tells_of_turns_descriptors_timers_jobs_and_the_end(queue: str) -> None:
    loop = Loop()
    _, target = logged(loop)
    reader, writer = os.pipe()
    os.write(writer, b"x")
    timer = Timer(loop)

    def on_readable(events: int) -> None:
        loop._watch(reader, 0, on_readable)
        loop._queue.remove(reader)

    loop._watch(reader, 1, on_readable)
    timer.start(timer.close, 1)
    loop.queue_work(lambda: None, name="a job")
    loop.run()
    loop.close()
    os.close(reader)
    os.close(writer)
    lines = target.getvalue().splitlines()
    assert "main     | ===== TICK 1 =====" in lines
    assert f"main     | registered with {queue}: function on descriptor {reader}, for readable" in lines
    assert f"main     | ready: descriptor {reader} is readable" in lines
    assert f"main     | taken off {queue}: function on descriptor {reader}" in lines
    assert any(line.startswith("main     | timers: one is due") for line in lines)
    assert "main     | queued for the thread pool: a job" in lines
    assert "thread1  | took a job" in lines
    assert "thread1  | finished a job" in lines
    assert "main     | delivering the result of a job" in lines
    assert lines[-2:] == ["main     | 1 pool thread joined", "main     | FINISHED"]


def test_events_are_told_in_words() -> None:
    assert describe(queue.READABLE | queue.HANGUP) == "readable and hang-up"
    assert describe(0) == "nothing"


class Broken(io.StringIO):
    """A pipe without a reader."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_log_that_cannot_be_written_changes_nothing_for_the_program(queue: str) -> None:
    loop = Loop()
    out = HeadedOutput(Broken())
    loop.probe = Log(out)
    finished: list[object] = []
    for _ in range(3):
        loop.queue_work(lambda: None, lambda *result: finished.append(result), name="a job")
    loop.run()
    loop.close()
    assert finished == [(None, None)] * 3
    with pytest.raises(BrokenPipeError):
        out.write("the program's own line\n")


def test_it_behaves_as_standard_output_does() -> None:
    target = io.StringIO()
    out = HeadedOutput(target)
    out.write("begun ")
    with pytest.raises(TypeError, match="must be str, not int"):
        out.write(5)  # type: ignore[arg-type]
    out.writelines(["and ended\n", "two\n"])
    assert target.getvalue() == "main     | begun and ended\nmain     | two\n"
    assert isinstance(out, io.TextIOBase)
    with out:
        pass
    assert target.closed


def test_the_log_does_not_join_its_lines_to_one_that_the_program_has_begun() -> None:
    target = io.StringIO()
    out = HeadedOutput(target)
    out.write("begun")
    out.say("said")
    assert target.getvalue() == "main     | begun\nmain     | said\n"
