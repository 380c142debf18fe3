"""Hooks into asynchronous resources: `async_hooks.createHook` and `v8.promiseHooks`.

Each test states what Node 24 does. With OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output, run

PRELUDE = (
    "const hooks = require('async_hooks'); const { promiseHooks } = require('v8'); const vm = require('vm');"
    "const seen = []; const see = (...args) => { seen.push(args.join(' ')); };"
    "process.on('exit', () => console.log(seen.join(', ')));"
)

CASES = {
    "V8's four events of a promise and what comes of it": (
        "const names = new Map(); const number = (p) => (names.set(p, names.size), names.size - 1);"
        "const name = (p) => p && (names.get(p) ?? number(p));"
        "const stop = promiseHooks.createHook({ init: (p, q) => see('init', name(p), name(q)),"
        " before: (p) => see('before', name(p)), after: (p) => see('after', name(p)),"
        " settled: (p) => see('settled', name(p)) });"
        "Promise.resolve(1).then(() => 2); setImmediate(stop);",
        "init 0 , settled 0, init 1 0, before 1, settled 1, after 1",
    ),
    "a hook that is stopped hears no more": (
        "const stop = promiseHooks.onInit(() => see('init')); Promise.resolve(); stop(); Promise.resolve();",
        "init",
    ),
    "await has its hooks too": (
        "let n = 0; const stop = promiseHooks.onBefore(() => { n++; });"
        "(async () => { await 1; await 2; stop(); see(n); })();",
        "2",
    ),
    "promises of other contexts are seen, whether those were made before or after": (
        "const early = vm.createContext(); let n = 0; const stop = promiseHooks.onInit(() => { n++; });"
        "vm.runInContext('Promise.resolve()', early); vm.runInNewContext('Promise.resolve()'); stop();"
        "vm.runInContext('Promise.resolve()', early); see(n);",
        "2",
    ),
    "what a hook throws is uncaught, and the program goes on": (
        "process.once('uncaughtException', (error) => see(error.message));"
        "const stop = promiseHooks.onInit(() => { stop(); throw new Error('in a hook'); });"
        "Promise.resolve().then(() => see('on'));",
        "in a hook, on",
    ),
    "optimized code notices a hook that comes late": (
        "const made = () => new Promise((r) => r(1)); for (let i = 0; i < 1e5; i++) made();"
        "let n = 0; const stop = promiseHooks.onInit(() => { n++; }); for (let i = 0; i < 1e4; i++) made(); stop();"
        "made(); see(n);",
        "10000",
    ),
    "promises are resources": (
        "const hook = hooks.createHook({ init: (id, type, trigger) => see('init', id, type, trigger),"
        " before: (id) => see('before', id), after: (id) => see('after', id),"
        " promiseResolve: (id) => see('resolve', id) }).enable();"
        "const base = hooks.executionAsyncId(); Promise.resolve(7).then(() => {"
        " see(hooks.executionAsyncId() > base, hooks.triggerAsyncId() > base,"
        " hooks.executionAsyncResource() instanceof Promise); });"
        "process.on('exit', () => hook.disable());"
        "process.prependListener('exit', () => { const first = /\\d+/.exec(seen[0])[0];"
        " seen.forEach((each, i) => {"
        " seen[i] = each.replace(/\\d+/g, (d) => (d >= first ? `#${d - first}` : d)); }); });",
        "init #0 PROMISE 1, resolve #0, init #1 PROMISE #0, before #1, true true true, resolve #1, after #1",
    ),
    "a hook that does not want promises is not told of them": (
        "hooks.createHook({ init: (id, type) => see(type), trackPromises: false }).enable();"
        "Promise.resolve(); process.nextTick(() => {});",
        "TickObject",
    ),
    "a hook is called as a method of what createHook gave": (
        "const hook = hooks.createHook({ init() { see(this === hook); } }).enable(); process.nextTick(() => {});",
        "true",
    ),
    "an unhandled rejection is told where the promise runs": (
        "const ids = []; hooks.createHook({ init: (id, type) => { if (type === 'PROMISE') ids.push(id); } }).enable();"
        "Promise.reject(1); process.on('unhandledRejection', () => see(hooks.executionAsyncId() === ids[0]));",
        "true",
    ),
    "a promise is destroyed when it is collected": (
        "const ids = new Set(); hooks.createHook({ init: (id, type) => { if (type === 'PROMISE') ids.add(id); },"
        " destroy: (id) => { if (ids.delete(id) && ids.size === 0) { see('destroyed'); clearInterval(t); } }"
        " }).enable(); (() => { new Promise(() => {}); })();"
        "const t = setInterval(gc, 5);",
        "destroyed",
    ),
    "a bound function has a name that tells whether its this is bound, and the length of what it is bound to": (
        "const resource = new hooks.AsyncResource('R'); const two = (a, b) => a + b;"
        "for (const bound of [resource.bind(two), resource.bind(two, {})]) see(bound.name, bound.length, bound(1, 2));",
        "bound 2 3, bound runInAsyncScope 2 3",
    ),
    "a file is read in steps while somebody looks": (
        "let n = 0; hooks.createHook({ init: (id, type) => { if (type === 'FSREQCALLBACK') n++; } }).enable();"
        "require('fs').readFile('given.txt', 'utf8', (error, text) => see(n, text));",
        "4 the text",
    ),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES.keys())
def test_hooks(command: list[str], source: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "given.txt").write_text("the text")
    assert output(command, "--expose-gc", "-e", PRELUDE + source, folder=tmp_path) == f"{expected}\n"


def test_a_rejection_on_a_full_stack_is_caught_all_the_same(command: list[str], tmp_path: Path) -> None:
    program = (
        "async function deep() { await deep(); }"
        "deep().catch((error) => console.log(error.message)).then(() => console.log('on'));"
    )
    done = run(command, "-e", program, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Maximum call stack size exceeded\non\n")
