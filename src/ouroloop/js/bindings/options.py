"""options: what the command line said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..options import allowed_in_environment

if TYPE_CHECKING:
    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/options`."""
    return {"getOptions": lambda: runtime.options, "allowedInEnvironment": allowed_in_environment}
