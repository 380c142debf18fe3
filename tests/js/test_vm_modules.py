"""ES modules that a program makes itself (`vm.SourceTextModule`, `vm.SyntheticModule`), and `import()` in code of vm.

Each test states what Node 24 does. With OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output

CASES = {
    "link asks for each import, evaluate runs the graph": (
        "const a = new SourceTextModule('import { b } from \"b\"; export const a = b + 1;');"
        "await a.link((specifier, parent, { attributes }) => { console.log(specifier, parent === a, attributes);"
        " return new SourceTextModule('export const b = 1;'); });"
        "console.log(a.status); console.log(await a.evaluate(), a.status, a.namespace);",
        "b true [Object: null prototype] {}\nlinked\nundefined evaluated [Module: null prototype] { a: 2 }",
    ),
    "linkRequests and instantiate link without waiting": (
        "const a = new SourceTextModule('import \"b\"; import x from \"c\" with { type: \"json\" };');"
        "console.log(a.moduleRequests.map((r) => [r.specifier, r.attributes.type, r.phase].join()).join(' '));"
        "const empty = new SourceTextModule(''); empty.linkRequests([]);"
        "const c = new SyntheticModule(['default'], () => {});"
        "try { a.linkRequests([empty]); } catch (e) { console.log(e.code); }"
        "a.linkRequests([empty, c]); a.instantiate(); console.log(a.status, empty.status);",
        "b,,evaluation c,json,evaluation\nERR_MODULE_LINK_MISMATCH\nlinked linked",
    ),
    "what is imported must be there": (
        "const a = new SourceTextModule('import { no } from \"b\"');"
        "await a.link(() => new SourceTextModule('')).catch((e) => console.log(e.name, e.message));",
        "SyntaxError The requested module 'b' does not provide an export named 'no'",
    ),
    "a linker's mistakes": (
        "const a = () => new SourceTextModule('import \"b\"'); const context = vm.createContext();"
        "for (const found of [{}, new SourceTextModule('', { context })])"
        " await a().link(() => found).catch((e) => console.log(e.code));",
        "ERR_VM_MODULE_NOT_MODULE\nERR_VM_MODULE_DIFFERENT_CONTEXT",
    ),
    "an error while it runs is the module's": (
        "const a = new SourceTextModule('throw new Error(\"boom\")'); a.linkRequests([]); a.instantiate();"
        "await a.evaluate().catch(() => {}); console.log(a.status, a.error.message);",
        "errored boom",
    ),
    "it runs in its context": (
        "const context = vm.createContext({ x: 20 });"
        "const a = new SourceTextModule('export default x + 1; x = typeof process;', { context });"
        "await a.link(() => {}); await a.evaluate(); console.log(a.namespace.default, context.x, a.identifier);",
        "21 undefined vm:module(0)",
    ),
    "a synthetic module's exports can be set before it runs and after": (
        "const s = new SyntheticModule(['a', 'default'], () => s.setExport('a', 2)); s.setExport('a', 1);"
        "console.log(s.status, s.namespace.a); await s.evaluate(); console.log(s.namespace);"
        "s.setExport('a', 3); console.log(s.namespace.a);"
        "try { s.setExport('b'); } catch (e) { console.log(e.name, e.message); }",
        "linked 1\n[Module: null prototype] { a: 2, default: undefined }\n3\n"
        "ReferenceError Export 'b' is not defined in module",
    ),
    "import.meta is the program's to fill": (
        "let module; const a = new SourceTextModule('export default import.meta.x',"
        " { initializeImportMeta(meta, m) { module = m; meta.x = 5; } });"
        "await a.link(() => {}); await a.evaluate(); console.log(a.namespace.default, module === a);",
        "5 true",
    ),
    "import() asks the script that imports": (
        "const s = new SyntheticModule(['v'], () => s.setExport('v', 7));"
        "const one = new vm.Script('import(\"a\")', { importModuleDynamically: (name, who) => {"
        " console.log(name, who === one); return s; } });"
        "await s.evaluate(); console.log((await one.runInThisContext()).v);"
        "await new vm.Script('import(\"a\")').runInThisContext().catch((e) => console.log(e.code));"
        "const loader = { importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER };"
        "console.log((await vm.compileFunction('return import(\"node:path\")', [], loader)()).sep);",
        "a true\n7\nERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING\n/",
    ),
    "import() gives a promise of the context that imports": (
        "const context = vm.createContext(); const s = new SyntheticModule([], () => {}, { context });"
        "const script = new vm.Script('import(\"a\") instanceof Promise', { importModuleDynamically: () => s });"
        "console.log(script.runInContext(context));",
        "true",
    ),
    "a context may have its microtasks run after each evaluation": (
        "const context = vm.createContext({ log: console.log }, { microtaskMode: 'afterEvaluate' });"
        "vm.runInContext('Promise.resolve().then(() => log(\"inner\"))', context); console.log('outer');"
        "try { vm.runInContext('Promise.resolve().then(() => { for (;;); })', context, { timeout: 30 }); }"
        " catch (e) { console.log(e.code); }",
        "inner\nouter\nERR_SCRIPT_EXECUTION_TIMEOUT",
    ),
    "a time limit for a module": (
        "const a = new SourceTextModule('for (;;);'); a.linkRequests([]); a.instantiate();"
        "await a.evaluate({ timeout: 30 }).catch((e) => console.log(e.code));",
        "ERR_SCRIPT_EXECUTION_TIMEOUT",
    ),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_vm_modules(command: list[str], source: str, expected: str, tmp_path: Path) -> None:
    names = "const vm = require('vm'); const { SourceTextModule, SyntheticModule } = vm;"
    program = f"{names} (async () => {{ {source} }})()"
    flags = ("--experimental-vm-modules", "--no-warnings")
    assert output(command, *flags, "-e", program, folder=tmp_path) == f"{expected}\n"
