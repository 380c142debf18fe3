"""Guards: what stands before each operation of a program that runs with `--permission`.

Theory of operation. `guarded` takes a binding's operations and gives others, which ask first (`permission.py`). What
each needs stands in tables, by its name: for a file operation, which of its arguments is a path to be read or written.
An operation of a guarded binding that no table names is refused, so that a new one is closed until somebody has thought
of it. Without `--permission` nothing of this is loaded, and the operations are what they are.

What is checked is what is used: a path with `..` in it goes on to the operation as the text that was compared, and so
does one that is relative, where the operation runs later: who changes the working folder meanwhile wins nothing.

What is refused gives `ACCESS_DENIED` in place of an errno, to the caller or to the request; JavaScript makes an error
of that (`internal/process/permission`), and asks `refusal` what it was: the scope, the resource, and the form of the
message: "" as nearly all, "plain" without the option's name, or a whole message. `THROWN` is thrown at once, by the
caller of the operation (`internal/bootstrap/realm`), and takes back the request that was begun.
"""

from __future__ import annotations

import ctypes
import os

from .bindings.process import Variables
from .permission import CHILD, FILES, NET, READ, WRITE, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeAlias

    from .natives import Native
    from .permission import Permission
    from .runtime import Runtime

ACCESS_DENIED, THROWN = -5000, -5001

Refusal: TypeAlias = "tuple[str, str, str]"
"""Scope, resource, form of the message."""

_PLAIN = "plain"
_ASYNC = "Async"
_TEMPORARY = "XXXXXX"

HARMLESS = frozenset({
    "buffer", "builtins", "crypto", "embedding", "evp", "http2", "http_parser", "idna", "messaging", "options", "os",
    "performance", "permission", "recorder", "stdio", "v8", "zlib",
})
"""Bindings that reach nothing outside this process but what any program may: the clock, memory, standard output. (What
is recorded is written by who has asked for it, not by the program.)"""


def guarded(name: str, operations: dict[str, Callable[..., Any]], runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """The operations of the binding `name`, each with its guard."""
    if name in HARMLESS:
        return operations
    guards = Guards(runtime)
    make = getattr(guards, name, None)
    return {key: guards.closed(key) if make is None else make(key, operations) for key in operations}


# File operations: what they need of which argument. Arguments are counted without the request.

_NEEDS: dict[str, tuple[tuple[str, int], ...]] = {
    "access": ((READ, 0),), "stat": ((READ, 0),), "lstat": ((READ, 0),), "statfs": ((READ, 0),),
    "readdir": ((READ, 0),), "readdirTypes": ((READ, 0),), "openDir": ((READ, 0),), "readlink": ((READ, 0),),
    "realpathNative": ((READ, 0),), "realpathAsync": ((READ, 0),), "watch": ((READ, 1),), "watchStat": ((READ, 1),),
    "mkdir": ((WRITE, 0),), "makeTree": ((WRITE, 0),), "mkdtemp": ((WRITE, 0),), "rmdir": ((WRITE, 0),),
    "unlink": ((WRITE, 0),), "rm": ((WRITE, 0),), "chmod": ((WRITE, 0),), "chown": ((WRITE, 0),),
    "lchown": ((WRITE, 0),), "utimes": ((WRITE, 0),), "lutimes": ((WRITE, 0),),
    "truncate": ((READ, 0), (WRITE, 0)), "copyFile": ((READ, 0), (WRITE, 1)),
    "link": ((READ, 0), (WRITE, 0), (WRITE, 1)), "rename": ((READ, 0), (WRITE, 0), (WRITE, 1)),
}
_FLAGS = {"open": 1, "readFile": 1}
"""Where those have their flags whose flags say what they need of their first argument."""

_FREE = frozenset({
    # of what is open already (`fs.fsync` is refused in JavaScript; `FileHandle#sync` is not)
    "close", "read", "readv", "write", "writev", "fstat", "fsync", "fdatasync", "ftruncate", "readDir", "closeDir",
    "unwatch", "refWatch",
    # Node too lets a program ask where a path leads, if it waits for the answer.
    "realpath",
})
_SPECIAL = frozenset({"symlink", "fchmod", "fchown", "futimes"})
_ENDS = {"mkdtemp": _TEMPORARY}
_THROWN = frozenset({"chmod", "makeTree", "mkdir", "readlink", "rmdir", "lutimes", "utimes", "watch", "watchStat"})
"""Of these, the form that does not wait throws."""


def _needs(name: str, args: tuple[Any, ...]) -> Sequence[tuple[str, int]]:
    needs = _NEEDS.get(name) or _NEEDS.get(f"{name}{_ASYNC}")
    return needs or [(scope, 0) for scope in _needs_by_flags(int(args[_FLAGS[name]]))]


def _needs_by_flags(flags: int) -> list[str]:
    """What an open file is to be able to do; more than one need not say so (O_RDONLY with O_TRUNC)."""
    mode = flags & os.O_ACCMODE
    writes = mode != os.O_RDONLY or flags & (os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_TMPFILE", 0))
    return [*([READ] if mode != os.O_WRONLY else []), *([WRITE] if writes else [])]


def _text(path: str | bytes) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def _safe(path: str | bytes, runs_later: bool) -> str | bytes:
    """The path to use in place of one that was checked."""
    name = os.fsencode(path)
    is_absolute = name.startswith(b"/")
    if b".." not in name.split(b"/") and (is_absolute or not runs_later):
        return path
    resolved = resolve(name)
    if name.endswith(b"/") and not resolved.endswith(b"/"):
        resolved += b"/"
    return resolved if isinstance(path, bytes) else os.fsdecode(resolved)


class Guards:
    """The guards of one runtime's operations: a method for each binding, by its name."""

    def __init__(self, runtime: Runtime) -> None:
        assert runtime.permission is not None
        self._runtime = runtime
        self._permission: Permission = runtime.permission
        # OpenSSL runs the files that OPENSSL_CONF names, and it is not the only library that trusts the environment.
        self._variables = Variables(is_own=True).operations()

    # Refusing

    def _refuse(self, refusal: Refusal, outcome: Any = ACCESS_DENIED) -> Any:
        self._permission.refusal = list(refusal)
        return outcome

    def _refuse_request(self, request: int, refusal: Refusal) -> None:
        """Tell a request, later, that it is refused."""
        def tell() -> None:
            self._runtime.complete(request, self._refuse(refusal), None)

        self._runtime.loop.defer(tell)

    def closed(self, key: str) -> Callable[..., Any]:
        """In place of an operation that nobody may call."""
        return lambda *_: self._refuse(("", "", f"{key} is disabled when Permission Model is enabled."), THROWN)

    # fs

    def fs(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key in _FREE:
            return operations[key]
        name = key.removesuffix(_ASYNC)
        if name in _FREE and key not in _NEEDS:
            return operations[key]
        if key == "mkdtempAsync":
            return self._mkdtemp_async(operations["mkdtemp"])
        if name not in _NEEDS and key not in _NEEDS and name not in _FLAGS and name not in _SPECIAL:
            return self.closed(key)
        return self._asking_later(name, operations[key]) if key != name else self._asking(name, operations[key])

    def ring(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        return (lambda _address: 0) if key == "open" else operations[key]  # there is none: machine code asks nobody

    def _asking(self, name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            refusal, safe = self._checked(name, args, False)
            if refusal is not None:
                return self._refuse(refusal, THROWN if name in ("watch", "watchStat") else ACCESS_DENIED)
            result = operation(*safe)
            return _named_alike(args[0], result) if name == "mkdtemp" else result

        return call

    def _asking_later(self, name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(request: int, *args: Any) -> Any:
            refusal, safe = self._checked(name, args, True)
            if refusal is None:
                return operation(request, *safe)
            if name in _THROWN:
                return self._refuse(refusal, THROWN)
            return self._refuse_request(request, refusal)

        return call

    def _mkdtemp_async(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        """At once, so that the name can be made like the one that was given."""
        def call(request: int, prefix: str | bytes, as_bytes: bool) -> None:
            refusal, safe = self._checked("mkdtemp", (prefix, as_bytes), True)
            if refusal is not None:
                self._refuse_request(request, refusal)
                return
            result = _named_alike(prefix, operation(*safe))
            errno = result if isinstance(result, int) else 0
            self._runtime.loop.defer(lambda: self._runtime.complete(request, errno, result))

        return call

    def _checked(self, name: str, args: tuple[Any, ...], runs_later: bool) -> tuple[Refusal | None, list[Any]]:
        """The refusal, if there is one; and the arguments with the paths that are to be used."""
        safe = list(args)
        if name in _SPECIAL:
            return self._special(name), safe
        for scope, index in _needs(name, args):
            path = args[index]
            if not isinstance(path, (str, bytes)):  # a descriptor
                continue
            refusal = self.refusal(scope, path, _PLAIN if name == "lstat" else "", _ENDS.get(name, ""))
            if refusal is None and name == "rename" and not self._permission.may_move(path):
                refusal = WRITE, _text(path), ""
            if refusal is not None:
                return refusal, safe
            safe[index] = _safe(path, runs_later)
        return None, safe

    def _special(self, name: str) -> Refusal | None:
        if name != "symlink":
            return "", "", f"{name} API is disabled when Permission Model is enabled."
        is_granted = self._permission.has(FILES)
        return None if is_granted else (FILES, "", "fs.symlink API requires full fs.read and fs.write permissions.")

    def refusal(self, scope: str, path: str | bytes, form: str = "", end: str = "") -> Refusal | None:
        """What is to be said of a path that is not granted; `end` is what the operation will put behind it."""
        try:
            is_granted = self._permission.has(scope, path)
        except OSError:  # the working folder is gone
            is_granted = False
        return None if is_granted else (scope, _text(path) + end, form)

    # Modules

    def modules(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key in ("firstFile", "realFile"):
            return operations[key]
        makers: dict[str, Callable[[Any], Callable[..., Any]]] = {
            "readPackageJSON": self._reading, "findPackageScope": self._find_package_scope,
            "findPackage": self._find_package,
        }
        return makers[key](operations[key]) if key in makers else self.closed(key)

    def module_loader(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key in ("realPath", "kind"):
            return operations[key]
        return self._reading(operations[key]) if key == "readSource" else self.closed(key)

    def _reading(self, operation: Callable[[str], Any]) -> Callable[[str], Any]:
        def call(path: str) -> Any:
            refusal = self.refusal(READ, path)
            return operation(str(_safe(path, False))) if refusal is None else self._refuse(refusal, THROWN)

        return call

    def _find_package_scope(self, _operation: Callable[..., Any]) -> Callable[[str], Any]:
        """The search ends where the program may not read."""
        from .bindings.modules import find_package_scope

        return lambda folder: find_package_scope(folder, lambda each: self._permission.has(READ, each))

    def _find_package(self, operation: Callable[[str, str], Any]) -> Callable[[str, str], Any]:
        from .bindings.modules import package_folder

        def call(folder: str, name: str) -> Any:
            package = package_folder(folder, name)
            refusal = None if package is None else self.refusal(READ, os.path.join(package, "package.json"))
            return operation(folder, name) if refusal is None else self._refuse(refusal, THROWN)

        return call

    def compile_cache(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key in ("flush", "getDirectory", "debug"):
            return operations[key]
        return self.closed(key) if key != "enable" else self._enable_compile_cache(operations[key])

    def _enable_compile_cache(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(directory: str, *args: Any) -> Any:
            for scope in (READ, WRITE):
                refusal = self.refusal(scope, directory)
                if refusal is not None:
                    return self._refuse(refusal)
            return operation(str(_safe(directory, True)), *args)

        return call

    def tls_wrap(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key != "certificates":
            return operations[key]

        def certificates(kind: str, path: str | None) -> Any:
            is_granted = path is None or path == os.environ.get("NODE_EXTRA_CA_CERTS")  # whoever starts it says that
            refusal = None if is_granted else self.refusal(READ, str(path))
            return operations[key](kind, path) if refusal is None else self._refuse(refusal)

        return certificates

    # Processes

    def process(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key == "chdir":
            return self._chdir(operations[key])
        if key == "execve":
            return self._execve(operations[key])
        if key in self._variables:
            return self._variables[key]
        return operations[key] if key in _PROCESS_FREE else self.closed(key)

    def _chdir(self, operation: Callable[[str], int]) -> Callable[[str], int]:
        def chdir(path: str) -> int:
            refusal = self.refusal(READ, path)
            return operation(str(_safe(path, False))) if refusal is None else int(self._refuse(refusal))

        return chdir

    def _execve(self, operation: Callable[..., int]) -> Callable[..., int]:
        def execve(path: str, argv: list[str], env: list[list[str]]) -> int:
            if not self._permission.has(CHILD):
                return int(self._refuse((CHILD, path, ""), THROWN))
            variables = self._permission.for_child(argv, dict(env))
            return operation(path, argv, [list(pair) for pair in variables.items()])

        return execve

    def process_wrap(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key in ("kill", "ref"):
            return operations[key]
        if key not in ("spawn", "spawnSync"):
            return self.closed(key)

        def call(*args: Any) -> Any:
            options = args[0 if key == "spawnSync" else 1]
            if not self._permission.has(CHILD):
                outcome = self._refuse((CHILD, options["file"], ""), THROWN)
                return outcome if key == "spawnSync" else [ACCESS_DENIED, 0]
            options["env"] = self._permission.for_child(options["args"], options["env"])
            return operations[key](*args)

        return call

    # The network

    def stream_wrap(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key in _STREAMS_FREE:
            return operations[key]
        address = _STREAM_ADDRESSES.get(key)
        return self.closed(key) if address is None else self._on_network(key, operations[key], address)

    def udp_wrap(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key in _DATAGRAMS_FREE:
            return operations[key]
        address = _DATAGRAM_ADDRESSES.get(key)
        return self.closed(key) if address is None else self._on_network(key, operations[key], address)

    def _on_network(self, key: str, operation: Callable[..., Any], address: int) -> Callable[..., Any]:
        """An operation with an address, or a path, as its argument of that number; or none (-1)."""
        def call(*args: Any) -> Any:
            where = str(args[address] or "") if address >= 0 else ""
            if not self._permission.has(NET):
                return self._refuse((NET, where, ""))
            if key == "bindPipe" and where[:1] not in ("", "\0"):  # it makes a file
                refusal = self.refusal(WRITE, where)
                if refusal is not None:
                    return self._refuse(refusal)
            return operation(*args)

        return call

    def cares_wrap(self, key: str, operations: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        if key in ("newResolver", "getServers", "setServers", "setLocalAddress", "cancel"):
            return operations[key]
        place = {"getaddrinfo": (0, 1), "getnameinfo": (0, 1), "query": (1, 3)}.get(key)
        if place is None:
            return self.closed(key)
        request, name = place

        def call(*args: Any) -> Any:
            if self._permission.has(NET):
                return operations[key](*args)
            return self._refuse_request(args[request], (NET, str(args[name]), ""))

        return call


_PROCESS_FREE = frozenset({
    # this process, and what any program may ask of the system
    "abort", "active", "availableMemory", "closeSignal", "completeNow", "constrainedMemory", "cpuUsage", "cwd",
    "getegid", "geteuid", "getgid", "getgroups", "getuid", "groupId", "initGroups", "libraryVersion", "memoryUsage",
    "openSignal", "parseEnvFile", "ppid", "readStandardInput", "reallyExit", "reportFacts", "resident",
    "resourceUsage", "setGroups", "setIdentity", "setTitle", "strerror", "takeChannel", "umask", "userId",
    "writeError",
    "kill",  # Node lets it pass
})
_STREAMS_FREE = frozenset({
    "newTcp", "newPipe", "openTty", "open", "accept", "readStart", "readStop", "shareReady", "write", "writeHandle",
    "shutdown", "close", "reset", "ref", "socketName", "peerName", "noDelay", "keepAlive", "chmod", "fd",
    "setTypeOfService", "getTypeOfService", "setRawMode", "getWindowSize", "watchSize", "writableLength",
    "guessHandleType", "isTTY",
})
_STREAM_ADDRESSES = {"bind": 1, "bindPipe": 1, "listen": -1, "connect": 2, "connectPipe": 2}
_DATAGRAMS_FREE = frozenset({"newUdp", "recvStart", "recvStop", "set", "bufferSize", "queueSize", "queueCount"})
_DATAGRAM_ADDRESSES = {"bind": 1, "connect": 1, "send": 3, "membership": 1, "sourceMembership": 2}


def _named_alike(prefix: str | bytes, made: Any) -> Any:
    """What `mkdtemp` made, by the name under which its caller knows it."""
    if isinstance(made, int):
        return made
    start = os.fsencode(prefix) if isinstance(made, bytes) else _text(prefix)
    return start + made[-len(_TEMPORARY) :]


# File natives (`natives/fs.py`): their path lies in the frame.

def guarded_natives(
    methods: Mapping[str, Native], call: Any, memory: Callable[[int, int], memoryview], guards: Guards,
) -> dict[str, Native]:
    """The natives of `fs`, each with its guard; those that are not known here are left out."""
    from .natives.fs import FLAGS, PATH, RESULT, STATS

    frame = 0

    def share_frame(info: int) -> Any:
        nonlocal frame
        frame = call.ArrayBuffer__Data(call.FunctionCallbackInfo__Get(info, 0))
        return methods["shareFrame"](info)  # type: ignore[operator]

    def asking(name: str) -> Callable[[int], int | None]:
        native: Any = methods[f"call{name.capitalize()}"]

        def call_it(info: int) -> int | None:
            words = memory(frame, STATS).cast("q")
            path = ctypes.string_at(frame + PATH)
            kind = "lstat" if name == "stat" and words[FLAGS] else name
            refusal, (safe, *_) = guards._checked(kind, (path, words[FLAGS]), False)
            if refusal is not None:
                words[RESULT] = guards._refuse(refusal)
                return None
            ctypes.memmove(frame + PATH, safe + b"\0", len(safe) + 1)
            result: int | None = native(info)
            return result

        return call_it

    known = {"callOpen": asking("open"), "callAccess": asking("access"), "callStat": asking("stat")}
    return {
        "shareFrame": share_frame, **known,
        **{name: native for name, native in methods.items() if name in _NATIVES_FREE},
    }


_NATIVES_FREE = frozenset({
    "callClose", "callFstat", "callRead", "callReadAt", "callReadIn", "callWrite", "callWriteAt", "callWriteIn",
})
