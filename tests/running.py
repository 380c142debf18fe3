"""Running a loop, or a program, to its end; and what a test holds in its hands there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from ouroloop.loop import Loop, Timer
from ouroloop.node.environment import Environment
from ouroloop.node.timers import set_timeout


def run(loop: Loop, limit: int = 10_000) -> None:
    """Run to the end; fail when that does not come in `limit` ms."""
    late: list[bool] = []
    timer = Timer(loop)
    timer.start(lambda: (late.append(True), loop.stop()), limit)
    timer.unref()
    loop.run()
    assert not late, f"still alive: {list(loop.walk())}, {loop.active_requests} requests"
    timer.close()
    while timer in loop.walk():
        loop.run("nowait")


def run_main(env: Environment, main: Callable[[], Any]) -> None:
    """Run `main` until nothing is left; a program that hangs or fails is a failure of the test."""
    guard = set_timeout(pytest.fail, 20_000, "the program did not end").unref()
    assert env.run(main) == 0
    guard.close()


def refusal(call: Callable[[], object]) -> int | None:
    """The errno of the `OSError` that `call` raises."""
    try:
        call()
    except OSError as exc:
        return exc.errno
    raise AssertionError("it was not refused")


def until_it_blocks(call: Callable[[], object]) -> None:
    """Call again and again, until the descriptor is full or empty."""
    with contextlib.suppress(BlockingIOError):
        while True:
            call()


class Inbox:
    """A read callback that keeps what comes."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended = False
        self.error: OSError | None = None
        self.at_end: Callable[[], object] = lambda: None

    def __call__(self, failure: OSError | None, data: bytes) -> None:
        self.data += data
        if failure is not None:
            self.error = failure
        if failure is not None or not data:
            self.ended = True
            self.at_end()
