"""What tests of JavaScript programs share."""

from __future__ import annotations

import pytest
from js.commands import COMMANDS


@pytest.fixture(params=COMMANDS.values(), ids=COMMANDS.keys())
def command(request: pytest.FixtureRequest) -> list[str]:
    """The words that start the command under test: `ouro`, and Node beside it where there is one."""
    words: list[str] = request.param
    return words
