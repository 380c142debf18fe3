"""Errors as the operating system names them.

Everything that fails below `ouroloop.node` fails with an `OSError` that carries the errno of the system call (or
the one libuv would report). Name look-ups fail with `socket.gaierror`, which is an `OSError` too: its errno is one
of the `EAI_*` codes, a number space of its own.
"""

from __future__ import annotations

import os


def error(code: int, filename: str | bytes | None = None) -> OSError:
    """An `OSError` for the errno `code`, with the system's text for it.

    Python picks the subclass (`FileNotFoundError`, `ConnectionResetError` …) by the code.
    """
    if filename is None:
        return OSError(code, os.strerror(code))
    return OSError(code, os.strerror(code), filename)
