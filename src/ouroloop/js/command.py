"""The command `ouro` for JavaScript: from the options to the exit code."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` without its enums, which take 3 ms to make
import gc
import os
import sys

from . import engine, inspect_stand_in
from .bindings import module_loader, modules  # noqa: F401  what every program in a file asks for comes with the rest
from .options import OptionError, Options, command
from .runtime import JavaScriptError, Runtime
from .snapshot import SnapshotError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from .permission import Permission

_BROKEN = 7
_CALLS = 20_000  # more calls in Python than V8's stack has room for, each of which JavaScript is between


def run(options: Options, observers: Sequence[Any] = ()) -> NoReturn:
    """Run the program that the command line names, and end the process as it says. Raises `OptionError`.

    `observers` look at it: each is told of the runtime (`watch`), and of the end (`finish`). The one whose `limit` is
    not 0 has the program recorded.
    """
    if sys.getfilesystemencoding() != "utf-8":
        # Names and text are UTF-8 for JavaScript, whatever the locale says: begin again with that.
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    _open_closed_streams()
    sys.setrecursionlimit(_CALLS)  # that V8 meets its limit first, and JavaScript gets the error it knows
    # A program that does not listen for SIGINT is ended by it at once, even while it is busy. (SIGPIPE is ignored as in
    # every Python program.)
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    if options.values["--v8-options"]:
        engine.set_flags_from_command_line(["--help"])  # V8 prints them, and ends the process
    if options.v8_flags:
        unknown = engine.set_flags_from_command_line(options.v8_flags)
        if unknown:
            raise OptionError("\n".join(f"bad option: {flag}" for flag in unknown))
    inspect_stand_in.install()
    own = command()
    try:
        runtime = Runtime(
            [_node_like(own), *options.arguments], options.exec_argv, options.values, argv0=own,
            permission=_permission(options), recorder=next((each for each in observers if each.limit), None))
    except (SnapshotError, MemoryError, OSError) as exc:  # OSError: no descriptors, no memory, no such rights
        os.write(2, f"ouro: {exc}\n".encode("utf-8", "replace"))
        sys.exit(1)
    for each in observers:
        each.watch(runtime)
        runtime.on_end.append(each.finish)
    gc.freeze()  # what is here now stays
    gc.enable()
    try:
        code = runtime.run()
    except JavaScriptError as exc:  # the program has broken what tells of its errors
        os.write(2, f"{exc}\n".encode("utf-8", "replace"))
        code = _BROKEN
    runtime.end(code)


def _permission(options: Options) -> Permission | None:
    """What the program may touch, if the command line says that."""
    if not options.values["--permission"]:
        return None
    from .permission import Permission, import_from_runtime

    import_from_runtime()
    program = options.arguments[0] if options.arguments and "--eval" not in options.values else None
    return Permission.of_options(options.values, None if program == "-" else program)


def _open_closed_streams() -> None:
    """Put /dev/null where standard input, output or error is closed, or the next file opened would take its place."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free descriptor: this one


def _node_like(own: str) -> str:
    """The path by which a program starts others of its kind (`process.execPath`).

    That is `ouro` by a name that ends in "node", if it is installed: programs look whether `process.argv[0]` does, to
    know whether what follows is a script's name.
    """
    beside = os.path.join(os.path.dirname(own), "ouro-node")
    return beside if os.access(beside, os.X_OK) else own
