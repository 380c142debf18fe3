"""The event loop from the system call up: libuv's part of Ouroloop, on the standard library alone.

Start reading at `loop.py`, which holds the turn. Each kind of handle has its own file, named as in libuv; `queue/` has one
file for each operating system's event queue; `threadpool.py` runs what would block.

Conventions: a method that fails at once raises `OSError`; what fails later gives the `OSError` to the callback, first.
Times are in ms unless a name ends in `_ns`; sizes are in bytes.
"""

from .async_ import Async
from .errors import error
from .handle import Handle
from .loop import Loop, RunMode
from .loop_watcher import Check, Idle, Prepare
from .probe import Probe
from .request import Request
from .stream import Stream, WriteRequest
from .tcp import Tcp
from .threadpool import ThreadPool, Work
from .timer import Timer

__all__ = [
    "Async", "Check", "Handle", "Idle", "Loop", "Prepare", "Probe", "Request", "RunMode", "Stream", "Tcp",
    "ThreadPool", "Timer", "Work", "WriteRequest", "error",
]
