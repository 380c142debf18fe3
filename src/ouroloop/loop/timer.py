"""Timer: a callback after some milliseconds, once or again and again.

Theory of operation. The loop keeps all started timers in one heap ordered by due time, then by the order in which they
were started; stopping a timer leaves its heap entry behind, to be recognised as dead by its start number. A timer's due
time is counted from the loop's cached clock (`loop.now`), not from the moment of the call.
"""

from __future__ import annotations

import errno

from .errors import error
from .handle import Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .loop import Loop


class Timer(Handle):
    """libuv's `uv_timer_t`."""

    __slots__ = ("_callback", "_due", "_repeat", "_start_id")

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self._callback: Callable[[], object] | None = None
        self._due = 0
        self._repeat = 0
        self._start_id = -1

    def start(self, callback: Callable[[], object], timeout: int, repeat: int = 0) -> None:
        """Call `callback` when `timeout` ms have passed since `loop.now`, then every `repeat` ms if that is not 0.

        A started timer is started anew. Raises `OSError` EINVAL on a closing timer, `ValueError` on negative times.
        """
        self._require_open()
        if timeout < 0 or repeat < 0:
            raise ValueError(f"a timer needs times of 0 ms or more, not timeout={timeout}, repeat={repeat}")
        self.stop()
        self._callback = callback
        self._repeat = repeat
        self._due = self.loop.now + timeout
        self._start_id = self.loop._add_timer(self._due, self)
        self._set_active()

    def stop(self) -> None:
        """Stop the timer; a stopped timer may be stopped."""
        if self._active:
            self._set_inactive()
            self.loop._drop_timer()
        self._start_id = -1

    def again(self) -> None:
        """Stop the timer, and start it anew with its repeat value as the timeout if that is not 0.

        Raises `OSError` EINVAL if the timer was never started.
        """
        if self._callback is None:
            raise error(errno.EINVAL)
        if self._repeat:
            self.start(self._callback, self._repeat, self._repeat)

    @property
    def repeat(self) -> int:
        """The repeat value in ms; 0 means once. A new value counts from the next time the timer fires."""
        return self._repeat

    @repeat.setter
    def repeat(self, value: int) -> None:
        if value < 0:
            raise ValueError(f"a timer's repeat value must be 0 ms or more, not {value}")
        self._repeat = value

    @property
    def due_in(self) -> int:
        """How many ms remain until the timer is due, by the loop's clock; 0 if it is overdue (uv_timer_get_due_in)."""
        return max(0, self._due - self.loop.now)

    def _stop_for_close(self) -> None:
        self.stop()
