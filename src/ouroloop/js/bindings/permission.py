"""permission: what `process.permission` asks, and what a refused operation was refused for."""

from __future__ import annotations

from ..permission import SCOPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/process/permission`. Scopes are named as `process.permission.has` names them."""

    def has(scope: str, reference: str | None) -> bool:
        return runtime.permission is None or runtime.permission.has(SCOPES[scope], reference)

    def drop(scope: str, reference: str | None) -> None:
        if runtime.permission is not None:
            runtime.permission.drop(SCOPES[scope], reference)

    def refusal() -> list[Any] | None:
        """The last one: scope, resource, form of the message (`guards.py`)."""
        return None if runtime.permission is None else runtime.permission.refusal

    return {"has": has, "drop": drop, "refusal": refusal}
