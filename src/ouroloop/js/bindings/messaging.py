"""messaging: message ports that are listened to keep the loop going, and what is posted to them wakes it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ...loop import Async
    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/message_channel`: `ref` holds the loop until `unref`; `wake(id)` calls on handle `id` in the poll
    step, `close(id)` in the closing step.

    All ports share one libuv-like async handle, where Node has one for each.
    """
    listener = 0

    def handle() -> Async:
        if runtime.ports is None:
            from ...loop import Async

            runtime.ports = Async(runtime.loop, lambda: runtime.emit(listener))
            runtime.ports.unref()
        return runtime.ports

    def ref() -> None:
        handle().ref()

    def unref() -> None:
        handle().unref()

    def wake(listener_id: int) -> None:
        nonlocal listener
        listener = listener_id
        handle().send()

    def close(listener_id: int) -> None:
        from ...loop import Idle

        Idle(runtime.loop).close(lambda: runtime.emit(listener_id))

    return {"ref": ref, "unref": unref, "wake": wake, "close": close}
