"""Prepare, Check and Idle: a callback in every turn of the loop, each in its own step.

Theory of operation. The turn runs all idle watchers, then all prepare watchers, then polls, then runs all check
watchers. An active idle watcher also keeps the poll step from sleeping: "idle" says that it runs even when there is
nothing to do, not that it waits for such a moment. As in libuv, the watcher started last runs first.
"""

from __future__ import annotations

from .handle import Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .loop import Loop


class _LoopWatcher(Handle):
    __slots__ = ("_watchers",)

    def __init__(self, loop: Loop, watchers: dict[Handle, tuple[Callable[[], object]]]) -> None:
        super().__init__(loop)
        self._watchers = watchers

    def start(self, callback: Callable[[], object]) -> None:
        """Call `callback` in every turn. Starting a started watcher does nothing."""
        self._require_open()
        if not self._active:
            # A tuple of its own for each start: one that is started anew in this very step waits for the next.
            self._watchers[self] = (callback,)
            self._set_active()

    def stop(self) -> None:
        """Call it no longer; a stopped watcher may be stopped."""
        self._watchers.pop(self, None)
        self._set_inactive()

    def _stop_for_close(self) -> None:
        self.stop()


class Idle(_LoopWatcher):
    """libuv's `uv_idle_t`: runs before the prepare watchers, and keeps the poll step from sleeping."""

    __slots__ = ()

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop, loop._idle)


class Prepare(_LoopWatcher):
    """libuv's `uv_prepare_t`: runs just before the poll step."""

    __slots__ = ()

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop, loop._prepare)


class Check(_LoopWatcher):
    """libuv's `uv_check_t`: runs just after the poll step."""

    __slots__ = ()

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop, loop._check)
