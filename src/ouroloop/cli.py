"""ouro: run a program on the loop.

Theory of operation. `ouro PROGRAM.py` is `python PROGRAM.py` with a loop under it: the program runs as `__main__`, with
`sys.argv`, `sys.path` and `__file__` as Python sets them; then its `async def main()` is started, if it has one, and
the loop runs until nothing is left. Any other program is JavaScript (`js/command.py`). The exit code is the program's.

What surprises people: `main` is called even without `if __name__ == "__main__":`, and a program that calls
`ouroloop.node.run(main)` itself, to be started by plain `python` as well, has it called once only.

Nothing is imported before it is needed: the time to start is part of every program's time.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` without its enums, which take 3 ms to make
import builtins
import gc
import os
import sys

from . import __version__
from .js import bundle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

    from .js.options import Options
    from .js.runtime import Runtime
    from .loop import Loop
    from .node.environment import Environment
    from .xray.observer import Observer

_USAGE = """\
Usage: ouro [options] PROGRAM [arguments]
       ouro [options] -e CODE [arguments]
       ouro [options] - [arguments]
       ouro trace [trace options] PROGRAM [arguments]
       ouro why [why options] PROGRAM [arguments]
       ouro lab [NAME [--explain]]

Runs a program on an event loop that goes round in Node's order. PROGRAM is JavaScript (.js, .mjs, .cjs, or a folder
with a package.json or an index.js), or Python (.py). Without PROGRAM, JavaScript is read from standard input.
`ouro lab` lists experiments on how asynchronous code works, down to the hardware, and runs them (ouro lab --help).

To look at a program (each runs it as it is; `ouro trace --help` and `ouro why --help` tell more):
  ouro trace                   write what the loop did to trace.html, a page to look at it
  ouro why                     tell what keeps the program from ending, and the lines that made it
  --watch-loop                 show how the loop does, in a panel below the program's output, while it runs
  --log                        tell what the loop does, line by line
  kill -USR2 PID               the running program PID tells what keeps it from ending, unless it listens for SIGUSR2

General:
  -v, --version                print the version of Node whose behaviour this is, and Ouroloop's own
  -h, --help                   print this
  --                           end of the options

What to run (JavaScript):
  -e, --eval CODE              run CODE
  -p, --print [CODE]           run CODE and print its result
  -c, --check                  check the program's syntax, and do not run it
  -r, --require MODULE         load a CommonJS module before the program (may be repeated)
  --import MODULE              load an ES module before the program (may be repeated)
  --input-type TYPE            what CODE and standard input are: commonjs, module
  --entry-url                  PROGRAM is a URL
  --env-file FILE              set environment variables from FILE (may be repeated)
  --env-file-if-exists FILE    the same, and it is no error if there is no such file
  --title TITLE                the process's title
  --run SCRIPT [-- ARGUMENTS]  run a script of the nearest package.json
  --watch                      run the program again whenever a file that it has loaded changes
  --watch-path PATH            watch this folder instead (may be repeated)
  --watch-preserve-output      do not clear the terminal before a restart
  --watch-kill-signal SIGNAL   what ends the program before a restart; SIGTERM by default

Modules:
  -C, --conditions NAME        one more condition for "exports" and "imports" in package.json (may be repeated)
  --preserve-symlinks          modules are called by their links' names, not by those of the files behind them
  --preserve-symlinks-main     the same for the program itself
  --no-require-module          require() of an ES module is an error
  --no-experimental-detect-module  a .js file without a package type is CommonJS, whatever its syntax
  --no-global-search-paths     do not look for modules in NODE_PATH and $HOME
  --no-addons                  leave out the condition node-addons
  --enable-source-maps         stack traces give places in the sources, by source maps
  --experimental-import-meta-resolve  import.meta.resolve() takes a parent

Errors and warnings:
  --unhandled-rejections MODE  throw (as without the option), strict, warn, none, warn-with-error-code
  --stack-trace-limit N        how many frames a stack trace has
  --trace-uncaught             print where an uncaught exception was thrown, too
  --trace-env, --trace-env-js-stack
                               print what the program asks of its environment, and from where
  --abort-on-uncaught-exception  abort, for a core file, in place of an exit code
  --trace-exit                 print where the process ends itself
  --no-warnings                print no warnings
  --disable-warning NAME       print no warnings of this code or type (may be repeated)
  --redirect-warnings FILE     write warnings to FILE
  --trace-warnings             print warnings with their stack
  --no-deprecation, --trace-deprecation, --throw-deprecation, --pending-deprecation
                               deprecations: not told, with their stack, as errors, those to come too
  --disable-proto MODE         Object.prototype.__proto__: delete, throw

Permissions (what is not granted is refused to the program, with ERR_ACCESS_DENIED):
  --permission                 run the program with no access but to its own file
  --allow-fs-read PATH         it may read PATH: a file, a folder and all that is in it, what begins with "PRE*", or
                               "*", everything (may be repeated)
  --allow-fs-write PATH        it may write PATH
  --allow-net                  it may use the network
  --allow-child-process        it may run other programs; `ouro` among them gets the same permissions
  --allow-addons, --allow-inspector, --allow-wasi, --allow-worker
                               what Node guards too; here, most of that is not there yet

V8's own options work too, among them:
  --max-old-space-size=MB, --stack-size=KB, --expose-gc, --jitless

Environment variables:
  NODE_OPTIONS        options to read before those of the command line
  NODE_PATH           folders to look for modules in, after all others
  NODE_NO_WARNINGS    1: the same as --no-warnings
  OUROLOOP_LOG        1: the same as --log; nothing to JavaScript programs
  OUROLOOP_QUEUE      the operating system's event queue to use: epoll, poll
  OUROLOOP_CACHE      the folder to keep what makes starting quick
  UV_THREADPOOL_SIZE  how many threads the pool may have; 4 by default
"""

_COMPLETION = """\
_ouro_complete() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" options='{options}'
  case "${{COMP_WORDS[1]}}" in
    trace) options+=' {trace}' ;;
    why) options+=' {why}' ;;
  esac
  if [[ "${{COMP_WORDS[1]}}" == lab && $COMP_CWORD -gt 1 ]]; then
    mapfile -t COMPREPLY < <(compgen -W '{labs} --explain --help' -- "$word")
  elif [[ "${{COMP_WORDS[1]}}" == trace && "$before" == --format ]]; then
    mapfile -t COMPREPLY < <(compgen -W '{formats}' -- "$word")
  elif [[ "$word" == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  elif (( COMP_CWORD == 1 )); then
    mapfile -t COMPREPLY < <(compgen -W 'trace why lab' -- "$word"; compgen -f -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}}
complete -o filenames -F _ouro_complete ouro
"""

_FAILED = 1
_VIEWS = ("trace", "why")
_INVALID_ARGUMENT = 9
_INTERRUPTED = 130  # as a shell counts: 128, and SIGINT's number


class _Refusal(Exception):
    """What keeps `ouro` from starting, one line for each thing, the exit code, and who says so."""

    def __init__(self, message: str, code: int = _FAILED, speaker: str = "ouro") -> None:
        super().__init__(message)
        self.code = code
        self.speaker = speaker


def main(arguments: list[str] | None = None) -> int:
    """The command `ouro`: returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    gc.disable()  # until the program runs: what is loaded stays, and to look through it takes 2 ms
    try:
        return _flushed(_main(arguments))
    except _Refusal as refusal:
        sys.stderr.write(_complaint(str(refusal), refusal.speaker))
        return refusal.code
    except KeyboardInterrupt as interrupt:
        from .node.process import end_quietly

        end_quietly(interrupt)
    finally:
        gc.enable()


def _complaint(text: str, speaker: str) -> str:
    """Lines that begin with who says them, except empty ones."""
    return "".join(f"{speaker}: {line}\n" if line else "\n" for line in text.split("\n"))


def _main(arguments: list[str]) -> int:
    if _is_node():
        return _start(arguments)
    if arguments and arguments[0] in _VIEWS:
        return _look(arguments[0], arguments[1:])
    if arguments[:1] == ["lab"]:
        return _lab(arguments[1:])
    return _start(arguments)


def _look(name: str, words: list[str]) -> int:
    """`ouro trace` and its like: run a program, and look at what it does."""
    from .js.options import OptionError
    from .xray.command import main as look

    try:
        return look(name, words, _start)
    except OptionError as exc:
        raise _Refusal(str(exc), exc.code, f"ouro {name}") from None


class _Asked:
    """An observer: when SIGUSR2 asks, tells what keeps the program from ending. (`xray` is not loaded before.)"""

    limit = 0

    def watch(self, runtime: Runtime) -> None:
        def answer() -> None:
            from .xray.why import answer_runtime

            answer_runtime(runtime)

        self._listen(runtime.loop, answer)

    def watch_environment(self, env: Environment) -> None:
        def answer() -> None:
            from .xray.why import answer_environment

            answer_environment(env)

        self._listen(env.loop, answer)

    def _listen(self, loop: Loop, answer: Callable[[], object]) -> None:
        _signal.signal(_signal.SIGUSR2, lambda *_: loop._wakeup.mark(answer))

    def finish(self, code: int) -> None:
        """Nothing is left to say."""


def _start(arguments: list[str], observers: tuple[Observer | _Asked, ...] = ()) -> int:
    """Do what the command line says; the exit code, unless a JavaScript program ends the process.

    Those who look come after who answers SIGUSR2 anyway, so that they may answer it better.
    """
    from .js.options import OptionError, command, every_name, parse

    words = {_as_text(word): word for word in arguments}
    try:
        options = parse([_as_text(word) for word in arguments])
        if options.values["--version"]:
            print(_version())
            return 0
        if options.values["--help"]:
            print(_USAGE, end="")
            return 0
        if options.values["--completion-bash"]:
            print(_completion(every_name()), end="")
            return 0
        if observers:
            _refuse_other_processes(options)
        if options.values.get("--run") is not None:
            return _run_script(options.values["--run"], arguments)
        program = options.arguments[0] if options.arguments else ""
        if options.values["--watch-loop"]:
            from .xray.panel import Panel

            observers = (*observers, Panel())
        if "OUROLOOP_WATCH_FD" in os.environ:
            _report_files(is_python=program.endswith(".py"))
        elif options.values["--watch"] or "--watch-path" in options.values:
            return _watch(options)
        if not program and "--eval" not in options.values and sys.stdin is not None and sys.stdin.isatty():
            raise OptionError("name a program to run; there is no prompt in this version (see ouro --help)")
        if not program.endswith(".py") or "--eval" in options.values:
            from .js.command import run

            run(options, (_Asked(), *_logs(options.values["--log"]), *observers))
        if options.v8_flags:
            raise OptionError(f"bad option: {options.v8_flags[0]}")
        if options.values["--permission"]:
            raise OptionError("--permission is for JavaScript programs: a Python program may touch whatever you may")
    except OptionError as exc:
        raise _Refusal(str(exc), exc.code, command()) from None
    bundle.remove()
    program = words.get(program, program)
    filename = os.path.abspath(program)
    try:
        code = _compiled(_source(program), filename)
    except SyntaxError as exc:
        sys.excepthook(type(exc), exc.with_traceback(None), None)
        return _FAILED
    log = options.values["--log"] or os.environ.get("OUROLOOP_LOG", "0") not in ("", "0")
    arguments = [words.get(word, word) for word in options.arguments]
    return _run(code, filename, arguments, (_Asked(), *_logs(log), *observers))


def _logs(is_wanted: bool) -> list[Observer]:
    """The log, if that was asked for."""
    if not is_wanted:
        return []
    from .xray.log import Logger

    return [Logger()]


def _refuse_other_processes(options: Options) -> None:
    """Who looks at a program looks at this process."""
    from .js.options import OptionError

    for name in ("--run", "--watch", "--watch-path", "--check"):
        if options.values.get(name):
            raise OptionError(f"{name} runs the program in another process, or not at all; leave it out to look at it")


def _completion(names: list[str]) -> str:
    """The commands by which bash completes a command line."""
    from .labs.catalogue import LINES
    from .xray.command import FORMATS, TRACE_OPTIONS, WHY_OPTIONS

    return _COMPLETION.format(
        options=" ".join(names), formats=" ".join(FORMATS), trace=" ".join(TRACE_OPTIONS), why=" ".join(WHY_OPTIONS),
        labs=" ".join(LINES))


def _is_node() -> bool:
    """Whether this is `ouro-node`, or a link called `node`, which does all as Node does and nothing else."""
    return os.path.basename(sys.argv[0]).startswith(("ouro-node", "node"))


def _version() -> str:
    """The version of the Node whose behaviour this is, which tools ask for, to know what works; then our own.

    By the name `ouro-node`, or by a link that is called `node`, the former alone, exactly as Node tells it.
    """
    from .js.snapshot import NODE_VERSION

    own = "" if _is_node() else f" (ouroloop {__version__})"
    return f"v{NODE_VERSION}{own}"


def _lab(words: list[str]) -> int:
    """`ouro lab`: the experiments."""
    from .labs.command import LabError, run

    if sys.stdout is None:
        raise _Refusal("standard output is closed, so there is nowhere to print to")
    gc.enable()
    try:
        code = run(words)
        sys.stdout.flush()
    except LabError as exc:
        raise _Refusal(str(exc), exc.code) from None
    except BrokenPipeError:
        return _without_a_reader()
    except OSError as exc:
        _without_a_reader()
        raise _Refusal(f"cannot write to standard output: {exc.strerror}") from None
    return code


def _as_text(word: str) -> str:
    """A word of the command line, with U+FFFD in place of bytes that are no UTF-8."""
    return word if word.isascii() else os.fsencode(word).decode("utf-8", "replace")


def _run_script(name: str, arguments: list[str]) -> int:
    """--run: what stands after `--` is handed on."""
    from .node.run_script import ScriptError, run_script

    words = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    try:
        return run_script(name, words)
    except ScriptError as exc:
        os.write(2, os.fsencode(f"{exc}\n"))
        return _FAILED


def _report_files(is_python: bool) -> None:
    """This process is watched: tell which files it loads."""
    from .js.bindings import module_loader
    from .node import watch

    watch.begin()
    module_loader.on_read = watch.report
    if is_python:
        watch.report_python_modules()


def _watch(options: Options) -> int:
    """--watch: run the program in a process of its own, again and again."""
    import signal

    from .js.options import command, without_watching
    from .node.watch import Watcher

    name = options.values["--watch-kill-signal"]
    end_signal = getattr(signal, name, None) if name.startswith("SIG") else None
    if end_signal is None:
        raise _Refusal(f"TypeError [ERR_UNKNOWN_SIGNAL]: Unknown signal: {name}")
    shown = " ".join(options.arguments)
    words = [command(), *without_watching(options.exec_argv), *options.arguments]
    files = [*options.arguments[:1], *(file for file, _ in options.environment_files)]
    clears = not options.values["--watch-preserve-output"]
    gc.enable()
    return Watcher(words, shown, files, options.values.get("--watch-path", []), end_signal, clears).run()


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


def _run(
    code: CodeType, filename: str, arguments: list[str], observers: tuple[Observer | _Asked, ...],
) -> int:
    """Run the program, then the loop; the exit code."""
    from .node import environment

    module = type(sys)("__main__")
    module.__dict__.update({"__file__": filename, "__builtins__": builtins, "__cached__": None})
    sys.modules["__main__"] = module
    sys.argv = arguments
    # What is here now stays: the collector need not look at it again, nor as often as every 700 objects. A program that
    # sets 300,000 timers runs 1.3 times as fast for it.
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()
    try:
        env = environment.current()
    except ValueError as exc:  # OUROLOOP_QUEUE
        raise _Refusal(str(exc), _INVALID_ARGUMENT) from None
    for observer in observers:
        observer.watch_environment(env)
    if not sys.flags.safe_path:  # from now on the program's modules may stand in for Python's
        sys.path[0:1] = [os.path.dirname(os.path.realpath(filename))]

    def program() -> Any:
        exec(code, module.__dict__)
        return None if env.main_called else _call_main(module)

    exit_code = _INTERRUPTED
    try:
        exit_code = env.run(program)
        if not env.loop.alive:  # else the program has left with work under way, which nobody is to wait for
            env.close()
    finally:
        for observer in observers:
            observer.finish(exit_code)
    return exit_code


def _call_main(module: Any) -> Any:
    """Start the program's `async def main()`, if it has one that can be called without arguments."""
    function = getattr(module, "main", None)
    code: Any = getattr(function, "__code__", None)
    if not hasattr(code, "co_flags") or not code.co_flags & 0x80:  # CO_COROUTINE
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
        return code or _without_a_reader()
    except OSError:  # Python tries again at its end, and says what is wrong
        return code
    return code


def _without_a_reader() -> int:
    """The exit code when nobody reads stdout any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would try again, and complain
    return _FAILED
