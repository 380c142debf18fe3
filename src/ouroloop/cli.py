"""ouro: run a program on the loop.

Theory of operation. `ouro PROGRAM.py` is `python PROGRAM.py` with a loop under it: the program runs as `__main__`, with
`sys.argv`, `sys.path` and `__file__` as Python sets them; then its `async def main()` is started, if it has one, and
the loop runs until nothing is left. The exit code is the program's.

What surprises people: `main` is called even without `if __name__ == "__main__":`, and a program that calls
`ouroloop.node.run(main)` itself, to be started by plain `python` as well, has it called once only.

Nothing is imported before it is needed: the time to start is part of every program's time.
"""

from __future__ import annotations

import builtins
import gc
import os
import sys
from types import CodeType, ModuleType
from typing import Any

from . import __version__

_USAGE = """\
Usage: ouro [options] PROGRAM.py [arguments]

Runs a Python program on an event loop that goes round in Node's order.

Options:
  --log          tell what the loop does, line by line (as with OUROLOOP_LOG=1)
  -v, --version  print the version
  -h, --help     print this

Environment variables:
  OUROLOOP_LOG        1: the same as --log
  OUROLOOP_QUEUE      the operating system's event queue to use: epoll, poll
  UV_THREADPOOL_SIZE  how many threads the pool may have; 4 by default
"""

_FAILED = 1
_INVALID_ARGUMENT = 9


class _Refusal(Exception):
    """What keeps `ouro` from starting, in one line, and the exit code."""

    def __init__(self, message: str, code: int = _FAILED) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: list[str] | None = None) -> int:
    """The command `ouro`: returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return _flushed(_main(arguments))
    except _Refusal as refusal:
        sys.stderr.write(f"ouro: {refusal}\n")
        return refusal.code
    except KeyboardInterrupt as interrupt:
        from .node.process import end_quietly

        end_quietly(interrupt)


def _main(arguments: list[str]) -> int:
    from .js.options import OptionError, parse

    try:
        options = parse(arguments)
    except OptionError as exc:
        raise _Refusal(f"{exc}; see ouro --help", _INVALID_ARGUMENT) from None
    if options.values["--version"]:
        print(f"v{__version__}")
        return 0
    if options.values["--help"]:
        print(_USAGE, end="")
        return 0
    program = options.arguments[0] if options.arguments else ""
    if not program.endswith(".py"):
        from .js.command import run

        run(options)
    log = options.values["--log"] or os.environ.get("OUROLOOP_LOG", "0") not in ("", "0")
    filename = os.path.abspath(program)
    try:
        code = _compiled(_source(program), filename)
    except SyntaxError as exc:
        sys.excepthook(type(exc), exc.with_traceback(None), None)
        return _FAILED
    return _run(code, filename, options.arguments, log)


def _source(program: str) -> bytes:
    """What the program's file holds. Raises `_Refusal` for what cannot be run."""
    try:
        with open(program, "rb") as file:
            source = file.read()
    except IsADirectoryError:
        raise _Refusal(f"{program} is a directory; name a Python file in it") from None
    except OSError as exc:
        raise _Refusal(f"cannot open {program}: {os.strerror(exc.errno or 0)}") from None
    if b"\0" in source:
        raise _Refusal(f"{program} is not a Python program: it contains NUL bytes")
    return source


def _compiled(source: bytes, filename: str) -> CodeType:
    try:
        return compile(source, filename, "exec", dont_inherit=True)
    except SyntaxError as exc:
        if "codec can't decode" in str(exc) or "encoding" in str(exc):
            raise _Refusal(f"{filename} cannot be read as text: {exc.msg}") from None
        raise


def _run(code: CodeType, filename: str, arguments: list[str], log: bool) -> int:
    """Run the program, then the loop; the exit code."""
    from .node import environment

    module = ModuleType("__main__")
    module.__dict__.update({"__file__": filename, "__builtins__": builtins, "__cached__": None})
    sys.modules["__main__"] = module
    sys.argv = arguments
    if not sys.flags.safe_path:
        sys.path[0:1] = [os.path.dirname(os.path.realpath(filename))]
    # What is here now stays: the collector need not look at it again, nor as often as every 700 objects. A program that
    # sets 300,000 timers runs 1.3 times as fast for it.
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    try:
        env = environment.current()
    except ValueError as exc:  # OUROLOOP_QUEUE
        raise _Refusal(str(exc), _INVALID_ARGUMENT) from None
    if log:
        from .xray.log import install

        install(env.loop)

    def program() -> Any:
        exec(code, module.__dict__)
        return None if env.main_called else _call_main(module)

    exit_code = env.run(program)
    if not env.loop.alive:  # else the program has left with work under way, which nobody is to wait for
        env.close()
    return exit_code


def _call_main(module: ModuleType) -> Any:
    """Start the program's `async def main()`, if it has one that can be called without arguments."""
    function = getattr(module, "main", None)
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or not code.co_flags & 0x80:  # CO_COROUTINE
        return None
    optional = len(getattr(function, "__defaults__", None) or ())
    required_by_name = code.co_kwonlyargcount - len(getattr(function, "__kwdefaults__", None) or ())
    if code.co_argcount > optional or required_by_name > 0:
        sys.stderr.write("Warning: main() takes arguments, and ouro has none to give it, so it was not called\n")
        return None
    return function()  # type: ignore[misc]


def _flushed(code: int) -> int:
    """Write out what is left of stdout. If its reader has gone, end quietly."""
    if sys.stdout is None or sys.stdout.closed:
        return code
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would try again, and complain
        return code or _FAILED
    except OSError:  # Python tries again at its end, and says what is wrong
        return code
    return code
