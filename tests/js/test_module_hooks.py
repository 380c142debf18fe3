"""Hooks that may be asynchronous: `module.register`, `--experimental-loader`, and what `--import` does for them.

Each test states what Node 24 does. With OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output, run, write

LOADER = ("--no-warnings", "--experimental-loader", "./hooks.mjs")
WRITE = "import { writeSync } from 'fs'; const say = (...words) => writeSync(1, `${words.join(' ')}\\n`);\n"


def test_a_module_is_resolved_and_loaded_by_hooks_that_wait(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "hooks.mjs": """
            const later = () => new Promise((resolve) => setTimeout(resolve, 5));
            export async function resolve(specifier, context, nextResolve) {
              await later();
              if (specifier.startsWith('made-up:')) return { url: specifier, shortCircuit: true };
              return nextResolve(specifier, context);
            }
            export async function load(url, context, nextLoad) {
              await later();
              if (!url.startsWith('made-up:')) return nextLoad(url, context);
              const a = new URL('./a.mjs', import.meta.url);
              const source = `import '${a}'; export default '${url}';`;
              return { format: 'module', source, shortCircuit: true };
            }
        """,
        "a.mjs": "console.log('a');",
        "main.mjs": "import name from 'made-up:x'; console.log(name, (await import('made-up:y')).default);",
    })
    assert output(command, *LOADER, "main.mjs", folder=tmp_path) == "a\nmade-up:x made-up:y\n"


def test_hooks_see_context_and_results_and_each_module_once(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "hooks.mjs": WRITE + """
            const last = (url) => url.split('/').pop();
            export async function resolve(specifier, context, nextResolve) {
              const result = await nextResolve(specifier, context);
              say('resolve', last(specifier), Object.keys(context), last(context.parentURL ?? 'none'), result.format);
              return result;
            }
            export async function load(url, context, nextLoad) {
              const { format, source } = await nextLoad(url, context);
              say('load', last(url), Object.keys(context), context.format, format, source?.constructor.name);
              return { format, source };
            }
        """,
        "a.mjs": "import './b.cjs'; import json from './c.json' with { type: 'json' };",
        "b.cjs": "require('./d.cjs'); console.log('ran')", "c.json": "{}", "d.cjs": "",
        "main.mjs": "import './a.mjs'; import './b.cjs';",
    })
    assert output(command, *LOADER, "main.mjs", folder=tmp_path).splitlines() == [
        "resolve main.mjs conditions,importAttributes,parentURL none module",
        "load main.mjs format,importAttributes module module Buffer",
        "resolve a.mjs conditions,importAttributes,parentURL main.mjs module",
        "load a.mjs format,importAttributes module module Buffer",
        "resolve b.cjs conditions,importAttributes,parentURL a.mjs commonjs",
        "load b.cjs format,importAttributes commonjs commonjs ",
        "resolve c.json conditions,importAttributes,parentURL a.mjs json",
        "load c.json format,importAttributes json json Buffer",
        "resolve b.cjs conditions,importAttributes,parentURL main.mjs commonjs",
        "ran",
    ]


def test_the_hooks_registered_last_are_asked_first(command: list[str], tmp_path: Path) -> None:
    hooks = WRITE + """
        export function initialize(data) { say('initialize', data.name); name = data.name; }
        let name;
        export async function resolve(specifier, context, nextResolve) {
          if (specifier === 'os') say(name);
          return nextResolve(specifier, context);
        }
    """
    write(tmp_path, {"hooks.mjs": hooks, "main.mjs": """
        import { register } from 'module';
        for (const name of ['one', 'two']) {
          console.log(register(`./hooks.mjs?${name}`, import.meta.url, { data: { name } }));
        }
        await import('os');
    """})
    assert output(command, "main.mjs", folder=tmp_path) == (
        "initialize one\nundefined\ninitialize two\nundefined\ntwo\none\n")


def test_hooks_have_modules_of_their_own_and_a_copy_of_what_they_are_given(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "state.mjs": "export const state = { count: 0 };",
        "hooks.mjs": """
            import { state } from './state.mjs';
            import { isMainThread } from 'worker_threads';
            state.count++;
            export function initialize({ port, object }) {
              object.changed = true;
              port.postMessage([isMainThread, typeof import.meta.resolve]);
              port.on('message', () => {});
            }
        """,
        "main.mjs": """
            import { register } from 'module';
            import { state } from './state.mjs';
            const { port1, port2 } = new MessageChannel();
            const object = {};
            register('./hooks.mjs', import.meta.url, { data: { port: port2, object }, transferList: [port2] });
            console.log(state.count, object.changed);
            port1.onmessage = ({ data }) => {
              console.log(...data);
              port1.close();
            };
        """,
    })
    assert output(command, "main.mjs", folder=tmp_path) == "0 undefined\nfalse undefined\n"


@pytest.mark.parametrize(("hook", "error"), [
    ("resolve = () => ({ url: 'node:fs' })", "ERR_LOADER_CHAIN_INCOMPLETE"),
    ("resolve = () => null", "ERR_INVALID_RETURN_VALUE"),
    ("resolve = () => ({ url: 'x', shortCircuit: true })", "ERR_INVALID_RETURN_PROPERTY_VALUE"),
    ("resolve = (s, c, next) => next(1)", "ERR_INVALID_ARG_TYPE"),
    ("resolve = (s, c, next) => next(s, 1)", "ERR_INVALID_ARG_TYPE"),
    ("load = () => ({ format: 1, source: '', shortCircuit: true })", "ERR_INVALID_RETURN_PROPERTY_VALUE"),
    ("load = () => ({ format: 'module', shortCircuit: true })", "ERR_INVALID_RETURN_PROPERTY_VALUE"),
    ("load = () => ({ format: 'module', source: 1, shortCircuit: true })", "ERR_INVALID_RETURN_PROPERTY_VALUE"),
    ("load = () => ({ format: 'odd', source: '', shortCircuit: true })", "ERR_UNKNOWN_MODULE_FORMAT"),
    ("load = (u, c, next) => next('odd')", "ERR_INVALID_ARG_VALUE"),
])
def test_what_a_hook_may_not_do_is_told(command: list[str], tmp_path: Path, hook: str, error: str) -> None:
    write(tmp_path, {"hooks.mjs": f"export const {hook};", "main.mjs": """
        import { register } from 'module';
        register('./hooks.mjs', import.meta.url);
        await import('./main.mjs?again').catch((error) => console.log(error.code));
    """})
    assert output(command, "main.mjs", folder=tmp_path) == f"{error}\n"


@pytest.mark.parametrize(("module", "told"), [
    ("throw new RangeError('bad')", "RangeError: bad"),
    ("export const initialize = async () => { throw new TypeError('bad'); }", "TypeError: bad"),
    ("await new Promise(() => {})", "Error: Async loader request never settled"),
])
def test_register_throws_what_the_hooks_module_throws(
    command: list[str], tmp_path: Path, module: str, told: str,
) -> None:
    write(tmp_path, {"hooks.mjs": module, "main.mjs": """
        import { register } from 'module';
        try {
          register('./hooks.mjs', import.meta.url);
        } catch (error) {
          console.log(`${error}`.replace(/ \\[.*\\]/, ''));
        }
    """})
    assert output(command, "main.mjs", folder=tmp_path) == f"{told}\n"


def test_commonjs_whose_source_hooks_give_requires_by_way_of_them(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "hooks.mjs": """
            import { readFileSync } from 'fs';
            export async function load(url, context, nextLoad) {
              const result = await nextLoad(url, context);
              if (result.format === 'commonjs') result.source = readFileSync(new URL(url)) + ';exports.hooked = true;';
              return result;
            }
        """,
        "a.cjs": "exports.b = require('./b.cjs'); exports.c = require('./c');", "b.cjs": "",
        "c.js": "exports.os = require('os')",
        "main.mjs": "import a from './a.cjs'; console.log(a.hooked, a.b.hooked, a.c.hooked, typeof a.c.os.cpus);",
    })
    assert output(command, *LOADER, "main.mjs", folder=tmp_path) == "true true true function\n"


def test_what_cannot_wait_has_the_answer_at_once(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "hooks.mjs": """
            export async function resolve(specifier, context, nextResolve) {
              await null;
              if (specifier === 'never') return new Promise(() => {});
              if (specifier === 'virtual') return { url: 'virtual:x', shortCircuit: true };
              return nextResolve(specifier, context);
            }
        """,
        "main.mjs": """
            console.log(import.meta.resolve('virtual'));
            try { import.meta.resolve('never') } catch (error) { console.log(error.code) }
        """,
    })
    assert output(command, *LOADER, "main.mjs", folder=tmp_path) == (
        "virtual:x\nERR_ASYNC_LOADER_REQUEST_NEVER_SETTLED\n")


def test_a_program_that_waits_for_hooks_for_ever_ends_with_13(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "hooks.mjs": "export const resolve = (s, c, next) => (s === 'x' ? new Promise(() => {}) : next(s, c));",
        "main.mjs": "console.log('begun'); await import('x');",
    })
    done = run(command, *LOADER, "main.mjs", folder=tmp_path)
    assert (done.returncode, done.stdout) == (13, "begun\n")


def test_the_option_warns_and_says_what_to_write_instead(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"hooks.mjs": "export const globalPreload = 1;", "a.cjs": "console.log(1)"})
    done = run(command, "--experimental-loader", "./hooks.mjs", "a.cjs", folder=tmp_path)
    assert done.stdout == "1\n"
    assert "ExperimentalWarning: `--experimental-loader` may be removed in the future; instead use `register()`:\n" \
        "--import 'data:text/javascript,import { register } from \"node:module\"; import { pathToFileURL } from " \
        "\"node:url\"; register(\"./hooks.mjs\", pathToFileURL(\"./\"));'" in done.stderr
    assert "UnsupportedWarning: `globalPreload` has been removed; use `initialize` instead." in done.stderr


def test_hooks_may_read_files_where_nothing_can_wait(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "hooks.mjs": """
            import { readFile } from 'fs/promises';
            let text;
            export async function initialize() {
              text = (await readFile(new URL('text', import.meta.url))).toString();
              console.log('initialized');
            }
            export async function load(url, context, nextLoad) {
              const result = await nextLoad(url, context);
              if (result.format === 'commonjs') result.source = `exports.t = '${text}';${await readFile(new URL(url))}`;
              return result;
            }
        """,
        "text": "text", "a.cjs": "exports.b = require('./b.cjs').t;", "b.cjs": "",
        "main.mjs": """
            import { register } from 'module';
            import { readFile } from 'fs';
            let isDone = false;
            readFile(new URL(import.meta.url), () => { isDone = true; console.log('read'); });
            register('./hooks.mjs', import.meta.url);
            console.log('registered', isDone);
            import('./a.cjs').then(({ default: a }) => setTimeout(() => console.log(a), 50));
        """,
    })
    assert sorted(output(command, "main.mjs", folder=tmp_path).splitlines()) == [
        "initialized", "read", "registered false", "{ t: 'text', b: 'text' }",
    ]
