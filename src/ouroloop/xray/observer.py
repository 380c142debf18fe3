"""Observer: somebody who looks at a program while it runs.

Theory of operation. The command makes observers and hands them to whatever runs the program, which tells each of them
once what there is to look at (`watch` for JavaScript, `watch_environment` for Python) and once that the process is
about to end. In between an observer lives by what it has asked for: a probe, a timer of its own that is not referenced.

What surprises people: nothing that an observer does may reach the program: its output, its exit code and its order stay
what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..js.runtime import Runtime
    from ..node.environment import Environment


class Observer:
    """Does nothing; override what you want to hear of."""

    limit = 0
    """How many records JavaScript is to keep for it; at most one observer wants any."""

    def watch(self, runtime: Runtime) -> None:
        """A JavaScript program is about to run."""

    def watch_environment(self, env: Environment) -> None:
        """A Python program is about to run."""

    def finish(self, code: int) -> None:
        """The process is about to end with this exit code."""
