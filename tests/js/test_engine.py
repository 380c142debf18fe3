"""The engine's traps: what would abort the process, or go wrong in silence, if it were not taken care of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ouroloop import Runtime


def ouro(source: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ouroloop", *options, "-e", source], capture_output=True, text=True, timeout=60,
        check=False, env={**os.environ, **environment},
    )


def test_intl_works_out_of_the_box() -> None:
    done = ouro(
        "console.log(new Date(0).toLocaleString('de-DE', { timeZone: 'UTC' }),"
        "['ö', 'z'].sort(Intl.Collator('sv').compare).join())")
    assert done.stdout == "1.1.1970, 00:00:00 z,ö\n"


def test_without_a_cache_folder_programs_run(tmp_path: Path) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    done = ouro("console.log('runs')", OUROLOOP_CACHE=str(nowhere / "below"))
    assert (done.stdout, done.returncode) == ("runs\n", 0)


@pytest.mark.parametrize("variables", [{"OUROLOOP_CACHE": "/dev/null"}, {"ICU_DATA": "/nowhere"}], ids=str)
def test_dates_are_told_wherever_the_cache_is(variables: dict[str, str]) -> None:
    done = ouro("console.log(new Date(0).toLocaleDateString('de', { timeZone: 'UTC' }))", **variables)
    assert (done.stdout, done.stderr) == ("1.1.1970\n", "")


def test_without_any_folder_to_write_in_a_date_is_an_error_and_no_abort(tmp_path: Path) -> None:
    hidden = "import ouroloop.js.cache as cache; cache.link = lambda *_: None; from ouroloop.cli import main; main()"
    source = "try { new Date().toLocaleString() } catch ({ code }) { console.log(code) }; console.log(`${new Date(0)}`)"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "-e", source], capture_output=True, text=True, timeout=60, check=False)
    code, text = done.stdout.splitlines()
    assert code == "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM"
    assert "1970" in text


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is Linux's")
@pytest.mark.parametrize(("limit", "said"), [
    ("-v 8000000", "ouro: V8 reserves 32 GiB of addresses"), ("-n 6", "ouro: [Errno 24] Too many open files")])
def test_too_low_a_limit_is_told_in_one_line(limit: str, said: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'ulimit {limit}; exec "$0" -m ouroloop -p 1', sys.executable],
        capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(said)


def test_a_folder_in_the_place_of_a_kept_file_is_no_obstacle(tmp_path: Path) -> None:
    assert ouro("console.log(1)", OUROLOOP_CACHE=str(tmp_path)).stdout == "1\n"
    for file in [*tmp_path.glob("*.bin")]:
        file.unlink()
        file.mkdir()
    done = ouro("console.log(2)", OUROLOOP_CACHE=str(tmp_path))
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_the_cache_folder_stays_the_same_whatever_a_program_does(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    source = "process.chdir('other'); process.env.OUROLOOP_CACHE = '.'; require('http2'); new Date().toLocaleString()"
    done = subprocess.run(
        [sys.executable, "-m", "ouroloop", "-e", source], capture_output=True, text=True, timeout=60, check=False,
        cwd=tmp_path, env={**os.environ, "OUROLOOP_CACHE": "kept"})
    assert (done.stderr, done.returncode) == ("", 0)
    assert list((tmp_path / "kept").glob("bundle-*"))
    assert not list((tmp_path / "other").iterdir())


def test_a_program_s_files_do_not_stand_in_for_python_s_modules(tmp_path: Path) -> None:
    for name in ("select", "random", "ssl", "queue"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of the program has run')")
    done = subprocess.run(
        [sys.executable, "-m", "ouroloop", "-e", "require('tls').createSecureContext(); console.log('runs')"],
        capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("runs\n", "")


def test_a_snapshot_that_is_not_whole_is_made_anew(tmp_path: Path) -> None:
    assert ouro("console.log(1)", OUROLOOP_CACHE=str(tmp_path)).stdout == "1\n"
    (snapshot,) = tmp_path.glob("snapshot-*")
    whole = snapshot.read_bytes()
    for broken in (whole[:1000], b"", bytes(len(whole)), whole[:-1], whole + b"x"):
        snapshot.write_bytes(broken)
        assert ouro("console.log(2)", OUROLOOP_CACHE=str(tmp_path)).stdout == "2\n"
        assert snapshot.read_bytes() != broken


def test_a_snapshot_that_somebody_has_written_to_is_made_anew(tmp_path: Path) -> None:
    # V8 would abort, or worse: its own checksum takes longer than all of the start.
    assert ouro("console.log(1)", OUROLOOP_CACHE=str(tmp_path)).stdout == "1\n"
    (snapshot,) = tmp_path.glob("snapshot-*")
    with snapshot.open("r+b") as file:
        file.seek(100_000)
        file.write(bytes(range(256)) * 1000)
    broken = snapshot.read_bytes()
    assert ouro("console.log(2)", OUROLOOP_CACHE=str(tmp_path)).stdout == "2\n"
    (snapshot,) = tmp_path.glob("snapshot-*")
    assert snapshot.read_bytes() != broken


def test_what_keeps_the_snapshot_from_being_made_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "zlib_ng.py").write_text("raise ImportError('it is broken')")
    done = ouro("console.log(1)", OUROLOOP_CACHE=str(tmp_path / "cache"), PYTHONPATH=str(tmp_path))
    assert (done.stdout, done.returncode) == ("", 1)
    (line,) = done.stderr.splitlines()
    assert line.startswith("ouro: the core modules cannot be made ready: ImportError: it is broken")


def test_an_exception_while_the_snapshot_is_made_does_not_end_the_process() -> None:
    source = """
        from ouroloop.js import engine
        def scripts():
            yield "node:first", "globalThis.first = 1", False
            raise OSError("the disk is on fire")
        try:
            engine.make_snapshot(scripts())
        except RuntimeError as exc:
            print(exc)
    """
    done = subprocess.run(
        [sys.executable, "-c", "import textwrap; exec(textwrap.dedent(" + repr(source) + "))"], capture_output=True,
        text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("an exception at OSError: the disk is on fire\n", "")


def test_where_the_home_folder_cannot_be_written_a_temporary_one_keeps_the_cache(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    (tmp_path / "temporary").mkdir()
    surroundings = {
        "HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": "", "OUROLOOP_CACHE": "",
        "TMPDIR": str(tmp_path / "temporary"),
    }
    done = ouro("console.log(1.5.toLocaleString('de'))", **surroundings)
    assert (done.stdout, done.stderr) == ("1,5\n", "")
    own = tmp_path / "temporary" / f"ouroloop-{os.getuid()}"
    assert list(own.glob("snapshot-*"))
    own.chmod(0o777)  # others could put a snapshot there: it is not used
    for file in own.glob("*.bin"):
        file.unlink()
    assert ouro("console.log(2)", **surroundings).stdout == "2\n"
    assert not list(own.glob("snapshot-*"))


def test_several_may_start_at_once_with_an_empty_cache(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ouroloop", "-p", "1.5.toLocaleString('de')"]
    environment = {**os.environ, "OUROLOOP_CACHE": str(tmp_path / "new")}
    started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=50)[0] for process in started] == ["1,5\n"] * 3


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_without_standard_streams(closed: str, tmp_path: Path) -> None:
    program = "console.log(1); console.error(2); process.stdin; require('fs').writeFileSync('done', 'x')"
    line = f'exec "$0" -m ouroloop -e "$1" {closed}'
    done = subprocess.run(["sh", "-c", line, sys.executable, program], cwd=tmp_path, timeout=50, check=False)
    assert done.returncode == 0
    assert (tmp_path / "done").read_text() == "x"
    embedded = "from ouroloop import Runtime; js = Runtime(); js.eval('console.log(1)'); open('done', 'w').write('y')"
    line = f'exec "$0" -c "$1" {closed}'
    subprocess.run(["sh", "-c", line, sys.executable, embedded], cwd=tmp_path, timeout=50, check=True)
    assert (tmp_path / "done").read_text() == "y"


@pytest.mark.parametrize("source", ["-0", "NaN", "2 ** 53", "-(2 ** 31)", "0.1"])
def test_numbers_arrive_right(source: str) -> None:
    with Runtime() as js:
        js.globals.same = lambda value: value
        assert js.eval(f"Object.is(same({source}), {source})") is True


def test_text_with_lone_surrogates_survives_in_javascript() -> None:
    done = ouro("const s = 'a\\ud800b'; console.log(s.length, Buffer.from(s).toString('hex'), s === `${s}`)")
    assert done.stdout == "3 61efbfbd62 true\n"


def test_promise_states_proxies_and_iterators_are_seen() -> None:
    done = ouro(
        "const it = new Map([[1, 2]]).entries(); console.log(Promise.resolve(1), new Promise(() => {}), it);"
        "console.log(require('util').inspect(new Proxy({ a: 1 }, {}), { showProxy: true }));")
    assert done.stdout.splitlines() == [
        "Promise { 1 } Promise { <pending> } [Map Entries] { [ 1, 2 ] }", "Proxy [ { a: 1 }, {} ]"]


def test_v8s_own_functions_are_not_for_programs() -> None:
    done = ouro("%DebugPrint(1)")
    assert done.returncode == 1
    assert "SyntaxError: Unexpected token '%'" in done.stderr


def test_microtasks_run_after_a_garbage_collection_of_code() -> None:
    done = ouro(
        "for (let i = 0; i < 12; i++) gc(); Promise.resolve().then(() => console.log('micro')); setTimeout(() => {"
        "for (let i = 0; i < 12; i++) gc(); queueMicrotask(() => console.log('later')) }, 1)", "--expose-gc")
    assert done.stdout == "micro\nlater\n", done.stderr


def test_webassembly_compiles() -> None:
    done = ouro(
        "WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0,"
        "7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11]))"
        ".then(({ instance }) => console.log(instance.exports.f()))")
    assert done.stdout == "42\n"


def test_forgotten_objects_are_told() -> None:
    done = ouro(
        "const registry = new FinalizationRegistry((what) => { console.log('gone', what); clearInterval(timer) });"
        "(() => registry.register({}, 'it'))(); let left = 50;"
        "const timer = setInterval(() => { gc(); if (--left === 0) clearInterval(timer) }, 5)", "--expose-gc")
    assert done.stdout == "gone it\n"
