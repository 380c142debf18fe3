"""v8: what V8 tells of itself."""

from __future__ import annotations

from .. import engine
from ..natives.calls import set_flags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For the module `v8`."""

    def natives() -> Any:
        return runtime.engine.natives

    return {
        "getHeapSpaceStatistics": lambda: natives().heap_space_statistics(),
        "getHeapCodeStatistics": lambda: natives().heap_code_statistics(),
        "cachedDataVersionTag": engine.cached_data_version_tag, "setFlagsFromString": set_flags,
    }
