"""The system's resolver on the pool."""

from __future__ import annotations

import errno
import socket
import threading
from typing import Any

import pytest

from ouroloop.loop import Loop, dns


def outcome(loop: Loop, start: Any, *args: Any, **options: Any) -> tuple[Any, Any]:
    got: list[tuple[Any, Any]] = []
    start(loop, lambda *result: got.append(result), *args, **options)
    assert got == []
    loop.run()
    assert len(got) == 1
    return got[0]


def test_an_address_in_text_is_found_without_asking(loop: Loop) -> None:
    error, found = outcome(loop, dns.getaddrinfo, "127.0.0.1", 80, socktype=socket.SOCK_STREAM)
    assert error is None
    assert found == [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))]
    error, found = outcome(
        loop, dns.getaddrinfo, "::1", "443", socket.AF_INET6, socket.SOCK_DGRAM, flags=socket.AI_NUMERICSERV
    )
    assert [entry[4][:2] for entry in found] == [("::1", 443)]


def test_localhost_is_found(loop: Loop) -> None:
    error, found = outcome(loop, dns.getaddrinfo, "localhost", None, family=socket.AF_INET)
    assert error is None
    assert "127.0.0.1" in {entry[4][0] for entry in found}
    assert found == dns.getaddrinfo_sync("localhost", None, socket.AF_INET)


@pytest.mark.parametrize(
    ("host", "port", "code"),
    [
        ("nothing.invalid", 80, None), ("a" * 70, 80, socket.EAI_NONAME), ("..", 80, socket.EAI_NONAME),
        ("127.0.0.1\0.example", 80, socket.EAI_NONAME), (b"127.0.0.1\0x", 80, socket.EAI_NONAME),
        ("127.0.0.1", 70_000, socket.EAI_SERVICE), ("127.0.0.1", "no-such-service", socket.EAI_SERVICE),
    ],
)
def test_what_is_not_found_is_a_gaierror(loop: Loop, host: Any, port: Any, code: int | None) -> None:
    error, found = outcome(loop, dns.getaddrinfo, host, port, socktype=socket.SOCK_STREAM)
    assert found is None
    assert isinstance(error, socket.gaierror)
    assert error.errno in ((code,) if code else (socket.EAI_NONAME, socket.EAI_AGAIN, socket.EAI_FAIL))
    with pytest.raises(socket.gaierror):
        dns.getaddrinfo_sync(host, port, 0, socket.SOCK_STREAM)


def test_an_address_has_names(loop: Loop) -> None:
    flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    assert outcome(loop, dns.getnameinfo, ("127.0.0.1", 8080), flags) == (None, ("127.0.0.1", "8080"))
    assert dns.getnameinfo_sync(("::1", 22, 0, 0), flags) == ("::1", "22")
    error, names = outcome(loop, dns.getnameinfo, ("not an address", 1), flags)
    assert isinstance(error, socket.gaierror)
    assert names is None


def test_a_queued_look_up_can_be_cancelled(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_THREADPOOL_SIZE", "1")
    gate = threading.Event()
    loop.queue_work(lambda: gate.wait(20), slow=True)
    errors: list[Any] = []
    request = dns.getaddrinfo(loop, lambda error, found: errors.append(error), "localhost", 1)
    request.cancel()
    gate.set()
    loop.run()
    assert [error.errno for error in errors] == [errno.ECANCELED]


def test_look_ups_leave_threads_for_other_work(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: [gate.wait(20)])
    found: list[Any] = []
    for _ in range(10):
        dns.getaddrinfo(loop, lambda error, result: found.append(result), "slow", 1)
    done: list[object] = []
    loop.queue_work(lambda: None, lambda error, result: done.append(result))
    while not done:
        loop.run("once")
    assert found == []
    gate.set()
    loop.run()
    assert found == [[True]] * 10
