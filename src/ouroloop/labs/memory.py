"""How much memory there is behind something, as far as the system tells.

Theory of operation. What a process takes is not what it has asked for: pages that were never written to take nothing,
and many are shared. What counts is what it has written to and shares with nobody. On Linux the kernel adds that up
(`/proc/self/smaps_rollup`). What the kernel keeps for the process in its own memory comes on top: page tables, of each
process, and the stacks that threads have in the kernel. Of these it tells only the sum, of all threads of all
processes; but they are all of one size.
"""

from __future__ import annotations

from pathlib import Path


def private_memory() -> int | None:
    """What this process has written to and shares with nobody, in bytes; None if the system does not tell."""
    return _sum_of("/proc/self/smaps_rollup", "Private_Dirty")


def page_tables() -> int | None:
    """The tables that say where this process's pages are, in bytes; None if the system does not tell."""
    return _sum_of("/proc/self/status", "VmPTE")


def kernel_stacks() -> int | None:
    """The stacks in the kernel of this process's threads, in bytes; None if the system does not tell."""
    stacks = _sum_of("/proc/meminfo", "KernelStack")
    try:
        threads = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
        own = len(list(Path("/proc/self/task").iterdir()))
    except (OSError, ValueError, IndexError):
        return None
    return own * round(stacks / threads) if stacks and threads else None


def _sum_of(file: str, name: str) -> int | None:
    """The lines of that name, which are in KiB."""
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return None
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(name))
