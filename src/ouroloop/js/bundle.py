"""The bundle: the compiled form of all Python modules that programs have used, in one file.

Theory of operation. To start takes some 60 modules, and Python looks for each in several folders, opens it, asks about
it and reads it: 25 system calls and 0.1 ms for each, as much again as it takes to run them. So what was imported is
kept in the cache folder, in one file, when a program ends that has imported something that is not in it yet. A finder
that stands before Python's own takes it from there. As with Python's .pyc files, what was kept holds for as long as
the source has the time and size that it had.

What surprises people: this is for the command and JavaScript programs. A Python program imports as Python does
(`remove`): what its path says, not what an earlier one's said. Only modules of this installation and of the standard
library are kept.
"""

# No annotations from the future here: the module of that name is in the bundle.

import marshal
import os
import sys
from _frozen_importlib_external import (  # what importlib is made of
    SourceFileLoader,
    spec_from_file_location,
)

from . import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, TypeAlias

    _Entry: TypeAlias = tuple[str, int, int, bool, int, int]
    """A module's file, its time in ns, its size, whether it is a package, and where its code is, and how long."""

_INSTALLATION = os.path.dirname(os.path.dirname(os.path.dirname(__file__))) + os.sep
_STANDARD = os.path.dirname(os.__file__) + os.sep
_WORD = 8  # bytes
_FIRST = 8192  # bytes that are read at once: most of the index


def _key() -> str:
    facts = f"{sys.version} {sys.flags.optimize} {_STANDARD} {_INSTALLATION}"
    return f"modules-{cache.fingerprint(facts)}-{sys.implementation.cache_tag}.bin"


class _Loader(SourceFileLoader):
    """As Python's own for the same file, but that the code is there already."""

    def __init__(self, name: str, path: str, code: bytes) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> "CodeType":
        code: CodeType = marshal.loads(self._code)
        return code


class _Finder:
    """Finds what is in the bundle."""

    def __init__(self) -> None:
        self._file = cache.opened(_key())
        self.before = frozenset(sys.modules)
        """What was imported without this, and always will be."""
        self.index: dict[str, _Entry] = {}
        if self._file is None:
            return
        head = os.pread(self._file, _FIRST, 0)
        length = int.from_bytes(head[_WORD : 2 * _WORD], "little")
        if int.from_bytes(head[:_WORD], "little") != os.fstat(self._file).st_size or not length:
            return
        start = 2 * _WORD + length
        if start > len(head):
            head += os.pread(self._file, start - len(head), len(head))
        self.index = marshal.loads(memoryview(head)[2 * _WORD : start])

    def find_spec(self, name: str, path: object = None, target: object = None) -> "Any":
        """What Python asks first for each import; None if it is to look elsewhere."""
        if name not in self.index:
            return None
        file, time, size, is_package, *_ = self.index[name]
        if _status(file) != (time, size):
            del self.index[name]
            return None
        code = self.code(name)
        if not code:
            return None
        folders = [os.path.dirname(file)] if is_package else None
        loader = _Loader(name, file, code)
        return spec_from_file_location(name, file, loader=loader, submodule_search_locations=folders)

    def code(self, name: str) -> bytes:
        """The compiled form of a module of the index."""
        *_, start, length = self.index[name]
        if self._file is None:
            self._file = cache.opened(_key())
        return b"" if self._file is None else os.pread(self._file, length, start)

    def rest(self) -> None:
        """Hold no file open."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _status(file: str) -> tuple[int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


_finder: _Finder | None = None


def install() -> None:
    """Take modules from the bundle, from now on."""
    global _finder
    if _finder is None:
        _finder = _Finder()
        sys.meta_path.insert(0, _finder)


def rest() -> None:
    """Most was imported: hold no file open that a program could stumble on."""
    if _finder is not None:
        _finder.rest()


def remove() -> None:
    """Import as Python does."""
    global _finder
    if _finder is not None:
        _finder.rest()
        sys.meta_path.remove(_finder)
        _finder = None


def keep_imported() -> None:
    """Keep what was imported and is not in the bundle yet."""
    finder = _finder
    if finder is None:
        return
    known = {*finder.index, *finder.before}
    new = [name for name, module in sys.modules.items() if name not in known and _is_ours(module)]
    if not new:
        return
    kept = {
        name: (finder.index[name], finder.code(name)) for name in finder.index
        if _status(finder.index[name][0]) == finder.index[name][1:3]
    }
    for name in new:
        spec: Any = sys.modules[name].__spec__
        status = _status(spec.origin)
        if status is not None:
            facts = (spec.origin, *status, spec.submodule_search_locations is not None, 0, 0)
            kept[name] = (facts, marshal.dumps(spec.loader.get_code(name)))
    cache.forget_old("modules-")
    cache.write(_key(), _whole(kept))


def _whole(kept: "dict[str, tuple[_Entry, bytes]]") -> bytes:
    """The file: its length, the index's length, the index, and the code of each module."""
    head, start = b"", 0
    while start != 2 * _WORD + len(head):  # numbers of another length make an index of another length
        start = position = 2 * _WORD + len(head)
        index = {}
        for name, (facts, code) in kept.items():
            index[name] = (*facts[:4], position, len(code))
            position += len(code)
        head = marshal.dumps(index)
    lengths = position.to_bytes(_WORD, "little") + len(head).to_bytes(_WORD, "little")
    return b"".join([lengths, head, *(code for _, code in kept.values())])


def _is_ours(module: object) -> bool:
    spec = getattr(module, "__spec__", None)
    return (
        spec is not None and type(spec.loader) is SourceFileLoader and spec.has_location
        and spec.origin.startswith((_INSTALLATION, _STANDARD)))
