"""Places in a Python program's sources, for the recorder: where the program is, and where a function of its stands.

Theory of operation. A place is a line of a code object; each gets a number when it is first asked for, and is kept in
the recorder's list. Functions of this package and of Python's own library are core modules' ("node:" before the file's
name): who asks where the program is is told of the innermost frame that is none of theirs.

What surprises people: a coroutine's place is where it stands while it waits, in the innermost coroutine that it awaits.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from types import CodeType, CoroutineType, FrameType, FunctionType, MethodType
from typing import Any

from .model import Place
from .records import NO_PLACE

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = sysconfig.get_paths()["stdlib"] + os.sep
_PACKAGES = os.sep + "site-packages" + os.sep


class PythonPlaces:
    """Numbers for places, whose list is `places`."""

    def __init__(self, places: list[Place]) -> None:
        self._places = places
        self._numbers: dict[tuple[CodeType, int], int] = {}
        self._functions: dict[CodeType, int] = {}
        self._own: dict[CodeType, bool] = {}

    def is_core(self, number: int) -> bool:
        """Whether a place is in a core module."""
        return self._places[number].is_core

    def _is_own(self, code: CodeType) -> bool:
        """Whether a function is none of the program's."""
        own = self._own.get(code)
        if own is None:
            file = code.co_filename
            own = self._own[code] = file.startswith((_OWN, "<")) or (
                file.startswith(_LIBRARY) and _PACKAGES not in file)
        return own

    def _number(self, code: CodeType, line: int) -> int:
        number = self._numbers.get((code, line))
        if number is None:
            file = "node:" + os.path.basename(code.co_filename) if self._is_own(code) else code.co_filename
            name = "" if code.co_name in ("<module>", "<lambda>") else code.co_name
            number = self._numbers[code, line] = len(self._places)
            self._places.append(Place(file, line, 1, name))
        return number

    def of_caller(self) -> int:
        """Where the program is; -1 if no function of its is running."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_back is not None:  # the outermost one is the command's
            if not self._is_own(frame.f_code):
                return self._number(frame.f_code, frame.f_lineno)
            frame = frame.f_back
        return NO_PLACE

    def of_function(self, callback: Any) -> int:
        """Where a function stands; -1 if it is none of Python's."""
        callback = getattr(callback, "listener", callback)
        if isinstance(callback, MethodType):
            callback = callback.__func__
        if not isinstance(callback, FunctionType):
            return NO_PLACE
        code = callback.__code__
        place = self._functions.get(code)
        if place is None:
            place = self._functions[code] = self._number(code, code.co_firstlineno)
        return place

    def of_coroutine(self, coroutine: Any) -> int:
        """Where a coroutine stands that waits."""
        while isinstance(inner := getattr(coroutine, "cr_await", None), CoroutineType):
            coroutine = inner
        frame = getattr(coroutine, "cr_frame", None)
        return NO_PLACE if frame is None else self._number(frame.f_code, frame.f_lineno)
