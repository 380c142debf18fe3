"""compile_cache: the compile cache, as `module.enableCompileCache` and the environment turn it on."""

from __future__ import annotations

import os
import sys

from .. import engine
from ..compile_cache import CompileCache, debug, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """The cache belongs to the engine, whose natives compile."""

    def natives() -> Any:
        return runtime.engine.natives

    def enable(directory: str, build: str, is_portable: bool) -> int:
        """Begin to keep what is compiled, in a folder for this `build`, V8 and user.

        0, or a negative errno if the folder cannot be made.
        """
        user = os.getuid() if sys.platform != "win32" else 0
        tag = f"{build}-{engine.cached_data_version_tag():08x}-{user}"
        try:
            natives().loader.compile_cache = CompileCache(natives(), directory, tag, is_portable)
        except OSError as exc:
            debug(f"Cannot create cache directory: {reason(exc)}")
            return -(exc.errno or 1)
        return 0

    def flush() -> None:
        if natives().loader.compile_cache is None:
            return
        debug("module.flushCompileCache() requested.")
        natives().loader.compile_cache.persist()
        debug("module.flushCompileCache() finished.")

    def directory() -> str | None:
        cache = natives().loader.compile_cache
        return None if cache is None else cache.directory

    return {"enable": enable, "flush": flush, "getDirectory": directory, "debug": debug}
