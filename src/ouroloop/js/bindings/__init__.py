"""The operations that JavaScript calls: one file for each of Node's bindings, on the standard library and `loop`.

Each file has `operations(runtime)`, or `OPERATIONS` where no runtime is needed: what JavaScript finds under
`internalBinding(NAME)`, by name. An operation gets copies of its arguments and returns a value that can be copied;
one that fails returns a negative errno (libuv's numbers), and JavaScript makes the error.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def operations_of(name: str, runtime: Any) -> dict[str, Callable[..., Any]]:
    """The operations of the binding `name`, by name."""
    module = __import__(f"{__name__}.{name}", fromlist=("operations",))
    made: dict[str, Callable[..., Any]] | None = getattr(module, "OPERATIONS", None)
    if made is None:
        made = module.operations(runtime)
    assert made is not None
    if runtime is None or runtime.permission is None:
        return made
    from ..guards import guarded

    return guarded(name, made, runtime)
