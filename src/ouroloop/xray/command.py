"""The commands that look at a running program: `ouro trace` and `ouro why`.

Theory of operation. Options of these commands may stand among those that `ouro` itself takes, before the program's
name; what is left when they are taken out is an ordinary command line, and is run as one, with an observer.

What surprises people: nothing of the trace goes to the program's standard output, unless `-o -` says so, and the exit
code is the program's: a trace that cannot be written in the end costs a message, no more. What can be known to be wrong
before the program runs is refused then.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..js.options import OptionError, extent
from .style import Style, counted, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from .model import Trace
    from .observer import Observer

    Start: TypeAlias = Callable[[list[str], tuple[Observer, ...]], int]

FORMATS = ("html", "perfetto", "text", "json", "otlp")
_DEFAULT_FORMAT = "html"
_FILES = {"html": "trace.html", "perfetto": "trace.perfetto.json", "json": "trace.json"}
_LIMIT = 100_000
_MOST = 10_000_000
_PATIENCE = 1.0

TRACE_OPTIONS = {"--format": True, "--output": True, "--limit": True, "--open": False, "--live": False, "--help": False}
"""The options of `ouro trace`: whether they take a value."""

WHY_OPTIONS = {"--after": True, "--end": False, "--help": False}
"""The options of `ouro why`."""

_SHORT = {"-o": "--output", "-h": "--help"}

_TRACE_USAGE = f"""\
Usage: ouro trace [options] PROGRAM [arguments]
       ouro trace [options] -e CODE [arguments]

Runs a program as `ouro` does, and writes what the event loop really did: each turn and its steps, each callback with
the line that asked for it, how long it took and what caused it, the thread pool's work, and the loop's sleep. The
program's output and exit code are its own. Options of `ouro` may stand here too.

  --format FORMAT       html      a page to look at it in a browser, with no network
                        perfetto  for https://ui.perfetto.dev and chrome://tracing
                        text      turns as a tree, on standard error; colours as NO_COLOR and FORCE_COLOR say
                        json      all that was recorded
                        otlp      OpenTelemetry spans and metrics, sent to OTEL_EXPORTER_OTLP_ENDPOINT
                                  (http://localhost:4318 without it); needs pip install 'ouroloop[otlp]'
                        Without --format: {_DEFAULT_FORMAT}.
  -o, --output FILE     where it goes; "-" is standard output. Without -o: {", ".join(_FILES.values())}
  --open                open the page in a browser when it is written
  --live                serve the page while the program runs, to this machine only; standard error tells where
  --limit N             keep the last N records ({_LIMIT:,}), and as many hundreds of characters of the output; what is
                        older is dropped, and it is told how much that was
  -h, --help            print this

A program that is called "trace" is run as `ouro ./trace`.
"""

_WHY_USAGE = f"""\
Usage: ouro why [options] PROGRAM [arguments]

Runs a program as `ouro` does, and tells on standard error what keeps it from ending: each handle that is active and
referenced, each request under way, each timer, with what is known of it and the line that made it. It tells when the
main program has been over for {_PATIENCE:g} second, and again whenever the process gets SIGUSR2; the program goes on.
At Ctrl-C (SIGINT) it tells once more, and the program ends. (A program that listens for one of these signals gets it
instead.) Options of `ouro` may stand here too.

  --after SECONDS       when to tell ({_PATIENCE:g})
  --end                 end the program when that was told, as SIGTERM would
  -h, --help            print this

A program that was started without `ouro why` tells at SIGUSR2 too, but does not know the lines.
"""


def main(name: str, words: list[str], start: Start) -> int:
    """Run `ouro NAME WORDS`; the exit code. `start` runs an ordinary command line. Raises `OptionError`."""
    return (_trace if name == "trace" else _why)(words, start)


def _split(words: list[str], own: Mapping[str, bool]) -> tuple[dict[str, str], list[str]]:
    """The values of the options in `own` that stand before the program's name, and the command line without them."""
    given: dict[str, str] = {}
    kept: list[str] = []
    position = 0
    while position < len(words) and words[position].startswith("-") and words[position] not in ("-", "--"):
        name, equals, value = words[position].partition("=")
        name = _SHORT.get(name, name)
        if name not in own:
            end = extent(words, position)
            kept += words[position:end]
            position = end
            continue
        position += 1
        if own[name] and not equals:
            if position == len(words):
                raise OptionError(f"{name} needs a value: {name} {_EXAMPLES[name]}")
            value = words[position]
            position += 1
        elif equals and not own[name]:
            raise OptionError(f"{name} takes no value")
        given[name] = value
    return given, [*kept, *words[position:]]


_PROGRAMS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".py")

_EXAMPLES = {"--format": "text", "--output": "trace.html", "--limit": "50000", "--after": "5"}


def _require_program(name: str, words: list[str]) -> None:
    if not words and sys.stdin is not None and sys.stdin.isatty():
        raise OptionError(f"name a program to run: ouro {name} app.js (ouro {name} --help tells more)")


# ouro trace

@dataclass
class _Wish:
    """What is to be made of the trace: `file` is "" for standard error, "-" for standard output."""

    format: str
    file: str
    opens: bool


def _trace(words: list[str], start: Start) -> int:
    given, words = _split(words, TRACE_OPTIONS)
    if "--help" in given:
        sys.stdout.write(_TRACE_USAGE)
        return 0
    wish = _wish(given)
    limit = _whole_number("--limit", given.get("--limit", str(_LIMIT)), 1, _MOST)
    _require_program("trace", words)
    if wish.file not in ("", "-") and os.path.exists(wish.file):
        _require_no_program(wish.file, words)
    view = _view(wish)
    from .recorder import Recorder

    recorder = Recorder(limit, lambda trace: deliver(trace, wish, view))
    observers: list[Observer] = [recorder]
    if wish.format == "otlp":
        from .otlp import Metrics

        observers.append(Metrics())
    if "--live" in given:
        from .live import Live

        observers.append(Live(recorder, opens=wish.opens))
    return start(words, tuple(observers))


def _wish(given: dict[str, str]) -> _Wish:
    """What the options ask for, checked as far as that can be done before the program runs."""
    kind = given.get("--format", _DEFAULT_FORMAT)
    if kind not in FORMATS:
        raise OptionError(f"--format must be one of {', '.join(FORMATS)}, not {kind or 'nothing'}")
    if "--open" in given and kind != "html" and "--live" not in given:
        raise OptionError(f"--open shows a page in a browser, and --format {kind} makes none; leave one of them out")
    if kind == "otlp":
        if "--output" in given:
            raise OptionError("--format otlp sends the trace to a collector; leave -o out, or choose another format")
        from .otlp import require

        require()
    file = given.get("--output", _FILES.get(kind, ""))
    if "--output" in given and not file:
        raise OptionError("-o needs the name of a file, or - for standard output")
    if file == "-" and "--open" in given:
        raise OptionError("--open needs a page in a file; leave -o out, or name a file")
    if file not in ("", "-"):
        file = os.path.abspath(file)  # the program may go elsewhere
        _require_writable(file)
    return _Wish(kind, file, "--open" in given)


def _require_writable(file: str) -> None:
    folder = os.path.dirname(file)
    if os.path.isdir(file):
        raise OptionError(f"{file} is a folder; name a file in it with -o")
    if not os.path.isdir(folder):
        raise OptionError(f"there is no folder {folder} for the trace; make it, or name another file with -o")
    if not os.access(file if os.path.exists(file) else folder, os.W_OK):
        raise OptionError(f"{file} may not be written; name another file with -o")


def _require_no_program(file: str, words: list[str]) -> None:
    """Neither the program itself nor, where the name of the file was forgotten, what looks like one is overwritten."""
    position = 0
    while position < len(words) and words[position].startswith("-") and words[position] not in ("-", "--"):
        position = extent(words, position)
    program = words[position] if position < len(words) else ""
    if file.endswith(_PROGRAMS) or (os.path.exists(program) and os.path.samefile(program, file)):
        raise OptionError(f"{file} is a program; name another file for the trace with -o")


def _whole_number(name: str, text: str, least: int, most: int) -> int:
    digits = text.replace("_", "").replace(",", "")
    if not (digits.isascii() and digits.isdigit() and least <= int(digits) <= most):
        raise OptionError(f"{name} must be a whole number from {least:,} to {most:,}, not {text or 'nothing'}")
    return int(digits)


def deliver(trace: Trace, wish: _Wish, view: Callable[[Trace], str]) -> None:
    """Make of the trace what was wished for, and say on standard error what that was."""
    try:
        if wish.format == "otlp":
            _say(view(trace))
            return
        _write(view(trace), wish)
    except OSError as exc:
        where = "" if wish.format == "otlp" else f"{wish.file or 'standard error'}: "
        _say(f"the trace of {_count(trace)} is lost: {where}{exc.strerror or exc}")
        return
    except Exception:  # a mistake of ours is to be seen, but the program ends as it would have
        import traceback

        _say(f"the trace of {_count(trace)} is lost:\n{traceback.format_exc()}")
        return
    if wish.file not in ("", "-"):
        _say(f"{shown(wish.file)}: {_count(trace)}")
    if wish.opens:
        import webbrowser

        webbrowser.open(f"file://{wish.file}")


def _view(wish: _Wish) -> Callable[[Trace], str]:
    """What makes text of the trace, or sends it and says so.

    It is imported before the program runs, whose folder may have modules of the same names as Python's.
    """
    if wish.format == "html":
        from .page import to_html

        return to_html
    if wish.format == "perfetto":
        from .perfetto import to_perfetto

        return lambda trace: json.dumps(to_perfetto(trace))
    if wish.format == "json":
        return lambda trace: json.dumps(trace.to_json())
    if wish.format == "otlp":
        from .otlp import send

        return send
    from .text import render

    return lambda trace: render(trace, Style.of(None if wish.file not in ("", "-") else 1 if wish.file else 2))


def _write(text: str, wish: _Wish) -> None:
    """By descriptors, also to standard output and error: the process is about to end without Python's help."""
    content = text.encode("utf-8", "replace")
    if wish.file not in ("", "-"):
        with open(wish.file, "wb") as file:
            file.write(content)
        return
    rest = memoryview(content if content.endswith(b"\n") else content + b"\n")
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    while rest:
        rest = rest[os.write(1 if wish.file else 2, rest) :]


def _count(trace: Trace) -> str:
    """What a trace holds, in a few words."""
    text = f"{counted(len(trace.runs), 'callback')} in {counted(len(trace.turns), 'turn')}"
    if trace.dropped:
        text += f"; {trace.dropped:,} older records were dropped (--limit keeps more)"
    return text


def _say(text: str) -> None:
    try:
        os.write(2, f"ouro trace: {text}\n".encode("utf-8", "replace"))
    except OSError:  # nobody listens
        return


# ouro why

def _why(words: list[str], start: Start) -> int:
    given, words = _split(words, WHY_OPTIONS)
    if "--help" in given:
        sys.stdout.write(_WHY_USAGE)
        return 0
    after = given.get("--after", str(_PATIENCE))
    try:
        seconds = float(after)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 1e6:
        raise OptionError(f"--after must be a number of seconds, 0 or more, not {after or 'nothing'}")
    _require_program("why", words)
    from .why import Why

    return start(words, (Why(seconds, ends="--end" in given),))
