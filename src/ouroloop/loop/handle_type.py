"""What kind of handle fits a descriptor that this process was given.

Theory of operation. A terminal answers as one; what else there is, fstat(2) tells; of a socket, its family and type.
Most programs ask for standard output alone, and get "file", "tty" or "pipe": so nothing is imported but for sockets.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

HandleType: TypeAlias = "Literal['tty', 'pipe', 'tcp', 'udp', 'file', 'unknown']"


def guess_handle(fd: int) -> HandleType:
    """What kind of handle fits `fd` (uv_guess_handle): "tty", "pipe", "tcp", "udp", "file" or "unknown"."""
    if fd < 0:
        return "unknown"
    if os.isatty(fd):
        return "tty"
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return "unknown"
    if stat.S_ISREG(mode) or stat.S_ISCHR(mode):
        return "file"
    if stat.S_ISFIFO(mode):
        return "pipe"
    return _guess_socket(fd) if stat.S_ISSOCK(mode) else "unknown"


def _guess_socket(fd: int) -> HandleType:
    import socket

    sock = socket.socket(fileno=fd)
    try:
        family, kind = sock.family, sock.type
    finally:
        sock.detach()
    if kind == socket.SOCK_DGRAM and family in (socket.AF_INET, socket.AF_INET6):
        return "udp"
    if kind == socket.SOCK_STREAM and family in (socket.AF_INET, socket.AF_INET6):
        return "tcp"
    if kind == socket.SOCK_STREAM and family == socket.AF_UNIX:
        return "pipe"
    return "unknown"
