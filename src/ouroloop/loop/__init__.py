"""The event loop from the system call up: libuv's part of Ouroloop, on the standard library alone.

Start reading at `loop.py`, which holds the turn. Each kind of handle has its own file, named as in libuv; `queue/` has one
file for each operating system's event queue; `threadpool.py` runs what would block.

Conventions: a method that fails at once raises `OSError`; what fails later gives the `OSError` to the callback, first.
Times are in ms unless a name ends in `_ns`; sizes are in bytes.
"""

from .async_ import Async
from .errors import error
from .fs_event import CHANGE, RENAME, FsEvent
from .fs_poll import FsPoll
from .handle import Handle
from .loop import Loop, RunMode
from .loop_watcher import Check, Idle, Prepare
from .pipe import Pipe
from .poll import Poll
from .probe import Probe
from .process import Process, kill
from .queue import DISCONNECT, PRIORITIZED, READABLE, WRITABLE
from .request import Request
from .signal import Signal
from .stream import Stream, WriteRequest
from .tcp import Tcp
from .threadpool import ThreadPool, Work
from .timer import Timer
from .tty import Tty, guess_handle, reset_mode
from .udp import SendRequest, Udp

__all__ = [
    "CHANGE", "DISCONNECT", "PRIORITIZED", "READABLE", "RENAME", "WRITABLE", "Async", "Check", "FsEvent", "FsPoll",
    "Handle", "Idle", "Loop", "Pipe", "Poll", "Prepare", "Probe", "Process", "Request", "RunMode", "SendRequest",
    "Signal", "Stream", "Tcp", "ThreadPool", "Timer", "Tty", "Udp", "Work", "WriteRequest", "error", "guess_handle",
    "kill", "reset_mode",
]
