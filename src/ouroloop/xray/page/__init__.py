"""A trace as a page: one HTML file that holds the trace, its style and its scripts, and asks the network for nothing.

Theory of operation. The page's files are written by hand as they stand here: a template, style sheets and ES modules,
each with one concern. They are put together when a page is made: the style sheets one after another; the modules too,
in an order in which nothing is used before it is there, with their `import` and `export` taken off, so that all share
one scope (a page opened from a file may not import from another). The trace goes in as columns of JSON (`columns.py`).

What surprises people: whatever comes from the program is hostile: a file's name or a line of output may hold
`</script>`, half a surrogate pair, anything. It enters as ASCII, with `<` escaped, in a block that is no script, and
the scripts put it into the page as text only. Should that ever fail, the page's policy lets no other script run than
the one whose hash it names, and nothing be loaded from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .columns import columns

if TYPE_CHECKING:
    from ..model import Trace

STYLES = ("colours.css", "page.css", "timeline.css", "moment.css", "print.css")
SCRIPTS = (
    "format.js", "dom.js", "marks.js", "trace.js", "scale.js", "bars.js", "lanes.js", "drawing.js", "timeline.js",
    "gestures.js", "queues.js", "turn.js", "callback.js", "player.js", "summary.js", "table.js", "page.js",
)
_FOLDER = Path(__file__).parent
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|let|class|function|async function) )", re.MULTILINE)
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def to_html(trace: Trace) -> str:
    """The page that shows a trace, whole."""
    script = _script()
    parts = {
        "title": _title(trace),
        "policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
                  f"script-src 'sha256-{_hash(script)}'",
        "style": "\n".join(_read(name) for name in STYLES),
        "trace": _harmless(json.dumps(columns(trace), separators=(",", ":"))),
        "script": script,
    }
    return _SLOT.sub(lambda slot: parts[slot[1]], _read("template.html"))


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _script() -> str:
    modules = (_EXPORT.sub("", _IMPORT.sub("", _read(name))) for name in SCRIPTS)
    return "\n'use strict';\n(() => {\n" + "\n".join(modules) + "\n})();\n"


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _title(trace: Trace) -> str:
    name = re.split(r"[/\\]", trace.program)[-1] or "a program"
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return "".join(letter if letter.isalnum() else f"&#{ord(letter)};" for letter in plain)


def _harmless(text: str) -> str:
    """JSON (all of it ASCII) that cannot end or change the block that holds it."""
    return text.replace("<", "\\u003c")
