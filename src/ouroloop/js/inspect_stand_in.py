"""A stand-in for the standard library's `inspect`, which answers the one question that the V8 binding asks.

Theory of operation. At each call from JavaScript to Python the binding imports `inspect`, to ask whether the result is
awaitable. To load that module takes 5 ms, more than anything else that Python does when an empty program starts, and
nothing else here needs it. Whoever asks for anything but `isawaitable` gets the real module, and from then on it is the
real one that is imported.
"""

from __future__ import annotations

import sys
from _collections_abc import Awaitable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)

_NAME = "inspect"


class _StandIn(ModuleType):
    def __init__(self) -> None:
        super().__init__(_NAME)
        self.__spec__ = spec = type(sys.__spec__)(_NAME, None)
        setattr(spec, "_initializing", False)  # noqa: B010  # asked at each import, and to find nothing takes longer

    @staticmethod
    def isawaitable(value: object) -> bool:
        return isinstance(value, Awaitable)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {_NAME!r} has no attribute {name!r}")
        if sys.modules.get(_NAME) is self:
            del sys.modules[_NAME]
        import inspect

        return getattr(inspect, name)


def install() -> None:
    """Let the stand-in be what is imported as `inspect`, if nobody has imported it yet."""
    sys.modules.setdefault(_NAME, _StandIn())
