"""messaging: message ports that are listened to keep the loop going."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/message_channel`: each `ref` holds the loop until its `unref`."""
    handles: list[Any] = []
    holders = 0

    def ref() -> None:
        nonlocal holders
        holders += 1
        if holders == 1:
            from ...loop import Prepare

            if not handles:
                handles.append(Prepare(runtime.loop))
            handles[0].start(lambda: None)

    def unref() -> None:
        nonlocal holders
        holders -= 1
        if holders == 0:
            handles[0].stop()

    return {"ref": ref, "unref": unref}
