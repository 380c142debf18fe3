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
    "in strict code what is assigned must be declared, unless it is a property": (
        "const c = vm.createContext({}); vm.runInContext('\"use strict\"; globalThis.a = 1;"
        " try { b = 2; } catch (e) { globalThis.c = e.message; }', c); console.log(c);",
        "{ a: 1, c: 'b is not defined' }",
    ),
    "the sandbox is its own global object": (
        "const c = vm.createContext({}); c.self = c; console.log(vm.runInContext('self === globalThis', c));",
        "true",
    ),
    "a context has the globals that Node's have": (
        "const own = vm.runInNewContext('Reflect.ownKeys(globalThis).map(String)'); console.log(own.length,"
        " own.slice(0, 6).join(), own.slice(-4).join());",
        "68 Object,Function,Array,Number,parseFloat,parseInt Float16Array,SharedArrayBuffer,gc,WebAssembly",
    ),
    "a script's code cache is taken again for the same source only": (
        "const code = '(() => 5)()\\n//# sourceURL=a.js\\n';"
        "const cachedData = new vm.Script(code).createCachedData();"
        "const again = new vm.Script(code, { cachedData }); const other = new vm.Script(code + '1', { cachedData });"
        "console.log(again.cachedDataRejected, again.runInThisContext(), again.sourceURL, other.cachedDataRejected,"
        " other.runInThisContext()); const f = vm.compileFunction('return a', ['a'], { produceCachedData: true });"
        "const g = vm.compileFunction('return a', ['a'], { cachedData: f.cachedData });"
        "console.log(g.cachedDataRejected, g(3), cachedData.length > 64);",
        "false 5 a.js true 1\nfalse 3 true",
    ),
    "a context that may not compile WebAssembly": (
        "const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]); const codeGeneration = { wasm: false };"
        "const run = (options) => { const c = vm.createContext({ bytes }, options);"
        " try { return vm.runInContext('new WebAssembly.Module(bytes) instanceof WebAssembly.Module', c); }"
        " catch (e) { return e.name; } }; console.log(run({ codeGeneration }), run({}));",
        "CompileError true",
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
    "a time limit while the program outside is called": (
        "const now = () => process.hrtime.bigint(); try { vm.runInNewContext('for (;;) now()', { now },"
        " { timeout: 20 }); } catch (e) { console.log(e.code); }",
        "ERR_SCRIPT_EXECUTION_TIMEOUT",
    ),
    "a limit that was not reached stops nothing later": (
        "for (let i = 0; i < 50; i++) { try { vm.runInNewContext(`for (const e = now() + ${i % 4}; now() < e;);`,"
        " { now: Date.now }, { timeout: 2 }); } catch {} } console.log([1, 2, 3].map((x) => x * 2).join());",
        "2,4,6",
    ),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_a_context(command: list[str], source: str, expected: str, tmp_path: Path) -> None:
    program = f"const vm = require('vm'); {source}"
    assert output(command, "--expose-gc", "-e", program, folder=tmp_path) == f"{expected}\n"
