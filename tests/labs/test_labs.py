"""`ouro lab`, as a person meets it, and what all labs promise."""

from __future__ import annotations

import io
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from errno import EAGAIN, EMFILE, ENOSPC
from pathlib import Path
from typing import Any

import pytest

import ouroloop.labs
from ouroloop.cli import main
from ouroloop.labs.catalogue import GROUPS, LINES, NotHere, load
from ouroloop.labs.machine_code import listing
from ouroloop.labs.stage import Span, Stage, duration, size, story, times

FOLDER = Path(ouroloop.labs.__file__).parent
NO_LABS = {
    "__init__", "catalogue", "child", "command", "crowd", "machine_code", "memory", "pipes", "stage", "stopwatch",
    "work",
}
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def ouro_lab(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ouroloop", "lab", *words], capture_output=True, text=True, timeout=50, check=False)


# The command

def test_the_list_has_each_lab_with_its_line_under_its_group() -> None:
    done = ouro_lab()
    assert (done.returncode, done.stderr) == (0, "")
    for group, labs in GROUPS.items():
        assert not labs or group in done.stdout
        for name, line in labs.items():
            assert re.search(rf"^  {name} +{re.escape(line)}$", done.stdout, re.MULTILINE)
            assert len(line) <= 54  # beside the longest name, in 80 columns
    assert "\x1b" not in done.stdout


def test_an_unknown_name_is_told_the_nearest() -> None:
    done = ouro_lab("sycsall")
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr == "ouro: there is no lab sycsall; did you mean syscall?\n"
    assert ouro_lab("cookery").stderr == "ouro: there is no lab cookery; `ouro lab` lists them all\n"


@pytest.mark.parametrize(("words", "complaint"), [
    (["--fast"], "bad option: --fast (see ouro lab --help)"),
    (["syscall", "privilege"], "name one lab at a time"),
    (["--explain"], "name the lab to explain; `ouro lab` lists them"),
])
def test_what_cannot_be_meant_is_refused(words: list[str], complaint: str) -> None:
    done = ouro_lab(*words)
    assert (done.returncode, done.stdout, done.stderr) == (9, "", f"ouro: {complaint}\n")


def test_help_tells_how_to_run_a_program_of_that_name() -> None:
    done = ouro_lab("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--explain" in done.stdout
    assert "ouro ./lab" in done.stdout


def test_for_node_s_name_lab_is_a_program(tmp_path: Path) -> None:
    (tmp_path / "lab.js").write_text("console.log('a program')")
    node = Path(sys.executable).parent / "ouro-node"
    if not node.exists():
        pytest.skip("ouro-node is not installed beside this Python")
    done = subprocess.run([node, "lab"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.returncode) == ("a program\n", 0)


@pytest.mark.parametrize(("line", "expected"), [
    ("ouro lab sys", {"syscall"}), ("ouro lab syscall --e", {"--explain"}), ("ouro la", {"lab"}),
])
def test_the_shell_completes_labs(line: str, expected: set[str], tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    script = subprocess.run(
        [sys.executable, "-m", "ouroloop", "--completion-bash"], capture_output=True, text=True, timeout=30, check=True)
    words = line.split()
    ask = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _ouro_complete; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(
        [bash, "-c", script.stdout + ask], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True)
    assert set(done.stdout.split()) == expected


def test_a_lab_runs_from_the_command_and_tells_its_story_when_asked_to() -> None:
    done = ouro_lab("syscall", "--explain")
    if "Not here." in done.stdout:
        pytest.skip(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    told = ["syscall: write a line", "A program cannot write to your terminal.", "hello, by", "One byte to the null"]
    places = [done.stdout.find(text) for text in told]
    assert -1 not in places
    assert places == sorted(places)


def test_a_reader_that_has_seen_enough_may_go() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "ouroloop", "lab"], stdout=gone, stderr=subprocess.PIPE, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [[], ["green-threads"]])
def test_where_nothing_can_be_written_it_says_so(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ouroloop", "lab", *words], stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=30, check=False)
    assert (done.returncode, done.stderr) == (1, f"ouro: cannot write to standard output: {os.strerror(ENOSPC)}\n")


@pytest.mark.parametrize(("error", "says"), [
    (OSError(EMFILE, "Too many open files"), "[Errno 24] Too many open files"),
    (BlockingIOError(EAGAIN, "Resource temporarily unavailable"), "this user may start no more processes (ulimit -u)"),
    (RuntimeError("can't start new thread"), "can't start new thread"), (MemoryError(), "no memory is left"),
])
def test_a_limit_of_the_system_s_ends_a_lab_with_a_line(
    error: Exception, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    def measure() -> None:
        raise error

    monkeypatch.setattr(load("timers"), "measure", measure)
    assert main(["lab", "timers"]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("timers: ")
    assert told.err == f"ouro: the lab timers cannot go on: {says}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_ctrl_c_ends_a_lab_with_all_its_threads_and_without_a_word() -> None:
    listens = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    start = "sys.argv = ['ouro', 'lab', 'thread-pool']; from ouroloop.cli import main; sys.exit(main())"
    lab = subprocess.Popen(
        [sys.executable, "-c", listens + start], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True)
    assert lab.stdout
    title = lab.stdout.readline()
    os.killpg(lab.pid, signal.SIGINT)
    _, complaints = lab.communicate(timeout=30)
    assert title.startswith("thread-pool: ")
    assert (lab.returncode, complaints) == (-signal.SIGINT, "")


# All labs

def test_the_catalogue_lists_what_is_there() -> None:
    assert {name.replace("-", "_") for name in LINES} == {path.stem for path in FOLDER.glob("*.py")} - NO_LABS


def test_the_readme_lists_each_lab_with_its_line() -> None:
    readme = (Path(__file__).parent.parent.parent / "README.md").read_text()
    for name, line in LINES.items():
        assert f"| `{name}` | {line} |" in readme


@pytest.mark.parametrize("name", LINES)
def test_a_lab_prints_80_columns_and_means_the_same_in_colour(name: str, lab: Callable[[str], Any]) -> None:
    run = lab(name)
    assert "\x1b" not in run.plain
    assert ESCAPE.sub("", run.coloured).replace("`", "") == run.plain.replace("`", "")
    assert run.coloured != run.plain
    assert [line for line in run.plain.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", LINES)
def test_a_story_is_prose_for_80_columns(name: str) -> None:
    text = story(load(name))
    out = io.StringIO()
    Stage(out, colour=False, width=80).prose(text)
    assert len(text.split()) > 150
    assert [line for line in out.getvalue().splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", LINES)
def test_a_story_and_a_lab_can_be_told_in_ascii(name: str, lab: Callable[[str], Any]) -> None:
    out = io.TextIOWrapper(io.BytesIO(), "ascii")
    stage = Stage(out, colour=False, width=80)
    stage.prose(story(load(name)))
    load(name).show(lab(name).figures, stage)
    out.seek(0)
    told = out.read()
    assert "?" not in re.sub(r"[\w)\]] ?\?", "", told)  # no letter was lost
    assert [line for line in told.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", LINES)
def test_a_lab_has_no_part_in_other_labs_private_names(name: str) -> None:
    source = (FOLDER / f"{name.replace('-', '_')}.py").read_text()
    assert not re.search(r"^\s*from \..* import .*\b_", source, re.MULTILINE)


def test_where_a_lab_cannot_run_it_says_what_it_would_do_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(NotHere) as caught:
        load("syscall").measure()
    assert "would write" in caught.value.would
    assert "riscv64" in caught.value.because


# Machine code

def listings() -> Iterator[tuple[str, str, str]]:
    """All listings of the labs: where they stand, the processor, and the text."""
    for path in FOLDER.glob("*.py"):
        module: Any = __import__(f"ouroloop.labs.{path.stem}", fromlist=["*"])
        for name, value in vars(module).items():
            for key, text in value.items() if isinstance(value, dict) else ():
                if isinstance(text, str) and " | " in text:
                    yield f"{path.stem}.{name}[{key}]", key.split()[-1], text


DISASSEMBLERS = {
    "x86-64": ("objdump", ["-m", "i386:x86-64", "-M", "intel"]),
    "aarch64": ("aarch64-linux-gnu-objdump", ["-m", "aarch64"]),
}


def spoken(instruction: str) -> str:
    """An instruction as both sides write it: no blanks that say nothing, numbers in decimal, jumps without target."""
    text = " ".join(re.sub(r"(//|<|;).*", "", instruction).split())
    text = re.sub(r"\b0x[0-9a-f]+\b", lambda found: str(int(found[0], 16)), text)
    text = re.sub(r"[DQ]?WORD PTR |BYTE PTR |\*1", "", text)
    text = re.sub(r"\b(movabs)\b", "mov", re.sub(r"\s*([,+\[\]-])\s*", r"\1", text))
    return re.split(r" ", text)[0] if re.match(r"(j|b\b|b\.|bl\b|call (?!r))", text) else text


@pytest.mark.parametrize("processor", DISASSEMBLERS)
def test_machine_code_is_what_the_words_beside_it_say(processor: str, tmp_path: Path) -> None:
    program, options = DISASSEMBLERS[processor]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    for where, kind, text in listings():
        if kind != processor:
            continue
        (tmp_path / "code").write_bytes(listing(text))
        done = subprocess.run(
            [program, "-D", "-z", "-b", "binary", *options, "--no-show-raw-insn", "code"],
            cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True)
        found = [spoken(line.split("\t", 1)[1].replace("\t", " ")) for line in done.stdout.splitlines() if "\t" in line]
        words = [line.partition(" | ")[2] for line in text.splitlines() if " | " in line]
        assert found == [spoken(re.split(r"\s{2,}", line.strip())[0]) for line in words], where


# The stage

def drawn(draw: Callable[[Stage], None], **options: Any) -> str:
    out = io.StringIO()
    draw(Stage(out, **{"colour": False, "width": 40, "fancy": True, **options}))
    return out.getvalue()


def test_prose_is_wrapped_items_hang_and_drawings_stay() -> None:
    text = """
        One paragraph that is longer than the stage is wide.

        - an item that is longer than the stage is wide
        - another

            a   drawing
    """
    assert drawn(lambda stage: stage.prose(text)) == (
        "One paragraph that is longer than the\nstage is wide.\n- an item that is longer than the stage\n  is wide\n"
        "- another\n\n    a   drawing\n")


def test_bars_are_as_long_as_their_figures() -> None:
    text = drawn(lambda stage: stage.bars([("one", 1, "1"), ("four", 4, "4")]))
    assert [line.count("█") + line.count("▌") / 2 for line in text.splitlines()] == [7.5, 31]


def test_a_logarithmic_bar_grows_by_equal_steps_for_equal_factors() -> None:
    text = drawn(lambda stage: stage.bars([(str(n), 10**n, "x") for n in range(4)], logarithmic=True), width=80)
    lengths = [line.count("█") + line.count("▌") / 2 for line in text.splitlines()[:4]]
    steps = [after - before for before, after in itertools.pairwise(lengths)]
    assert max(steps) - min(steps) <= 0.5


def test_a_timeline_tells_what_happened_when_without_colour_or_unicode() -> None:
    lanes = [("a", [Span(0, 0.5, "work")]), ("", []), ("b", [Span(0.5, 1, "wait")])]
    text = drawn(lambda stage: stage.timeline(lanes), width=23, fancy=False)
    assert text == "a  ##########..........\n\nb  ..........==========\n   0             1.00 s\n   # work   = wait\n"


def test_graphs_have_one_scale_and_the_least_value_is_still_a_line() -> None:
    series = [("a", [(0.0, 1.0), (5.0, 4.0)]), ("b", [(0.0, 0.1), (9.0, 0.0)])]
    text = drawn(lambda stage: stage.graph(series, str, "end", 2), width=18)
    assert text == (
        "a  4.0 │      ████\n     0 │ ▄▄▄▄▄████\n\nb  4.0 │\n     0 │ ▁▁▁▁▁▁▁▁\n         0     end\n")
    assert "a  4.0 |      ####\n" in drawn(lambda stage: stage.graph(series, str, "end", 2), width=18, fancy=False)


def test_a_table_wraps_its_last_column() -> None:
    text = drawn(lambda stage: stage.table(["name", "what"], [("x", "a text that is longer than the room for it")], 2))
    assert text == "name  what\nx     a text that is longer than the\n      room for it\n"


def test_a_table_without_headings_has_no_row_of_them() -> None:
    assert drawn(lambda stage: stage.table(["", ""], [("a", 1), ("b", 22)])) == "a   1\nb  22\n"


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Stage(Terminal()).colour
    assert not Stage(io.StringIO()).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Stage(Terminal()).colour
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not Stage(Terminal()).colour


def test_figures_are_said_in_units_that_suit_them() -> None:
    assert [duration(2.5), duration(0.0123)] == ["2.50 s", "12.3 ms"]
    assert [duration(4.5e-6), duration(78e-9)] == ["4.50 µs", "78.0 ns"]
    assert [size(512), size(64 << 10), times(1234.5)] == ["512 bytes", "64.0 KiB", "1,234"]
