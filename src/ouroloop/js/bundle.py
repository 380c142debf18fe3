"""The bundle: what programs have used, in compiled form, in one file.

Theory of operation. To start takes some 60 Python modules, and Python looks for each in several folders, opens it, asks
about it and reads it: 25 system calls and 0.1 ms for each, as much again as it takes to run them. So what was imported
is kept in the cache folder, in one file, when a program ends that has imported something that is not in it yet. A
finder that stands before Python's own takes it from there. V8's code caches of core modules that are not in the
snapshot are kept in the same way (`natives/library.py`). As with Python's .pyc files, what was kept holds for as long
as the source has the time and size that it had.

To import a module takes Python 25 us beside running it, also when it is found at once. So what a start imports is one
more entry, in the order in which it was done: those modules are made and run with no search for any of them. Extension
modules have an entry without code: it tells where their file is.

What surprises people: the finder is for the command and JavaScript programs. A Python program imports as Python does
(`remove`): what its path says, not what an earlier one's said. Only modules of this installation and of the standard
library are kept.
"""

# No annotations from the future here: the module of that name is in the bundle.

import _imp
import marshal
import os
import sys
from _frozen_importlib import ModuleSpec, module_from_spec  # what importlib is made of
from _frozen_importlib_external import (
    ExtensionFileLoader,
    PathFinder,
    SourceFileLoader,
    spec_from_file_location,
)
from time import monotonic_ns

from . import cache

BEGAN = monotonic_ns()
"""When the process began, as far as anybody here can tell: this is the first module of ours."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any, TypeAlias, TypeVar

    _T = TypeVar("_T")
    _Entry: TypeAlias = tuple[str, int, int, bool, int, int]
    """A source's file, its time in ns, its size, whether it is a package's, where its code is, and how long."""
    _Group: TypeAlias = dict[str, tuple[_Entry, CodeType]]
    """Modules in the order in which they are to run."""

_INSTALLATION = os.path.dirname(os.path.dirname(os.path.dirname(__file__))) + os.sep
_STANDARD = os.path.dirname(os.__file__) + os.sep
_ENVIRONMENT = sys.prefix + os.sep
_WORD = 8  # bytes
_FIRST = 16384  # bytes that are read at once: most of the index
_START = f"{__name__.rpartition('.')[0]}.command"
"""What every start of a JavaScript program imports, and by it most of the modules that it needs."""
_GROUP = f"all that {_START} imports"


class _Loader(SourceFileLoader):
    """As Python's own for the same file, but that the code may be there already."""

    def __init__(self, name: str, path: str, code: bytes | None) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> "CodeType | None":
        if self._code is None:
            return with_a_descriptor(lambda: SourceFileLoader.get_code(self, fullname))
        code: CodeType = marshal.loads(self._code)
        return code

    def exec_module(self, module: "ModuleType") -> None:
        before = len(_done)
        super().exec_module(module)
        _done.append(self.name)
        if self.name == _START:
            _imported_at_start[:] = _done[before:-1]


_done: list[str] = []  # modules that have run, in that order
_imported_at_start: list[str] = []  # those that had to run for the one that is `_START`; none if there was a group


class _ExtensionLoader(ExtensionFileLoader):
    """As Python's own, also when there are no descriptors left."""

    def create_module(self, spec: "Any") -> "Any":
        return with_a_descriptor(lambda: ExtensionFileLoader.create_module(self, spec))


class _Bundle:
    """The file, and what is to be added to it."""

    def __init__(self, is_busy: bool) -> None:
        facts = f"{sys.version} {sys.flags.optimize} {_STANDARD} {_INSTALLATION} {_ENVIRONMENT}"
        self._key = f"bundle-{cache.fingerprint(facts)}-{sys.implementation.cache_tag}.bin"
        self.is_busy = is_busy
        """Whether the file stays open: more will be read, perhaps when there are no descriptors left."""
        self._file: int | None = None
        self._identity: object = None
        self._index: dict[str, _Entry] = {}
        self._open()
        self._close_if_idle()
        self._new: dict[str, tuple[_Entry, bytes]] = {}
        self._before = frozenset(sys.modules)  # what was imported without this, and always will be

    def _open(self) -> None:
        """Open the file. Another process may have put another one in its place, which has its own index."""
        opened = cache.opened(self._key)
        self._file = opened[0] if opened is not None else _substitute()
        identity = None if self._file is None else _identity(self._file)
        if identity != self._identity:
            self._identity = identity
            self._index = {} if self._file is None or opened is None else _index(self._file)

    def _close_if_idle(self) -> None:
        """Or if it has taken the place of a standard stream that is closed."""
        if self._file is not None and (not self.is_busy or self._file <= 2):
            self._close()

    def _close(self) -> None:
        if self._file is not None and _identity(self._file) == self._identity:
            os.close(self._file)
        self._file = None

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """What Python asks first for each import; None if it is to look elsewhere."""
        if name == _START:
            self._import_group()
        code = self.data(name)
        if code is None:
            return _looked_for(name, path, target)
        file, _, _, is_package, *_ = self._index[name]
        if not code:
            return spec_from_file_location(name, file, loader=_ExtensionLoader(name, file))
        folders = [os.path.dirname(file)] if is_package else None
        loader = _Loader(name, file, code)
        return spec_from_file_location(name, file, loader=loader, submodule_search_locations=folders)

    def _import_group(self) -> None:
        """Import what a start does, if nothing of it has changed. What fails, Python meets again in its own way."""
        data = self.data(_GROUP)
        group: _Group = {} if data is None else marshal.loads(data)
        if not all(_is_as_it_was(entry) for entry, _ in group.values()):
            del self._index[_GROUP]
            return
        made: dict[str, ModuleType] = {}
        try:
            for name, (_, code) in group.items():
                if name not in sys.modules or name in made:
                    exec(code, _made(name, group, made).__dict__)
                    del made[name]
        except Exception:
            for name in made:
                del sys.modules[name]

    def data(self, name: str) -> bytes | None:
        """What was kept under `name`, if its source has not changed."""
        if name not in self._index:
            return None
        if self._file is None or _identity(self._file) != self._identity:  # a program may close what it did not open
            self._open()
        data = None if self._file is None else self._read(self._file, name)
        self._close_if_idle()
        return data

    def _read(self, file: int, name: str) -> bytes | None:
        entry = self._index.get(name)
        if entry is None:
            return None
        if not _is_as_it_was(entry):
            del self._index[name]
            return None
        return os.pread(file, entry[5], entry[4])

    def add(self, name: str, file: str, is_package: bool, data: bytes) -> None:
        """Keep `data`, made of the source `file`, when `write` is called."""
        status = _status(file)
        if status is not None:
            self._new[name] = ((file, *status, is_package, 0, 0), data)

    def add_imported(self) -> None:
        """Keep all modules that are not in the bundle."""
        for name, module in list(sys.modules.items()):
            if name not in self._index and name not in self._before and _is_ours(module):
                spec: Any = module.__spec__
                if spec.name != name:  # somebody calls it by another name
                    continue
                is_package = spec.submodule_search_locations is not None
                try:
                    code = spec.loader.get_code(name)
                except OSError:  # this process may no longer read Python's files
                    continue
                self.add(name, spec.origin, is_package, b"" if code is None else marshal.dumps(code))
        if _imported_at_start and _GROUP not in self._index:
            self._add_group()

    def _add_group(self) -> None:
        """Keep what this process imported at its start, under the source of what imported it."""
        known = {name: entry for name, (entry, _) in self._new.items()} | self._index
        try:
            group = {
                name: (known[name], sys.modules[name].__spec__.loader.get_code(name))  # type: ignore[union-attr]
                for name in _imported_at_start
            }
        except (OSError, KeyError):
            return
        self.add(_GROUP, sys.modules[_START].__file__ or "", False, marshal.dumps(group))

    def write(self) -> None:
        """Make the file anew if there is something to add."""
        if not self._new:
            return
        self._close()
        self._open()  # what others have added meanwhile
        kept = {}
        for name, entry in [*self._index.items()]:
            data = None if self._file is None else self._read(self._file, name)
            if data is not None:
                kept[name] = (entry, data)
        self._close()
        cache.forget_old("bundle-")
        cache.seal(self._key, _whole(kept | self._new))
        self._new.clear()
        self._open()
        self._close_if_idle()


def _substitute() -> int | None:
    """A descriptor that can be given up (`with_a_descriptor`) where there is no file."""
    try:
        return os.open(__file__, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _index(file: int) -> "dict[str, _Entry]":
    """What an open file holds."""
    head = os.pread(file, _FIRST, 0)
    end = _WORD + int.from_bytes(head[:_WORD], "little")
    if end > len(head):
        head += os.pread(file, end - len(head), len(head))
    index: dict[str, _Entry] = marshal.loads(memoryview(head)[_WORD:end])
    return index


def _whole(kept: "dict[str, tuple[_Entry, bytes]]") -> bytes:
    """The file: the index's length, the index, and what is kept."""
    head, start = b"", 0
    while start != _WORD + len(head):  # numbers of another length make an index of another length
        start = position = _WORD + len(head)
        index = {}
        for name, (entry, data) in kept.items():
            index[name] = (*entry[:4], position, len(data))
            position += len(data)
        head = marshal.dumps(index)
    return b"".join([len(head).to_bytes(_WORD, "little"), head, *(data for _, data in kept.values())])


def _looked_for(name: str, path: "Any", target: "Any") -> "Any":
    """What Python itself finds, and what can be read when there are no descriptors left."""
    if name in sys.builtin_module_names or _imp.is_frozen(name):
        return None
    spec: Any = with_a_descriptor(lambda: PathFinder.find_spec(name, path, target))
    kind = None if spec is None else type(spec.loader)
    if kind is SourceFileLoader:
        spec.loader = _Loader(name, spec.loader.path, None)
    elif kind is ExtensionFileLoader:
        spec.loader = _ExtensionLoader(name, spec.loader.path)
    return spec


def _made(name: str, group: "_Group", made: "dict[str, ModuleType]") -> "ModuleType":
    """A module that has not run yet, and before it the packages that it is in: those run after what they import."""
    if name in made:
        return made[name]
    above, _, last = name.rpartition(".")
    package = _made(above, group, made) if above and above not in sys.modules else sys.modules.get(above)
    file, _, _, is_package, *_ = group[name][0]
    spec = ModuleSpec(name, _Loader(name, file, None), origin=file, is_package=is_package)
    if spec.submodule_search_locations is not None:
        spec.submodule_search_locations.append(os.path.dirname(file))
    module: ModuleType = module_from_spec(spec)
    spec.has_location = True
    module.__file__ = file
    made[name] = sys.modules[name] = module
    if package is not None:
        setattr(package, last, module)
    return module


def _identity(file: int) -> object:
    """What tells an open file from another; None if it is none."""
    try:
        status = os.fstat(file)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _status(file: str) -> tuple[int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _is_as_it_was(entry: "_Entry") -> bool:
    return _status(entry[0]) == entry[1:3]


def _is_ours(module: object) -> bool:
    spec = getattr(module, "__spec__", None)
    return (
        spec is not None and isinstance(spec.loader, (SourceFileLoader, ExtensionFileLoader)) and spec.has_location
        and spec.origin.startswith((_INSTALLATION, _STANDARD, _ENVIRONMENT)))


_bundle: _Bundle | None = None


def _opened(is_busy: bool = False) -> _Bundle:
    global _bundle
    if _bundle is None:
        _bundle = _Bundle(is_busy)
    return _bundle


def install() -> None:
    """Take modules from the bundle, from now on."""
    bundle = _opened(is_busy=True)
    if bundle not in sys.meta_path:
        sys.meta_path.insert(0, bundle)


def remove() -> None:
    """Import as Python does."""
    bundle = _opened()
    bundle.is_busy = False
    bundle._close_if_idle()
    if bundle in sys.meta_path:
        sys.meta_path.remove(bundle)


def with_a_descriptor(load: "Callable[[], _T]") -> "_T":
    """`load()`, which reads files of ours; where this process may open no more, the bundle gives up its own meanwhile.

    A server that has run out of descriptors must still be able to say so.
    """
    try:
        return load()
    except (OSError, ImportError):
        bundle = _bundle
        if bundle is None or not bundle.is_busy:
            raise
        bundle.is_busy = False
        bundle._close()
        try:
            return load()
        finally:
            bundle.is_busy = True
            bundle._open()


def data(name: str) -> bytes | None:
    """What was kept under `name`, if its source has not changed since."""
    return _opened().data(name)


def add(name: str, file: str, made: bytes) -> None:
    """Keep what was made of the source `file` under `name`, when the program ends."""
    _opened().add(name, file, False, made)


def keep(with_modules: bool) -> None:
    """Write what is to be kept: what was added, and all modules that were imported, if `with_modules`."""
    bundle = _opened()
    if with_modules and bundle in sys.meta_path:
        bundle.add_imported()
    bundle.write()
