"""What all handles have in common.

Theory of operation. A handle is a long-lived thing the loop watches for its owner: a timer, a listening socket, a
child process. Two flags decide whether it keeps the loop alive: *active* (it is doing what it is for) and *referenced*
(its owner wants the loop to wait for it). The loop keeps one number, how many handles are both, and each handle
maintains it whenever one of its flags changes.

What surprises people: `close` does not close. It stops the handle and puts it on the loop's closing list; what the
handle owns (a descriptor, say) is given back in the closing step of the turn, just before the closing callback. Until
then the descriptor's number cannot come back as somebody else's, so an event collected earlier in this turn can never
reach the wrong handle. As in libuv, the handle closed last has its callback called first.
"""

from __future__ import annotations

import errno

from .errors import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .loop import Loop


class Handle:
    """The base of all handles (libuv's `uv_handle_t`)."""

    __slots__ = ("__weakref__", "_active", "_close_callback", "_closing", "_ref", "closed", "loop")

    def __init__(self, loop: Loop) -> None:
        if loop.closed:
            raise error(errno.EINVAL)
        self.loop = loop
        self.closed = False
        self._active = False
        self._ref = True
        self._closing = False
        self._close_callback: Callable[[], object] | None = None
        loop._handles[self] = None
        if loop._probe is not None:
            loop._probe.handle_made(self)

    @property
    def active(self) -> bool:
        """Whether the handle is doing what it is for: a started timer, a reading stream (uv_is_active)."""
        return self._active

    @property
    def closing(self) -> bool:
        """Whether `close` was called (uv_is_closing)."""
        return self._closing

    def ref(self) -> None:
        """Let the loop wait for this handle while it is active; the default (uv_ref). May be called twice."""
        if not self._ref:
            self._ref = True
            if self._active:
                self.loop._active_handles += 1

    def unref(self) -> None:
        """Let the loop end without this handle (uv_unref). May be called twice."""
        if self._ref:
            self._ref = False
            if self._active:
                self.loop._active_handles -= 1

    def has_ref(self) -> bool:
        """Whether the loop waits for this handle while it is active (uv_has_ref)."""
        return self._ref

    def close(self, callback: Callable[[], object] | None = None) -> None:
        """Stop the handle; in the closing step give back what it owns, then call `callback` (uv_close).

        Calling it again is an error that libuv answers by aborting; here the second call raises `OSError` EINVAL.
        """
        if self._closing:
            raise error(errno.EINVAL)
        self._closing = True
        self._close_callback = callback
        self._stop_for_close()
        self._set_inactive()
        self.loop._closing.append(self)
        if self.loop._probe is not None:
            self.loop._probe.handle_closing(self)

    def _stop_for_close(self) -> None:
        """Stop whatever the handle does. Its descriptor stays open until `_release`."""

    def _release(self) -> None:
        """Give back what the handle owns, and answer its outstanding requests with ECANCELED (closing step)."""

    def _set_active(self) -> None:
        if not self._active:
            self._active = True
            if self._ref:
                self.loop._active_handles += 1

    def _set_inactive(self) -> None:
        if self._active:
            self._active = False
            if self._ref:
                self.loop._active_handles -= 1

    def _require_open(self) -> None:
        if self._closing:
            raise error(errno.EINVAL)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "closing" if self._closing else "active" if self._active else "inactive"
        return f"<{type(self).__name__} {state}{'' if self._ref else ' unref'}>"
