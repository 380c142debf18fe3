"""What `node:util` gives for inputs that are easily got wrong.

Each test states what Node 24 does. With OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output

CASES = {
    "inspect copies nothing at each level of a deep value": (
        "let last = {}; const all = last; for (let i = 0; i < 400; i++) {"
        " last.next = { all, last, more: { a: 1, b: 2, c: true } }; last = last.next; all[i] = last; }"
        "const start = Date.now(); const { length } = util.inspect(all, { depth: Infinity });"
        "console.log(length, Date.now() - start < 20000);",
        "134472244 true",
    ),
    "parseArgs has no option called __proto__": (
        "const options = JSON.parse('{ \"__proto__\": { \"type\": \"string\", \"default\": \"x\" } }');"
        "console.log(util.parseArgs({ args: [], options }));",
        "{ values: [Object: null prototype] {}, positionals: [] }",
    ),
    "promisified functions with a form of their own keep their names": (
        "const { exec, execFile } = require('child_process');"
        "console.log(util.promisify(exec).name, util.promisify(execFile).name);",
        "exec execFile",
    ),
    "a tick's callback is called by processTicksAndRejections": (
        "process.nextTick(() => console.log(/at process.processTicks/.test(new Error().stack.split('\\n')[2])));",
        "true",
    ),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_util(command: list[str], source: str, expected: str, tmp_path: Path) -> None:
    assert output(command, "-e", f"const util = require('util'); {source}", folder=tmp_path) == f"{expected}\n"
