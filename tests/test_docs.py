"""The guide: its programs print what stands below them, each lab has its chapter, and the site is built cleanly."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from js.commands import OURO, output

import ouroloop.node
from ouroloop.labs.catalogue import LINES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
CALLS = ROOT / "src/ouroloop/labs/calls"
SUFFIXES = {"js": ".cjs", "python": ".py"}


def programs() -> Iterator[tuple[str, str, str, str]]:
    """Where, in what language, the source, and what it prints."""
    for page in sorted(DOCS.rglob("*.md")):
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(encoding="utf8"), re.DOTALL | re.MULTILINE)
        for number, (language, source) in enumerate(blocks):
            if language != "text":
                following = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
                assert following[0] == "text", f"{page}: what does block {number + 1} print?"
                yield f"{page.stem} {number + 1}", language, source, following[1]


PROGRAMS = list(programs())


@pytest.mark.parametrize(("where", "language", "source", "printed"), PROGRAMS, ids=[where for where, *_ in PROGRAMS])
def test_a_program_prints_what_stands_below_it(
    where: str, language: str, source: str, printed: str, tmp_path: Path,
) -> None:
    if "select.epoll" in source and sys.platform != "linux":
        pytest.skip("epoll is Linux's")
    program = tmp_path / f"program{SUFFIXES[language]}"
    program.write_text(source, encoding="utf8")
    for command in [OURO] if language == "js" else [OURO, [sys.executable]]:
        assert output(command, program.name, folder=tmp_path) == printed, where


@pytest.mark.parametrize("name", LINES)
def test_each_lab_has_a_chapter_with_its_story_and_what_it_printed(name: str) -> None:
    chapter = (DOCS / "labs" / f"{name}.md").read_text(encoding="utf8")
    assert f"\n{{{{ story {name} }}}}\n" in chapter
    assert f"\n{{{{ output {name} }}}}\n" in chapter
    assert (f"\n{{{{ calls {name} }}}}\n" in chapter) == (CALLS / f"{name.replace('-', '_')}.py").exists()
    assert f"labs/{name}.md" in (ROOT / "mkdocs.yml").read_text(encoding="utf8")
    captured = (DOCS / "captured" / f"{name}.txt").read_text(encoding="utf8")
    assert captured.startswith(f"{name}: {LINES[name]}\n"), "run docs/capture.py"
    assert [line for line in captured.splitlines() if len(line) > 80] == []
    assert str(Path.home()) not in captured


@pytest.mark.parametrize("name", ["trace", "why"])
def test_the_x_ray_still_tells_of_its_chapter_s_programs_what_was_captured(name: str) -> None:
    """But for times and numbers: which callbacks and what they are, in which lines, in which order."""
    def shape(text: str) -> list[tuple[str, str]]:
        tree = text.partition("\nLoop ")[0]
        return re.findall(r"^[\d. │└├]*([a-z]+).*?  +program\.js:(\d+)", tree, re.MULTILINE)

    captured = (DOCS / "captured" / f"{name}.txt").read_text(encoding="utf8")
    told = subprocess.run(
        [sys.executable, "-c", f"import capture; print(capture.look({name!r}))"], cwd=DOCS, capture_output=True,
        text=True, timeout=60, check=True).stdout
    assert len(shape(captured)) >= 2
    assert shape(told) == shape(captured), "run docs/capture.py"
    assert [line for line in captured.splitlines() if len(line) > 80] == []


def test_the_names_that_the_guide_counts_are_there(tmp_path: Path) -> None:
    """There may be more, until `docs/capture.py --node` is run."""
    captured = json.loads((DOCS / "captured" / "names.json").read_text(encoding="utf8"))
    there = json.loads(output(OURO, "--no-warnings", DOCS / "names.cjs", folder=tmp_path))
    for module, names in captured["node"].items():
        assert set(names) & set(captured["ours"][module]) <= set(there[module]), module


def test_the_reference_has_each_module_of_the_api_in_python() -> None:
    pages = "".join(page.read_text(encoding="utf8") for page in (DOCS / "reference").glob("python*.md"))
    modules = set(dir(ouroloop.node)) - set(ouroloop.node.__all__)
    assert len(modules) > 10
    assert [module for module in sorted(modules) if f"::: ouroloop.node.{module}" not in pages] == []


def test_pages_link_to_pages_that_are_there() -> None:
    """The builder sees to this, too, and to places within pages; this needs no builder."""
    for page in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf8")):
            assert (page.parent / target).exists(), f"{page} links to {target}"


@pytest.mark.timeout(180)
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    if find_spec("mkdocs") is None or find_spec("mkdocstrings") is None:
        pytest.skip("mkdocs is not installed: pip install '.[docs]'")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"], cwd=ROOT,
        capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr
    pages = {page.relative_to(DOCS).with_suffix(".html") for page in DOCS.rglob("*.md")}
    assert [page for page in pages if not (tmp_path / "site" / page).exists()] == []
    epoll = (tmp_path / "site" / "labs" / "epoll.html").read_text(encoding="utf8")
    assert "{{" not in epoll
    assert "A program that serves many asks one question" in epoll
    assert "epoll_create1" in epoll.partition("labs/calls/epoll.py")[2]
    loop = (tmp_path / "site" / "reference" / "loop.html").read_text(encoding="utf8")
    assert "An event loop (libuv" in loop
    modules = (tmp_path / "site" / "reference" / "node-api.html").read_text(encoding="utf8")
    assert re.search(r"<code>sqlite</code></td>\s*<td[^>]*>33</td>\s*<td[^>]*>0</td>\s*<td[^>]*>all</td>", modules)
