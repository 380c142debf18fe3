"""The options of `ouro` for JavaScript programs: Node's, as far as they mean something here.

Theory of operation. Options stand before the program's name; the first word that is none ends them, and so does `--`.
A name may have `_` for `-`, takes its value after `=` or from the next word, and is turned off as `--no-NAME`.
NODE_OPTIONS is read first, so the command line wins; before both, the files that `--env-file` names.

What surprises people: a word that is no option of Node's may be one of V8's. Only V8 knows (`v8_flags`), so only when
the engine is loaded is a bad option found. Options of Node that change nothing here (a profiler's file names, TLS
versions) are accepted, so that scripts which pass them work; those whose work would be missed are refused.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from .. import __version__

INVALID = 9
"""The exit code for an option that cannot be."""

BAD_VALUE = 12
"""The exit code for some options' bad values, in Node's tradition."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHORT = {
    "-C": "--conditions",
    "-c": "--check",
    "-e": "--eval",
    "-h": "--help",
    "-i": "--interactive",
    "-p": "--print",
    "-pe": "--print",
    "-r": "--require",
    "-v": "--version",
}

_ALIASES = {
    "--debug-port": "--inspect-port",
    "--enable-network-family-autoselection": "--network-family-autoselection",
    "--es-module-specifier-resolution": "--experimental-specifier-resolution",
    "--experimental-require-module": "--require-module",
    "--experimental-strip-types": "--strip-types",
    "--loader": "--experimental-loader",
    "--report-directory": "--report-dir",
}

# What does something here, by kind. A switch: whether it is on when nothing is said.

_SWITCHES = {
    # The program
    "--check": False,
    "--print": False,
    # Modules
    "--addons": True,
    "--enable-source-maps": False,
    "--entry-url": False,
    "--experimental-detect-module": True,
    "--experimental-import-meta-resolve": False,
    "--experimental-print-required-tla": False,
    "--global-search-paths": True,
    "--preserve-symlinks": False,
    "--preserve-symlinks-main": False,
    "--require-module": True,
    # Warnings and errors
    "--abort-on-uncaught-exception": False,
    "--deprecation": True,
    "--pending-deprecation": False,
    "--throw-deprecation": False,
    "--trace-deprecation": False,
    "--trace-exit": False,
    "--trace-uncaught": False,
    "--trace-warnings": False,
    "--warnings": True,
    # Reports
    "--report-compact": False,
    "--report-exclude-env": False,
    "--report-exclude-network": False,
    "--report-on-signal": False,
    "--report-uncaught-exception": False,
    # Globals
    "--experimental-global-navigator": True,
    # Of `ouro` itself
    "--help": False,
    "--log": False,
    "--version": False,
}

# A text: one value. None: undefined when nothing is said.
_TEXTS: dict[str, str | None] = {
    "--disable-proto": "",
    "--eval": None,
    "--input-type": "",
    "--redirect-warnings": "",
    "--report-dir": "",
    "--report-filename": "",
    "--report-signal": "SIGUSR2",
    "--title": "",
    "--unhandled-rejections": "",
}

_NUMBERS: dict[str, int | None] = {
    "--max-http-header-size": 16384,
    "--secure-heap": 0,
    "--secure-heap-min": 2,
    "--stack-trace-limit": None,
}

# A list: one value each time.
_LISTS = frozenset({
    "--conditions", "--disable-warning", "--env-file", "--env-file-if-exists", "--import", "--require",
    "--test-name-pattern", "--test-reporter", "--test-reporter-destination", "--test-skip-pattern",
})

# Accepted, without effect: what they switch is not there, always on, or of no consequence.

_IDLE_SWITCHES = _names("""
    async-context-frame build-snapshot-config debug-arraybuffer-allocations disable-sigusr1
    disable-wasm-trap-handler enable-fips experimental-abortcontroller experimental-addon-modules
    experimental-eventsource experimental-fetch experimental-global-customevent experimental-global-webcrypto
    experimental-import-text experimental-inspector-network-resource experimental-json-modules experimental-modules
    experimental-network-inspection experimental-quic experimental-repl-await experimental-report
    experimental-shadow-realm experimental-sqlite experimental-storage-inspection experimental-stream-iter
    experimental-test-coverage experimental-test-module-mocks experimental-top-level-await experimental-vm-modules
    experimental-wasi-unstable-preview1 experimental-wasm-modules experimental-websocket experimental-webstorage
    experimental-worker experimental-worker-inspection expose-internals extra-info-on-fatal-exception
    force-async-hooks-checks force-context-aware force-fips force-node-api-uncaught-exceptions-policy
    insecure-http-parser napi-modules network-family-autoselection node-memory-debug node-snapshot
    openssl-legacy-provider openssl-shared-config strip-types test-force-exit test-only test-randomize
    test-update-snapshots tls-max-v1.2 tls-max-v1.3 tls-min-v1.0 tls-min-v1.1 tls-min-v1.2 tls-min-v1.3 trace-env
    trace-env-js-stack trace-env-native-stack trace-event-file-pattern trace-events-enabled trace-promises
    trace-sigint trace-sync-io trace-tls track-heap-objects use-bundled-ca use-env-proxy use-openssl-ca
    use-system-ca verify-base-objects watch-preserve-output zero-fill-buffers
""")

_IDLE_TEXTS = _names("""
    cpu-prof-dir cpu-prof-interval cpu-prof-name diagnostic-dir dns-result-order experimental-package-map
    experimental-specifier-resolution heap-prof-dir heap-prof-interval heap-prof-name heapsnapshot-near-heap-limit
    icu-data-dir inspect-port inspect-publish-uid localstorage-file network-family-autoselection-attempt-timeout
    openssl-config test-concurrency test-coverage-branches test-coverage-exclude test-coverage-functions
    test-coverage-include test-coverage-lines test-global-setup test-isolation test-random-seed
    test-rerun-failures test-shard test-timeout tls-cipher-list tls-keylog trace-event-categories use-largepages
    v8-pool-size watch-kill-signal watch-path
""")

# What a person who asks for it would miss. Refused in one line.
_NOT_HERE = _names("""
    allow-addons allow-child-process allow-fs-read allow-fs-write allow-inspector allow-openssl-store allow-wasi
    allow-worker build-snapshot completion-bash cpu-prof experimental-config-file experimental-default-config-file
    experimental-loader experimental-sea-config experimental-transform-types frozen-intrinsics heap-prof
    heapsnapshot-signal inspect inspect-brk inspect-wait interactive permission permission-audit prof prof-process
    report-on-fatalerror run snapshot-blob test v8-options watch
""")

# V8's own that NODE_OPTIONS may have.
_V8_IN_ENVIRONMENT = _names("""
    --disallow-code-generation-from-strings --enable-etw-stack-walking --expose-gc --interpreted-frames-native-stack
    --jitless --max-heap-size --max-old-space-size --max-semi-space-size --perf-basic-prof
    --perf-basic-prof-only-functions --perf-prof --perf-prof-unwinding-info --stack-trace-limit
""")

_NOT_IN_ENVIRONMENT = frozenset({
    "--check", "--env-file", "--env-file-if-exists", "--eval", "--expose-internals", "--help", "--interactive", "--log",
    "--print", "--version", *(f"--{name}" for name in _NOT_HERE),
})

_ONE_OF = {
    "--input-type": (
        ("", "commonjs", "module", "commonjs-typescript", "module-typescript"),
        '--input-type must be "module","commonjs", "module-typescript" or "commonjs-typescript"', INVALID,
    ),
    "--unhandled-rejections": (
        ("", "none", "strict", "throw", "warn", "warn-with-error-code"), "invalid value for --unhandled-rejections",
        INVALID,
    ),
    "--disable-proto": (("", "delete", "throw"), "invalid mode passed to --disable-proto", BAD_VALUE),
}


class OptionError(Exception):
    """An option that cannot be. The text is what to say, `code` the exit code."""

    def __init__(self, text: str, code: int = INVALID) -> None:
        super().__init__(text)
        self.code = code


class Options:
    """What the command line said: `values` for JavaScript, V8's flags, and the words after the options."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {
            **_SWITCHES, **{name: value for name, value in (*_TEXTS.items(), *_NUMBERS.items()) if value is not None},
        }
        self.v8_flags: list[str] = []
        """What may be options of V8's, in their order; those that V8 does not know are bad."""
        self.exec_argv: list[str] = []
        self.arguments: list[str] = []


def parse(arguments: list[str]) -> Options:
    """Read the command line, after the environment's files and NODE_OPTIONS. Raises `OptionError`."""
    if any(word.startswith("--env-file") for word in arguments):
        load_environment_files(_read(Options(), arguments)[0].values)
    options = Options()
    text = os.environ.get("NODE_OPTIONS", "")
    if text.strip():
        _read(options, _words(text), in_environment=True)
    _, rest = _read(options, arguments)
    options.arguments = rest
    options.exec_argv = [word for word in arguments[: len(arguments) - len(rest)] if word != "--"]
    _check(options.values)
    return options


def load_environment_files(values: dict[str, Any]) -> None:
    """Set the variables that --env-file names; what the environment has already stays, a later file wins."""
    from .environment_file import parse as parse_file

    variables: dict[str, str] = {}
    optional = values.get("--env-file-if-exists", [])
    for filename in [*values.get("--env-file", []), *optional]:
        try:
            with open(filename, encoding="utf-8", errors="replace") as file:
                variables.update(parse_file(file.read()))
        except OSError:
            if filename not in optional:
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


def _read(options: Options, words: list[str], in_environment: bool = False) -> tuple[Options, list[str]]:
    """Note the options at the beginning of `words`; what remains."""
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--" and not in_environment:
            return options, words[position + 1 :]
        if not word.startswith("-") or word == "-":
            break
        position = _take(options, words, position, in_environment)
    return options, words[position:]


def _take(options: Options, words: list[str], position: int, in_environment: bool) -> int:
    """Note the option at `position`; the position of the next word."""
    word = words[position]
    name, equals, value = word.partition("=")
    name = _SHORT.get(word, name.replace("_", "-") if name.startswith("--") else name)
    key = _ALIASES.get(name, name)
    negated = key.startswith("--no-")
    if negated:
        key = _ALIASES.get(f"--{key[5:]}", f"--{key[5:]}")
    if key[2:] in _NOT_HERE and negated:
        return position + 1
    if key[2:] in _NOT_HERE:
        raise OptionError(f"{name} is not in this version of Ouroloop ({__version__})")
    if in_environment and not _allowed(key):
        raise OptionError(f"{word.partition('=')[0]}{equals} is not allowed in NODE_OPTIONS")
    if key == "--trace-require-module":
        if negated or value not in ("", "all", "no-node-modules"):
            raise OptionError(f"invalid value for {key}")
        options.values[key] = value or "all"
        return position + 1
    if word == "-pe":
        options.values["--print"] = True
        key = "--eval"
    if key in _SWITCHES or key[2:] in _IDLE_SWITCHES:
        options.values[key] = not negated
        return _code_to_print(options, words, position + 1) if key == "--print" else position + 1
    if key in _TEXTS or key in _NUMBERS or key in _LISTS or key[2:] in _IDLE_TEXTS:
        if negated:
            raise OptionError(f"{word} is an invalid negation because it is not a boolean option")
        return _take_value(options, words, position, key, value if equals else None)
    options.v8_flags.append(word)
    return position + 1


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
    if key in _LISTS:
        options.values.setdefault(key, []).append(value)
    elif key in _NUMBERS:
        options.values[key] = int(value) if value.isdigit() else _NUMBERS[key] or 0
    else:
        options.values[key] = value
    return position


def _code_to_print(options: Options, words: list[str], position: int) -> int:
    """`-p CODE` is `-p -e CODE`; without CODE, what comes on standard input is printed, and a file just runs."""
    if position < len(words) and not words[position].startswith("-"):
        options.values["--eval"] = words[position].removeprefix("\\")
        position += 1
    return position


def _check(values: dict[str, Any]) -> None:
    for key, (allowed, complaint, code) in _ONE_OF.items():
        if values[key] not in allowed:
            raise OptionError(complaint, code)
    if values["--check"] and "--eval" in values:
        raise OptionError("either --check or --eval can be used, not both")


def _allowed(key: str) -> bool:
    """Whether NODE_OPTIONS may have this option."""
    if key in _NOT_IN_ENVIRONMENT:
        return False
    tables = (_SWITCHES, _TEXTS, _NUMBERS, _LISTS, _V8_IN_ENVIRONMENT)
    known = key == "--trace-require-module" or any(key in table for table in tables)
    return known or key[2:] in _IDLE_SWITCHES or key[2:] in _IDLE_TEXTS


def allowed_in_environment() -> list[str]:
    """What NODE_OPTIONS may have, as `process.allowedNodeEnvironmentFlags` lists it."""
    switches = [*_SWITCHES, *(f"--{name}" for name in sorted(_IDLE_SWITCHES))]
    others = [*_TEXTS, *_NUMBERS, *sorted(_LISTS), *(f"--{name}" for name in sorted(_IDLE_TEXTS))]
    names = [
        *(spelt for name in switches if _allowed(name) for spelt in (name, f"--no-{name[2:]}")),
        *(name for name in others if _allowed(name)),
        *sorted(_V8_IN_ENVIRONMENT), *_ALIASES, "--trace-require-module", "-C", "-r",
    ]
    return list(dict.fromkeys(names))
