"""The event loop from the system call up: libuv's part of Ouroloop, on the standard library alone.

Start reading at `loop.py`, which holds the turn. Each kind of handle has its own file, named as in libuv; `queue/` has
one file for each operating system's event queue; `threadpool.py` runs what would block.

Conventions: a method that fails at once raises `OSError`; what fails later gives the `OSError` to the callback, first.
Times are in ms unless a name ends in `_ns`; sizes are in bytes.
"""

from __future__ import annotations

from .async_ import Async
from .errors import error
from .handle import Handle
from .loop import Loop, RunMode
from .loop_watcher import Check, Idle, Prepare
from .queue import DISCONNECT, PRIORITIZED, READABLE, WRITABLE
from .timer import Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .fs_event import CHANGE, RENAME, FsEvent
    from .fs_poll import FsPoll
    from .handle_type import guess_handle
    from .pipe import Pipe
    from .poll import Poll
    from .probe import Probe
    from .process import Process, kill
    from .request import Request
    from .signal import Signal
    from .stream import Stream, WriteRequest
    from .tcp import Tcp
    from .threadpool import ThreadPool, Work
    from .tty import Tty, reset_mode
    from .udp import SendRequest, Udp

__all__ = [
    "CHANGE", "DISCONNECT", "PRIORITIZED", "READABLE", "RENAME", "WRITABLE", "Async", "Check", "FsEvent", "FsPoll",
    "Handle", "Idle", "Loop", "Pipe", "Poll", "Prepare", "Probe", "Process", "Request", "RunMode", "SendRequest",
    "Signal", "Stream", "Tcp", "ThreadPool", "Timer", "Tty", "Udp", "Work", "WriteRequest", "error", "guess_handle",
    "kill", "reset_mode",
]

# Most programs use few kinds of handles; each file is read when the first of its names is asked for.
_HOMES = {
    "CHANGE": "fs_event", "RENAME": "fs_event", "FsEvent": "fs_event", "FsPoll": "fs_poll", "Pipe": "pipe",
    "Poll": "poll", "Probe": "probe", "Process": "process", "Request": "request", "SendRequest": "udp",
    "Signal": "signal", "Stream": "stream", "Tcp": "tcp", "ThreadPool": "threadpool", "Tty": "tty", "Udp": "udp",
    "Work": "threadpool", "WriteRequest": "stream", "guess_handle": "handle_type", "kill": "process",
    "reset_mode": "tty",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(__import__(f"{__name__}.{home}", fromlist=(name,)), name)
    globals()[name] = value
    return value
