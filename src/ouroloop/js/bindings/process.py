"""process: what `process` tells of this process, and does to it."""

from __future__ import annotations

import errno
import os
import sys
import time

from ..engine import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any, NoReturn

    from ..runtime import Runtime

_NO_LIMIT = 2**63 - 2**16  # bytes: what control groups of the first version have for none, whatever a page's size
_UNKNOWN_ID = -1  # a user's or group's name that does not exist


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/process/object`."""

    def really_exit(code: int) -> None:
        runtime.exit(int(code))

    def abort() -> None:
        """abort(3): no listener keeps the process from ending."""
        import signal

        runtime.tell_end(128 + signal.SIGABRT, "SIGABRT")
        signal.signal(signal.SIGABRT, signal.SIG_DFL)
        os.abort()

    def execve(path: str, argv: list[str], env: list[list[str]]) -> int:
        runtime.tell_end(0, "execve")
        return become(path, argv, env)

    def memory_usage() -> list[float]:
        return [resident(), *runtime.heap_usage()]

    def open_signal(handle: int, number: int) -> int:
        return runtime.signals.open(handle, number)

    def close_signal(handle: int) -> None:
        runtime.signals.close(handle)

    def active() -> list[list[Any]]:
        return runtime.active()

    return {
        "reallyExit": really_exit, "memoryUsage": memory_usage, "openSignal": open_signal,
        "abort": abort, "execve": execve, "closeSignal": close_signal, "active": active,
        "completeNow": lambda: runtime.complete_now(), **_STATELESS,
    }


def _errno(exc: OSError) -> int:
    return -(exc.errno or errno.EIO)


# Output and input

def take_channel() -> list[Any] | None:
    """The descriptor of the channel to the parent and how messages are written on it, once: no child is to have it."""
    fd = os.environ.pop("NODE_CHANNEL_FD", None)
    mode = os.environ.pop("NODE_CHANNEL_SERIALIZATION_MODE", "json")
    if fd is None or not fd.isdecimal():
        return None
    os.set_inheritable(int(fd), False)
    return [int(fd), mode]


def write_error(text: str) -> None:
    """Write to standard error, whole, at once."""
    data = text.encode("utf-8", "replace")
    while data:
        try:
            data = data[os.write(2, data) :]
        except BlockingIOError:
            time.sleep(0.001)
        except OSError:
            return


def read_standard_input() -> str:
    """All that comes on standard input."""
    chunks = []
    while chunk := os.read(0, 65536):
        chunks.append(chunk)
    return b"".join(chunks).decode("utf-8", "replace")


# The environment

class Variables:
    """The variables of the environment, as a program sees and changes them.

    A program's own are a copy of the process's: what the libraries of this process look for there stays what it was.
    """

    def __init__(self, is_own: bool = False) -> None:
        self._is_to_be_copied = is_own
        self._all: MutableMapping[bytes, bytes] = os.environb

    def _to_change(self) -> MutableMapping[bytes, bytes]:
        if self._is_to_be_copied:
            self._all, self._is_to_be_copied = dict(os.environb), False
        return self._all

    def keys(self) -> list[str]:
        """All names."""
        return [_text(key) for key in self._all]

    def get(self, name: str) -> str | None:
        """A variable's text, if there is one of that name."""
        value = self._all.get(os.fsencode(name))
        return None if value is None else _text(value)

    def set(self, name: str, value: str) -> int:
        """0, or a negative errno."""
        try:
            self._put(self._to_change(), name, value)
            if name in _OF_THE_PROCESS:
                self._put(os.environb, name, value)
        except (ValueError, OSError):
            return -errno.EINVAL
        if name == "TZ":
            time.tzset()
        return 0

    def _put(self, variables: MutableMapping[bytes, bytes], name: str, value: str) -> None:
        variables[os.fsencode(name)] = os.fsencode(value)

    def delete(self, name: str) -> None:
        """Take a variable out, if it is there."""
        for variables in (self._to_change(), *([os.environb] if name in _OF_THE_PROCESS else [])):
            variables.pop(os.fsencode(name), None)
        if name == "TZ":
            time.tzset()

    def operations(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"envKeys": self.keys, "envGet": self.get, "envSet": self.set, "envDelete": self.delete}


_OF_THE_PROCESS = ("TZ", "UV_THREADPOOL_SIZE")
"""What works by being in the process's environment, and names no file that is run."""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def parse_env_file(text: str) -> dict[str, str]:
    """The variables that the text of a `.env` file sets."""
    from ..environment_file import parse

    return parse(text)


# Where and who

def _c_text(text: str) -> str:
    """What the C library sees of a text: it ends at NUL."""
    return text.partition("\0")[0]


def cwd() -> str | int:
    """The current folder, or a negative errno."""
    try:
        return _text(os.getcwdb())
    except OSError as exc:
        return _errno(exc)


def chdir(path: str) -> int:
    """Change the current folder. 0, or a negative errno."""
    try:
        os.chdir(_c_text(path))
    except OSError as exc:
        return _errno(exc)
    return 0


def umask(mask: int | None) -> int:
    """Set the mask for new files' modes, or only tell it (None); the mask before."""
    if mask is not None:
        return os.umask(int(mask))
    old = os.umask(0)
    os.umask(old)
    return old


def user_id(name: str | float) -> int:
    """A user's number by name or number; `_UNKNOWN_ID` for a name that does not exist."""
    if not isinstance(name, str):
        return int(name)
    import pwd

    try:
        return pwd.getpwnam(_c_text(name)).pw_uid
    except KeyError:
        return _UNKNOWN_ID


def group_id(name: str | float) -> int:
    """A group's number by name or number; `_UNKNOWN_ID` for a name that does not exist."""
    if not isinstance(name, str):
        return int(name)
    import grp

    try:
        return grp.getgrnam(_c_text(name)).gr_gid
    except KeyError:
        return _UNKNOWN_ID


def set_identity(kind: str, number: int) -> int:
    """`kind`: "setuid", "seteuid", "setgid", "setegid"."""
    _load_everything()
    try:
        getattr(os, kind)(int(number))
    except OSError as exc:
        return _errno(exc)
    return 0


def _load_everything() -> None:
    """Import what could be needed later: with other rights, this process may not be able to read Python's files."""
    from importlib import import_module
    from pkgutil import iter_modules

    from ... import loop, node
    from .. import bindings, natives, snapshot

    for package in (loop, node, bindings, natives):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for name in ("compile_cache", "time_limit"):
        import_module(f"ouroloop.js.{name}")
    snapshot.keep_sources()
    for name in ("fcntl", "grp", "pwd", "select", "socket", "subprocess", "termios", "tty"):
        import_module(name)


def set_groups(groups: list[float]) -> int:
    """setgroups(2). 0, or a negative errno."""
    try:
        os.setgroups([int(group) for group in groups])
    except OSError as exc:
        return _errno(exc)
    return 0


def init_groups(user: str, group: int) -> int:
    """initgroups(3). 0, or a negative errno."""
    try:
        os.initgroups(_c_text(user), int(group))
    except OSError as exc:
        return _errno(exc)
    return 0


def kill(pid: int, number: int) -> int:
    """kill(2). 0, or a negative errno."""
    try:
        os.kill(int(pid), int(number))
    except (OSError, OverflowError) as exc:
        return _errno(exc) if isinstance(exc, OSError) else -errno.ESRCH
    return 0


def set_title(title: str) -> None:
    """The name that ps(1) shows, as far as the system lets it be set: its first 15 bytes, and the command line."""
    data = title.encode("utf-8", "replace")
    try:
        with open("/proc/self/comm", "wb") as file:
            file.write(data[:15])
        with open("/proc/self/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return
    # proc(5): arg_start and arg_end, fields 48 and 49, where this process's arguments lie in its memory.
    start, end = int(fields[45]), int(fields[46])
    if 0 < start < end:
        memory(start, end - start)[:] = data[: end - start - 1].ljust(end - start, b"\0")


# Figures

def resident() -> int:
    """The memory of this process that is in RAM, in bytes."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def cpu_usage(thread: bool) -> list[float]:
    """Processor time in us: in user mode, in the kernel."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_THREAD if thread else resource.RUSAGE_SELF)
    return [round(usage.ru_utime * 1e6), round(usage.ru_stime * 1e6)]


def resource_usage() -> list[float]:
    """getrusage(2), in the order of its fields; times in us."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return [
        round(usage.ru_utime * 1e6), round(usage.ru_stime * 1e6), usage.ru_maxrss, usage.ru_ixrss, usage.ru_idrss,
        usage.ru_isrss, usage.ru_minflt, usage.ru_majflt, usage.ru_nswap, usage.ru_inblock, usage.ru_oublock,
        usage.ru_msgsnd, usage.ru_msgrcv, usage.ru_nsignals, usage.ru_nvcsw, usage.ru_nivcsw,
    ]


def available_memory() -> float:
    """Memory that this process may still take, in bytes."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024.0
    except OSError:
        pass
    return 0


def constrained_memory() -> float:
    """The limit that a control group sets, in bytes: 2**64 if it sets none, 0 if there is no group."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(path, encoding="ascii") as file:
                text = file.read().strip()
        except OSError:
            continue
        if text == "max" or (text.isdigit() and int(text) >= _NO_LIMIT):
            return 2.0**64
        return float(text) if text.isdigit() else 0
    return 0


def library_version() -> dict[str, str]:
    """The C library's version, by the name that a report has for it; nothing where it is not glibc."""
    try:
        name, _, number = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (OSError, ValueError):
        return {}
    return {"glibcVersionRuntime": number} if name == "glibc" else {}


_LIMITS = {
    "core_file_size_blocks": "RLIMIT_CORE", "data_seg_size_bytes": "RLIMIT_DATA", "file_size_blocks": "RLIMIT_FSIZE",
    "max_locked_memory_bytes": "RLIMIT_MEMLOCK", "max_memory_size_bytes": "RLIMIT_RSS", "open_files": "RLIMIT_NOFILE",
    "stack_size_bytes": "RLIMIT_STACK", "cpu_time_seconds": "RLIMIT_CPU", "max_user_processes": "RLIMIT_NPROC",
    "virtual_memory_bytes": "RLIMIT_AS",
}


def report_facts() -> dict[str, Any]:
    """For a report: the limits of this process, and the libraries it has loaded."""
    import resource

    def shown(limit: int) -> float | str:
        return "unlimited" if limit == resource.RLIM_INFINITY else float(limit)

    limits = {
        name: dict(zip(("soft", "hard"), map(shown, resource.getrlimit(getattr(resource, constant))), strict=True))
        for name, constant in _LIMITS.items() if hasattr(resource, constant)
    }
    libraries: dict[str, None] = {}
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            for line in file:
                path = line[73:].strip()
                if ".so" in path:
                    libraries[path] = None
    except OSError:
        pass
    return {"limits": limits, "libraries": list(libraries)}


def _execve(path: str, argv: list[str], env: dict[str, str]) -> NoReturn:
    """execve(2). Python's own will have no empty name for the program. Raises `OSError`."""
    from ...loop.libc import call, texts

    call("execve", os.fsencode(path), texts(argv), texts([f"{name}={value}" for name, value in env.items()]))
    raise AssertionError("execve(2) has returned")


def become(path: str, argv: list[str], env: list[list[str]]) -> int:
    """execve(2): the process becomes another program. `env`: pairs of name and value."""
    try:
        sys.stdout.flush()
        for descriptor in range(3):
            os.set_inheritable(descriptor, True)
        _execve(path, argv, dict(env))
    except OSError as exc:
        return _errno(exc)


_STATELESS: dict[str, Callable[..., Any]] = {
    # Output and input
    "writeError": write_error, "readStandardInput": read_standard_input, "takeChannel": take_channel,
    # The environment
    **Variables().operations(), "parseEnvFile": parse_env_file,
    # Where and who
    "cwd": cwd, "chdir": chdir, "umask": umask, "ppid": lambda: os.getppid(),
    "getuid": lambda: os.getuid(), "geteuid": lambda: os.geteuid(), "getgid": lambda: os.getgid(),
    "getegid": lambda: os.getegid(), "getgroups": lambda: sorted({*os.getgroups(), os.getegid()}),
    "userId": user_id, "groupId": group_id, "setIdentity": set_identity, "setGroups": set_groups,
    "initGroups": init_groups, "strerror": lambda number: os.strerror(int(number)), "kill": kill, "setTitle": set_title,
    # Figures
    "cpuUsage": cpu_usage, "resident": resident, "resourceUsage": resource_usage, "availableMemory": available_memory,
    "constrainedMemory": constrained_memory, "libraryVersion": library_version,
    "reportFacts": report_facts,
}
