"""recorder: what `lib/internal/recorder` has recorded goes to who asked for it."""

from __future__ import annotations

from ..engine import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/recorder`."""

    numbers = memoryview(b"").cast("d")

    def begin(handle: int, address: int, size: int) -> None:
        """Records will lie in `size` bytes of memory at `address`; `handle` is who is asked for them."""
        nonlocal numbers
        runtime.recorder.handle = int(handle)
        numbers = memory(int(address), int(size)).cast("d")

    def deliver(count: int, tables: str) -> None:
        """There are `count` numbers now."""
        runtime.recorder.take(numbers[: int(count)], tables)

    def describe(number: int) -> str:
        """What the socket of this number is about."""
        text: str = runtime.recorder.describe_stream(int(number))
        return text

    return {"begin": begin, "deliver": deliver, "describe": describe}
