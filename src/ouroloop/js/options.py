"""The options of `ouro` for JavaScript programs: Node's, as far as they mean something here (`option_table.py`).

Theory of operation. Options stand before the program's name; the first word that is none ends them, and so does `--`.
A name may have `_` for `-`, takes its value after `=` or from the next word, and is turned off as `--no-NAME`.
NODE_OPTIONS is read first, so the command line wins; before both, the files that `--env-file` names.

What surprises people: a word that is no option of Node's may be one of V8's. Only V8 knows (`v8_flags`), so only when
the engine is loaded is a bad option found. Of an option that is given twice, the last counts.
"""

from __future__ import annotations

import os
import sys

from .. import __version__
from . import option_table as table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

INVALID = 9
"""The exit code for an option that cannot be."""

BAD_VALUE = 12
"""The exit code for some options' bad values, in Node's tradition."""

_PORTS = range(1024, 65536)


class OptionError(Exception):
    """An option that cannot be. The text is what to say, one line for each thing; `code` is the exit code."""

    def __init__(self, text: str, code: int = INVALID) -> None:
        super().__init__(text)
        self.code = code


def _defaults() -> dict[str, Any]:
    texts = {name: value for name, value in table.TEXTS.items() if value is not None}
    return {**table.SWITCHES, **texts, **table.NUMBERS}


def changed(values: dict[str, Any]) -> dict[str, Any]:
    """Those values that are not an option's default."""
    defaults = _defaults()
    return {name: value for name, value in values.items() if name not in defaults or defaults[name] != value}


class Options:
    """What the command line said: `values` for JavaScript, V8's flags, and the words after the options."""

    def __init__(self) -> None:
        self.values = _defaults()
        self.v8_flags: list[str] = []
        """What may be options of V8's, in their order; those that V8 does not know are bad."""
        self.exec_argv: list[str] = []
        self.arguments: list[str] = []
        self.environment_files: list[tuple[str, bool]] = []
        """What --env-file names, in order, and whether it may be missing."""


def command() -> str:
    """The path of `ouro`: a program starts others of its kind by it, and complaints about options begin with it."""
    path = os.path.realpath(sys.argv[0])
    if os.access(path, os.X_OK):
        return path
    beside = os.path.join(os.path.dirname(sys.executable), "ouro")  # this is `python -m ouroloop`
    return os.path.realpath(beside) if os.access(beside, os.X_OK) else sys.executable


def parse(arguments: list[str]) -> Options:
    """Read the command line, after the environment's files and NODE_OPTIONS. Raises `OptionError`."""
    if any(word.startswith("--env-file") for word in arguments):
        files = Options()
        _read(files, arguments)
        if files.values.get("--run") is None:
            _load_environment_files(files.environment_files)
    options = Options()
    for variable, key in table.ENVIRONMENT_SWITCHES.items():
        if os.environ.get(variable) == "1":
            options.values[key] = True
    text = os.environ.get("NODE_OPTIONS", "")
    if text:
        _read(options, _words(text), in_environment=True)
    options.arguments = rest = _read(options, arguments)
    options.exec_argv = arguments[: len(arguments) - len(rest)]
    if options.exec_argv and options.exec_argv[-1] == "--":
        options.exec_argv.pop()
    _check(options)
    return options


def _load_environment_files(files: list[tuple[str, bool]]) -> None:
    """Set the variables that --env-file names; what the environment has already stays, a later file wins."""
    from .environment_file import parse as parse_file

    variables: dict[str, str] = {}
    for filename, is_optional in files:
        try:
            with open(filename, encoding="utf-8", errors="replace", newline="") as file:
                variables.update(parse_file(file.read()))
        except IsADirectoryError:
            raise OptionError(f"{filename}: invalid format") from None
        except OSError:
            if not is_optional:
                raise OptionError(f"{filename}: not found") from None
            sys.stderr.write(f"{filename} not found. Continuing without it.\n")
    for name, value in variables.items():
        os.environ.setdefault(name, value)


def _words(text: str) -> list[str]:
    """NODE_OPTIONS as words: blanks part them, but not between double quotes, where a backslash quotes what follows."""
    words: list[str] = []
    word: list[str] | None = None
    quoted = False
    characters = iter(text)
    for character in characters:
        if character == "\\" and quoted:
            character = next(characters, "")
            if not character:
                raise OptionError("invalid value for NODE_OPTIONS (invalid escape)\n")
        elif character == '"':
            quoted = not quoted
            continue
        elif character == " " and not quoted:
            if word is not None:
                words.append("".join(word))
            word = None
            continue
        word = [*(word or []), character]
    if quoted:
        raise OptionError("invalid value for NODE_OPTIONS (unterminated string)\n")
    return words if word is None else [*words, "".join(word)]


def _read(options: Options, words: list[str], in_environment: bool = False) -> list[str]:
    """Note the options at the beginning of `words`; what remains."""
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--" and not in_environment:
            return words[position + 1 :]
        if not word.startswith("-") or word == "-":
            break
        position = _take(options, words, position, in_environment)
    return words[position:]


def _take(options: Options, words: list[str], position: int, in_environment: bool) -> int:
    """Note the option at `position`; the position of the next word."""
    word = words[position]
    if word == "-pe" and not in_environment:
        options.values["--print"] = True
        return position + _take_value(options, ["--eval", *words[position + 1 :]], 0, "--eval", None)
    name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
    key, negated = _key(name)
    if in_environment and not _allowed(key):
        raise OptionError(f"{name}{equals} is not allowed in NODE_OPTIONS")
    if key in table.ABSENT:
        if negated:
            return position + 1
        instead = table.INSTEAD.get(key, "")
        raise OptionError(f"{name} is not in this version of Ouroloop ({__version__}){instead and f': {instead}'}")
    if key in table.SWITCHES or key in table.IDLE_SWITCHES:
        options.values[key] = not negated
        return _code_to_print(options, words, position + 1) if word in ("-p", "--print") else position + 1
    if key in table.HISTORIC or _takes_value(key):
        if negated:
            raise OptionError(f"{word} is an invalid negation because it is not a boolean option")
        if key in table.HISTORIC:
            return position + 1
        return _take_value(options, words, position, key, value if equals else None)
    if key == "--stack-trace-limit" and value.isdigit():
        options.values[key] = int(value)  # what is in the snapshot has forgotten V8's flag
    if key == "--abort-on-uncaught-exception":
        options.values[key] = not negated
    options.v8_flags.append(word)
    return position + 1


def _key(name: str) -> tuple[str, bool]:
    """An option's own name, and whether it is turned off."""
    name = table.SHORT.get(name, name.replace("_", "-"))
    negated = name.startswith("--no-")
    if negated:
        name = f"--{name[5:]}"
    return table.ALIASES.get(name, name), negated


def _takes_value(key: str) -> bool:
    return key in table.TEXTS or key in table.NUMBERS or key in table.LISTS or key in table.IDLE_TEXTS


def _take_value(options: Options, words: list[str], position: int, key: str, value: str | None) -> int:
    """Note an option's value, which is `value` or else the next word; the position of the word after."""
    word = words[position]
    position += 1
    if value is None:
        if position >= len(words) or words[position].startswith("-"):
            raise OptionError(f"{word} requires an argument")
        value = words[position].removeprefix("\\")
        position += 1
    elif not value and not key.startswith("--env-file"):
        raise OptionError(f"{word} requires an argument")
    if key.startswith("--env-file"):
        options.environment_files.append((value, key.endswith("-if-exists")))
    if key in table.LISTS:
        options.values.setdefault(key, []).append(value)
    elif key in table.NUMBERS:
        options.values[key] = _number(value)
    else:
        options.values[key] = value
    return position


def _number(text: str) -> int:
    """The number that a text begins with, 0 if there is none."""
    import re

    found = re.match(r"[+-]?\d+", text)
    return int(found[0]) if found else 0


def _code_to_print(options: Options, words: list[str], position: int) -> int:
    """`-p CODE` is `-p -e CODE`; without CODE, what comes on standard input is printed, and a file just runs."""
    if position < len(words) and not words[position].startswith("-"):
        options.values["--eval"] = words[position].removeprefix("\\")
        position += 1
    return position


def extent(words: list[str], position: int) -> int:
    """Where the option at `position` ends, with its value: the position of the next word. Raises `OptionError`."""
    return _take(Options(), words, position, False)


def without_watching(words: list[str]) -> list[str]:
    """The options of a command line, but for those of watch mode."""
    kept: list[str] = []
    position = 0
    while position < len(words):
        start, position = position, extent(words, position)
        key = _key(words[start].partition("=")[0])[0]
        if key == "--watch-loop" or not key.startswith("--watch"):
            kept += words[start:position]
    return kept


# What the options come to together

def _check(options: Options) -> None:
    complaints = [*_complaints(options.values)]
    if complaints:
        raise OptionError("\n".join(complaints))
    for cve in options.values.get("--security-revert", []):  # none can be reverted any more
        raise OptionError(f"Error: Attempt to revert an unknown CVE [{cve}]", BAD_VALUE)
    if options.values["--disable-proto"] not in ("", "delete", "throw"):
        raise OptionError("invalid mode passed to --disable-proto", BAD_VALUE)
    share = options.values["--max-old-space-size-percentage"]
    if share:
        options.v8_flags.append(f"--max-old-space-size={_share_of_memory(share)}")


def _complaints(values: dict[str, Any]) -> Iterator[str]:
    for key, (allowed, complaint) in table.ALLOWED_VALUES.items():
        if key in values and values[key] not in allowed:
            yield complaint
    for one, other in table.EXCLUSIVE:
        if _is_given(values, one) and _is_given(values, other):
            yield f"either {one} or {other} can be used, not both"
    for key, needed in table.NEEDS.items():
        if key in values:
            yield f"{key} must be used with {needed}"
    port = values.get("--inspect-port")
    if port is not None and not _is_port(port.rpartition(":")[2]):
        yield "must be 0 or in range 1024 to 65535."
    if values["--heapsnapshot-near-heap-limit"] < 0:
        yield "--heapsnapshot-near-heap-limit must not be negative"
    for key in ("--secure-heap", "--secure-heap-min"):
        if values[key] & (values[key] - 1):
            yield f"{key} must be a power of 2"


def _is_given(values: dict[str, Any], key: str) -> bool:
    """Whether an option is on. A path to watch is a wish to watch."""
    if key == "--watch":
        return values["--watch"] or "--watch-path" in values
    return key in values and values[key] is not False


def _is_port(text: str) -> bool:
    return text.isdigit() and (int(text) == 0 or int(text) in _PORTS)


def _share_of_memory(text: str) -> int:
    """A part of the memory that this process may have, in MB; `text` is the percentage."""
    import re

    from .bindings.os import total_memory
    from .bindings.process import constrained_memory

    percentage = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0
    if not 0 < percentage <= 100:
        key = "--max-old-space-size-percentage"
        raise OptionError(f"{key} must be greater than 0 and up to 100. Got: {text}")
    return int(min(constrained_memory() or total_memory(), total_memory()) * percentage / 100) >> 20


# What NODE_OPTIONS may have

def _allowed(key: str) -> bool:
    if key in table.NOT_IN_ENVIRONMENT:
        return False
    known = (
        table.SWITCHES, table.IDLE_SWITCHES, table.HISTORIC, table.ABSENT, table.V8_IN_ENVIRONMENT,
    )
    return _takes_value(key) or any(key in names for names in known)


def every_name() -> list[str]:
    """All options that may be given, as they are written."""
    switches = (*table.SWITCHES, *table.IDLE_SWITCHES)
    defaults = {**dict.fromkeys(table.IDLE_SWITCHES, False), **table.SWITCHES}
    told = [f"--no-{name[2:]}" if defaults[name] else name for name in switches]
    others = (*table.TEXTS, *table.NUMBERS, *table.LISTS, *table.IDLE_TEXTS, *table.V8_IN_ENVIRONMENT)
    return sorted({*told, *others, *table.SHORT})


def allowed_in_environment() -> list[str]:
    """What NODE_OPTIONS may have, as `process.allowedNodeEnvironmentFlags` lists it."""
    switches = [*table.SWITCHES, *sorted(table.IDLE_SWITCHES)]
    others = [
        *table.TEXTS, *table.NUMBERS, *sorted(table.LISTS | table.IDLE_TEXTS | table.HISTORIC),
        *sorted(table.V8_IN_ENVIRONMENT),
    ]
    names = [
        *(spelt for name in switches if _allowed(name) for spelt in (name, f"--no-{name[2:]}")),
        *(name for name in others if _allowed(name)),
        *(name for name, target in table.ALIASES.items() if _allowed(target) and target not in table.ABSENT),
        "--no-experimental-require-module", "-C", "-r",
    ]
    return list(dict.fromkeys(names))
