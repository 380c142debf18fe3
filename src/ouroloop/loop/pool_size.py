"""How many threads a pool has, for whoever wants to know without a pool: that takes 1 ms to load."""

from __future__ import annotations

import os

_DEFAULT_SIZE = 4
_MAX_SIZE = 1024


def configured_size() -> int:
    """The number of threads that `UV_THREADPOOL_SIZE` asks for: 1 to 1024; 4 when it is unset, 1 if it is no number."""
    text = os.environ.get("UV_THREADPOOL_SIZE")
    if text is None:
        return _DEFAULT_SIZE
    try:
        return min(max(int(text), 1), _MAX_SIZE)
    except ValueError:
        return 1
