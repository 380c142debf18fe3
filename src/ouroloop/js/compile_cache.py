"""The compile cache: what V8 has compiled of a program's files, kept for its next run (`module.enableCompileCache`).

Theory of operation. A folder has one file for each source: a header of five numbers that says what it was made from,
then V8's own code cache. When a source is compiled, its file is looked up; if size and checksum fit, V8 takes
the code from there and parses nothing. What was compiled anew is written when the program ends or flushes, so that
functions which ran meanwhile, and were compiled for that, are in it. NODE_DEBUG_NATIVE=COMPILE_CACHE tells each step.

What surprises people: V8 itself compares nothing but the source's length, its own version and its flags. So the
checksum of the source is compared here, and the version, the flags and the processor are in the folder's name.
"""

from __future__ import annotations

import functools
import os
import struct
import tempfile
from zlib import crc32

from .natives import c as ctypes
from .natives.loader import COMMONJS
from .natives.script import CONSUME_CODE_CACHE, CachedData, take_code_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .natives.realm import Realm

_pointer = ctypes.c_void_p

_HEADER = struct.Struct("<5I")  # magic, source size, cache size, source checksum, cache checksum (bytes, CRC-32)
_MAGIC = crc32(b"ouroloop compile cache 1")
_FIELDS = ("magic number", "code size", "cache size", "code hash", "cache hash")


@functools.cache
def _is_debugging() -> bool:
    return "COMPILE_CACHE" in os.environ.get("NODE_DEBUG_NATIVE", "").upper().split(",")


def debug(text: str) -> None:
    """A line for who asked for it (NODE_DEBUG_NATIVE)."""
    if _is_debugging():
        os.write(2, f"[compile cache] {text}\n".encode())


def reason(error: OSError) -> str:
    """What went wrong, in libuv's words."""
    text = error.strerror or "unknown error"
    return text[0].lower() + text[1:]


class Entry:
    """One source: what was kept of it (`data`), and what V8 made of it."""

    def __init__(self, kind: str, name: str, path: str, source: bytes) -> None:
        self.kind = kind
        self.name = name
        self.path = path
        self.size = len(source)
        self.checksum = crc32(source)
        self.data = _read(self)
        self.compiled = 0  # a v8::Global
        self.is_fresh = False
        """Whether the file has to be written."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def options(self) -> int:
        """V8's compile options."""
        return CONSUME_CODE_CACHE if self.data is not None else 0


class CompileCache:
    """The cache of one isolate, in `directory`. Raises `OSError` if it cannot be made.

    `is_portable`: sources are known by their place beside the folder, so that both can move together.
    """

    def __init__(self, realm: Realm, directory: str, tag: str, is_portable: bool) -> None:
        self._realm = realm
        self._call = realm.call
        self._is_portable = is_portable
        self._entries: dict[tuple[str, str], Entry] = {}
        if is_portable:
            debug("using relative path")
        self.directory = os.path.join(os.path.abspath(directory), tag)
        debug(f"resolved path {directory} + {tag} -> {self.directory}")
        step = f"creating cache directory {self.directory}..."
        try:
            os.makedirs(self.directory, exist_ok=True)
        except OSError as exc:
            debug(step + reason(exc))
            raise
        debug(f"{step}success")

    def look_up(self, kind: str, name: str, source: bytes) -> Entry:
        """What there is of a source that is about to be compiled."""
        entry = self._entries.get((kind, name))
        if entry is not None and entry.size == len(source) and entry.checksum == crc32(source):
            return entry
        entry = self._entries[kind, name] = Entry(kind, name, self._path_of(kind, name), source)
        return entry

    def _path_of(self, kind: str, name: str) -> str:
        place = name
        if self._is_portable:
            from urllib.parse import unquote, urlsplit

            filename = unquote(urlsplit(name).path) if name.startswith("file:") else name
            place = os.path.relpath(filename, self.directory)
            debug(f"using relative path {place} from {self.directory}")
        return os.path.join(self.directory, f"{crc32(place.encode('utf-8', 'replace'), crc32(kind.encode())):08x}")

    def cached_data(self, entry: Entry) -> int | None:
        """A new v8::ScriptCompiler::CachedData for the source to own; the entry keeps the bytes."""
        if entry.data is None:
            return None
        made: int = self._call.ScriptCompiler__CachedData__NEW(entry.data, len(entry.data))
        return made

    def note(self, entry: Entry, compiled: int | None, source: Any) -> None:
        """A source was compiled to a function or a module; V8 has used what was kept, or not."""
        if not compiled:
            return
        outcome, action = "not initialized", "initializing"
        if entry.data is not None:
            is_rejected = CachedData.from_address(self._call.ScriptCompiler__Source__GetCachedData(source)).rejected
            outcome, action = ("rejected", "refreshing") if is_rejected else ("accepted", "keeping")
        debug(f"V8 code cache for {entry} was {outcome}, {action} the in-memory entry")
        entry.is_fresh = action != "keeping"
        if entry.is_fresh and not entry.compiled:
            entry.compiled = self._realm.keep(
                compiled if entry.kind == COMMONJS else self._shared_function_of(compiled))

    def _shared_function_of(self, module: int) -> int:
        """What V8 serializes of a module; no C function gives it out (v8::Module::GetUnboundModuleScript)."""
        word = self._call._ZNK2v88internal16SourceTextModule21GetSharedFunctionInfoEv(module)
        slot = ctypes.c_uint64(word)
        local: int = self._call.Local__New(self._realm.isolate, ctypes.addressof(slot))
        return local

    def persist(self) -> None:
        """Write what was compiled anew, and forget what is in memory."""
        for entry in self._entries.values():
            if not entry.compiled and entry.data is None:
                debug(f"skip persisting {entry} because the cache was not initialized")
            elif not entry.is_fresh:
                debug(f"skip persisting {entry} because cache was the same")
            else:
                self._write(entry)
        for entry in self._entries.values():
            if entry.compiled:
                self._call.Global__Reset(entry.compiled)
        self._entries.clear()
        debug("Clear deserialized cache.")

    def _write(self, entry: Entry) -> None:
        body = self._serialize(entry)
        header = (_MAGIC, entry.size, len(body), entry.checksum, crc32(body))
        step = f"Creating temporary file for cache of {entry.name} ({entry.kind})..."
        try:
            descriptor, temporary = tempfile.mkstemp(prefix=f"{os.path.basename(entry.path)}.", dir=self.directory)
        except OSError as exc:
            debug(step + reason(exc))
            return
        debug(f"{step} -> {temporary}")
        step = f"writing cache for {entry} to temporary file {temporary} [{' '.join(map(str, header))}]..."
        try:
            with open(descriptor, "wb") as file:
                file.write(_HEADER.pack(*header) + body)
            debug(f"{step}success")
            step = f"Renaming {temporary} to {entry.path}..."
            os.replace(temporary, entry.path)
            debug(f"{step}success")
        except OSError as exc:
            debug(step + reason(exc))

    def _serialize(self, entry: Entry) -> bytes:
        call = self._call
        create = call.Function__CreateCodeCache if entry.kind == COMMONJS else call.UnboundScript__CreateCodeCache
        with self._realm.handle_scope():
            return take_code_cache(call, create(entry.compiled))


def _read(entry: Entry) -> bytes | None:
    """What the entry's file has for just this source; None if nothing."""
    step = f"reading cache from {entry.path} for {entry}..."
    try:
        with open(entry.path, "rb") as file:
            data = file.read()
    except OSError as exc:
        debug(f"{step} {reason(exc)}")
        return None
    if len(data) < _HEADER.size:
        debug(f"{step} end of file")
        return None
    header, body = _HEADER.unpack_from(data), data[_HEADER.size :]
    step += f"[{' '.join(map(str, header))}]..."
    magic, size, length, checksum, body_checksum = header
    expectations = (
        (_MAGIC, magic), (entry.size, size), (length, len(body)), (entry.checksum, checksum),
        (body_checksum, crc32(body)),
    )
    for field, (expected, actual) in zip(_FIELDS, expectations, strict=True):
        if expected != actual:
            debug(f"{step}{field} mismatch: expected {expected}, actual {actual}")
            return None
    debug(f"{step} success, size={length}")
    return body
