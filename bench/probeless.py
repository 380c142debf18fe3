"""The package with a loop that knows no probe: what it costs that somebody might look, is measured against it.

Theory of operation. A copy of the package stands in a folder of its own; in its `loop/`, each block that begins with
`if probe is not None` (or `self._probe`, and so on) is taken out. All else is the same, so the difference is what these
comparisons cost while nobody looks.
"""

from __future__ import annotations

import ast
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import processes


@contextmanager
def package() -> Iterator[str]:
    """The folder in which the package stands."""
    with tempfile.TemporaryDirectory(prefix="ouroloop-bench-") as folder:
        copy = Path(folder) / "ouroloop"
        shutil.copytree(processes.ROOT / "src" / "ouroloop", copy, ignore=shutil.ignore_patterns("__pycache__"))
        for file in (copy / "loop").rglob("*.py"):
            if file.name != "probe.py":
                file.write_text(without_probes(file.read_text()))
        yield folder


def without_probes(source: str) -> str:
    """A module's source without the blocks in which a probe is told of something."""
    return ast.unparse(_Taker().visit(ast.parse(source)))


class _Taker(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> Any:
        if _asks_for_probe(node.test):
            return [self.visit(each) for each in node.orelse] or ast.Pass()
        return self.generic_visit(node)


def _asks_for_probe(test: ast.expr) -> bool:
    """Whether it is a comparison of a probe with None."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.IsNot):
        return False
    left = test.left
    name = left.id if isinstance(left, ast.Name) else left.attr if isinstance(left, ast.Attribute) else ""
    return name.lstrip("_") == "probe"
