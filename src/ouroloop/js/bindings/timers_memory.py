"""timers_memory: where JavaScript's timers keep what Python reads too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/timers`."""

    def share(clock: int, counts: int) -> None:
        runtime.share_timers(int(clock), int(counts))

    return {"share": share}
