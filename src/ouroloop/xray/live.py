"""`ouro trace --live`: the page while the program runs, served to this machine's browsers only.

Theory of operation. A server on a thread of its own answers on a free port of 127.0.0.1. The outer page (`live.html`)
holds the trace's page in a frame, and loads that again when there is something new and nobody has touched it for a
while. To make it, the thread asks the loop for what was recorded so far, which the loop copies in its next poll step;
the rest is the thread's work.

What surprises people: nothing is done while no browser asks. A large trace takes long to draw, and Python's lock is the
program's too: so a page is made anew only after twenty times the time that the last one took, a second at least.
"""

from __future__ import annotations

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from .observer import Observer

if TYPE_CHECKING:
    from ..js.runtime import Runtime
    from ..loop import Loop
    from ..node.environment import Environment
    from .recorder import Recorder

_LEAST_AGE = 1.0  # s
_SHARE = 20
_PATIENCE = 2.0  # s that the loop has to answer; a busy one does not
_NEVER = 3600.0  # s: the server is not asked to end


class Live(Observer):
    """Serves what `recorder` has recorded."""

    def __init__(self, recorder: Recorder, opens: bool = False) -> None:
        self._recorder = recorder
        self._opens = opens
        self._loop: Loop | None = None
        self._lock = threading.Lock()
        self._page = b""
        self._version = 0
        self._made = self._cost = 0.0
        self._counted = -1
        self.url = ""

    def watch(self, runtime: Runtime) -> None:
        self._begin(runtime.loop)

    def watch_environment(self, env: Environment) -> None:
        self._begin(env.loop)

    def _begin(self, loop: Loop) -> None:
        self._loop = loop
        handler = type("Handler", (_Handler,), {"live": self})
        server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=(_NEVER,), name="live page", daemon=True)
        thread.start()
        os.write(2, f"ouro trace: {self.url} shows the program while it runs\n".encode())
        if self._opens:
            import webbrowser

            webbrowser.open(self.url)

    def version(self) -> int:
        """A number that grows when there is a newer page; makes that if it is time."""
        with self._lock:
            if monotonic() - self._made >= max(_LEAST_AGE, _SHARE * self._cost):
                self._make()
            return self._version

    def page(self) -> bytes:
        """The newest page there is."""
        self.version()
        with self._lock:
            return self._page

    def _make(self) -> None:
        from .page import to_html

        began = monotonic()
        copy = self._copy()
        self._made = monotonic()
        if copy is None or copy.count() == self._counted:
            return
        self._counted = copy.count()
        trace = copy.trace(0)
        trace.still_runs = True
        self._page = to_html(trace).encode("utf-8", "replace")
        self._version += 1
        self._made = monotonic()
        self._cost = self._made - began

    def _copy(self) -> Recorder | None:
        """What was recorded so far; None while the loop is busy."""
        assert self._loop is not None
        copies: list[Recorder] = []
        taken = threading.Event()

        def take() -> None:
            copies.append(self._recorder.copy())
            taken.set()

        self._loop._wakeup.mark(take)
        return copies[0] if taken.wait(_PATIENCE) else None


class _Server(ThreadingHTTPServer):
    """A thread for each browser."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves before it has its answer is no news."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers browsers. `live` is set in a class made for each server."""

    live: Live

    def do_GET(self) -> None:
        """The outer page, the trace's, or which version of it there is."""
        if self.headers.get("Host") != self.live.url.split("/")[2]:
            self._answer(403, "text/plain", b"Ask for this page by the address that was told.\n")
        elif self.path == "/":
            self._answer(200, "text/html", (Path(__file__).parent / "live.html").read_bytes())
        elif self.path == "/trace":
            self._answer(200, "text/html", self.live.page())
        elif self.path == "/version":
            self._answer(200, "text/plain", str(self.live.version()).encode())
        else:
            self._answer(404, "text/plain", b"There is no such page.\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Standard error is the program's."""
