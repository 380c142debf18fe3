"""Errors as Node names them.

Theory of operation. Python tells errors apart by their classes; Node's programs, and the documentation they are written
from, by a `code`. So whatever Node gives a code has it here too: our own errors stand on `NodeError` (and on the class
of Python's that says the same, so that `except ValueError` does what it says), and the operating system's errors get
theirs, with Node's other fields, as attributes beside the errno.
"""

from __future__ import annotations

import errno


class NodeError(Exception):
    """An error with a `code` of Node's. https://nodejs.org/api/errors.html#nodejs-error-codes"""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def add_note(error: BaseException, note: str) -> None:
    """Let the traceback of `error` end with `note`, once."""
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def system_code(failure: OSError) -> str:
    """The name of the errno of `failure`: "ENOENT", "ECONNREFUSED" …; "UNKNOWN" for one that has no name."""
    return errno.errorcode.get(failure.errno or 0, "UNKNOWN")
