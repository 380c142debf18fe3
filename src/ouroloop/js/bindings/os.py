"""os: what the operating system tells of itself, for `node:os`.

Functions return a negative errno when they fail. Times are in ms, sizes in bytes; what may be large is a float, as
a large int would be a BigInt in JavaScript.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
import socket
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_LINUX = sys.platform == "linux"
_BSD = sys.platform == "darwin" or "bsd" in sys.platform
_WINDOWS = sys.platform == "win32"


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the errno of an OSError back, negative."""

    @functools.wraps(function)
    def guarded(*args: Any) -> Any:
        try:
            return function(*args)
        except OSError as exc:
            return -(exc.errno or errno.EIO)

    return guarded


# Processors and memory


def cpus() -> list[dict[str, Any]]:
    """Each processor's model, speed (MHz) and times."""
    if not _LINUX:
        times = dict.fromkeys(("user", "nice", "sys", "idle", "irq"), 0)
        return [{"model": platform.processor() or "unknown", "speed": 0, "times": times}] * (os.cpu_count() or 1)
    models = _cpu_models()
    with open("/proc/stat", encoding="ascii") as file:
        lines = [line.split() for line in file if line.startswith("cpu") and line[3].isdigit()]
    return [
        {"model": models[min(index, len(models) - 1)], "speed": _cpu_speed(line[0]), "times": _cpu_times(line)}
        for index, line in enumerate(lines)
    ]


def _cpu_models() -> list[str]:
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith(("model name", "Processor"))]
    return models or ["unknown"]


def _cpu_speed(name: str) -> int:
    try:
        with open(f"/sys/devices/system/cpu/{name}/cpufreq/scaling_cur_freq", encoding="ascii") as file:
            return int(file.read()) // 1000
    except (OSError, ValueError):
        return 0


def _cpu_times(line: list[str]) -> dict[str, float]:
    tick = 1000 // os.sysconf("SC_CLK_TCK")
    user, nice, system, idle, _waiting, irq = (float(int(field) * tick) for field in line[1:7])
    return {"user": user, "nice": nice, "sys": system, "idle": idle, "irq": irq}


def available_parallelism() -> int:
    """How many threads can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def _meminfo(name: str) -> int | None:
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    return None


def total_memory() -> float:
    """The memory that the machine has."""
    if _WINDOWS:
        return float(_windows_memory()[0])
    found = _meminfo("MemTotal") if _LINUX else None
    return float(found if found is not None else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def free_memory() -> float:
    """The memory that programs could still have."""
    if _WINDOWS:
        return float(_windows_memory()[1])
    found = _meminfo("MemAvailable") if _LINUX else None
    if found is not None:
        return float(found)
    pages = os.sysconf("SC_AVPHYS_PAGES") if "SC_AVPHYS_PAGES" in os.sysconf_names else 0
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def _windows_memory() -> tuple[int, int]:
    """Total and free (MEMORYSTATUSEX)."""
    status = (ctypes.c_uint64 * 8)()
    ctypes.cast(status, ctypes.POINTER(ctypes.c_uint32))[0] = ctypes.sizeof(status)
    ctypes.windll.kernel32.GlobalMemoryStatusEx(status)  # type: ignore[attr-defined]
    return status[1], status[2]


def load_average() -> list[float]:
    """Over 1, 5 and 15 minutes; zeros where there is no such thing."""
    return list(os.getloadavg()) if hasattr(os, "getloadavg") else [0.0, 0.0, 0.0]


def uptime() -> float:
    """Seconds since the machine started."""
    if _LINUX:
        with open("/proc/uptime", encoding="ascii") as file:
            return float(file.read().split()[0])
    return time.monotonic()


# Names and people


def hostname() -> str:
    """The machine's."""
    return socket.gethostname()


def information() -> list[str]:
    """System, version, release, machine."""
    name = platform.uname()
    system = "Windows_NT" if _WINDOWS else name.system
    return [system, name.version, name.release, name.machine]


def home_directory() -> str | int:
    """The user's, as the user database has it."""
    if _WINDOWS:
        return os.path.expanduser("~")
    found = user_info()
    return found if isinstance(found, int) else str(found["homedir"])


def user_info() -> dict[str, Any] | int:
    """The effective user's entry in the user database."""
    if _WINDOWS:
        import getpass

        return {"uid": -1, "gid": -1, "username": getpass.getuser(), "homedir": os.path.expanduser("~"), "shell": None}
    import pwd

    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:
        return -errno.ENOENT
    return {
        "uid": entry.pw_uid, "gid": entry.pw_gid, "username": entry.pw_name, "homedir": entry.pw_dir,
        "shell": entry.pw_shell,
    }


def get_priority(pid: int) -> list[int] | int:
    """In a list, as it may be negative."""
    if _WINDOWS:
        return -errno.ENOSYS
    return [os.getpriority(os.PRIO_PROCESS, _process(pid))]


def set_priority(pid: int, priority: int) -> int:
    """From -20 (highest) to 19."""
    if _WINDOWS:
        return -errno.ENOSYS
    os.setpriority(os.PRIO_PROCESS, _process(pid), int(priority))
    return 0


def _process(pid: int) -> int:
    if pid < 0:
        raise ProcessLookupError(errno.ESRCH, "")
    return int(pid)


# Network interfaces: getifaddrs(3)


class _Interface(ctypes.Structure):
    pass


_Interface._fields_ = [
    ("next", ctypes.POINTER(_Interface)), ("name", ctypes.c_char_p), ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p), ("netmask", ctypes.c_void_p), ("destination", ctypes.c_void_p),
    ("data", ctypes.c_void_p),
]

_IFF_UP, _IFF_LOOPBACK, _IFF_RUNNING = 0x1, 0x8, 0x40
_HARDWARE = 17 if _LINUX else 18  # AF_PACKET, AF_LINK
_NO_MAC = "00:00:00:00:00:00"


def network_interfaces() -> list[dict[str, Any]] | int:
    """Each address of an interface that is up and running."""
    if _WINDOWS:
        return -errno.ENOSYS
    libc = ctypes.CDLL(None, use_errno=True)
    first = ctypes.POINTER(_Interface)()
    if libc.getifaddrs(ctypes.byref(first)):
        return -ctypes.get_errno()
    try:
        interfaces = list(_walk(first))
        macs = {each.name: _mac(each.address) for each in interfaces if _family(each.address) == _HARDWARE}
        families = (socket.AF_INET, socket.AF_INET6)
        return [_describe(each, macs) for each in interfaces if _family(each.address) in families]
    finally:
        libc.freeifaddrs(first)


def _walk(first: Any) -> Iterator[Any]:
    current = first
    while current:
        each = current.contents
        if each.flags & _IFF_UP and each.flags & _IFF_RUNNING and each.address:
            yield each
        current = each.next


def _family(address: int) -> int:
    if _BSD:  # the first byte is the length
        return ctypes.string_at(address, 2)[1]
    return int.from_bytes(ctypes.string_at(address, 2), sys.byteorder)


def _mac(address: int) -> str:
    if _LINUX:  # struct sockaddr_ll
        raw = ctypes.string_at(address + 12, 6)
    else:  # struct sockaddr_dl: the name's length is in byte 5, the name from byte 8
        start = 8 + ctypes.string_at(address, 6)[5]
        raw = ctypes.string_at(address + start, 6)
    return ":".join(f"{byte:02x}" for byte in raw)


def _text(address: int, family: int) -> str:
    size, offset = (4, 4) if family == socket.AF_INET else (16, 8)
    return socket.inet_ntop(family, ctypes.string_at(address + offset, size))


def _describe(each: Any, macs: dict[bytes, str]) -> dict[str, Any]:
    family = _family(each.address)
    is_ipv6 = family == socket.AF_INET6
    found = {
        "name": each.name.decode("utf-8", "replace"), "address": _text(each.address, family),
        "netmask": _text(each.netmask, family) if each.netmask else ("::" if is_ipv6 else "0.0.0.0"),
        "family": "IPv6" if is_ipv6 else "IPv4", "mac": macs.get(each.name, _NO_MAC),
        "internal": bool(each.flags & _IFF_LOOPBACK),
    }
    if is_ipv6:
        found["scopeid"] = int.from_bytes(ctypes.string_at(each.address + 24, 4), sys.byteorder)
    return found


OPERATIONS = {
    "hostname": _guarded(hostname), "cpus": _guarded(cpus), "interfaces": _guarded(network_interfaces),
    "availableParallelism": available_parallelism, "loadAverage": _guarded(load_average),
    "totalMemory": _guarded(total_memory), "freeMemory": _guarded(free_memory), "uptime": _guarded(uptime),
    "information": information, "homeDirectory": home_directory, "userInfo": user_info,
    "getPriority": _guarded(get_priority), "setPriority": _guarded(set_priority),
}
