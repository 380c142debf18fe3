"""Fixtures: every test runs on each event queue, and none may leave a descriptor or a thread behind."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator

import pytest

from ouroloop.loop import Loop
from ouroloop.loop.queue import available
from ouroloop.node import environment
from ouroloop.node.environment import Environment

if "PYTHONPATH" in os.environ:
    # Child processes run in folders of their own, where a relative path leads nowhere.
    os.environ["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, os.environ["PYTHONPATH"].split(os.pathsep)))


def open_descriptors() -> dict[int, str]:
    """What this process has open, by number."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
    return found


@pytest.fixture(params=available())
def queue(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The event queue under test; also for child processes."""
    monkeypatch.setenv("OUROLOOP_QUEUE", request.param)
    return request.param


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """No test leaves a descriptor or a thread behind.

    What was there before the test is frozen: the look for garbage after it takes 0.5 ms. Among all that pytest keeps of
    3,000 tests it would take 40.
    """
    gc.collect()
    gc.freeze()
    before = open_descriptors()
    threads = threading.active_count()
    yield
    gc.collect()
    deadline = time.monotonic() + 2
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.005)
    assert threading.active_count() <= threads, threading.enumerate()
    leaked = {fd: name for fd, name in open_descriptors().items() if before.get(fd) != name}
    assert not leaked


@pytest.fixture
def loop(queue: str) -> Iterator[Loop]:
    """A loop on the queue under test. At the end its handles are closed, and the loop with them."""
    loop = Loop()
    yield loop
    loop.on_exception = None
    for handle in loop.walk():
        if not handle.closing:
            handle.close()
    while not loop.closed and loop.run("once"):
        pass
    loop.close()


@pytest.fixture
def env(queue: str) -> Iterator[Environment]:
    """An environment of `ouroloop.node`, current for the test."""
    with Environment() as env:
        assert environment.current() is env
        yield env
