"""What the guide's pages take from elsewhere, put in when the site is built, so that nothing is written twice.

Theory of operation. A page may have these lines:

    {{ labs }}          the labs, by group, each with its line
    {{ story NAME }}    the story of a lab: its docstring
    {{ calls NAME }}    the bare calls of a system's queue: their file in `labs/calls`
    {{ output NAME }}   what the lab printed when `python docs/capture.py` was run last
    {{ trace }}         what the X-ray told of its chapter's first program, in the same way; {{ why }}, of the second
    {{ modules }}       the table of Node's modules: how many of their names are there, and which are not
    {{ tests }}         the table of Node's areas: how many of Node's own tests are to pass

What surprises people: a lab is not run by the build, for its figures would be those of whatever machine builds.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from ouroloop.labs.catalogue import GROUPS, load  # noqa: E402
from ouroloop.labs.stage import story  # noqa: E402
from tests.conformance.areas import AREAS, area  # noqa: E402


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by mkdocs for each page."""
    return filled_in(markdown)


def filled_in(markdown: str) -> str:
    """A page with all that it takes from elsewhere."""
    return re.sub(r"^\{\{ (\w+)(?: ([\w-]+))? \}\}$", lambda found: _SOURCES[found[1]](found[2]), markdown, flags=re.M)


def _labs(_: str) -> str:
    """A list for each group."""
    return "\n\n".join(
        f"**{group}**\n\n" + "\n".join(f"- [{name}](labs/{name}.md): {line}" for name, line in labs.items())
        for group, labs in GROUPS.items())


def _story(name: str) -> str:
    """The docstring, its first line a heading, the further lines of its items indented."""
    title, _, text = story(load(name)).partition("\n")
    text = re.sub(r"^- .*(?:\n(?![-\n]).*)*", lambda found: found[0].replace("\n", "\n  "), text, flags=re.M)
    return f"## {title.rstrip('.')}\n{text}"


def _output(name: str) -> str:
    return _captured(name, f"$ ouro lab {name}\n")


def _calls(name: str) -> str:
    file = f"src/ouroloop/labs/calls/{name.replace('-', '_')}.py"
    return f"```python title=\"{file}\"\n{(ROOT / file).read_text(encoding='utf8').rstrip()}\n```"


def _captured(name: str, before: str = "") -> str:
    text = (DOCS / "captured" / f"{name}.txt").read_text(encoding="utf8")
    return f"```text\n{before}{text.rstrip()}\n```"


def _modules(_: str) -> str:
    """By module: the names that Node has, those that are there, and what is missing."""
    names = json.loads((DOCS / "captured/names.json").read_text(encoding="utf8"))
    rows = [
        f"Compared with Node {names['version'].removeprefix('v')}.\n", "| module | names | there | not there |",
        "|---|---:|---:|---|"]
    for module, theirs in sorted(names["node"].items()):
        missing = set(theirs) - set(names["ours"].get(module, []))
        listed = sorted(name for name in missing if name.partition(".prototype.")[0] not in missing - {name})
        shown = "all" if len(missing) == len(theirs) else ", ".join(f"`{name}`" for name in listed)
        rows.append(f"| `{module}` | {len(theirs)} | {len(theirs) - len(missing)} | {shown} |")
    count, there = (sum(len(set(names[who].get(module, [])) & set(theirs)) for module, theirs in names["node"].items())
                    for who in ("node", "ours"))
    rows.append(f"| **all** | **{count}** | **{there}** | |")
    return "\n".join(rows)


def _tests(_: str) -> str:
    """By area: the tests that are to pass, of all that there are."""
    expected = _lines(ROOT / "tests/conformance/expected.txt")
    passing = Counter(area(line) for line in expected if line.startswith("parallel/"))
    there = dict(line.split() for line in _lines(DOCS / "captured/node-tests.txt"))
    rows = [
        f"The suite is that of Node {there.pop('version')}, of which these are the folder `test/parallel`.\n",
        "| area | Node's tests | to pass | share |", "|---|---:|---:|---:|"]
    for name in AREAS:
        count = int(there.get(name, 0))
        if count:
            rows.append(f"| {name} | {count} | {passing[name]} | {passing[name] * 100 // count} % |")
    total = sum(map(int, there.values()))
    rows.append(f"| **all** | **{total}** | **{passing.total()}** | **{passing.total() * 100 // total} %** |")
    return "\n".join(rows)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf8").split("\n")[:-1]


_SOURCES: dict[str, Callable[[str], str]] = {
    "labs": _labs, "story": _story, "output": _output, "calls": _calls, "modules": _modules, "tests": _tests,
    "trace": lambda _: _captured("trace", "$ ouro trace --format text program.js\n"),
    "why": lambda _: _captured("why", "$ ouro why --after 0.2 program.js\n"),
}
