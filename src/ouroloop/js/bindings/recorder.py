"""recorder: what `lib/internal/recorder` has recorded goes to who asked for it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/recorder`."""

    def begin(handle: int) -> None:
        runtime.recorder.handle = int(handle)

    def deliver(numbers: bytes, tables: str) -> None:
        runtime.recorder.take(numbers, tables)

    return {"begin": begin, "deliver": deliver}
