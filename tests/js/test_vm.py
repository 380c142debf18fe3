"""Contexts of `node:vm`: what a program in one sees and leaves behind.

Each test states what Node 24 does. With OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output

CASES = {
    "globals are properties of the sandbox": (
        "const c = vm.createContext({ a: 1 }); vm.runInContext('b = a + 1; var d = 3; function f() {}', c);"
        "console.log(c.b, c.d, typeof c.f, Object.keys(c).join());",
        "2 3 function a,f,b,d",
    ),
    "a context has JavaScript's own globals, and no others": (
        "console.log(vm.runInNewContext('typeof Map + typeof process + typeof require + typeof setTimeout'));",
        "functionundefinedundefinedundefined",
    ),
    "and has them for itself": (
        "console.log(vm.runInNewContext('[] instanceof A', { A: Array }), vm.runInNewContext('[]') instanceof Array);",
        "false false",
    ),
    "its errors are of its own kind": (
        "try { vm.runInNewContext('null.x'); } catch (e) { console.log(e instanceof TypeError, e.name); }",
        "false TypeError",
    ),
    "accessors of the sandbox are called": (
        "const seen = []; const c = vm.createContext({ get x() { return 7; }, set x(v) { seen.push(v); } });"
        "console.log(vm.runInContext('x = 5; x', c), seen.join());",
        "7 5",
    ),
    "what was declared lexically stays inside": (
        "const c = vm.createContext({}); vm.runInContext('const k = 4; let l = 5', c);"
        "console.log(vm.runInContext('k + l', c), 'k' in c);",
        "9 false",
    ),
    "properties are deleted and described": (
        "const c = vm.createContext({ a: 1 });"
        "console.log(vm.runInContext('delete a; typeof a', c), 'a' in c,"
        " JSON.stringify(vm.runInContext('z = 1; Object.getOwnPropertyDescriptor(globalThis, \"z\")', c)));",
        'undefined false {"value":1,"writable":true,"enumerable":true,"configurable":true}',
    ),
    "many contexts come and go": (
        "let n = 0; for (let i = 0; i < 200; i++) { n += vm.runInNewContext('var q = [1, 2, 3]; q.length + i', { i });"
        " if (i % 50 === 0) gc(); } console.log(n);",
        "20500",
    ),
    "WebAssembly may be forbidden": (
        "const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);"
        "const source = 'try { typeof new WebAssembly.Module(bytes) } catch (e) { e.message }';"
        "for (const wasm of [true, false]) {"
        " console.log(vm.runInNewContext(source, { bytes }, { contextCodeGeneration: { wasm } })); }"
        "console.log(typeof new WebAssembly.Module(bytes));",
        "object\nWebAssembly.Module(): Wasm code generation disallowed by embedder\nobject",
    ),
    "a time limit": (
        "try { vm.runInNewContext('for (;;);', {}, { timeout: 20 }); } catch (e) { console.log(e.code); }",
        "ERR_SCRIPT_EXECUTION_TIMEOUT",
    ),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_a_context(command: list[str], source: str, expected: str, tmp_path: Path) -> None:
    program = f"const vm = require('vm'); {source}"
    assert output(command, "--expose-gc", "-e", program, folder=tmp_path) == f"{expected}\n"
