"""The options of `ouro` for JavaScript programs: Node's, as far as they mean something here.

Theory of operation. Options stand before the program's name; the first word that is none ends them, and so does `--`. A
name may use `_` for `-`, take its value after `=` or from the next word, and be turned off as `--no-NAME`. Options that Node has
and that change nothing here (a debugger's, a heap size's) are accepted, so that scripts which pass them work; unknown
ones are refused with exit code 9, as in Node. NODE_OPTIONS is read first.
"""

from __future__ import annotations

import os
import shlex
from typing import Any

INVALID = 9
"""The exit code for an option that cannot be."""

_SHORT = {
    "-e": "--eval", "-p": "--print", "-pe": "--print", "-r": "--require", "-c": "--check", "-C": "--conditions", "-v": "--version", "-h": "--help",
    "-i": "--interactive",
}

# What may be said, and what it is when nothing is said. A list takes a value each time, a str or an int takes one value.
_DEFAULTS: dict[str, Any] = {
    "--eval": str, "--print": False, "--require": list, "--import": list, "--check": False, "--conditions": list, "--input-type": "",
    "--env-file": list, "--env-file-if-exists": list, "--version": False, "--help": False, "--log": False, "--interactive": False,
    "--unhandled-rejections": "", "--trace-uncaught": False, "--trace-warnings": False, "--warnings": True,
    "--disable-warning": list, "--redirect-warnings": "",
    "--deprecation": True, "--trace-deprecation": False, "--throw-deprecation": False, "--pending-deprecation": False,
    "--trace-exit": False, "--trace-sigint": False, "--title": "",
    "--stack-trace-limit": int, "--enable-source-maps": False, "--preserve-symlinks": False, "--preserve-symlinks-main": False,
    "--experimental-detect-module": True, "--experimental-require-module": True, "--experimental-import-meta-resolve": False,
    "--experimental-default-type": "", "--experimental-strip-types": True, "--experimental-global-navigator": True,
    "--experimental-websocket": True, "--experimental-fetch": True, "--experimental-eventsource": False,
    "--experimental-vm-modules": False, "--experimental-wasm-modules": False, "--experimental-loader": list, "--loader": list,
    "--experimental-transform-types": False, "--experimental-test-coverage": False, "--experimental-webstorage": False,
    "--experimental-async-context-frame": True, "--async-context-frame": True, "--experimental-permission": False,
    "--experimental-print-required-tla": False, "--experimental-worker": False, "--experimental-report": False,
    "--experimental-sqlite": True, "--experimental-addon-modules": False, "--experimental-eventemitter-asyncresource": False,
    "--experimental-abortcontroller": False, "--experimental-json-modules": False, "--experimental-modules": False,
    "--experimental-top-level-await": False, "--experimental-specifier-resolution": "",
    "--addons": True, "--global-search-paths": True, "--verify-base-objects": False, "--frozen-intrinsics": False,
    "--disable-proto": "", "--network-family-autoselection": True, "--insecure-http-parser": False, "--max-http-header-size": 16384,
    "--force-context-aware": False, "--force-node-api-uncaught-exceptions-policy": False, "--icu-data-dir": "", "--node-snapshot": True,
    "--diagnostic-dir": "", "--dns-result-order": "", "--heapsnapshot-signal": "", "--inspect": str, "--inspect-brk": str, "--inspect-port": str,
    "--openssl-config": "", "--openssl-legacy-provider": False, "--tls-cipher-list": "", "--tls-min-v1.2": False, "--tls-min-v1.3": False,
    "--tls-max-v1.2": False, "--tls-max-v1.3": False, "--use-openssl-ca": False, "--use-bundled-ca": False, "--use-system-ca": False,
    "--secure-heap": 0, "--secure-heap-min": 2, "--zero-fill-buffers": False, "--test": False, "--watch": False, "--permission": False,
    "--max-old-space-size": int, "--max-semi-space-size": int, "--stack-size": int, "--expose-gc": False, "--expose-internals": False,
    "--abort-on-uncaught-exception": False, "--jitless": False, "--interpreted-frames-native-stack": False,
    "--perf-basic-prof": False, "--perf-prof": False, "--no-opt": False, "--cpu-prof": False, "--heap-prof": False, "--prof": False,
    "--report-on-signal": False, "--report-uncaught-exception": False, "--report-on-fatalerror": False, "--report-compact": False,
    "--trace-sync-io": False, "--trace-event-categories": "", "--track-heap-objects": False, "--entry-url": False, "--run": "",
    "--localstorage-file": "", "--experimental-shadow-realm": False, "--harmony": False, "--harmony-shadow-realm": False, "--harmony-import-attributes": False,
    "--allow-natives-syntax": False, "--experimental-inspector-network-resource": False, "--node-memory-debug": False,
    "--test-only": False, "--test-name-pattern": list, "--test-reporter": list, "--gc-interval": int, "--random-seed": int,
    "--trace-gc": False, "--trace-require-module": str, "--experimental-quic": False, "--experimental-config-file": "",
    "--test-isolation": "", "--test-concurrency": int, "--trace-env": False, "--trace-env-js-stack": False, "--trace-env-native-stack": False,
    "--trace-tls": False, "--trace-promises": False, "--debug-arraybuffer-allocations": False, "--build-snapshot": False, "--disallow-code-generation-from-strings": False,
    "--disable-sigusr1": False, "--disable-wasm-trap-handler": False, "--extra-info-on-fatal-exception": True, "--huge-max-old-generation-size": False, "--incremental-marking": True, "--max-lazy": False, "--enable-etw-stack-walking": False, "--experimental-repl-await": True, "--enable-fips": False, "--force-fips": False, "--force-async-hooks-checks": True, "--expose-externalize-string": False,
}

# Options that are V8's own, and are given to it as they are.
_V8 = {
    "--stack-size", "--max-old-space-size", "--max-semi-space-size", "--expose-gc", "--jitless", "--allow-natives-syntax",
    "--no-opt", "--random-seed", "--gc-interval", "--harmony", "--harmony-shadow-realm", "--stack-trace-limit", "--trace-gc",
}


class OptionError(Exception):
    """An option that cannot be; the text is what to say."""


class Options:
    """What the command line said: `values` for JavaScript, and the words after the options."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {
            name: default for name, default in _DEFAULTS.items() if not isinstance(default, type)
        }
        self.v8_flags: list[str] = []
        self.exec_argv: list[str] = []
        self.arguments: list[str] = []


def parse(arguments: list[str], environment: str | None = None) -> Options:
    """Read the command line, after what NODE_OPTIONS says. Raises `OptionError`."""
    options = Options()
    text = os.environ.get("NODE_OPTIONS", "") if environment is None else environment
    if text.strip():
        try:
            words = shlex.split(text)
        except ValueError:
            raise OptionError("invalid value for NODE_OPTIONS (unterminated string)") from None
        rest = _read(options, words, " is not allowed in NODE_OPTIONS")
        if rest:
            raise OptionError(f"{rest[0]} is not allowed in NODE_OPTIONS")
    given = len(arguments)
    options.arguments = _read(options, arguments, None)
    options.exec_argv = [word for word in arguments[: given - len(options.arguments)] if word != "--"]
    return options


def _read(options: Options, words: list[str], refusal: str | None) -> list[str]:
    """Read options from `words`; what remains."""
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--":
            return words[position + 1 :]
        if not word.startswith("-") or word == "-":
            break
        position += 1
        name, equals, value = word.partition("=")
        name = _SHORT.get(name, name.replace("_", "-") if name.startswith("--") else name)
        if word == "-pe":
            options.values["--print"] = True
            name = "--eval"
        position = _take(options, word, name, value if equals else None, words, position, refusal)
    return words[position:]


def _take(
    options: Options, word: str, name: str, value: str | None, words: list[str], position: int, refusal: str | None,
) -> int:
    """Note one option; the position of the next word."""
    negated = name.startswith("--no-") and name not in _DEFAULTS
    key = f"--{name[5:]}" if negated else name
    if key not in _DEFAULTS:
        raise OptionError(f"{word}{refusal}" if refusal else f"bad option: {word}")
    default = _DEFAULTS[key]
    takes_value = isinstance(default, (str, int)) and not isinstance(default, bool) or default in (str, int, list)
    if default is str and key.startswith("--inspect"):
        takes_value = False
    if key == "--print":
        return _take_print(options, value, words, position)
    if negated:
        if takes_value and default is not list:
            raise OptionError(f"{word} is an invalid negation because it is not a boolean option")
        options.values[key] = False
    elif not takes_value:
        options.values[key] = True
    else:
        if value is None:
            if position >= len(words) or (words[position].startswith("-") and len(words[position]) > 1 and key != "--eval"):
                raise OptionError(f"{word} requires an argument")
            value = words[position]
            position += 1
        elif value == "" and default is not str:
            raise OptionError(f"{word} requires an argument")
        _set(options, key, default, value.removeprefix("\\"))
    if key in _V8:
        options.v8_flags.append(_v8_flag(key, options.values[key], negated))
    return position


def _take_print(options: Options, value: str | None, words: list[str], position: int) -> int:
    """-p CODE is -p and -e CODE; without CODE, what stands in -e or on standard input is printed."""
    options.values["--print"] = True
    if value is not None:
        options.values["--eval"] = value
    elif position < len(words) and not words[position].startswith("-"):
        options.values["--eval"] = words[position]
        position += 1
    return position


def _set(options: Options, key: str, default: Any, value: str) -> None:
    if default is list:
        options.values.setdefault(key, []).append(value)
    elif default is int or (isinstance(default, int) and not isinstance(default, bool)):
        try:
            options.values[key] = int(value)
        except ValueError:
            raise OptionError(f"{key}= must be a number, not {value}") from None
    else:
        options.values[key] = value


def _v8_flag(key: str, value: Any, negated: bool) -> str:
    if value is True:
        return key
    return f"--no-{key[2:]}" if negated else f"{key}={value}"


def allowed_in_environment() -> dict[str, bool]:
    """The options that NODE_OPTIONS may have."""
    refused = {"--eval", "--print", "--check", "--version", "--help", "--interactive", "--log", "--test", "--expose-internals", "--env-file", "--env-file-if-exists", "--run"}
    return {name: True for name in _DEFAULTS if name not in refused}
