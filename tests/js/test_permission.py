"""The permission model (`--permission`): what is granted works, all else is refused, and there is no way around it.

What Node 24 does too is run with Node as well, where OUROLOOP_NODE names a node binary.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from js.commands import OURO, output, run, write

from ouroloop import JavaScriptError, Runtime
from ouroloop.js import bindings, guards, snapshot
from ouroloop.js.permission import Permission, resolve

PRELUDE = """
const fs = require('node:fs');
const path = require('node:path');
const secret = path.resolve(__dirname, '../secret/secret.txt');
const tried = (act) => {
  try { return act(); } catch (error) { return error.code; }
};
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder `open` that the program may read and write, and one `secret` that it may not."""
    write(tmp_path, {
        "open/file.txt": "file", "secret/secret.txt": "secret", "secret/module.cjs": "module.exports = 'secret';",
        "secret/module.mjs": "export default 'secret';", "secret/data.json": '"secret"',
    })
    return tmp_path


def granted(home: Path, *more: str) -> list[str]:
    return ["--no-warnings", "--permission", f"--allow-fs-read={home}/open/*", f"--allow-fs-write={home}/open/*", *more]


def told(command: list[str], home: Path, source: str, *more: str, **variables: str) -> Any:
    """What a program tells, which calls `tell` with it."""
    text = f"{PRELUDE} const tell = (value) => console.log(JSON.stringify(value)); {source}"
    write(home, {"open/main.cjs": text})
    return json.loads(output(command, *granted(home, *more), home / "open/main.cjs", folder=home, **variables))


def test_what_is_granted_works_and_the_rest_is_refused(command: list[str], home: Path) -> None:
    assert told(command, home, """
      fs.writeFileSync(path.join(__dirname, 'new.txt'), 'new');
      tell([fs.readFileSync(path.join(__dirname, 'new.txt'), 'utf8'), tried(() => fs.readFileSync(secret)),
        tried(() => fs.writeFileSync(secret, '')), tried(() => fs.existsSync(secret)),
        tried(() => require('child_process').execSync('true'))]);
    """) == ["new", *["ERR_ACCESS_DENIED"] * 4]
    assert (home / "secret/secret.txt").read_text() == "secret"


def test_an_error_says_what_was_refused(command: list[str], home: Path) -> None:
    found = told(command, home, """
      try {
        fs.openSync(secret, 'r');
      } catch (error) {
        tell([error.message, error.code, error.permission, error.resource === secret, Object.keys(error).join()]);
      }
    """)
    assert found == [
        "Access to this API has been restricted. Use --allow-fs-read to manage permissions.", "ERR_ACCESS_DENIED",
        "FileSystemRead", True, "code,permission,resource",
    ]


def test_callbacks_and_promises_are_told(command: list[str], home: Path) -> None:
    assert told(command, home, """
      fs.readFile(secret, (error) => {
        fs.promises.stat(secret).catch((other) => {
          fs.createReadStream(secret).on('error', (last) => tell([error.code, other.code, last.code]));
        });
      });
    """) == ["ERR_ACCESS_DENIED"] * 3


def test_the_program_itself_can_be_read_and_nothing_beside_it(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "main.cjs": "console.log(process.permission.has('fs.read', __filename)); require('./other.cjs');",
        "other.cjs": "console.log('other');",
    })
    done = run(command, "--permission", "main.cjs", folder=tmp_path)
    assert done.stdout == "true\n"
    assert "Error: Access to this API has been restricted" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(("rule", "inside", "outside"), [
    ("dir", ["dir", "dir/", "dir/f", "dir/new/x"], ["dir2", "dirx", "."]),
    ("dir/*", ["dir", "dir/f"], ["dir2"]),
    ("dir*", ["dir", "dir/f", "dir2/x", "dirx"], ["file"]),
    ("file", ["file", "dir/../file", "./file"], ["filex", "file/x"]),
    ("nothing", ["nothing"], ["nothing/x"]),
    ("a,b", ["a,b"], ["a", "b"]),
    ("*", ["file", "/", "/etc/x"], []),
])
def test_a_rule_is_a_file_a_folder_or_a_beginning(
    rule: str, inside: list[str], outside: list[str], command: list[str], tmp_path: Path,
) -> None:
    write(tmp_path, {"dir/f": "", "dir2/f": "", "file": ""})
    asked = json.dumps(inside + outside)
    source = f"console.log({asked}.map((each) => process.permission.has('fs.read', each)).join())"
    found = output(command, "--no-warnings", "--permission", f"--allow-fs-read={rule}", "-e", source, folder=tmp_path)
    assert found.strip().split(",") == ["true"] * len(inside) + ["false"] * len(outside)


def test_a_grant_can_be_dropped(command: list[str], home: Path) -> None:
    assert told(command, home, """
      const { permission } = process;
      const before = permission.has('fs.read', __filename);
      permission.drop('fs.read');
      tell([before, permission.has('fs.read', __filename), tried(() => fs.readFileSync(__filename))]);
    """) == [True, False, "ERR_ACCESS_DENIED"]


def test_a_refusal_is_told_to_a_diagnostics_channel(command: list[str], home: Path) -> None:
    assert told(command, home, """
      const seen = [];
      require('node:diagnostics_channel').subscribe('node:permission-model:fs', (message) => seen.push(message));
      fs.readFileSync(__filename);
      tried(() => fs.readFileSync(secret));
      tell(seen.map(({ permission, resource }) => [permission, resource === secret]));
    """) == [["FileSystemRead", True]]


def test_children_get_the_same_permissions(home: Path) -> None:
    child = "console.log(process.permission.has('fs.read', process.argv[1]), process.permission.has('fs.read', '/'))"
    source = f"""
      const {{ spawnSync }} = require('child_process');
      const options = [undefined, {{ env: {{ PATH: process.env.PATH, HOME: process.env.HOME }} }}];
      const words = ['-e', {json.dumps(child)}, __filename];
      tell(options.map((each) => `${{spawnSync(process.execPath, words, each).stdout}}`));
    """
    assert told(OURO, home, source, "--allow-child-process") == ["true false\n"] * 2


def test_options_are_explained_by_warnings(command: list[str], tmp_path: Path) -> None:
    done = run(command, "--permission", "--allow-worker", "--allow-fs-write=a,b", "-e", "", folder=tmp_path)
    assert "[PERM0006] SecurityWarning: The flag --allow-worker must be used with extreme caution." in done.stderr
    assert "Warning: The --allow-fs-write CLI flag has changed." in done.stderr


def test_a_rule_without_permission_is_an_error(command: list[str], tmp_path: Path) -> None:
    done = run(command, "--allow-fs-read=*", "-e", "console.log(1)", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--permission is required" in done.stderr


def test_the_network_is_granted_by_itself(home: Path) -> None:
    source = """
      const server = require('node:net').createServer();
      server.on('error', ({ code, permission, syscall }) => tell([code, permission, syscall]));
      server.listen(0, '127.0.0.1', () => server.close(() => tell('listens')));
    """
    assert told(OURO, home, source) == ["ERR_ACCESS_DENIED", "Net", "listen"]
    assert told(OURO, home, source, "--allow-net") == "listens"


@pytest.mark.parametrize("name", ["ouro-node", "node"])
def test_tools_that_ask_for_node_learn_its_version(name: str, tmp_path: Path) -> None:
    """yt-dlp, say, which takes a Node of version 22 and later, and starts it with --permission."""
    installed = Path(sys.executable).with_name("ouro-node")
    if not installed.exists():
        pytest.skip("ouro-node is not installed")
    program = tmp_path / name
    program.symlink_to(installed)
    assert output([str(program)], "--version", folder=Path.cwd()) == f"v{snapshot.NODE_VERSION}\n"
    assert output([str(program)], "--permission", "-", folder=Path.cwd(), given="console.log(1)") == "1\n"


def test_python_programs_are_not_run_with_permissions(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "print(1)"})
    done = run(OURO, "--permission", "main.py", folder=tmp_path)
    assert (done.returncode, done.stdout) == (9, "")
    assert "--permission is for JavaScript programs" in done.stderr


# In a Python program

def code_of(js: Runtime, source: str) -> Any:
    """What a function gives, or the code of what it throws."""
    return js.eval(f"(() => {{ try {{ return ({source})(); }} catch (error) {{ return error.code; }} }})()")


def test_a_runtime_takes_permissions(home: Path) -> None:
    with Runtime(permissions={"fs.read": [f"{home}/open/*"]}) as js:
        js.globals.fs = js.require("fs")
        assert code_of(js, f"() => fs.readFileSync('{home}/open/file.txt', 'utf8')") == "file"
        assert code_of(js, f"() => fs.readFileSync('{home}/secret/secret.txt', 'utf8')") == "ERR_ACCESS_DENIED"
        assert code_of(js, f"() => fs.writeFileSync('{home}/open/file.txt', '')") == "ERR_ACCESS_DENIED"
        assert js.eval("process.permission.has('net')") is False
        with pytest.raises(JavaScriptError, match="restricted"):
            js.require(f"{home}/secret/module.cjs")


def test_a_runtime_without_permissions_may_do_all(home: Path) -> None:
    with Runtime() as js:
        assert js.require("fs").readFileSync(f"{home}/secret/secret.txt", "utf8") == "secret"
        assert js.eval("process.permission") is None


def test_permissions_that_cannot_be_are_errors() -> None:
    with pytest.raises(ValueError, match="no scope 'files'"):
        Runtime(permissions={"files": True})
    with pytest.raises(TypeError, match=r"'fs\.read' takes a list of paths"):
        Runtime(permissions={"fs.read": "/data"})
    with pytest.raises(TypeError, match="'net' takes True or False"):
        Runtime(permissions={"net": ["host"]})


# Ways around it. Each program says "secret" if it has got hold of the file, or did what it may not.

ATTACKS = {
    "a path with ..": "say(fs.readFileSync(path.join(__dirname, 'x') + '/../../secret/secret.txt', 'utf8'))",
    "a path through a link and back": "say(fs.readFileSync(__dirname + '/link/../../secret/secret.txt', 'utf8'))",
    "a path out of a linked folder": "say(fs.readFileSync(__dirname + '/link/../secret.txt', 'utf8'))",
    "two slashes": "say(fs.readFileSync('/' + secret, 'utf8'))",
    "a path as bytes": "say(fs.readFileSync(Buffer.from(secret), 'utf8'))",
    "a file URL": "say(fs.readFileSync(require('node:url').pathToFileURL(secret), 'utf8'))",
    "bytes that change": """
      const name = Buffer.from(path.join(__dirname, 'file.txt').padEnd(secret.length + 9, '/.'));
      fs.readFile(name, 'utf8', (error, text) => say(error ? error.code : text));
      name.fill(0); name.write(secret);
    """,
    "NUL in a path": "say(fs.readFileSync(`${secret}\\0${__filename}`, 'utf8'))",
    "/proc/self/root": "say(fs.readFileSync(`/proc/self/root${secret}`, 'utf8'))",
    "/proc/self/cwd": "say(fs.readFileSync('/proc/self/cwd/secret/secret.txt', 'utf8'))",
    "/proc/self/mem": "say(fs.openSync('/proc/self/mem', 'r+') && 'secret')",
    "/proc/self/fd": "say(fs.readFileSync(`/proc/self/fd/${fs.openSync(__dirname)}/../secret/secret.txt`, 'utf8'))",
    "chdir": "process.chdir('../secret'); say(fs.readFileSync('secret.txt', 'utf8'))",
    "chdir while it is read": """
      process.chdir(__dirname);
      fs.readFile('open/secret.txt', 'utf8', (error, text) => say(error ? error.code : text));
      process.chdir('/');
    """,
    "a symbolic link": "fs.symlinkSync(secret, __dirname + '/s'); say(fs.readFileSync(__dirname + '/s', 'utf8'))",
    "a relative link": """
      fs.symlinkSync('../secret/secret.txt', __dirname + '/s'); say(fs.readFileSync(__dirname + '/s', 'utf8'))
    """,
    "a hard link": "fs.linkSync(secret, __dirname + '/h'); say(fs.readFileSync(__dirname + '/h', 'utf8'))",
    "rename": "fs.renameSync(secret, __dirname + '/r'); say(fs.readFileSync(__dirname + '/r', 'utf8'))",
    "copyFile": "fs.copyFileSync(secret, __dirname + '/c'); say(fs.readFileSync(__dirname + '/c', 'utf8'))",
    "cp": "fs.cpSync(path.dirname(secret), __dirname + '/d', { recursive: true }); say('secret')",
    "openAsBlob": "fs.openAsBlob(secret).then((blob) => blob.text()).then(say, (error) => say(error.code))",
    "createReadStream": "fs.createReadStream(secret).on('data', say).on('error', (error) => say(error.code))",
    "opendir": "say(fs.opendirSync(path.dirname(secret)).readSync().name)",
    "glob": "say(fs.globSync(path.dirname(secret) + '/*').join() || 'nothing')",
    "watch": "say(fs.watch(path.dirname(secret)) && 'secret')",
    "watchFile": "say(fs.watchFile(secret, () => {}) && 'secret')",
    "truncating by reading": "say(fs.openSync(secret, fs.constants.O_RDONLY | fs.constants.O_TRUNC) && 'secret')",
    "require": "say(require('../secret/module.cjs'))",
    "require of JSON": "say(require('../secret/data.json'))",
    "import": "import('../secret/module.mjs').then((m) => say(m.default), (error) => say(error.code))",
    "import of a URL": """
      import(require('node:url').pathToFileURL(path.resolve(__dirname, '../secret/module.mjs')))
        .then((m) => say(m.default), (error) => say(error.code))
    """,
    "createRequire": "say(require('node:module').createRequire(secret)('./module.cjs'))",
    "a module's own extensions": "const m = {}; require.extensions['.js'](m, '../secret/module.cjs'); say(m.exports)",
    "hooks for modules": """
      require('node:module').registerHooks({ load: (url, context, next) => next(url, context) });
      say(require('../secret/module.cjs'))
    """,
    "register": "require('node:module').register('data:text/javascript,'); say('secret')",
    "loadEnvFile": "process.loadEnvFile(secret); say('secret')",
    "process.binding": "say(Object.keys(process.binding('fs')).join() && 'secret')",
    "internal modules": "say(require('internal/fs/calls') && 'secret')",
    "getBuiltinModule": "say(process.getBuiltinModule('internal/fs/calls') ? 'secret' : 'none')",
    "another context": """
      const names = require('node:vm').runInNewContext('[typeof __operation, typeof __natives, typeof __start].join()');
      say(names === 'undefined,undefined,undefined' ? 'none' : 'secret')
    """,
    "frames of operations": """
      let found;
      Error.prepareStackTrace = (error, frames) => {
        found ??= frames.map((frame) => frame.getFunction() ?? frame.getThis())
          .find((each) => typeof each === 'function' && /number/.test(`${each}`));
        return '';
      };
      Error.stackTraceLimit = 100;
      for (const act of [
        () => require('../secret/module.cjs'), () => fs.openSync(secret), () => fs.mkdir(secret, () => {}),
      ]) {
        try { act(); } catch (error) { void error.stack; }
      }
      say(found ? 'secret' : 'none')
    """,
    "a permission of its own": """
      try { process.permission.has = () => true; process.permission = undefined; } catch {}
      say(fs.readFileSync(secret, 'utf8'))
    """,
    "patched globals": """
      Object.assign = (target) => target; Array.prototype.some = () => true; Set.prototype.has = () => true;
      RegExp.prototype.test = () => true; Reflect.apply = () => secret; JSON.parse = () => secret;
      Array.prototype[Symbol.iterator] = function* () { yield secret; };
      say(fs.readFileSync(secret, 'utf8'))
    """,
    "options changed": """
      process.execArgv.length = 0; process.env.NODE_OPTIONS = ''; say(fs.readFileSync(secret, 'utf8'))
    """,
    "a configuration of OpenSSL, which may name libraries": """
      const lines = ['openssl_conf = a', '[a]', 'alg_section = b', '[b]', 'default_properties=x=y'];
      fs.writeFileSync(__dirname + '/ssl.cnf', lines.join(require('node:os').EOL));
      process.env.OPENSSL_CONF = __dirname + '/ssl.cnf';
      let works = false;
      try { works = require('node:crypto').scryptSync('a', 'b', 8).length === 8; } catch {}
      say(works ? 'none' : 'secret')
    """,
    "another cache folder": """
      process.env.OUROLOOP_CACHE = process.env.XDG_CACHE_HOME = process.env.HOME = path.dirname(secret);
      require('node:http2'); say('none')
    """,
    "a child": "say(`${require('node:child_process').execFileSync('cat', [secret])}`)",
    "a child, from within": """
      const child = new (require('node:child_process').ChildProcess)();
      say(child.spawn({ file: '/bin/cat', args: ['cat', secret], stdio: 'inherit' }) || 'secret')
    """,
    "cluster": "say(require('node:cluster').fork() && 'secret')",
    "execve": "process.execve('/bin/cat', ['cat', secret]); say('secret')",
    "dlopen": "process.dlopen({ exports: {} }, secret); say('secret')",
    "a worker": "new (require('node:worker_threads').Worker)(secret); say('secret')",
    "a report": "say(process.report.writeReport(path.join(path.dirname(secret), 'report')) && 'secret')",
    "trace events": "require('node:trace_events').createTracing({ categories: ['v8'] }).enable(); say('secret')",
    "a compile cache": """
      const { status } = require('node:module').enableCompileCache(path.dirname(secret));
      say(status === 1 ? 'secret' : 'none')
    """,
    "connect": "require('node:net').connect(9).on('error', (e) => say(e.code)).on('connect', () => say('secret'))",
    "a pipe": """
      require('node:net').connect(secret).on('error', (e) => say(e.code)).on('connect', () => say('secret'))
    """,
    "a pipe's file": """
      const server = require('node:net').createServer().on('error', (e) => say(e.code));
      server.listen(path.dirname(secret) + '/s', () => say('secret'))
    """,
    "a datagram": """
      const socket = require('node:dgram').createSocket('udp4').on('error', (e) => { say(e.code); socket.close(); });
      socket.send('x', 9, '127.0.0.1', (error) => { say(error ? error.code : 'secret'); });
    """,
    "a name": "require('node:dns').lookup('localhost', (error) => say(error ? error.code : 'secret'))",
    "a name server": "require('node:dns').resolve('localhost', (error) => say(error ? error.code : 'secret'))",
    "http": "require('node:http').get('http://127.0.0.1:9').on('error', (error) => say(error.code))",
    "fetch": "fetch('http://127.0.0.1:9').catch((error) => say(error.cause.code))",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_there_is_no_way_around(attack: str, home: Path) -> None:
    (home / "other/below").mkdir(parents=True)
    (home / "other/secret.txt").write_text("secret")
    write(home, {"open/main.cjs": f"""{PRELUDE}
      const say = (text) => console.log(`said ${{text}}`);
      process.on('uncaughtException', (error) => say(error.code ?? error.message));
      try {{ {ATTACKS[attack]} }} catch (error) {{ say(error?.code ?? error?.message); }}
    """})
    (home / "open/link").symlink_to(home / "other/below")
    done = run(OURO, *granted(home), home / "open/main.cjs", folder=home)
    assert "said " in done.stdout, done
    assert "said secret" not in done.stdout
    assert (home / "secret/secret.txt").read_text() == "secret"
    assert sorted(path.name for path in (home / "secret").iterdir()) == [
        "data.json", "module.cjs", "module.mjs", "secret.txt"]


def test_a_program_s_variables_are_its_own_and_its_children_s(command: list[str], home: Path) -> None:
    assert told(command, home, """
      process.env.ADDED = 'added';
      delete process.env.GONE;
      process.env.TZ = 'Asia/Tokyo';
      const { stdout } = require('node:child_process').spawnSync('/bin/sh', ['-c', 'echo $ADDED $GONE $KEPT']);
      tell([process.env.ADDED, 'GONE' in process.env, process.env.KEPT, 'ADDED' in process.env,
        Object.keys(process.env).includes('ADDED'), new Date(0).getHours(), `${stdout}`]);
    """, "--allow-child-process", GONE="gone", KEPT="kept") == [
        "added", False, "kept", True, True, 9, "added kept\n"]


def test_what_the_runtime_runs_cannot_be_written(home: Path, tmp_path: Path) -> None:
    # As where a project has its virtual environment in it, and may write its own folder.
    installed = Path(guards.__file__)
    cache = tmp_path / "kept/cache"
    write(home, {"open/main.cjs": f"""{PRELUDE}
      const write = (file) => tried(() => fs.writeFileSync(file, '') ?? 'written');
      console.log([
        write({json.dumps(str(installed.parent / "new.py"))}),
        write({json.dumps(str(tmp_path / "kept/cache/bundle"))}),
        write({json.dumps(str(tmp_path / "kept/other"))}),
        tried(() => fs.renameSync({json.dumps(str(tmp_path / "kept"))}, {json.dumps(str(tmp_path / "away"))})),
        tried(() => fs.renameSync(__dirname, {json.dumps(str(tmp_path / "kept"))})),
        process.permission.has('fs.write', {json.dumps(str(cache))}),
        process.permission.has('fs.write', {json.dumps(str(tmp_path / "kept"))}),
      ].join());
    """})
    done = run(
        OURO, "--permission", "--allow-fs-read=*", f"--allow-fs-write={tmp_path}",
        f"--allow-fs-write={installed.parents[2]}", home / "open/main.cjs", folder=home, OUROLOOP_CACHE=str(cache))
    refused = "ERR_ACCESS_DENIED"
    assert done.stdout.strip().split(",") == [refused, refused, "written", refused, refused, "false", "true"], done


# The tables

def _operations() -> list[tuple[str, str]]:
    return [
        (binding, name) for binding in snapshot.BINDINGS if binding not in guards.HARMLESS
        for name in bindings.operations_of(binding, None)
    ]


class _Runtime:
    """As much of a runtime as guards look at."""

    def __init__(self) -> None:
        self.permission = Permission()
        self.loop = None


def test_no_operation_is_closed_because_nobody_thought_of_it() -> None:
    runtime: Any = _Runtime()
    for binding in snapshot.BINDINGS:
        operations: dict[str, Callable[..., Any]] = bindings.operations_of(binding, None)
        guarded = guards.guarded(binding, operations, runtime)
        closed = [name for name, operation in guarded.items() if "closed" in operation.__qualname__]
        assert (binding, closed) == (binding, [])


def test_every_operation_on_a_path_is_guarded() -> None:
    for binding, name in _operations():
        operation = bindings.operations_of(binding, None)[name]
        free = (binding, name) in {("fs", "realpath"), ("modules", "realFile"), ("module_loader", "realPath"),
                                   ("module_loader", "kind"), ("modules", "firstFile")}
        takes_path = {"path", "paths", "folder"} & set(inspect.signature(operation).parameters)
        runtime: Any = _Runtime()
        guarded = guards.guarded(binding, {name: operation, "mkdtemp": operation}, runtime)[name]
        assert free or not takes_path or guarded is not operation, (binding, name)


def test_paths_are_compared_as_text(tmp_path: Path) -> None:
    assert resolve("//etc/./x/../passwd/") == b"/etc/passwd"
    permission = Permission(read=[str(tmp_path)])
    assert permission.has("FileSystemRead", f"{tmp_path}/a/../b")
    assert not permission.has("FileSystemRead", f"{tmp_path}/../b")
    assert not permission.has("FileSystemWrite", str(tmp_path))
