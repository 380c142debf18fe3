"""Twins: a small program in Python and in JavaScript, and what it logs, in order, and its exit code.

The recorded order is Node 24's. Tests run the Python program and compare. To check the record itself, set OUROLOOP_NODE
to a node binary: then the JavaScript twins run too.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import ouroloop.node as node
from ouroloop.node import stream
from ouroloop.node.environment import Environment
from ouroloop.node.events import EventEmitter, once
from ouroloop.node.promise import AggregateError, Promise

NODE = os.environ.get("OUROLOOP_NODE")

_PRELUDE = """
'use strict';
const fs = require('fs'), { EventEmitter, once } = require('events');
const { Readable, Writable, Duplex, Transform, PassThrough, pipeline, finished } = require('stream');
const log = (...words) => { fs.writeSync(1, words.map(String).join(' ') + '\\n'); };
const io = callback => fs.stat('.', () => callback());
const busy = ms => { const end = Date.now() + ms; while (Date.now() < end); };
const next_tick = process.nextTick, queue_microtask = queueMicrotask;
const set_timeout = setTimeout, set_interval = setInterval, set_immediate = setImmediate;
const clear_timeout = clearTimeout, clear_interval = clearInterval, clear_immediate = clearImmediate;
const fail = word => { throw new Error(word); };
const error = word => new Error(word);
const text = e => e.message;
"""


class ProgramError(Exception):
    """What the programs raise on purpose."""


# With one thread in the pool jobs end in the order they were given; two would race.
_ONE_THREAD = {"UV_THREADPOOL_SIZE": "1"}


@dataclass
class Program:
    name: str
    python: str
    javascript: str
    order: str
    code: int = 0


def dedented(source: str) -> str:
    return "\n".join(line[8:] for line in source.splitlines())


def by_name(program: Program) -> str:
    return program.name.replace(" ", "_")


def run_python(env: Environment, program: Program) -> tuple[str, int]:
    """What the program logged, and its exit code."""
    lines: list[str] = []

    def log(*words: object) -> None:
        lines.append(" ".join(map(str, words)))

    def io(callback: Any) -> None:
        env.request(lambda error, result: callback(), os.getcwd)

    def fail(word: str) -> None:
        raise ProgramError(word)

    namespace: dict[str, Any] = {name: getattr(node, name) for name in node.__all__}
    namespace |= {name: getattr(stream, name) for name in stream.__all__}
    namespace |= {
        "log": log, "io": io, "fail": fail, "error": ProgramError, "text": str, "go": Promise.resolve, "once": once,
        "busy": lambda ms: time.sleep(ms / 1000), "EventEmitter": EventEmitter, "AggregateError": AggregateError,
    }
    program_code = compile(dedented(program.python), "program.py", "exec")
    with mock.patch.dict(os.environ, _ONE_THREAD):
        code = env.run(lambda: exec(program_code, namespace))
    return " | ".join(lines), code


def run_javascript(program: Program, folder: Path) -> tuple[str, int]:
    """What the twin logged under node, and its exit code."""
    source = folder / "program.cjs"
    source.write_text(_PRELUDE + program.javascript)
    assert NODE is not None
    done = subprocess.run(
        [NODE, source], capture_output=True, text=True, timeout=30, check=False, env={**os.environ, **_ONE_THREAD},
    )
    return " | ".join(done.stdout.splitlines()), done.returncode
