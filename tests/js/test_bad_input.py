"""Programs that go wrong, in every way that could be thought of: they end as under Node, and nothing of Python is seen.

Where a test has an outcome written down, it is Node 24's; with OUROLOOP_NODE set to a node binary, that is run too.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from js.commands import OURO, environment, run, write


def told(errors: str) -> str:
    """What was written on standard error, without frames, places in core modules, and the version at its end."""
    text = re.sub(r"\n    at .*", "", errors)
    text = re.sub(r"(?m)^node:.*\n.*\n\s*\^+\n", "node\n", text)
    return re.sub(r"\n\nNode\.js v[\d.]+\n$", "", text)


VERSION = re.compile(r"\nNode\.js v24\.\d+\.\d+\n$")
HINT = "(Use `node --trace-uncaught ...` to show where the exception was thrown)"


# What is thrown

@pytest.mark.parametrize(
    ("thrown", "expected"),
    [
        ("5", f"5\n{HINT}"), ("-0", f"0\n{HINT}"), ("10n", f"10\n{HINT}"), ("null", f"null\n{HINT}"),
        ("undefined", f"undefined\n{HINT}"), ("'text'", f"text\n{HINT}"), ("Symbol('s')", f"\n{HINT}"),
        ("{ a: 1 }", "{ a: 1 }"), ("Object.create(null)", "[Object: null prototype] {}"),
        ("() => {}", "[Function (anonymous)]"), ("[1, [2, [3, [4]]]]", "[\n  1,\n  [ 2, [ 3, [ 4 ] ] ]\n]"),
        ("{ get stack() { throw 1 } }", f"[object Object]\n{HINT}"),
        ("new Proxy({}, { get() { throw 1 } })", f"\n{HINT}"),
        ("{ toString() { throw 1 } }", "{ toString: [Function: toString] }"),
        ("{ [Symbol.for('nodejs.util.inspect.custom')]() { throw 1 } }",
         "{\n  Symbol(nodejs.util.inspect.custom): [Function: [nodejs.util.inspect.custom]]\n}"),
        ("new Proxy(new Error('p'), {})", "Error: p"), ("Object.setPrototypeOf(new Error('m'), null)", None),
        ("new (class Foo {})", "Foo {}"), ("{ message: 'm', stack: 's' }", "{ message: 'm', stack: 's' }"),
    ],
)
def test_anything_may_be_thrown(command: list[str], tmp_path: Path, thrown: str, expected: str | None) -> None:
    write(tmp_path, {"a.js": f"throw ({thrown})"})
    done = run(command, "a.js", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert VERSION.search(done.stderr)
    place = f"{os.path.realpath(tmp_path)}/a.js:1\nthrow ({thrown})\n^\n"
    if expected is not None:
        assert told(done.stderr).removeprefix("\n").removeprefix(place).strip("\n") == expected.strip("\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("throw new Error('m')", "Error: m"), ("throw new Error('a\\nb')", "Error: a\nb"),
        ("throw new Error()", "Error"),
        ("class Mine extends Error {} throw new Mine('m')", "Mine [Error]: m"),
        ("throw Object.assign(new Error('m'), { code: 'E', n: 1 })", "Error: m {\n  code: 'E',\n  n: 1\n}"),
        ("throw new Error('m', { cause: 5 })", "Error: m {\n  [cause]: 5\n}"),
        ("const e = new Error('m'); e.stack = 'my stack'; throw e", "[my stack]"),
        ("const e = new Error('m'); e.stack = undefined; throw e", "[Error: m]"),
        ("const e = new Error('m'); e.self = e; throw e", "<ref *1> Error: m {\n  self: [Circular *1]\n}"),
        ("throw new AggregateError([1], 'm')", "AggregateError: m {\n  [errors]: [ 1 ]\n}"),
        ("throw new DOMException('m', 'AbortError')", "DOMException [AbortError]: m"),
        ("null.x", "TypeError: Cannot read properties of null (reading 'x')"),
        ("Error.stackTraceLimit = 0; throw new Error('m')", "[Error: m]"),
        ("Error.prepareStackTrace = () => 'mine'; throw new Error('m')", "[mine]"),
    ],
)
def test_errors_are_told_with_their_place(command: list[str], tmp_path: Path, source: str, expected: str) -> None:
    write(tmp_path, {"a.js": f"// first line\n{source}"})
    done = run(command, "a.js", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    head, _, rest = told(done.stderr).partition("\n\n")
    place, line, caret = head.split("\n")
    assert (place, line) == (f"{os.path.realpath(tmp_path)}/a.js:2", source)
    assert source[len(caret) - 1 :].startswith(("throw", "x"))
    assert rest.replace(" {\n", "\n") == expected.replace(" {\n", "\n")


EMITTED = r"node:events:\d+\n +throw er; // Unhandled 'error' event\n +\^\n\n"
AWAITED = r"node:internal/fs/promises:\d+\n.*\bawait\b.*\n +\^\n\nError: ENOENT.*\n    at async open \("


@pytest.mark.parametrize(
    ("source", "head"),
    [
        ("require('fs').createReadStream('nope')", f"{EMITTED}Error: ENOENT"),
        ("require('child_process').spawn('./nope')", f"{EMITTED}Error: spawn ./nope ENOENT"),
        ("process.nextTick(() => new (require('events'))().emit('error', new Error('m')))", f"{EMITTED}Error: m"),
        ("new (require('stream').Readable)({ read() { this.destroy(new Error('m')); } }).resume()",
         f"{EMITTED}Error: m"),
        ("require('fs').readFile('nope', (error) => { throw error; })",
         r"/.*a\.js:1\n.*throw error; }\)\n {44}\^\n\n\[Error: ENOENT"),
        ("require('fs/promises').readFile('nope')", AWAITED),
    ],
)
def test_an_error_that_was_made_long_before_is_not_told_with_a_wrong_place(
    command: list[str], tmp_path: Path, source: str, head: str,
) -> None:
    write(tmp_path, {"a.js": source})
    done = run(command, "a.js", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(head, done.stderr)
    assert done.stderr.count("Emitted 'error' event") == (EMITTED in head)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("new Error('m')", "Error: m"),
        *((reason, '[UnhandledPromiseRejection: This error originated either by throwing inside of an async function '
           'without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected '
           f'with the reason "{shown}".] {{\n  code: \'ERR_UNHANDLED_REJECTION\'\n}}')
          for reason, shown in [
              ("5", "5"), ("undefined", "undefined"), ("Symbol('s')", "Symbol(s)"), ("{ a: 1 }", "#<Object>"),
              ("Object.create(null)", "[object Object]"), ("{ toString() { throw 1 } }", "[object Object]"),
              ("new Proxy({}, { get() { throw 1 } })", "#<Object>"), ("'text'", "text"),
          ]),
    ],
)
def test_any_reason_may_be_rejected_with(command: list[str], tmp_path: Path, reason: str, expected: str) -> None:
    write(tmp_path, {"a.js": f"Promise.reject({reason}); setTimeout(() => console.log('never'), 1000)"})
    done = run(command, "a.js", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    words = re.compile(r"[\[\]{}\s]+")
    assert words.sub(" ", expected).strip() in words.sub(" ", told(done.stderr))


@pytest.mark.parametrize(
    ("source", "code", "expected"),
    [
        ("process.on('uncaughtException', (e, origin) => console.log(e, origin)); throw 5", 0, "5 uncaughtException"),
        ("process.on('uncaughtException', () => { throw new Error('again') }); throw 5", 7, ""),
        ("process.on('uncaughtException', (e) => console.log(e)); setTimeout(() => console.log('on')); null.x",
         0, "TypeError,on"),
        ("process.on('unhandledRejection', () => { throw new Error('again') }); Promise.reject(1)", 1, ""),
        ("process.on('unhandledRejection', (r) => console.log(r)); Promise.reject(1)", 0, "1"),
        ("process.on('exit', (c) => console.log(c)); throw 5", 1, "1"),
        ("process.on('exit', () => { process.exitCode = 9 }); throw 5", 9, ""),
        ("process.on('exit', () => { throw new Error('at the end') })", 7, None),
        ("process.on('beforeExit', () => { throw new Error('x') })", 1, ""),
        ("process.on('uncaughtExceptionMonitor', (e, origin) => console.log(e, origin)); throw 5",
         1, "5 uncaughtException"),
        ("process.setUncaughtExceptionCaptureCallback((e) => console.log('had', e)); throw 5", 0, "had 5"),
        ("process.on('warning', () => { throw new Error('x') }); process.emitWarning('w')", 1, ""),
        ("setTimeout(() => { throw 5 }); setTimeout(() => console.log('never'), 50)", 1, ""),
        ("setInterval(() => { throw 5 }, 1)", 1, ""), ("setImmediate(() => { throw 5 })", 1, ""),
        ("process.nextTick(() => { throw 5 })", 1, ""), ("queueMicrotask(() => { throw 5 })", 1, ""),
        ("require('fs').stat('.', () => { throw 5 })", 1, ""),
        ("new (require('events'))().emit('error', new Error('e'))", 1, ""),
        ("new (require('events'))().emit('error', 5)", 1, ""),
        ("(async () => { await null; throw 5 })()", 1, ""), ("process.abort", 0, ""),
        ("process._fatalException = undefined; throw 5", 6, ""),
    ],
)
def test_handlers_have_their_say_and_may_fail_too(
    command: list[str], tmp_path: Path, source: str, code: int, expected: str | None,
) -> None:
    write(tmp_path, {"a.js": source})
    done = run(command, "a.js", folder=tmp_path)
    if expected is not None:
        assert done.returncode == code
        lines = [line for line in done.stdout.split("\n") if line and not line.startswith("    at ")]
        assert ",".join(line.split(":")[0] for line in lines) == expected
    assert (done.returncode == 0) == (code == 0)
    assert (done.stderr == "") == (done.returncode in (0, 9) and "exitCode" not in source)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("source", [
    "Object.prototype.toString = () => { throw 1 }; throw new Error('told')",
    "Error.prototype.toString = () => { throw 1 }; throw new Error('told')",
    "Error.prepareStackTrace = () => { throw new Error('other') }; throw new Error('told')",
    "Object.freeze(Error); throw new Error('told')",
    "Object.defineProperty(Object.prototype, 'message', { get() { throw 1 } }); throw new Error('told')",
    "delete Array.prototype[Symbol.iterator]; throw new Error('told')",
    "Array.prototype.push = Array.prototype.map = () => { throw 1 }; throw new Error('told')",
    "Function.prototype.call = Function.prototype.apply = undefined; throw new Error('told')",
    "globalThis.process = undefined; throw new Error('told')",
    "process.emit = () => { throw new Error('other') }; throw new Error('told')",
    "process.exit = process.reallyExit = () => {}; throw new Error('told')",
    "const e = new Error('told'); Object.defineProperty(e, 'message', { get() { throw 3 } }); throw e",
    "const e = new Error('told'); Object.defineProperty(e, 'stack', { get() { throw 3 } }); throw e",
    "JSON.stringify = Reflect.apply = Reflect.get = null; throw new Error('told')",
])
def test_a_program_may_break_what_errors_are_told_with(tmp_path: Path, source: str) -> None:
    write(tmp_path, {"a.js": source})
    done = run(OURO, "a.js", folder=tmp_path)
    assert done.returncode in (1, 7)
    assert done.stderr != ""
    assert "Traceback" not in done.stderr


# Ends that no handler sees

def test_a_stack_that_overflows_is_a_range_error(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "a.js": "function f() { f() }\nf()",
        "b.js": "try { (function f() { f() })() } catch (e) { console.log(e.name) }",
    })
    done = run(command, "a.js", folder=tmp_path)
    assert done.returncode == 1
    assert "\nRangeError: Maximum call stack size exceeded\n" in done.stderr
    assert run(command, "b.js", folder=tmp_path).stdout == "RangeError\n"


def test_a_heap_that_is_full_aborts(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "const all = []; for (;;) all.push(new Array(1000).fill({}))"})
    done = run(command, "--max-old-space-size=40", "a.js", folder=tmp_path)
    assert done.returncode == -signal.SIGABRT
    assert "FATAL ERROR: " in done.stderr
    assert "JavaScript heap out of memory" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("source", "code"), [
    ("process.exit(3)", 3), ("process.exit('4')", 4), ("process.exitCode = 5", 5), ("process.exit(-1)", 255),
    ("process.exit(256)", 0), ("process.exit(undefined)", 0), ("process.exitCode = 6; process.exit()", 6),
    ("process.on('exit', () => process.exit(7))", 7),
    ("setTimeout(() => process.exit(8)); setInterval(() => {}, 1e6)", 8),
    ("process.on('exit', () => setTimeout(() => console.log('never')))", 0),
    ("Promise.resolve().then(() => process.exit(9))", 9),
    ("[1].map(() => process.exit(2))", 2), ("process.nextTick(process.exit, 11)", 11), ("process.exit(1.5)", 1),
    ("process.exit('x')", 1), ("process.exit({})", 1), ("process.kill(process.pid)", -signal.SIGTERM),
    ("process.abort()", -signal.SIGABRT), ("process.kill(process.pid, 'SIGKILL')", -signal.SIGKILL),
])
def test_a_process_may_end_itself_anywhere(command: list[str], tmp_path: Path, source: str, code: int) -> None:
    write(tmp_path, {"a.js": f"{source};\nprocess.on('exit', (c) => console.log(c));"})
    done = run(command, "a.js", folder=tmp_path)
    assert done.returncode == code
    assert "never" not in done.stdout


# Files that are not as they should be

@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.js", "let let = 1", "SyntaxError: let is disallowed as a lexically bound name"),
        ("a.js", "function f() {", "SyntaxError: Unexpected end of input"),
        ("a.js", "foo bar", "SyntaxError: Unexpected identifier 'bar'"),
        ("a.js", "`${1", "SyntaxError: Missing } in template expression"),
        ("a.js", "\0", "SyntaxError: Invalid or unexpected token"),
        ("a.js", b"x = '\xff\xfe'; throw new Error(x)", "Error: \ufffd\ufffd"),
        ("a.js", b"\x80\x81", "SyntaxError: Invalid or unexpected token"),
        ("a.js", "\ufeffthrow new Error('bom')", "Error: bom"),
        ("a.js", "#!/usr/bin/env node\nthrow new Error('shebang')", "Error: shebang"),
        ("a.js", "\r\nthrow new Error('crlf')\r\n", "Error: crlf"),
        ("a.mjs", "await", "SyntaxError: Unexpected end of input"),
        ("a.mjs", "import x from './b.mjs'",
         "SyntaxError: The requested module './b.mjs' does not provide an export named 'default'"),
        ("a.mjs", "import './absent.mjs'", "Error [ERR_MODULE_NOT_FOUND]: Cannot find module"),
        ("a.mjs", "import 'absent'", "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'absent'"),
        ("a.mjs", "require('fs')",
         "ReferenceError: require is not defined in ES module scope, you can use import instead"),
        ("a.mjs", "import './bad.json' with { type: 'json' }", "SyntaxError: "),
        ("a.cjs", "export default 1", "SyntaxError: Unexpected token 'export'"),
        ("a.js", "require('./bad.json')", "SyntaxError: "),
        ("a.js", "require('./absent')", "Error: Cannot find module './absent'\nRequire stack:\n- "),
        ("a.js", "require('')",
         "TypeError [ERR_INVALID_ARG_VALUE]: The argument 'id' must be a non-empty string. Received ''"),
        ("a.js", "require(5)",
         'TypeError [ERR_INVALID_ARG_TYPE]: The "id" argument must be of type string. Received type number (5)'),
        ("a.js", "require('broken')", "Error"),
        ("a.js", "require('mainless')", "Error: Cannot find module '"),
        ("a.js", "require('./folder')", "Error: Cannot find module './folder'\nRequire stack:\n- "),
        ("a.js", "module.exports = await 1",
         "ReferenceError: Cannot determine intended module format because both 'module' and top-level await are "
         "present."),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    command: list[str], tmp_path: Path, name: str, content: str | bytes, error: str,
) -> None:
    write(tmp_path, {
        name: content, "b.mjs": "", "bad.json": "{ bad", "node_modules/broken/package.json": "{ bad",
        "node_modules/mainless/package.json": '{"main": "absent.js"}', "folder/other.js": "",
    })
    done = run(command, name, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"\n{error}" in done.stderr
    assert VERSION.search(done.stderr)
    assert "Traceback" not in done.stderr


def test_the_require_stack_tells_who_wanted_what(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "require('./b')", "b.js": "require('./c')", "c.js": "require('absent')"})
    done = run(command, "a.js", folder=tmp_path)
    path = os.path.realpath(tmp_path)
    stack = f"- {path}/c.js\n- {path}/b.js\n- {path}/a.js\n"
    assert f"Error: Cannot find module 'absent'\nRequire stack:\n{stack}" in done.stderr
    assert "code: 'MODULE_NOT_FOUND',\n  requireStack: [" in done.stderr


def test_a_program_that_is_not_there(command: list[str], tmp_path: Path) -> None:
    done = run(command, "absent.js", folder=tmp_path)
    assert done.returncode == 1
    assert f"Error: Cannot find module '{os.path.realpath(tmp_path)}/absent.js'\n" in done.stderr
    (tmp_path / "empty").mkdir()
    done = run(command, "empty", folder=tmp_path)
    assert done.returncode == 1
    assert f"Error: Cannot find module '{os.path.realpath(tmp_path)}/empty'\n" in done.stderr


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "1"})
    (tmp_path / "a.js").chmod(0)
    done = run(command, "a.js", folder=tmp_path)
    assert done.returncode == 1
    assert "Error: EACCES: permission denied, open '" in done.stderr


# What comes from outside

def test_a_reader_that_leaves_is_an_error_event(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "setInterval(() => console.log('x'.repeat(10000)), 1)", "b.js": """
        process.stdout.on('error', (error) => { console.error(error.code); process.exit(5) });
        setInterval(() => process.stdout.write('x'.repeat(10000)), 1);
    """})
    for name, code, expected in (("a.js", 1, "Error: write EPIPE"), ("b.js", 5, "EPIPE\n")):
        with subprocess.Popen(
            [*command, name], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(),
        ) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            child.stdout.read(10)
            child.stdout.close()
            errors = child.stderr.read()
            assert child.wait(30) == code
        assert expected in errors
        assert "Traceback" not in errors


@pytest.mark.parametrize("redirection", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed_from_the_start(command: list[str], tmp_path: Path, redirection: str) -> None:
    source = "console.log(1); console.error(2); process.stdin.on('data', () => {}).on('end', () => process.exit(3))"
    write(tmp_path, {"a.js": source})
    line = f"exec \"$@\" a.js {redirection if '<' in redirection else redirection + ' </dev/null'}"
    done = run(["sh", "-c", line, "sh", *command], folder=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ("" if ">&-" in redirection.replace("2>&-", "") else "1\n")
    assert done.stderr == ("" if "2>&-" in redirection else "2\n")


@pytest.mark.parametrize(("given", "expected"), [
    ("one\ntwo", "one\ntwo|end"), ("", "|end"), (None, "|end"), ("x" * 300_000, None),
])
def test_standard_input_is_read_from_pipes_and_files(
    command: list[str], tmp_path: Path, given: str | None, expected: str | None,
) -> None:
    source = """
        let text = '';
        process.stdin.setEncoding('utf8').on('data', (chunk) => { text += chunk });
        process.stdin.on('end', () => console.log(text.length > 100 ? text.length : `${text}|end`));
    """
    write(tmp_path, {"a.js": source, "input.txt": given or ""})
    expected = expected or str(len(given or ""))
    assert run(command, "a.js", folder=tmp_path, given=given).stdout == f"{expected}\n"
    with open(tmp_path / "input.txt") as file:
        done = subprocess.run(
            [*command, "a.js"], cwd=tmp_path, env=environment(), stdin=file, capture_output=True, text=True, timeout=60,
            check=False,
        )
    assert (done.stdout, done.stderr) == (f"{expected}\n", "")


@pytest.mark.parametrize(("source", "code", "expected"), [
    ("console.log('ready'); for (;;);", -signal.SIGINT, ""),
    ("console.log('ready'); setInterval(() => {}, 1e6)", -signal.SIGINT, ""),
    ("process.on('SIGINT', (name, n) => { console.log(name, n); process.exit(4) }); setInterval(() => {}, 1e6); "
     "console.log('ready')", 4, "SIGINT 2\n"),
    ("process.once('SIGINT', () => { console.log('once'); process.kill(process.pid, 'SIGINT') }); "
     "setInterval(() => {}, 1e6); console.log('ready')", -signal.SIGINT, "once\n"),
])
def test_an_interrupt_ends_a_program_that_does_not_listen(
    command: list[str], tmp_path: Path, source: str, code: int, expected: str,
) -> None:
    write(tmp_path, {"a.js": source})
    with subprocess.Popen(
        [*command, "a.js"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.05)  # the busy one is to be in the middle of its work
        child.send_signal(signal.SIGINT)
        assert child.stdout.read() == expected
        assert child.stderr.read() == ""
        assert child.wait(30) == code


# What a program does to the language

USE = """
const log = (...a) => require('fs').writeSync(1, `${require('util').format(...a)}\\n`);
log(require('fs').readFileSync(__filename).length > 0, { a: [1, { b: 2 }] }, new Map([[1, 2]]));
log(require('vm').runInNewContext('1 + 1'), require('v8').deserialize(require('v8').serialize({ a: 1 })));
log(require('crypto').createHash('md5').update('a').digest('hex'), require('path').join('a', '..', 'b'));
try { require('fs').readFileSync('/nowhere'); } catch (e) { log(e.code); }
require('timers').setTimeout(() => log('timer'), 20);
require('fs').promises.readFile(__filename).then((data) => log(data.length > 0));
const server = require('net').createServer((socket) => socket.end('text')).listen(0, '127.0.0.1', () => {
  require('net').connect(server.address().port).on('data', log).on('close', () => server.close());
});
"""


@pytest.mark.parametrize("name", [
    "Object", "Reflect", "Promise", "Symbol", "Array", "Error", "TypeError", "Set", "WeakMap", "Function", "String",
    "Number", "JSON", "Math", "Date", "Uint8Array", "ArrayBuffer", "FinalizationRegistry", "Boolean",
])
def test_core_modules_have_the_language_that_a_program_has_deleted_or_replaced(
    command: list[str], tmp_path: Path, name: str,
) -> None:
    write(tmp_path, {
        "deleted.js": f"delete globalThis.{name};{USE}",
        "replaced.js": f"globalThis.{name} = class {{ constructor() {{ throw 1; }} }};{USE}",
    })
    for program in ("deleted.js", "replaced.js"):
        done = run(command, program, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        first = done.stdout.splitlines()
        assert first[:4] == [
            "true { a: [ 1, { b: 2 } ] } Map(1) { 1 => 2 }", "2 { a: 1 }", "0cc175b9c0f1b6a831c399e269772661 b",
            "ENOENT",
        ]
        assert {"timer", "true"} < set(first[4:])
        assert len(first) == 7


def test_a_frozen_process_with_frozen_globals_prints_and_ends(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": "Object.freeze(process); Object.freeze(globalThis);"
                              "console.log(structuredClone('out')); console.error(atob(btoa('error')));"})
    done = run(command, "a.js", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n", "error\n")


@pytest.mark.parametrize("again", [
    "const context = vm.createContext({ f: () => script.runInContext(context) });"
    "const script = new vm.Script('f()'); script.runInContext(context);",
    "globalThis.f = () => vm.runInThisContext('f()'); f();",
    "const f = () => structuredClone({ get a() { return f(); } }); f();",
    "const f = () => vm.runInThisContext('(g) => g()')(f); f();",
])
def test_going_round_through_natives_for_ever_is_a_range_error(
    command: list[str], tmp_path: Path, again: str,
) -> None:
    write(tmp_path, {"a.js": f"""
        const vm = require('vm');
        try {{ {again} }} catch (error) {{ console.log(error.name, error.message); }}
        console.log(vm.runInNewContext('a + 1', {{ a: 1 }}));
    """})
    done = run(command, "a.js", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "RangeError Maximum call stack size exceeded\n2\n", "")


@pytest.mark.parametrize("thrown", ["{ a: 1 }", "[ 1 ]", "{ name: 'N', message: 'M' }"])
def test_what_is_thrown_and_no_error_stands_right_below_its_place(
    command: list[str], tmp_path: Path, thrown: str,
) -> None:
    write(tmp_path, {"a.js": f"throw {thrown}"})
    done = run(command, "a.js", folder=tmp_path)
    place = os.path.realpath(tmp_path / "a.js")
    assert done.stderr.startswith(f"\n{place}:1\nthrow {thrown}\n^\n{thrown}\n")
    assert done.returncode == 1
