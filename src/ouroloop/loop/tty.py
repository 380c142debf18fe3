"""Tty: a terminal, and what a descriptor is.

Theory of operation. A terminal's descriptor is shared: the shell, `cat` in the same pipeline and this process's own
`print` hold the same open file, and a file that does not block would surprise them all. So a `Tty` opens the terminal
anew, by its name, and has an open file of its own; the descriptor it was made from is left as it is, and stays the
caller's. Where that is impossible (the master side of a pseudo-terminal, a terminal whose name may not be opened), it
works on a duplicate whose writes may block.

What surprises people: the *mode* belongs to the terminal, not to the descriptor. A program that ends in raw mode leaves
a raw terminal to the shell; so `close`, and the end of the process, put back the mode that was found.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import os
import termios

from .errors import error
from .stream import FileIO, Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from typing import Any, Literal, TypeAlias

    from .loop import Loop
    from .signal import Watcher
else:
    import _signal as signal

TtyMode: TypeAlias = "Literal['normal', 'raw', 'io']"

_IFLAG, _OFLAG, _CFLAG, _LFLAG, _CC = 0, 1, 2, 3, 6

_found: dict[int, list[Any]] = {}
"""The modes that terminals had before this process changed them, by descriptor."""


class Tty(Stream):
    """libuv's `uv_tty_t`, over the terminal behind `fd`.

    Raises `OSError` EINVAL when that is no terminal, EBADF when it is not open.
    """

    __slots__ = ("_mode", "_resize_watcher")

    def __init__(self, loop: Loop, fd: int) -> None:
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        if not os.isatty(fd):
            raise error(errno.EINVAL)
        access = flags & os.O_ACCMODE
        own = _reopen(fd, access)
        shared = own is None
        if own is None:
            own = os.dup(fd)
        try:
            super().__init__(loop)
        except BaseException:
            os.close(own)
            raise
        self._blocking_writes = shared
        self._adopt_open(FileIO(own), readable=access != os.O_WRONLY, writable=access != os.O_RDONLY)
        self._mode: TtyMode = "normal"
        self._resize_watcher: Watcher | None = None

    @property
    def mode(self) -> TtyMode:
        """The mode that `set_mode` set last."""
        return self._mode

    def set_mode(self, mode: TtyMode) -> None:
        """Set the terminal's mode (uv_tty_set_mode).

        "normal": as it was found. "raw": each key at once and not echoed, Ctrl-C and its like as bytes, line ends of
        the output still translated. "io": nothing translated either way. Raises `OSError` EBADF on a closing handle,
        `ValueError` for another mode.
        """
        if mode not in ("normal", "raw", "io"):
            raise ValueError(f"a terminal's mode is 'normal', 'raw' or 'io', not {mode!r}")
        fd = self.fileno()
        if mode == self._mode:
            return
        if fd not in _found:
            _found[fd] = _get_attributes(fd)
        attributes = [*_found[fd][:_CC], list(_found[fd][_CC])]
        if mode == "raw":
            _make_raw(attributes)
        elif mode == "io":
            _make_transparent(attributes)
        _set_attributes(fd, attributes)
        self._mode = mode

    def get_winsize(self) -> tuple[int, int]:
        """The terminal's width and height, in characters (uv_tty_get_winsize). Raises `OSError`."""
        size = os.get_terminal_size(self.fileno())
        return size.columns, size.lines

    def resize_start(self, callback: Callable[[int, int], object]) -> None:
        """Call `callback(width, height)` when the terminal has a new size, of which the kernel tells by SIGWINCH.

        This does not keep the loop alive. Only the processes in the terminal's foreground are told. Raises `OSError`,
        and `RuntimeError` outside the main thread, where Python catches no signals.
        """
        from .signal import Watcher

        self.resize_stop()
        size = self.get_winsize()

        def on_signal(signum: int) -> None:
            nonlocal size
            before, size = size, self.get_winsize()
            if size != before:
                callback(*size)

        watcher = Watcher(self.loop, on_signal)
        watcher.start(signal.SIGWINCH)
        self._resize_watcher = watcher

    def resize_stop(self) -> None:
        """Be told no longer; may be called twice."""
        watcher, self._resize_watcher = self._resize_watcher, None
        if watcher is not None:
            watcher.stop()

    def _stop_for_close(self) -> None:
        self.resize_stop()
        attributes = _found.pop(self._fd, None)
        if attributes is not None and self._mode != "normal":
            _put_back(self._fd, attributes)
        super()._stop_for_close()

    def _disown(self) -> None:
        self.resize_stop()
        _found.pop(self._fd, None)
        super()._disown()


def reset_mode() -> None:
    """Put back the mode of every terminal that this process changed (uv_tty_reset_mode); runs at the end by itself."""
    for fd, attributes in _found.items():
        _put_back(fd, attributes)


atexit.register(reset_mode)


def _reopen(fd: int, access: int) -> int | None:
    """A descriptor with an open file of its own for the terminal behind `fd`; None if there is no way to it."""
    try:
        name = os.ttyname(fd)
        # The name of a master side leads to a new pair of terminals, not to this one.
        if os.path.basename(name) == "ptmx":
            return None
        return os.open(name, access | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None


def _make_raw(attributes: list[Any]) -> None:
    attributes[_IFLAG] &= ~(termios.BRKINT | termios.ICRNL | termios.INPCK | termios.ISTRIP | termios.IXON)
    attributes[_OFLAG] |= termios.ONLCR
    attributes[_CFLAG] |= termios.CS8
    attributes[_LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    _read_single_bytes(attributes)


def _make_transparent(attributes: list[Any]) -> None:
    """What cfmakeraw(3) does."""
    attributes[_IFLAG] &= ~(
        termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP
        | termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON
    )
    attributes[_OFLAG] &= ~termios.OPOST
    attributes[_LFLAG] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    attributes[_CFLAG] = attributes[_CFLAG] & ~(termios.CSIZE | termios.PARENB) | termios.CS8
    _read_single_bytes(attributes)


def _read_single_bytes(attributes: list[Any]) -> None:
    attributes[_CC][termios.VMIN] = 1
    attributes[_CC][termios.VTIME] = 0


def _get_attributes(fd: int) -> list[Any]:
    try:
        return termios.tcgetattr(fd)
    except termios.error as exc:
        raise error(exc.args[0]) from None


def _set_attributes(fd: int, attributes: list[Any]) -> None:
    try:
        termios.tcsetattr(fd, termios.TCSANOW, attributes)
    except termios.error as exc:
        raise error(exc.args[0]) from None


def _put_back(fd: int, attributes: list[Any]) -> None:
    """A terminal that is gone (its window was closed) has no mode to put back."""
    try:
        _set_attributes(fd, attributes)
    except OSError as exc:
        if exc.errno not in (errno.EIO, errno.EBADF, errno.ENOTTY):
            raise
