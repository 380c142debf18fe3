"""embedding: what JavaScript in an `ouroloop.Runtime` asks of Python."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/embedding`."""

    def call(number: int, args: list[Any]) -> list[Any]:
        answer: list[Any] = runtime.embedding.call(int(number), args)
        return answer

    def call_async(number: int, request: int, args: list[Any]) -> None:
        runtime.embedding.call_async(int(number), int(request), args)

    def settled(request: int, failed: int, value: list[Any]) -> None:
        runtime.embedding.settled(int(request), bool(failed), value)

    def uncaught(error: list[Any]) -> None:
        runtime.embedding.uncaught(error)

    def forget(number: int) -> None:
        runtime.embedding.forget(int(number))

    return {"call": call, "callAsync": call_async, "settled": settled, "uncaught": uncaught, "forget": forget}
