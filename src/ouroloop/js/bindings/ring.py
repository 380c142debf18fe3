"""ring: how JavaScript starts the threads that work off its ring of system calls."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/fs/ring`."""

    def open_ring(address: float) -> int:
        return runtime.open_ring(int(address))

    def begin() -> None:
        runtime.ring.begin()

    def start_worker() -> None:
        runtime.ring.start_worker()

    return {"open": open_ring, "begin": begin, "startWorker": start_worker}
