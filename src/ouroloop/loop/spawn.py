"""Starting a program: posix_spawn(3), called through ctypes.

Theory of operation. posix_spawn starts a program without copying the parent: the C library suspends this thread until
the child has left our memory, and reports a failed exec as its own error. It takes a list of what the child does first:
which descriptor goes where, what is closed, where to change to. Python's `os.posix_spawn` cannot change the directory,
and `subprocess` cannot place descriptors above 2; the C function can do both.

The child starts clean: every signal has its default action (Python ignores SIGPIPE, and an ignored signal would stay
ignored), none is blocked, and it has no descriptors but those it was given, even if some library forgot close-on-exec.

What surprises people: the search in PATH follows the *child's* environment; a script without `#!` is given to
/bin/sh, as execvp(3) does. The user and group cannot be changed by posix_spawn: for these the program is started by
`subprocess`, which forks.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat

from .errors import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeAlias

Path: TypeAlias = "str | bytes | os.PathLike[Any]"

_SETSIGDEF, _SETSIGMASK, _SETSID = 0x04, 0x08, 0x80
_OPAQUE_SIZE = 1024
_DEFAULT_PATH = b"/usr/local/bin:/bin:/usr/bin"
_NOT_HERE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENODEV, errno.ETIMEDOUT)

CLOSED, NULL = -1, -2


def spawn(
    file: Path, args: Sequence[Path], *, env: Mapping[Any, Any] | None = None, cwd: Path | None = None,
    fds: Sequence[int] = (), detached: bool = False, uid: int | None = None, gid: int | None = None,
) -> int:
    """Start `file` and return its process id.

    `args` is its whole argument list, `args[0]` included. `fds[n]` is the descriptor that becomes the child's n: CLOSED
    for none, NULL for /dev/null. A `detached` child leads a session of its own.

    Raises `OSError` with the errno of what failed: ENOENT, EACCES …; `ValueError` for strings with a NUL in them.
    """
    moved: list[int] = []
    try:
        placed = _out_of_the_way(fds, moved)
        if uid is not None or gid is not None:
            return _spawn_as(file, args, env, cwd, placed, detached, uid, gid)
        return _Spawner(placed, cwd, detached).start(file, args, env)
    finally:
        for fd in moved:
            os.close(fd)


def _out_of_the_way(fds: Sequence[int], moved: list[int]) -> list[int]:
    """`fds`, with those moved up whose number is the target of another and would be overwritten."""
    placed = []
    for target, fd in enumerate(fds):
        if 0 <= fd < len(fds) and fd != target:
            fd = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, len(fds))
            moved.append(fd)
        placed.append(fd)
    return placed


class _Spawner:
    """One call of posix_spawn, perhaps tried in several directories."""

    def __init__(self, fds: Sequence[int], cwd: Path | None, detached: bool) -> None:
        self._fds = fds
        self._cwd = None if cwd is None else _directory(cwd)
        self._attributes = _library().attributes(detached)

    def start(self, file: Path, args: Sequence[Path], env: Mapping[Any, Any] | None) -> int:
        name = _bytes(file)
        argv = [_bytes(arg) for arg in args]
        library = _library()
        environment = library.environment() if env is None else _strings(_environment(env))
        actions = ctypes.create_string_buffer(_OPAQUE_SIZE)
        library.call("posix_spawn_file_actions_init", actions)
        try:
            self._add_actions(actions)
            return self._search(name, argv, environment, actions, _search_path(env))
        finally:
            library.call("posix_spawn_file_actions_destroy", actions)

    def _add_actions(self, actions: Any) -> None:
        call = _library().call
        for target, fd in enumerate(self._fds):
            if fd == CLOSED:
                call("posix_spawn_file_actions_addclose", actions, target)
            elif fd == NULL:
                mode = os.O_RDWR if target else os.O_RDONLY
                call("posix_spawn_file_actions_addopen", actions, target, b"/dev/null", mode, 0)
            else:
                call("posix_spawn_file_actions_adddup2", actions, fd, target)
        if self._cwd is not None:
            call("posix_spawn_file_actions_addchdir_np", actions, self._cwd)
        self._add_close_from(actions, len(self._fds))

    def _add_close_from(self, actions: Any, first: int) -> None:
        library = _library()
        if library.has_close_from:
            library.call("posix_spawn_file_actions_addclosefrom_np", actions, first)
            return
        for name in os.listdir("/dev/fd"):
            fd = int(name)
            if fd >= first and _is_inheritable(fd):
                library.call("posix_spawn_file_actions_addclose", actions, fd)

    def _search(self, name: bytes, argv: list[bytes], environment: Any, actions: Any, path: bytes) -> int:
        if b"/" in name or not name:
            return self._try(name, argv, environment, actions)
        failure = errno.ENOENT
        for directory in path.split(b":"):
            candidate = os.path.join(directory, name)
            if not os.path.exists(os.path.join(self._cwd or b"", candidate)):
                continue
            try:
                return self._try(candidate, argv, environment, actions)
            except OSError as exc:
                if exc.errno == errno.EACCES:
                    failure = errno.EACCES
                elif exc.errno not in _NOT_HERE:
                    raise
        raise error(failure, os.fsdecode(name))

    def _try(self, path: bytes, argv: list[bytes], environment: Any, actions: Any) -> int:
        spawn = _library().spawn
        pid = ctypes.c_int()
        code = spawn(ctypes.byref(pid), path, actions, self._attributes, _strings(argv), environment)
        if code == errno.ENOEXEC:
            shell = _strings([b"/bin/sh", path, *argv[1:]])
            code = spawn(ctypes.byref(pid), b"/bin/sh", actions, self._attributes, shell, environment)
        if code:
            raise error(code, os.fsdecode(path))
        return pid.value


def _spawn_as(
    file: Path, args: Sequence[Path], env: Mapping[Any, Any] | None, cwd: Path | None, fds: Sequence[int],
    detached: bool, uid: int | None, gid: int | None,
) -> int:
    """As another user or group: by fork and exec."""
    import subprocess

    if len(fds) > 3:
        raise error(errno.ENOTSUP)
    options: dict[str, Any] = {"user": uid, "group": gid, "start_new_session": detached}
    if os.geteuid() == 0:
        options["extra_groups"] = []
    for name, fd in zip(("stdin", "stdout", "stderr"), fds, strict=False):
        options[name] = subprocess.DEVNULL if fd < 0 else fd
    child = subprocess.Popen([_bytes(arg) for arg in args], executable=_found(file, env), env=env, cwd=cwd, **options)
    # Whoever called us reaps the child: `subprocess` must not try.
    child.returncode = 0
    return child.pid


def _found(file: Path, env: Mapping[Any, Any] | None) -> bytes:
    name = _bytes(file)
    if b"/" in name:
        return name
    for directory in _search_path(env).split(b":"):
        candidate = os.path.join(directory, name)
        if os.access(candidate, os.X_OK):
            return candidate
    raise error(errno.ENOENT, os.fsdecode(name))


def _search_path(env: Mapping[Any, Any] | None) -> bytes:
    if env is None:
        return os.environb.get(b"PATH", _DEFAULT_PATH)
    return _bytes(env.get("PATH", env.get(b"PATH", _DEFAULT_PATH)))


def _environment(env: Mapping[Any, Any]) -> list[bytes]:
    lines = []
    for key, value in env.items():
        name = _bytes(key)
        if not name or b"=" in name:
            raise ValueError(f"{key!r} cannot be the name of an environment variable")
        lines.append(name + b"=" + _bytes(value))
    return lines


def _directory(path: Path) -> bytes:
    """The child's own failure to change to it would look like a missing program."""
    name = _bytes(path)
    if not stat.S_ISDIR(os.stat(path).st_mode):
        raise error(errno.ENOTDIR, os.fsdecode(name))
    return name


def _bytes(value: Path) -> bytes:
    data = os.fsencode(value)
    if b"\0" in data:
        raise ValueError(f"a NUL character cannot be handed to a program: {value!r}")
    return data


def _strings(lines: Sequence[bytes]) -> Any:
    """A C array of strings with its closing NULL."""
    return (ctypes.c_char_p * (len(lines) + 1))(*lines, None)


def _is_inheritable(fd: int) -> bool:
    try:
        return os.get_inheritable(fd)
    except OSError:
        return False


class _Library:
    """The C library's functions, and what all calls share."""

    def __init__(self) -> None:
        self._c = ctypes.CDLL(None)
        self.has_close_from = hasattr(self._c, "posix_spawn_file_actions_addclosefrom_np")
        self.spawn = self._c.posix_spawn
        self._attributes = {detached: self._make_attributes(detached) for detached in (False, True)}

    def _make_attributes(self, detached: bool) -> Any:
        attributes = ctypes.create_string_buffer(_OPAQUE_SIZE)
        signals = ctypes.create_string_buffer(_OPAQUE_SIZE)
        flags = _SETSIGDEF | _SETSIGMASK | (_SETSID if detached else 0)
        self.call("posix_spawnattr_init", attributes)
        self.call("posix_spawnattr_setflags", attributes, ctypes.c_short(flags))
        self._c.sigemptyset(signals)
        self.call("posix_spawnattr_setsigmask", attributes, signals)
        self._c.sigfillset(signals)
        self.call("posix_spawnattr_setsigdefault", attributes, signals)
        return attributes

    def attributes(self, detached: bool) -> Any:
        return self._attributes[detached]

    def environment(self) -> Any:
        """This process's own environment."""
        return ctypes.c_void_p.in_dll(self._c, "environ")

    def call(self, name: str, *args: Any) -> None:
        """Call a function that returns an errno. Raises it."""
        code = getattr(self._c, name)(*args)
        if code:
            raise error(code)


_loaded: _Library | None = None


def _library() -> _Library:
    global _loaded
    if _loaded is None:
        _loaded = _Library()
    return _loaded
