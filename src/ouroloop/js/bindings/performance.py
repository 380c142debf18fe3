"""performance: clocks."""

from __future__ import annotations

from time import monotonic_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


class _Pauses:
    """The collector's pauses that JavaScript has not been told of."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._handle = 0
        self._is_watching: bool | None = None
        self._began = 0
        self._pauses: list[float] = []

    def watch(self, handle: int) -> bool:
        """Tell `handle` in the poll step when there were pauses; 0: no longer. Whether that can be."""
        self._handle = int(handle)
        if self._is_watching is None:
            natives = self._runtime.engine.natives
            self._is_watching = natives is not None and natives.watch_collector(self._begin, self._end)
        return self._is_watching

    def _begin(self) -> None:
        self._began = monotonic_ns()

    def _end(self, _name: str, kind: int, flags: int) -> None:
        """Called in the midst of whatever allocates: JavaScript can be told later only."""
        if not self._handle:
            return
        if not self._pauses:
            self._runtime.loop._wakeup.mark(self._tell)
        origin = self._runtime.started_ns
        self._pauses += (kind, flags, (self._began - origin) / 1e6, (monotonic_ns() - self._began) / 1e6)

    def _tell(self) -> None:
        if self._handle:
            self._runtime.emit(self._handle)

    def take(self) -> list[float]:
        """Kind, flags, beginning (ms since the process began) and length (ms) of each."""
        pauses, self._pauses = self._pauses, []
        return pauses


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `perf_hooks`. Times are in ms since the process began, but for `timeOrigin`."""
    origin = runtime.started_ns if runtime is not None else 0

    def milestones() -> dict[str, float]:
        return {name: (at - origin) / 1e6 for name, at in runtime.milestones.items()}

    def metrics() -> list[int]:
        loop = runtime.loop
        return [loop.turns, loop.metrics.events, loop.metrics.events_waiting]

    pauses = _Pauses(runtime)
    return {
        "watchCollector": pauses.watch, "collectorPauses": pauses.take,
        "timeOrigin": lambda: runtime.time_origin, "milestones": milestones,
        "loopIdleTime": lambda: runtime.loop.idle_ns / 1e6, "loopMetrics": metrics,
    }
