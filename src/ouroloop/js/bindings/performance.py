"""performance: clocks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `perf_hooks`. Times are in ms since the process began, but for `timeOrigin`."""
    origin = runtime.started_ns if runtime is not None else 0

    def milestones() -> dict[str, float]:
        return {name: (at - origin) / 1e6 for name, at in runtime.milestones.items()}

    def metrics() -> list[int]:
        loop = runtime.loop
        return [loop.turns, loop.metrics.events, loop.metrics.events_waiting]

    return {
        "timeOrigin": lambda: runtime.time_origin, "milestones": milestones,
        "loopIdleTime": lambda: runtime.loop.idle_ns / 1e6, "loopMetrics": metrics,
    }
