"""What all requests have in common.

Theory of operation. A request is one operation under way: a write, a connection being made, a job on the thread pool.
It keeps the loop alive from the moment it is made until its callback is called, whatever the reference flag of the
handle it belongs to. Its callback is called exactly once, with `(error, result)`.
"""

from __future__ import annotations

import errno

from .errors import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .loop import Loop


class Request:
    """The base of all requests (libuv's `uv_req_t`)."""

    __slots__ = ("callback", "done", "loop")

    def __init__(self, loop: Loop, callback: Callable[..., object] | None) -> None:
        if loop.closed:
            raise error(errno.EINVAL)
        self.loop = loop
        self.callback = callback
        self.done = False
        loop._active_requests += 1

    def cancel(self) -> None:
        """Cancel the request; its callback gets ECANCELED (uv_cancel).

        Raises `OSError` EBUSY when it is running or finished: only a job still waiting in the thread pool's queue can
        be cancelled.
        """
        raise error(errno.EBUSY)

    def _finish(self, *results: Any) -> None:
        """The request is over: stop counting it and call its callback."""
        self.done = True
        self.loop._active_requests -= 1
        if self.callback is not None:
            self.callback(*results)
