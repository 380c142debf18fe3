"""Running JavaScript programs: what kinds of files there are, how modules are found, and what the options do.

Each test states what Node 24 does. With OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from js.commands import OURO, environment, output, run, write

import ouroloop


def lines(*expected: object) -> str:
    return "".join(f"{line}\n" for line in expected)


COMMONJS = "console.log(typeof require, typeof module, this === module.exports);"
MODULE = "console.log(typeof require, typeof import.meta.url, this); export {};"
IS_COMMONJS = "function object true\n"
IS_MODULE = "undefined string undefined\n"


@pytest.mark.parametrize(
    ("name", "package", "source", "expected"),
    [
        ("a.js", None, COMMONJS, IS_COMMONJS),
        ("a.cjs", None, COMMONJS, IS_COMMONJS),
        ("a.mjs", None, MODULE, IS_MODULE),
        ("a.js", {"type": "module"}, MODULE, IS_MODULE),
        ("a.js", {"type": "commonjs"}, COMMONJS, IS_COMMONJS),
        ("a.cjs", {"type": "module"}, COMMONJS, IS_COMMONJS),
        ("a.mjs", {"type": "commonjs"}, MODULE, IS_MODULE),
        ("a.js", {"type": "nonsense"}, COMMONJS, IS_COMMONJS),
        ("a.js", None, MODULE, IS_MODULE),
        ("a.js", None, "await 1; " + MODULE.replace("export {};", ""), IS_MODULE),
        ("a", None, COMMONJS, IS_COMMONJS),
        ("a", None, MODULE, IS_MODULE),
        ("a.unknown", None, COMMONJS, IS_COMMONJS),
        ("a.js", None, "#!/usr/bin/env node\n" + COMMONJS, IS_COMMONJS),
        ("a.mjs", None, "#!/usr/bin/env node\n" + MODULE, IS_MODULE),
        ("a.js", None, "\ufeff" + COMMONJS, IS_COMMONJS),
    ],
)
def test_a_files_kind_is_told_by_its_name_its_package_and_its_syntax(
    command: list[str], tmp_path: Path, name: str, package: Any, source: str, expected: str,
) -> None:
    write(tmp_path, {name: source, **({"package.json": json.dumps(package)} if package else {})})
    assert output(command, name, folder=tmp_path) == expected


@pytest.mark.parametrize("program", [".", "folder", "./folder/", "with_main", "a", "./a.js"])
def test_a_program_may_be_named_as_a_module_is(command: list[str], tmp_path: Path, program: str) -> None:
    write(tmp_path, {
        "index.js": "console.log('index')", "a.js": "console.log('a')", "folder/index.js": "console.log('folder')",
        "with_main/package.json": '{"main": "./lib/start"}', "with_main/lib/start.js": "console.log('start')",
    })
    said = {".": "index", "with_main": "start", "a": "a", "./a.js": "a"}.get(program, "folder")
    assert output(command, program, folder=tmp_path) == lines(said)


def test_the_process_knows_what_was_asked_for(command: list[str], tmp_path: Path) -> None:
    source = "console.log(JSON.stringify([process.argv, process.execArgv, require.main === module, __filename]))"
    write(tmp_path, {"a.js": source})
    argv, options, is_main, filename = json.loads(output(command, "--no-warnings", "a.js", "x", "--", folder=tmp_path))
    path = os.path.realpath(tmp_path / "a.js")
    assert (argv[1:], options, is_main, filename) == ([path, "x", "--"], ["--no-warnings"], True, path)
    assert os.access(argv[0], os.X_OK)


# Where modules are looked for

PACKAGES = {
    "node_modules/plain/index.js": "exports.name = 'plain'",
    "node_modules/plain/sub.js": "exports.name = 'plain/sub'",
    "node_modules/plain/data.json": '{"name": "plain/data"}',
    "node_modules/main/package.json": '{"main": "lib/main.js"}',
    "node_modules/main/lib/main.js": "exports.name = 'main'",
    "node_modules/@scope/it/package.json": '{"exports": "./it.js"}',
    "node_modules/@scope/it/it.js": "exports.name = '@scope/it'",
    "node_modules/modern/package.json": json.dumps({
        "name": "modern",
        "exports": {
            ".": {"import": "./index.mjs", "require": "./index.cjs"},
            "./feature/*": "./features/*.js",
            "./feature/private/*": None,
            "./cond": {"special": "./special.js", "default": "./default.js"},
            "./list": ["invalid", "./default.js"],
            "./missing": "./missing.js",
        },
    }),
    "node_modules/modern/index.mjs": "export const name = 'modern import'",
    "node_modules/modern/index.cjs": "exports.name = 'modern require'",
    "node_modules/modern/features/a.js": "exports.name = 'feature a'",
    "node_modules/modern/features/private/b.js": "exports.name = 'private b'",
    "node_modules/modern/special.js": "exports.name = 'special'",
    "node_modules/modern/default.js": "exports.name = 'default'",
    "deep/down/node_modules/plain/index.js": "exports.name = 'nearer plain'",
}
BOTH_WAYS = """
    const ask = async (way, specifier) => {
      try {
        const found = way === 'require' ? require(specifier) : await import(specifier);
        return found.name ?? found.default.name;
      } catch (error) {
        return error.code;
      }
    };
    (async () => {
      for (const specifier of process.argv.slice(2)) {
        console.log(await ask('require', specifier), '|', await ask('import', specifier));
      }
    })();
"""


def test_packages_are_found_from_require_and_import(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {**PACKAGES, "a.cjs": BOTH_WAYS})
    asked = {
        "plain": "plain | plain",
        "plain/sub": "plain/sub | ERR_MODULE_NOT_FOUND",
        "plain/sub.js": "plain/sub | plain/sub",
        "plain/data.json": "plain/data | ERR_IMPORT_ATTRIBUTE_MISSING",
        "main": "main | main",
        "@scope/it": "@scope/it | @scope/it",
        "@scope/it/it.js": "ERR_PACKAGE_PATH_NOT_EXPORTED | ERR_PACKAGE_PATH_NOT_EXPORTED",
        "modern": "modern require | modern import",
        "modern/feature/a": "feature a | feature a",
        "modern/feature/private/b": "ERR_PACKAGE_PATH_NOT_EXPORTED | ERR_PACKAGE_PATH_NOT_EXPORTED",
        "modern/index.cjs": "ERR_PACKAGE_PATH_NOT_EXPORTED | ERR_PACKAGE_PATH_NOT_EXPORTED",
        "modern/cond": "default | default",
        "modern/list": "default | default",
        "modern/missing": "MODULE_NOT_FOUND | ERR_MODULE_NOT_FOUND",
        "absent": "MODULE_NOT_FOUND | ERR_MODULE_NOT_FOUND",
        "./node_modules/plain": "plain | ERR_UNSUPPORTED_DIR_IMPORT",
    }
    assert output(command, "a.cjs", *asked, folder=tmp_path) == lines(*asked.values())


def test_the_nearest_node_modules_wins(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {**PACKAGES, "deep/down/under/a.cjs": BOTH_WAYS})
    said = output(command, "deep/down/under/a.cjs", "plain", "main", folder=tmp_path)
    assert said == lines("nearer plain | nearer plain", "main | main")


@pytest.mark.parametrize("option", [["-C", "special"], ["--conditions=special"]])
def test_conditions_can_be_added(command: list[str], tmp_path: Path, option: list[str]) -> None:
    write(tmp_path, {**PACKAGES, "a.cjs": BOTH_WAYS})
    assert output(command, *option, "a.cjs", "modern/cond", folder=tmp_path) == lines("special | special")


def test_node_path_is_looked_into_by_require_alone(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere/other/index.js": "exports.name = 'other'", "a.cjs": BOTH_WAYS})
    found = {"NODE_PATH": str(tmp_path / "elsewhere")}
    assert output(command, "a.cjs", "other", folder=tmp_path, **found) == lines("other | ERR_MODULE_NOT_FOUND")


def test_a_package_knows_its_own_name_and_its_imports(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "package.json": json.dumps({
            "name": "me", "exports": {"./part": "./part.js"},
            "imports": {"#inner": "./inner.js", "#any/*": "./*.js", "#plain": "plain"},
        }),
        "part.js": "exports.name = 'my part'", "inner.js": "exports.name = 'inner'",
        "node_modules/plain/index.js": "exports.name = 'plain'", "a.cjs": BOTH_WAYS,
    })
    asked = {
        "me/part": "my part | my part", "#inner": "inner | inner", "#any/inner": "inner | inner",
        "#plain": "plain | plain",
        "#absent": "ERR_PACKAGE_IMPORT_NOT_DEFINED | ERR_PACKAGE_IMPORT_NOT_DEFINED",
    }
    assert output(command, "a.cjs", *asked, folder=tmp_path) == lines(*asked.values())


def test_core_modules_have_a_scheme_and_need_none(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "node_modules/fs/index.js": "throw new Error('never')",
        "a.mjs": """
            import fs, { readFileSync } from 'fs';
            import again from 'node:fs';
            import { createRequire, isBuiltin } from 'node:module';
            const require = createRequire(import.meta.url);
            console.log(fs === again, fs === require('fs'), fs === require('node:fs'));
            console.log(readFileSync === fs.readFileSync);
            console.log(['fs', 'node:fs', 'fs/promises', 'test', 'node:test', 'nope'].map(isBuiltin).join());
            try { require('node:nope') } catch (error) { console.log(error.code) }
            console.log(process.getBuiltinModule('os') === require('os'), process.getBuiltinModule('nope'));
        """,
    })
    assert output(command, "a.mjs", folder=tmp_path) == lines(
        "true true true", "true", "true,true,true,false,true,false", "ERR_UNKNOWN_BUILTIN_MODULE", "true undefined")


@pytest.mark.parametrize(("options", "expected"), [([], "real linked"), (["--preserve-symlinks"], "link linked")])
def test_links_are_followed(command: list[str], tmp_path: Path, options: list[str], expected: str) -> None:
    write(tmp_path, {
        "real/package/index.js": "exports.name = __dirname.includes('real') ? 'real' : 'link'",
        "real/program.js": "console.log('linked')", "a.js": "require('./link.js'); ",
        "node_modules/.keep": "",
    })
    (tmp_path / "node_modules/package").symlink_to(tmp_path / "real/package")
    (tmp_path / "link.js").symlink_to(tmp_path / "real/program.js")
    source = "const { name } = require('package'); process.stdout.write(`${name} `); require('./link.js')"
    write(tmp_path, {"b.js": source})
    assert output(command, *options, "b.js", folder=tmp_path) == lines(expected)


# require

def test_require_has_a_cache_a_main_and_extensions(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.js": """
            const path = require.resolve('./b');
            console.log(path === __dirname + '/b.js', require.resolve('fs'), require.resolve('node:fs'));
            const first = require('./b');
            const names = Object.keys(require.cache).map((name) => name.slice(__dirname.length));
            console.log(require('./b') === first, names.join());
            delete require.cache[path];
            console.log(require('./b') === first, require.main === module);
            console.log(module.children.length, module.id, module.loaded);
            console.log(Object.keys(require.extensions).join());
            const { readFileSync } = require('fs');
            require.extensions['.txt'] = (module, filename) => { module.exports = readFileSync(filename, 'utf8') };
            console.log(require('./c'), require('./d.json').n);
            console.log(require.resolve.paths('x')[0] === __dirname + '/node_modules', require.resolve.paths('fs'));
            require.cache[path] = { exports: 'replaced', loaded: true };
            console.log(require('./b'));
            process.on('exit', () => console.log(module.loaded));
        """,
        "b.js": "module.exports = {}; exports.lost = 1;", "c.txt": "text", "d.json": '\ufeff{"n": 1}',
    })
    assert output(command, "a.js", folder=tmp_path) == lines(
        "true fs node:fs", "true /a.js,/b.js", "false true", "2 . false", ".js,.json,.node", "text 1", "true null",
        "replaced", "true")


def test_require_resolves_from_other_places(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "far/node_modules/x/index.js": "module.exports = 'x'", "far/y.js": "module.exports = 'y'",
        "a.mjs": """
            import { createRequire } from 'node:module';
            const far = createRequire(new URL('./far/anything.js', import.meta.url));
            console.log(far('x'), far('./y'), createRequire(process.cwd() + '/far/')('x'));
            const here = createRequire(import.meta.url);
            console.log(here.resolve('x', { paths: [process.cwd() + '/far'] }) === far.resolve('x'));
            for (const bad of ['relative', 5]) try { createRequire(bad) } catch (error) { console.log(error.code) }
        """,
    })
    assert output(command, "a.mjs", folder=tmp_path) == lines(
        "x y x", "true", "ERR_INVALID_ARG_VALUE", "ERR_INVALID_ARG_VALUE")


def test_circles_see_what_is_there_already(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.js": "exports.early = 1; const b = require('./b'); exports.late = 2; console.log(b.seen, b.later())",
        "b.js": "const a = require('./a'); exports.seen = [a.early, a.late].join(); exports.later = () => a.late;",
        "c.mjs": """
            import { d, ask } from './d.mjs';
            export const c = 'c';
            export function early() { return 'hoisted' }
            console.log(d, ask());
        """,
        "d.mjs": """
            import { c, early } from './c.mjs';
            export const d = early();
            export const ask = () => c;
            try { c } catch (error) { console.log(error.name) }
        """,
    })
    assert run(command, "a.js", folder=tmp_path).stdout == lines("1, 2")
    assert output(command, "c.mjs", folder=tmp_path) == lines("ReferenceError", "hoisted c")


def test_a_module_that_throws_is_tried_again(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.js": """
            globalThis.count = 0;
            for (let i = 0; i < 2; i++) try { require('./b') } catch (error) { console.log(error.message) }
            (async () => {
              for (let i = 0; i < 2; i++) try { await import('./c.mjs') } catch (error) { console.log(error.message) }
            })();
        """,
        "b.js": "throw new Error(`b ${++count}`)", "c.mjs": "throw new Error(`c ${++count}`)",
    })
    assert output(command, "a.js", folder=tmp_path) == lines("b 1", "b 2", "c 3", "c 3")


# Both kinds together

def test_the_names_of_commonjs_exports_are_seen_in_its_source(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.mjs": """
            import whole, { one, two } from './b.cjs';
            import * as all from './b.cjs';
            import * as passed from './c.cjs';
            console.log(one, two, whole.three, Object.keys(all).join());
            console.log(Object.keys(passed).join());
            console.log(Object.keys(await import('./d.cjs')).join());
            try { await import('./e.mjs') } catch (error) { console.log(error.name, error.message.split('\\n')[0]) }
        """,
        "b.cjs": """
            exports.one = 1;
            Object.defineProperty(exports, 'two', { enumerable: true, value: 2 });
            exports['th' + 'ree'] = 3;
        """,
        "c.cjs": "module.exports = require('./b.cjs')",
        "d.cjs": "module.exports = require('path')",
        "e.mjs": "import { three } from './b.cjs'",
    })
    assert output(command, "a.mjs", folder=tmp_path) == lines(
        "1 2 3 default,module.exports,one,two", "default,module.exports,one,two", "default,module.exports",
        "SyntaxError Named export 'three' not found. The requested module './b.cjs' is a CommonJS module, which may "
        "not support all module.exports as named exports.")


def test_es_modules_can_be_required(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.cjs": """
            const b = require('./b.mjs');
            console.log(b.named, b.default, b.__esModule, b[Symbol.toStringTag]);
            console.log(require('./c.mjs'));
            try { require('./d.mjs') } catch (error) { console.log(error.code) }
            import('./b.mjs').then((again) => console.log(again.named, again === b, require('./b.mjs') === b));
        """,
        "b.mjs": "export const named = 'n'; export default 'd';",
        "c.mjs": "const c = 'whole'; export { c as 'module.exports' };",
        "d.mjs": "await 1;",
    })
    assert output(command, "a.cjs", folder=tmp_path) == lines(
        "n d true Module", "whole", "ERR_REQUIRE_ASYNC_MODULE", "n false true")


@pytest.mark.parametrize(("source", "code"), [
    ("const a = 1; export { a as await }; export { await as b } from './d.mjs';", "ERR_REQUIRE_ASYNC_MODULE"),
    ("const a = 1; export { a as await };", "none"),
    ("class A { await(x) { } static await = 1; get await() { return 1; } }", "none"),
    ("({ await(x) { }, async await() { }, set await(x) { }, await: 1 }).await;", "none"),
    ("class A extends (await Object) {}", "ERR_REQUIRE_ASYNC_MODULE"),
    ("class A { [await 'x']() {} }", "ERR_REQUIRE_ASYNC_MODULE"),
    ("const f = async (x) => x[0](await x) + await f(await x);", "none"),
    ("const f = (x) => x[0](x), y = await 1;", "ERR_REQUIRE_ASYNC_MODULE"),
    ("await (async () => {})();", "ERR_REQUIRE_ASYNC_MODULE"),
    ("for await (const x of []) { }", "ERR_REQUIRE_ASYNC_MODULE"),
])
def test_only_an_await_that_waits_keeps_a_module_from_being_required(
    command: list[str], tmp_path: Path, source: str, code: str,
) -> None:
    write(tmp_path, {
        "a.cjs": "try { require('./b.mjs'); console.log('none') } catch (e) { console.log(e.code, e.message) }",
        "b.mjs": f"{source} export {{}};", "d.mjs": "await 1; export const a = 1; export { a as await };",
    })
    found = output(command, "a.cjs", folder=tmp_path)
    assert found.split()[0] == code
    if code != "none":
        folder = os.path.realpath(tmp_path)
        assert found.endswith(f"\nRequired module: {folder}/b.mjs\nRequire stack:\n- {folder}/a.cjs\n")


def test_a_name_that_is_not_exported_is_told_with_its_place(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.mjs": "import { nope } from './b.mjs';\n", "b.mjs": "export const a = 1;"})
    done = run(command, "a.mjs", folder=tmp_path)
    place = f"file://{os.path.realpath(tmp_path)}/a.mjs:1"
    assert done.stderr.startswith(
        f"{place}\nimport {{ nope }} from './b.mjs';\n         ^^^^\n"
        "SyntaxError: The requested module './b.mjs' does not provide an export named 'nope'\n")


def test_the_wrapper_of_commonjs_may_be_read_and_changed(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.cjs": """
            const Module = require('module');
            console.log(Array.isArray(Module.wrapper), require('./b.cjs'));
            Module.wrapper[0] += 'const extra = 1; ';
            console.log(require('./c.cjs'), Module.wrap('x').includes('extra'));
        """,
        "b.cjs": "#!/usr/bin/env node\nmodule.exports = typeof extra;", "c.cjs": "module.exports = typeof extra;",
    })
    assert output(command, "a.cjs", folder=tmp_path) == lines("true undefined", "number true")


def test_require_of_es_modules_can_be_turned_off(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.cjs": "require('./b.mjs')", "b.mjs": ""})
    done = run(command, "--no-require-module", "a.cjs", folder=tmp_path)
    assert done.returncode == 1
    assert "Error [ERR_REQUIRE_ESM]: require() of ES Module" in done.stderr


@pytest.mark.parametrize("importer", ["a.cjs", "a.mjs"])
def test_import_is_a_function_in_both_kinds(command: list[str], tmp_path: Path, importer: str) -> None:
    write(tmp_path, {
        importer: """
            const names = async (name, options) => console.log(Object.keys(await import(name, options)).join());
            (async () => {
              await names('./b.mjs');
              await names('./c.cjs');
              await names('./d.json', { with: { type: 'json' } });
              await names('data:text/javascript,export const x = 1, y = 2');
              await names(new URL('./b.mjs?query', 'file://' + process.cwd() + '/'));
              const b = await import('./b.mjs');
              console.log(b === await import('./b.mjs'), b === await import('./b.mjs?2'));
              console.log((await import('./d.json', { with: { type: 'json' } })).default.n);
              const asJSON = { with: { type: 'json' } };
              for (const [name, options] of [
                ['./absent.mjs'], ['./d.json'], ['./b.mjs', asJSON], ['nope:x'], ['./e.nope'], ['./bad.mjs'],
              ]) try { await import(name, options) } catch (error) { console.log(error.code ?? error.name) }
            })();
        """,
        "b.mjs": "export const b = 1; export default 2", "c.cjs": "exports.c = 1", "d.json": '{"n": 5}', "e.nope": "",
        "bad.mjs": "}",
    })
    assert output(command, importer, folder=tmp_path) == lines(
        "b,default", "c,default,module.exports", "default", "x,y", "b,default", "true false", "5",
        "ERR_MODULE_NOT_FOUND", "ERR_IMPORT_ATTRIBUTE_MISSING", "ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE",
        "ERR_UNSUPPORTED_ESM_URL_SCHEME", "ERR_UNKNOWN_FILE_EXTENSION", "SyntaxError")


def test_import_meta(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.mjs": """
            import './sub/b.mjs';
            import path from 'node:path';
            import { pathToFileURL } from 'node:url';
            const { dirname, filename, main, url } = import.meta;
            console.log(main, url === pathToFileURL(filename).href, dirname === path.dirname(filename));
            console.log(Object.keys(import.meta).join());
            console.log(import.meta.resolve('./x.js').endsWith('/x.js'), import.meta.resolve('fs'));
            try { import.meta.resolve('absent') } catch (error) { console.log(error.code) }
            console.log(Object.getPrototypeOf(import.meta));
        """,
        "sub/b.mjs": """
            const { dirname, filename, main } = import.meta;
            console.log(main, filename.endsWith('/sub/b.mjs'), dirname.endsWith('/sub'));
        """,
    })
    assert output(command, "a.mjs", folder=tmp_path) == lines(
        "false true true", "true true true", "dirname,filename,main,resolve,url", "true node:fs",
        "ERR_MODULE_NOT_FOUND", "null")


def test_modules_wait_for_what_they_await(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.mjs": "import { b } from './b.mjs'; import './c.mjs'; console.log('a', b);",
        "b.mjs": """
            console.log('b begins');
            export const b = await new Promise((done) => setTimeout(done, 20, 'value'));
            console.log('b');
        """,
        "c.mjs": "console.log('c');",
    })
    assert output(command, "a.mjs", folder=tmp_path) == lines("b begins", "c", "b", "a value")


def test_a_wait_that_never_ends_is_told_of_with_its_line(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.mjs": "import './b.mjs';", "b.mjs": "1;\n\tawait new Promise(() => {});\n"})
    done = run(command, "a.mjs", folder=tmp_path)
    place = (tmp_path / "b.mjs").resolve().as_uri()
    assert (done.returncode, done.stdout) == (13, "")
    assert done.stderr == (
        f"Warning: Detected unsettled top-level await at {place}:2\n\tawait new Promise(() => {{}});\n\t^\n\n\n\n")


def test_hooks_take_part_in_finding_and_reading_modules(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.cjs": """
            const { registerHooks } = require('node:module');
            const hooks = registerHooks({
              resolve(specifier, context, next) {
                if (specifier.startsWith('made:')) return { url: specifier, shortCircuit: true };
                return next(specifier, context);
              },
              load(url, context, next) {
                const made = { format: 'module', source: `export default '${url}'`, shortCircuit: true };
                if (url.startsWith('made:')) return made;
                const loaded = next(url, context);
                return url.endsWith('b.cjs') ? { ...loaded, source: `${loaded.source}; exports.added = true` } : loaded;
              },
            });
            console.log(require('made:x').default, require('./b.cjs'));
            import('made:y').then(({ default: name }) => {
              console.log(name);
              hooks.deregister();
              try { require('made:z') } catch (error) { console.log(error.code) }
            });
        """,
        "b.cjs": "exports.own = true",
    })
    assert output(command, "a.cjs", folder=tmp_path) == lines(
        "made:x { own: true, added: true }", "made:y", "MODULE_NOT_FOUND")


# Options

@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-e", "console.log(process.argv.length, process.argv[1])", "x"], "2 x"),
        (["--eval=console.log(1)"], "1"),
        (["-p", "1 + 1"], "2"),
        (["-p", "[__filename, module.id, require('os') === os]"], "[ '[eval]', '[eval]', true ]"),
        (["-pe", "'both'"], "both"),
        (["-p", "crypto.randomBytes(2).length + crypto.getRandomValues(new Uint8Array(3)).length"], "5"),
        (["-p", "fs; Object.keys(globalThis).slice(-7).join()"],
         "crypto,navigator,__filename,module,exports,__dirname,require"),
        (["-p", "Object.defineProperty(globalThis, 'fs', { configurable: false }); fs === require('fs')"], "true"),
        (["--print", "new Promise((done) => setTimeout(done, 5, 7))"], "Promise { 7 }"),
        (["-p", "var x = 1; let y = 2; x + y"], "3"),
        (["-p", "process.execArgv[0]", "--", "-x"], "-p"),
        (["-e", "await 1; console.log(typeof require)"], "undefined"),
        (["-e", "import fs from 'fs'; console.log(typeof fs.readFile)"], "function"),
        (["--input-type=module", "-e", "console.log(import.meta.url.slice(-7), import.meta.main)"], "[eval1] true"),
        (["--input-type=commonjs", "-e", "console.log(typeof require)"], "function"),
        (["--title=abc", "-p", "process.title"], "abc"),
        (["--allow_natives_syntax", "-e", "let left = 20; setImmediate(function next() {"
          " queueMicrotask(() => {}); if (left-- > 0) setImmediate(next);"
          " else console.log(eval('%HaveSameMap({ a: 1 }, { a: 2 })')); })"], "true"),
        (["--stack-trace-limit=3", "-p", "Error.stackTraceLimit"], "3"),
        (["--stack_trace_limit=4", "-p", "Error.stackTraceLimit"], "4"),
        (["--expose-gc", "-p", "typeof gc"], "function"),
        (["--disable-proto=delete", "-p", "({}).__proto__"], "undefined"),
        (["--max-http-header-size=100", "--no-deprecation", "-p", "process.noDeprecation"], "true"),
        (["--max-old-space-size=200", "--no-experimental-websocket", "--tls-min-v1.2", "-p", "5"], "5"),
    ],
    ids=" ".join,
)
def test_what_is_given_on_the_command_line_is_run(
    command: list[str], tmp_path: Path, arguments: list[str], expected: str,
) -> None:
    assert output(command, *arguments, folder=tmp_path) == lines(expected)


@pytest.mark.parametrize(
    ("arguments", "given", "expected"),
    [
        ([], "console.log(__filename, process.argv.length)", "[stdin] 1"),
        (["-", "x"], "console.log(process.argv.slice(1))", "[ '-', 'x' ]"),
        (["-p"], "6 * 7", "42"),
        (["--input-type=module"], "console.log(import.meta.url.slice(-7))", "[eval1]"),
        ([], "import 'fs'; console.log(await 3)", "3"),
        (["-c"], "throw new Error('not run')", None),
    ],
)
def test_a_program_may_come_on_standard_input(
    command: list[str], tmp_path: Path, arguments: list[str], given: str, expected: str | None,
) -> None:
    assert output(command, *arguments, folder=tmp_path, given=given) == ("" if expected is None else lines(expected))


def test_modules_can_be_loaded_first(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "first.cjs": "console.log('first', module.parent?.id ?? 'no parent'); globalThis.first = true;",
        "second.mjs": "console.log('second', await first)", "main.js": "console.log('main', first)",
        "node_modules/pre/index.js": "console.log('pre')",
    })
    said = output(command, "--import", "./second.mjs", "-r", "./first.cjs", "--require=pre", "main.js", folder=tmp_path)
    assert said == lines("first internal/preload", "pre", "second true", "main true")
    said = output(command, "-r", "./first.cjs", "-p", "first", folder=tmp_path)
    assert said == lines("first internal/preload", "true")


@pytest.mark.parametrize(("name", "source", "code"), [
    ("good.js", "throw new Error('not run')", 0), ("bad.js", "let a;\nlet a;", 1),
    ("good.mjs", "export const a = await 1", 0), ("bad.mjs", "export const a;", 1),
    ("detected.js", "export const a = 1", 0), ("return.cjs", "return 1", 0), ("absent.js", None, 1),
])
def test_syntax_can_be_checked_without_running(
    command: list[str], tmp_path: Path, name: str, source: str | None, code: int,
) -> None:
    if source is not None:
        write(tmp_path, {name: source})
    done = run(command, "--check", name, folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert (code == 0) == (done.stderr == "")
    if name == "bad.js":
        path = os.path.realpath(tmp_path / name)
        place = f"{path}:2\nlet a;\n    ^\n\n"
        assert done.stderr.startswith(f"{place}SyntaxError: Identifier 'a' has already been declared\n")


def test_variables_come_from_files(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        ".env":
            "A=1\nB='two words' # comment\nC=\"line\\nbreak\"\nexport D=four\nHOME=other\n"
            "NODE_OPTIONS=--title=from-file\n",
        "more.env": "A=later\n",
    })
    show = "[process.env.A, process.env.B, process.env.C, process.env.D, process.env.HOME, process.title].join('|')"
    named = ["--env-file=.env", "--env-file-if-exists=more.env"]
    said = output(command, *named, "-p", show, folder=tmp_path, HOME="/mine")
    assert said == "later|two words|line\nbreak|four|/mine|from-file\n"
    named = ["--env-file", "more.env", "--env-file-if-exists", "absent"]
    done = run(command, *named, "-p", "process.env.A", folder=tmp_path)
    assert (done.stdout, done.stderr) == ("later\n", "absent not found. Continuing without it.\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B=2\nA=1", {"A": "1", "B": "2"}), ("A=1\r\nB = 2 ", {"A": "1", "B": "2"}), ("A=a#b", {"A": "a"}),
        ("A='x # y' # z", {"A": "x # y"}), ('A="x\ny"\nB=3', {"A": "x\ny", "B": "3"}),
        ("A=`x'y\"z`", {"A": "x'y\"z"}), ('A="x\\ny"', {"A": "x\ny"}), ("A='x\\ny'", {"A": "x\\ny"}),
        ("=1\nA=2", {"A": "2"}), ("word\nA=2", {"A": "2"}), ("export A=1", {"A": "1"}), ("A=", {"A": ""}),
        ('A="open\nB=2', {"A": '"open', "B": "2"}), ("A=1=2", {"A": "1=2"}),
    ],
)
def test_environment_files_have_quotes_comments_and_lines(
    command: list[str], tmp_path: Path, text: str, expected: dict[str, str],
) -> None:
    source = f"console.log(JSON.stringify(require('util').parseEnv({json.dumps(text)})))"
    assert json.loads(output(command, "-e", source, folder=tmp_path)) == expected


def test_environment_files_are_named_before_the_program(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {".env": "A=1", "a.js": "console.log(process.env.A, process.argv.slice(2))"})
    assert output(command, "a.js", "--env-file=.env", folder=tmp_path) == "undefined [ '--env-file=.env' ]\n"
    done = run(command, "--env-file=.", "a.js", folder=tmp_path)
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.endswith(": .: invalid format\n")


def test_options_come_from_the_environment_too(command: list[str], tmp_path: Path) -> None:
    show = "process.title + Error.stackTraceLimit + process.execArgv.join()"
    variable = '--title="a b" --stack-trace-limit=5'
    said = output(command, "--stack-trace-limit=7", "-p", show, folder=tmp_path, NODE_OPTIONS=variable)
    assert said == f"a b7--stack-trace-limit=7,-p,{show}\n"


@pytest.mark.parametrize(
    ("arguments", "variable", "complaint"),
    [
        (["--nonsense"], "", "bad option: --nonsense"),
        (["--nonsense", "--more=1", "x.js"], "", "bad option: --nonsense"),
        (["-x"], "", "bad option: -x"),
        (["-e"], "", "-e requires an argument"),
        (["--eval="], "", "--eval= requires an argument"),
        (["-r", "-p"], "", "-r requires an argument"),
        (["--title"], "", "--title requires an argument"),
        (["--no-title"], "", "--no-title is an invalid negation because it is not a boolean option"),
        (["--stack-size=x", "-p", "1"], "", "bad option: --stack-size=x"),
        (["--input-type=x", "-e", "1"], "",
         '--input-type must be "module","commonjs", "module-typescript" or "commonjs-typescript"'),
        (["--unhandled-rejections=x", "-e", "1"], "", "invalid value for --unhandled-rejections"),
        (["-c", "-e", "1"], "", "either --check or --eval can be used, not both"),
        (["--watch", "-e", "1"], "", "either --watch or --eval can be used, not both"),
        (["--cpu-prof-dir=x", "-e", "1"], "", "--cpu-prof-dir must be used with --cpu-prof"),
        (["--inspect-port=80", "-e", "1"], "", "must be 0 or in range 1024 to 65535."),
        (["--secure-heap=3", "-e", "1"], "", "--secure-heap must be a power of 2"),
        (["--max-old-space-size-percentage=0", "-e", "1"], "",
         "--max-old-space-size-percentage must be greater than 0 and up to 100. Got: 0"),
        (["--no-experimental-fetch", "-e", "1"], "",
         "--no-experimental-fetch is an invalid negation because it is not a boolean option"),
        (["-p", "1"], "-pe", "-pe is not allowed in NODE_OPTIONS"),
        (["-p", "1"], "--expose_internals", "--expose_internals is not allowed in NODE_OPTIONS"),
        (["-p", "1"], "--", "-- is not allowed in NODE_OPTIONS"),
        (["--env-file=absent", "-p", "1"], "", "absent: not found"),
        (["-p", "1"], "--eval", "--eval is not allowed in NODE_OPTIONS"),
        (["-p", "1"], "--nonsense", "--nonsense is not allowed in NODE_OPTIONS"),
        (["-p", "1"], "--stack-size=900", "--stack-size= is not allowed in NODE_OPTIONS"),
        (["-p", "1"], '"open', "invalid value for NODE_OPTIONS (unterminated string)"),
    ],
)
def test_bad_options_end_with_9_and_say_why(
    command: list[str], tmp_path: Path, arguments: list[str], variable: str, complaint: str,
) -> None:
    done = run(command, *arguments, folder=tmp_path, NODE_OPTIONS=variable)
    assert (done.returncode, done.stdout) == (9, "")
    speaker, _, said = done.stderr.rpartition(f": {complaint}\n")
    assert os.access(speaker.rpartition("\n")[2], os.X_OK), done.stderr
    assert said.strip() == "" or "bad option" in said
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("option", "instead"),
    [("--test", ": run each test file as a program"), ("-i", ": there is no prompt; -p CODE prints a result"),
     ("--inspect", ""), ("--permission-audit", ""), ("--cpu-prof", ""), ("--trace-sigint", "")])
def test_what_is_not_there_is_refused(tmp_path: Path, option: str, instead: str) -> None:
    done = run(OURO, option, "-p", "1", folder=tmp_path)
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.endswith(f": {option} is not in this version of Ouroloop ({ouroloop.__version__}){instead}\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--log", "program.js"], ["--log", "-p", "1"]])
def test_the_log_is_refused_rather_than_silent(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "program.js").write_text("console.log(1);\n")
    done = run(OURO, *arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.endswith(
        ": --log is for Python programs: of JavaScript's loop there is no log in this version\n")
    assert output(OURO, "program.js", folder=tmp_path, OUROLOOP_LOG="1") == "1\n"  # a variable is inherited


def test_some_bad_values_end_with_12(command: list[str], tmp_path: Path) -> None:
    done = run(command, "--disable-proto=x", "-e", "1", folder=tmp_path)
    assert (done.returncode, done.stdout) == (12, "")
    assert done.stderr.endswith(": invalid mode passed to --disable-proto\n")
    done = run(command, "--security-revert=CVE-1", folder=tmp_path)
    assert (done.returncode, done.stdout) == (12, "")
    assert done.stderr.endswith(": Error: Attempt to revert an unknown CVE [CVE-1]\n")


REJECTIONS = """
    process.on('exit', (code) => console.log('exit', code));
    if (process.argv[2] === 'listen') process.on('unhandledRejection', (reason) => console.log('told', reason));
    Promise.reject(1);
    setTimeout(() => console.log('later'), 1);
"""


@pytest.mark.parametrize(
    ("mode", "listen", "code", "expected"),
    [
        ("throw", False, 1, "exit 1"), ("throw", True, 0, "told 1,later,exit 0"), ("strict", True, 1, "exit 1"),
        ("warn", False, 0, "later,exit 0"), ("warn", True, 0, "told 1,later,exit 0"),
        ("none", False, 0, "later,exit 0"), ("none", True, 0, "told 1,later,exit 0"),
        ("warn-with-error-code", False, 1, "later,exit 1"),
    ],
)
def test_unhandled_rejections_have_modes(
    command: list[str], tmp_path: Path, mode: str, listen: bool, code: int, expected: str,
) -> None:
    write(tmp_path, {"a.js": REJECTIONS})
    done = run(command, f"--unhandled-rejections={mode}", "a.js", *(["listen"] if listen else []), folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, lines(*expected.split(",")))
    assert ("UnhandledPromiseRejectionWarning" in done.stderr) == mode.startswith("warn")


@pytest.mark.parametrize(
    ("options", "told", "not_told"),
    [
        ([], ["[DEP1] DeprecationWarning: d", "[W1] Warning: w", "to show where the warning was created"], []),
        (["--no-warnings"], [], ["Warning"]),
        (["--no-deprecation"], ["[W1] Warning: w"], ["DEP1"]),
        (["--disable-warning=W1"], ["DEP1"], ["W1"]),
        (["--disable-warning=DeprecationWarning"], ["W1"], ["DEP1"]),
        (["--trace-warnings"], ["[W1] Warning: w\n    at ", "[DEP1] DeprecationWarning: d\n    at "],
         ["to show where"]),
        (["--trace-deprecation"], ["[DEP1] DeprecationWarning: d\n    at "], ["Warning: w\n    at "]),
        (["--throw-deprecation"], ["DeprecationWarning: d\n    at "], []),
        (["--redirect-warnings=warnings.txt"], [], ["Warning"]),
    ],
)
def test_warnings_can_be_traced_silenced_and_redirected(
    command: list[str], tmp_path: Path, options: list[str], told: list[str], not_told: list[str],
) -> None:
    write(tmp_path, {
        "a.js": "process.emitWarning('w', 'Warning', 'W1'); process.emitWarning('d', 'DeprecationWarning', 'DEP1')",
    })
    done = run(command, *options, "a.js", folder=tmp_path)
    assert done.returncode == ("--throw-deprecation" in options)
    assert [text for text in told if text not in done.stderr] == []
    assert [text for text in not_told if text in done.stderr] == []
    if "redirect" in "".join(options):
        assert "Warning: w" in (tmp_path / "warnings.txt").read_text()


def test_where_something_was_thrown_and_where_the_process_ended_can_be_told(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "function f() { throw null }\nf();", "b.js": "function g() { process.exit(4) }\ng();"})
    done = run(command, "--trace-uncaught", "a.js", folder=tmp_path)
    path = os.path.realpath(tmp_path / "a.js")
    assert f"\nnull\nThrown at:\n    at f ({path}:1:16)\n    at {path}:2:1\n" in done.stderr
    done = run(command, "--trace-exit", "b.js", folder=tmp_path)
    assert done.returncode == 4
    assert "WARNING: Exited the environment with code 4\n" in done.stderr
    assert "at g (" in done.stderr


def test_source_maps_lead_back_to_the_source(command: list[str], tmp_path: Path) -> None:
    # The source's first line is the generated file's second.
    write(tmp_path, {
        "out.js": "// made\nthrow new Error('mapped');\n//# sourceMappingURL=out.js.map\n",
        "out.js.map": json.dumps({
            "version": 3, "sources": ["in.ts"], "sourcesContent": ["throw new Error('mapped') as never;\n"],
            "names": [], "mappings": ";AAAA",
        }),
    })
    done = run(command, "--enable-source-maps", "out.js", folder=tmp_path)
    path = os.path.realpath(tmp_path)
    assert done.stderr.startswith(f"{path}/in.ts:1\nthrow new Error('mapped') as never;\n^\n\nError: mapped\n")
    assert f"({path}/in.ts:1:1)" in done.stderr
    assert f"{path}/out.js:2" in run(command, "out.js", folder=tmp_path).stderr


def test_the_flags_of_the_environment_are_known(command: list[str], tmp_path: Path) -> None:
    source = textwrap.dedent("""
        const flags = process.allowedNodeEnvironmentFlags;
        const asked = ['--no-warnings', '--stack_trace-limit=5', '-r', '--eval', '--nope'];
        console.log(asked.map((each) => flags.has(each)).join());
        flags.add('--nope');
        console.log(flags.has('--nope'), [...flags].includes('--title'));
    """)
    assert output(command, "-e", source, folder=tmp_path) == lines("true,true,true,false,false", "false true")


def test_what_is_printed_is_the_last_value_and_not_an_error(command: list[str], tmp_path: Path) -> None:
    assert output(command, "-p", "new Promise((done) => setTimeout(done, 1, 5))", folder=tmp_path) == "Promise { 5 }\n"
    for source in ("throw new Error('x')", "process.exit(1)", "syntax error"):
        done = run(command, "-p", source, folder=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")


def test_a_program_may_run_where_its_folder_is_gone(command: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    words = ["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", *command]
    if command == OURO:
        words[4:] = [os.path.abspath(OURO[0]), "-P", *OURO[1:]]
    assert output(words, "-p", "1", folder=folder) == "1\n"


SCRIPTS = {
    "hello": "echo hello", "say": "echo", "tool": "tool", "fail": "exit 3", "where": "pwd; echo $NODE_RUN_SCRIPT_NAME",
    "number": 5,
}


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["hello"], 0, "hello\n"), (["say", "--", "a b", "$x", "'", "--c"], 0, "a b $x ' --c\n"),
        (["say", "a"], 0, "\n"), (["tool", "--", "1"], 0, "tool 1\n"), (["fail"], 1, ""),
    ],
)
def test_scripts_of_a_package_can_be_run(
    command: list[str], tmp_path: Path, words: list[str], code: int, expected: str,
) -> None:
    write(tmp_path, {
        "package.json": json.dumps({"scripts": SCRIPTS}), "node_modules/.bin/tool": '#!/bin/sh\necho tool "$@"\n',
        "sub/x": "",
    })
    (tmp_path / "node_modules/.bin/tool").chmod(0o755)
    done = run(command, "--run", *words, folder=tmp_path / "sub")
    assert (done.returncode, done.stdout, done.stderr) == (code, expected, "")


def test_a_script_knows_where_it_is_and_one_that_is_not_there_is_told(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"package.json": json.dumps({"scripts": SCRIPTS}), "other/package.json": "{}"})
    path = os.path.realpath(tmp_path / "package.json")
    assert output(command, "--run", "where", folder=tmp_path) == lines(os.path.dirname(path), "where")
    done = run(command, "--run", "absent", folder=tmp_path)
    assert done.returncode == 1
    offer = "Available scripts are:\n  hello: echo hello\n"
    assert done.stderr.startswith(f'Missing script: "absent" for {path}\n\n{offer}')
    done = run(command, "--run", "number", folder=tmp_path)
    assert done.stderr == f'Script "number" is unexpectedly not a string for {path}\n\n'
    done = run(command, "--run", "x", folder=tmp_path / "other")
    other = os.path.realpath(tmp_path / "other")
    assert done.stderr == f'Can\'t find "scripts" field in {other}/package.json\n'


def test_a_watched_program_is_run_again_when_a_file_of_its_changes(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "console.log(require('./b.js'))", "b.js": "module.exports = 'first'"})
    words = [*command, "--watch", "a.js", "x"]
    with subprocess.Popen(words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout
        waiting = "Completed running 'a.js x'. Waiting for file changes before restarting...\n"
        assert [said.readline(), said.readline()] == ["first\n", waiting]
        write(tmp_path, {"b.js": "module.exports = 'second'"})
        changed = os.path.realpath(tmp_path / "b.js")
        expected = [f"Change detected in '{changed}'\n", "Restarting 'a.js x'\n", "second\n", waiting]
        assert [said.readline() for _ in expected] == expected
        write(tmp_path, {"b.js": "throw new Error()"})
        assert [said.readline() for _ in range(3)][2].startswith("Failed running 'a.js x'.")
        process.terminate()
        assert process.wait(10) == 1


def test_what_a_program_asks_of_its_environment_can_be_told(command: list[str], tmp_path: Path) -> None:
    source = "process.env.FOO; process.env.BAR = 1; delete process.env.BAZ; 'QUX' in process.env"
    done = run(command, "--trace-env", "-e", source, folder=tmp_path)
    told = [line for line in done.stderr.splitlines() if any(name in line for name in ("FOO", "BAR", "BAZ", "QUX"))]
    assert told == [f"[--trace-env] {what}" for what in ('get "FOO"', 'set "BAR"', 'delete "BAZ"', 'query "QUX"')]


def test_prototypes_may_be_out_of_reach_in_every_context(command: list[str], tmp_path: Path) -> None:
    source = textwrap.dedent("""
        const vm = require('vm');
        const ask = (run) => { try { return typeof run(); } catch (error) { return error.code; } };
        const text = '({}).__proto__';
        const within = (sandbox) => ask(() => vm.runInNewContext(text, sandbox));
        console.log(ask(() => ({}).__proto__), within(), within({ Object: null }), '__proto__' in {});
    """)
    said = {"delete": "undefined undefined undefined false\n", "throw": f"{'ERR_PROTO_ACCESS ' * 3}true\n"}
    for mode, expected in said.items():
        assert output(command, f"--disable-proto={mode}", "-e", source, folder=tmp_path) == expected


def test_a_package_may_compile_typescript_itself(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "main.cjs": """
            const { Module, registerHooks } = require('module');
            const plain = Module._extensions['.js'];
            const strip = (source) => String(source).replace(': number', '');
            Module._extensions['.ts'] = (module, filename) => {
              const compile = module._compile;
              module._compile = function(source, name, format) {
                console.log(format);
                return compile.call(this, strip(source), name);
              };
              plain(module, filename);
            };
            console.log(require('./a.ts'));
            const hooks = registerHooks({
              load(url, context, nextLoad) {
                const { format, source } = nextLoad(url, context);
                return { format: format.replace('-typescript', ''), source: strip(source) };
              },
            });
            import('./b.mts').then((module) => console.log(module.default));
        """,
        "a.ts": "const a: number = 1; module.exports = a;",
        "b.mts": "const b: number = 2; export default b;",
    })
    assert output(command, "main.cjs", folder=tmp_path) == "typescript\n1\n2\n"


def test_modules_load_in_a_program_that_has_deleted_array_iterators(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "main.cjs": """
            const iterators = Object.getPrototypeOf(Array.prototype[Symbol.iterator]());
            delete Array.prototype[Symbol.iterator];
            delete iterators.next;
            const { writeSync } = require('fs');
            const say = (text) => writeSync(1, text + '\\n');
            say(require('./a').name + require('package').name);
            import('./b.mjs').then((module) => say(module.default));
        """,
        "a.js": "exports.name = 'a';", "b.mjs": "export default 'b';",
        "node_modules/package/index.js": "exports.name = 'p';",
    })
    assert output(command, "main.cjs", folder=tmp_path) == "ap\nb\n"


def test_a_file_that_is_no_library_is_told_as_the_linker_tells_it(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "short.node": "x", "long.node": "x" * 100,
        "main.cjs": """
            for (const name of ['short', 'long', 'none']) {
              try {
                process.dlopen({ exports: {} }, `./${name}.node`);
              } catch ({ name, code, message }) {
                console.log(name, code, message);
              }
            }
        """,
    })
    assert output(command, "main.cjs", folder=tmp_path) == lines(
        "Error ERR_DLOPEN_FAILED ./short.node: file too short",
        "Error ERR_DLOPEN_FAILED ./long.node: invalid ELF header",
        "Error ERR_DLOPEN_FAILED ./none.node: cannot open shared object file: No such file or directory",
    )


def test_the_url_of_a_module_that_is_not_there_is_the_errors_own(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"main.mjs": """
        Object.defineProperty(Error.prototype, 'url', { get() { throw 1 }, set() { throw 2 } });
        const { url, code } = await import('./none.mjs').catch((error) => error);
        console.log(code, url === new URL('./none.mjs', import.meta.url).href);
        const { cause } = await import('data:text/javascript,import "./none.mjs"').catch((error) => error);
        console.log(cause.code);
    """})
    assert output(command, "main.mjs", folder=tmp_path) == "ERR_MODULE_NOT_FOUND true\nERR_INVALID_URL\n"


def test_a_program_that_follows_imports_is_imported_too(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "first.mjs": "console.log('first');",
        "a.cjs": """
            console.log(require.main === module, module.id === __filename, module.parent);
            process.nextTick(() => console.log('tick'));
            Promise.resolve().then(() => console.log('microtask'));
        """,
    })
    assert output(command, "--import", "./first.mjs", "a.cjs", folder=tmp_path) == (
        "first\ntrue true undefined\nmicrotask\ntick\n")
    done = run(command, "--import", "./first.mjs", "none.cjs", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "first\n")
    assert "ERR_MODULE_NOT_FOUND" in done.stderr


@pytest.mark.parametrize("start", [
    "(async () => { await null; await inner(); })()", "setTimeout(() => inner().catch(print), 1)",
    "require('fs').readFile(__filename, () => Promise.resolve().then(inner).catch(print))",
    "require('fs').promises.stat(__filename).then(inner).catch(print)",
])
def test_stack_traces_do_not_tell_how_the_loop_got_there(command: list[str], tmp_path: Path, start: str) -> None:
    write(tmp_path, {"a.js": f"""
        async function inner() {{ await 1; throw new Error('here') }}
        const print = (error) => console.log(error.stack);
        process.on('unhandledRejection', print);
        {start};
    """})
    found = output(command, "a.js", folder=tmp_path).splitlines()
    assert found[0] == "Error: here"
    assert found[1].startswith("    at inner (")
    assert [line for line in found[2:] if "a.js" not in line and "processTimers" not in line] == []


def test_v8_tells_its_options(command: list[str], tmp_path: Path) -> None:
    done = run(command, "--v8-options", folder=tmp_path)
    assert done.returncode == 0
    assert "  --harmony " in done.stdout


def test_a_command_line_parser_sees_where_the_program_s_arguments_begin(command: list[str], tmp_path: Path) -> None:
    program = "console.log(/\\bnode$/.test(process.argv[0]), process.argv[0] === process.execPath)"
    assert output(command, "-e", program, folder=tmp_path) == "true true\n"
    again = "process.stdout.write(require('child_process').execFileSync(process.execPath, ['-p', '6 * 7']))"
    assert output(command, "-e", again, folder=tmp_path) == "42\n"


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_text_is_utf8_whatever_the_locale_is(command: list[str], tmp_path: Path, locale: dict[str, str]) -> None:
    write(tmp_path, {"f \u00e9/a \u00fc.js": "console.log(process.argv[2], require('path').basename(__filename))"})
    done = run(command, "f \u00e9/a \u00fc.js", "\u00f1", folder=tmp_path, **locale)
    assert (done.stdout, done.stderr) == ("\u00f1 a \u00fc.js\n", "")


def test_arguments_that_are_no_text_have_replacement_characters(command: list[str], tmp_path: Path) -> None:
    done = run(command, "-p", "JSON.stringify(process.argv[1])", os.fsdecode(b"a\xff"), folder=tmp_path)
    assert done.stdout == '"a\ufffd"\n'


def test_a_folder_whose_name_is_no_text_is_one_to_run_in(command: list[str], tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/d\xff"
    os.mkdir(folder)
    done = subprocess.run(
        [*command, "-p", "process.chdir('.'), process.cwd().endsWith('d\ufffd')"], cwd=folder, capture_output=True,
        text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("true\n", "")
    done = subprocess.run([*command, "--run", "x"], cwd=folder, capture_output=True, timeout=60, check=False)
    assert done.stderr.startswith(b"Can't find package.json for directory ")


def test_scripts_are_looked_for_where_a_folder_was(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'mkdir gone; cd gone; rmdir ../gone; exec "$0" -m ouroloop --run x', sys.executable],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == "Can't find the current working directory: No such file or directory\n"


@pytest.mark.parametrize("text", [
    b"", b"null", b"[]", b'"x"', b"{", b'{ "type": 5 }', b'{ "name": null }', b'{ "other": "\xff" }'], ids=repr)
def test_a_package_json_that_is_none_is_told(command: list[str], tmp_path: Path, text: bytes) -> None:
    write(tmp_path, {"package.json": text, "main.js": ""})
    done = run(command, "main.js", folder=tmp_path)
    assert done.returncode == 1
    assert f"Error: Invalid package config {tmp_path}/package.json." in done.stderr
    assert "code: 'ERR_INVALID_PACKAGE_CONFIG'" in done.stderr
