"""Node's own tests: those that are expected to pass do pass.

OUROLOOP_NODE_TEST names a checkout of denoland/node_test.
"""

from __future__ import annotations

import contextlib
import os
import select
from pathlib import Path

import pytest

from conformance.areas import area
from conformance.runner import PASSED, Runner, Runtime, find_tests, read_expected, read_test, run_group

SUITE = os.environ.get("OUROLOOP_NODE_TEST")
SHARD = 40
NAMES = sorted(read_expected())
SHARDS = [NAMES[start : start + SHARD] for start in range(0, len(NAMES), SHARD)]


@pytest.mark.skipif(SUITE is None, reason="OUROLOOP_NODE_TEST does not name a checkout of denoland/node_test")
@pytest.mark.parametrize("names", SHARDS, ids=lambda names: names[0])
@pytest.mark.timeout(900)
def test_what_passed_still_passes(names: list[str]) -> None:
    suite = Path(str(SUITE)).resolve()
    tests = [read_test(suite, name) for name in names if (suite / "test" / name).exists()]
    lost = tests
    for jobs in (os.cpu_count() or 1, 1):  # what failed among others gets a second try alone
        outcomes = Runner(suite, Runtime.parse(None), jobs).run(lost)
        lost = [outcome.test for outcome in outcomes if outcome.status != PASSED]
    assert not lost, "\n".join(
        f"{outcome.test.name}: {outcome.reason}" for outcome in outcomes if outcome.status != PASSED
    )


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of five tests that are shell scripts."""
    folder = tmp_path / "test" / "parallel"
    folder.mkdir(parents=True)
    for name, script in {
        "test-fs-good.js": 'test "$NODE_TEST_KNOWN_GLOBALS" = 0 && touch "$NODE_TEST_DIR/file"',
        "test-fs-bad.js": "echo 'TypeError: it broke'; exit 3",
        "test-net-none.js": "echo '1..0 # Skipped: no net'",
        "test-net-slow.mjs": "sleep 60 & sleep 60",
        "test-env.js": '// Env: GIVEN=1\ntest "$GIVEN" = 1',
        "test-inner.js": "// Flags: --expose-internals\nexit 1",
    }.items():
        (folder / name).write_text(script.replace("//", "#//"))
    return tmp_path


def test_outcomes_are_told_apart(suite: Path) -> None:
    tests = find_tests(suite)
    runner = Runner(suite, Runtime(["/bin/sh"]), jobs=2, timeout=1)
    found = {outcome.test.path.name: outcome for outcome in runner.run(tests)}
    assert {name: outcome.status for name, outcome in found.items()} == {
        "test-env.js": "passed",
        "test-fs-good.js": "passed",
        "test-fs-bad.js": "failed",
        "test-net-none.js": "skipped",
        "test-net-slow.mjs": "timeout",
    }
    assert found["test-fs-bad.js"].reason == "TypeError: it broke (exit 3)"


def test_nothing_that_a_test_started_outlives_it(tmp_path: Path) -> None:
    code, output = run_group(["/bin/sh", "-c", "sleep 60 & echo $!"], tmp_path, dict(os.environ), 10)
    assert code == 0
    with contextlib.suppress(ProcessLookupError):
        pidfd = os.pidfd_open(int(output))
        ended = select.select([pidfd], [], [], 5)[0]
        os.close(pidfd)
        assert ended


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("parallel/test-timers-immediate.js", "immediates"),
        ("parallel/test-stream-readable-event.js", "stream"),
        ("parallel/test-https-agent.js", "https"),
        ("parallel/test-whatwg-url-custom-global.js", "url"),
        ("es-module/test-esm-cjs-exports.js", "module"),
    ],
)
def test_a_name_tells_the_area(name: str, expected: str) -> None:
    assert area(name) == expected
