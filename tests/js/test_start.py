"""What an empty program costs: little is imported, and the snapshot is small."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ouroloop

LIBRARY = Path(ouroloop.__file__).parent / "js" / "lib"
SCRIPTS = Path(__file__).parents[2] / "scripts"
EMPTY = "from ouroloop.js import bundle; bundle.install(); from ouroloop.cli import main; main(['-e', '0'])"


def python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=60, check=True)


def imported(code: str) -> set[str]:
    report = python(code, "-X", "importtime").stderr
    return {line.rpartition("|")[2].strip() for line in report.splitlines() if line.startswith("import time:")}


def test_to_start_imports_nothing_that_takes_long() -> None:
    # Each takes 0.5 to 8 ms, of the 25 or so that are Python's part.
    heavy = {
        "collections", "contextlib", "dataclasses", "enum", "functools", "hashlib", "importlib.util", "inspect", "json",
        "re", "signal", "socket", "subprocess", "threading", "typing", "weakref", "zlib",
    }
    start = "from ouroloop.cli import main; main(['-e', 'process.stdout; setTimeout(() => console.log({}), 1)'])"
    python(start)  # the snapshot may have to be made first
    assert not (imported(start) - imported("pass")) & heavy


def test_to_start_compiles_no_core_module_and_asks_python_for_nothing_of_the_process(tmp_path: Path) -> None:
    # All that an empty program runs is in the snapshot; its facts come with the call that starts it.
    program = tmp_path / "program.js"
    program.touch()
    start = f"from ouroloop.cli import main; main([{str(program)!r}])"
    python(start)
    assert not imported(start) & {f"ouroloop.js.bindings.{name}" for name in ("os", "process")}


@pytest.mark.parametrize("name", ["ouro", "ouro-node"])
def test_the_command_imports_nothing_before_there_is_the_bundle(name: str) -> None:
    # The script that pip writes for an entry point imports `re`: 5 ms.
    done = subprocess.run(
        [sys.executable, "-X", "importtime", SCRIPTS / name, "-e", "0"], capture_output=True, text=True, timeout=60,
        check=True)
    first, _, rest = done.stderr.partition("ouroloop.js.bundle")
    assert " re\n" not in done.stderr
    assert "ouroloop.cli" not in first
    assert "ouroloop.cli" in rest


def test_modules_come_from_one_file() -> None:
    # Python's own way takes 25 system calls for each, and there are 60.
    for _ in range(3):  # the snapshot, the modules
        python(EMPTY)
    told = python(
        "import sys\nfrom ouroloop.js import bundle\n"
        "sys.addaudithook(lambda event, args: event == 'open' and sys.stderr.write(f'{args[0]}\\n'))\n" + EMPTY).stderr
    assert not [file for file in told.splitlines() if file.endswith((".py", ".pyc"))]


def test_what_a_start_imports_is_run_without_a_search_for_it() -> None:
    # That takes Python 25 us for each of 30 modules.
    for _ in range(3):
        python(EMPTY)
    told = python(f"""
import os, sys
from ouroloop.js import bundle
find, end, asked = bundle._Bundle.find_spec, os._exit, []
bundle._Bundle.find_spec = lambda self, name, *rest: asked.append(name) or find(self, name, *rest)
def tell(code):
    timer, loop = sys.modules["ouroloop.loop.timer"], sys.modules["ouroloop.loop"]
    print([name for name in asked if name.startswith("ouroloop.loop.") and "queue" not in name], loop.timer is timer)
    print(timer.__package__, timer.__spec__.origin == timer.__file__, loop.__path__ == [os.path.dirname(loop.__file__)])
    sys.stdout.flush()
    end(code)
os._exit = tell
{EMPTY}
""").stdout
    assert told == "[] True\nouroloop.loop True True\n"


def test_a_change_in_what_a_start_imports_is_seen(tmp_path: Path) -> None:
    shutil.copytree(LIBRARY.parents[1], tmp_path / "ouroloop", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "OUROLOOP_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}

    def run() -> str:
        return subprocess.run(
            [sys.executable, SCRIPTS / "ouro", "-p", "1"], capture_output=True, text=True, timeout=60, check=True,
            env=environment).stdout

    assert [run() for _ in range(3)] == ["1\n"] * 3
    with (tmp_path / "ouroloop" / "loop" / "timer.py").open("a") as file:
        file.write("print('changed', flush=True)\n")
    assert [run() for _ in range(3)] == ["changed\n1\n"] * 3


def test_an_entry_of_the_bundle_holds_as_long_as_its_source(tmp_path: Path) -> None:
    (tmp_path / "source.py").write_text("x = 1")
    code = (
        "import os; from ouroloop.js import bundle\n"
        "bundle.add('a thing', 'source.py', b'made of it'); bundle.keep(with_modules=False)\n"
        "print(bundle.data('a thing')); os.utime('source.py', (1, 1)); print(bundle.data('a thing'))")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path,
        env={**os.environ, "OUROLOOP_CACHE": str(tmp_path)})
    assert done.stdout == "b'made of it'\nNone\n"


def test_without_descriptors_what_is_still_to_be_read_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "program.js").write_text("""
        const fs = require('fs');
        fs.closeSync(fs.openSync(__filename));
        try { for (;;) fs.openSync(__filename) } catch (error) { console.log(error.code, process.env.TERM !== '') }
        console.log(require('querystring').parse('a=b').a, process.umask() >= 0);
    """)
    limited = ["sh", "-c", 'ulimit -n 40; exec "$@"', "sh", sys.executable, "-m", "ouroloop"]
    environment = {**os.environ, "OUROLOOP_CACHE": str(tmp_path)}
    for count in range(3):  # with nothing in the cache, and with more and more
        done = subprocess.run(
            [*limited, tmp_path / "program.js"], capture_output=True, text=True, timeout=60, check=False,
            env=environment)
        assert (done.stdout, done.stderr) == ("EMFILE true\nb true\n", ""), count


def test_a_python_program_imports_as_python_does(tmp_path: Path) -> None:
    (tmp_path / "ctypes.py").write_text("mine = True")
    (tmp_path / "program.py").write_text(
        "import ctypes, sys\n"
        "print(ctypes.mine, [f for f in sys.meta_path if type(f).__module__.startswith('ouroloop')])")
    done = subprocess.run(
        [sys.executable, "-m", "ouroloop", tmp_path / "program.py"], capture_output=True, text=True, timeout=60,
        check=True)
    assert done.stdout == "True []\n"


def test_natives_that_an_empty_program_does_not_use_are_not_read(tmp_path: Path) -> None:
    # Each is 0.1 to 0.5 ms: classes of ctypes, signatures, machine code.
    (tmp_path / "empty.js").touch()
    start = f"from ouroloop.cli import main; main([{str(tmp_path / 'empty.js')!r}])"
    python(start)
    rooms = {"buffer", "contextify", "crypto", "environment", "fs", "promise", "script", "serdes", "util", "vm_module"}
    assert not imported(start) & {f"ouroloop.js.natives.{room}" for room in rooms}


def test_v8_reads_the_snapshot_where_it_lies() -> None:
    # Its binding would copy all of it, for each isolate: 2 ms and 3 MB.
    code = "from ouroloop import Runtime; js = Runtime(); from ouroloop.js import engine; print(engine._is_lent)"
    assert python(code).stdout == "True\n"


def test_core_modules_that_few_programs_use_are_not_in_the_snapshot() -> None:
    # 250 KB of sources, with what they make, are 1 ms.
    code = "from ouroloop.cli import main; main(['-p', 'JSON.stringify(process.moduleLoadList)'])"
    names = {name.removeprefix("NativeModule ") for name in json.loads(python(code).stdout)}
    assert not names & {"http", "net", "perf_hooks", "tls", "tty", "url", "util", "zlib", "internal/structured_clone"}
    assert sum((LIBRARY / f"{name}.js").stat().st_size for name in names) < 1_000_000


def test_a_core_module_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUROLOOP_CACHE", str(tmp_path))  # nobody has used `sys` there
    python("from ouroloop.cli import main; main(['-e', 'require(\"querystring\").parse(\"a=b\")'])")
    code = (
        "from ouroloop import Runtime; js = Runtime()\n"
        "js.eval('process.getBuiltinModule(\"querystring\").parse(\"a\"); process.getBuiltinModule(\"sys\")')\n"
        "compiled = js._inner.engine.natives.library._compiled; print('querystring' in compiled, 'sys' in compiled)")
    assert python(code).stdout == "False True\n"


def test_who_wants_more_of_inspect_than_the_engine_gets_the_module_itself() -> None:
    done = python(
        "import sys; sys.modules.pop('inspect', None)\n"
        "from ouroloop.js import inspect_stand_in; inspect_stand_in.install()\n"
        "import inspect as before\n"
        "async def f(): pass\n"
        "c = f(); print(before.isawaitable(c), before.isawaitable(1)); c.close()\n"
        "from inspect import signature\n"
        "import inspect as after\n"
        "print(signature is after.signature is before.signature, after.isclass(int), after.__file__ is not None)")
    assert done.stdout.split() == ["True", "False", "True", "True", "True"]


def test_core_modules_in_the_snapshot_take_one_byte_a_character() -> None:
    # V8 keeps a text twice as large in memory, in every process, for a single character beyond Latin-1.
    code = "from ouroloop.cli import main; main(['-p', 'JSON.stringify(process.moduleLoadList)'])"
    for name in json.loads(python(code).stdout):
        (LIBRARY / f"{name.removeprefix('NativeModule ')}.js").read_text().encode("latin-1")


def test_nothing_is_kept_for_flags_of_a_program_s_own(tmp_path: Path) -> None:
    # Each value of each flag would be another code cache of each module.
    def size(*flags: str) -> int:
        command = [sys.executable, "-m", "ouroloop", *flags, "-e", "require('querystring').parse('a=b')"]
        environment = {**os.environ, "OUROLOOP_CACHE": str(tmp_path)}
        subprocess.run(command, timeout=60, check=True, env=environment)
        return sum(file.stat().st_size for file in tmp_path.glob("bundle-*"))

    for _ in range(3):
        usual = size()
    assert size("--stack-size=900") == size("--max-old-space-size=500") == usual
