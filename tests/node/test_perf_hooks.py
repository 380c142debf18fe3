"""perf_hooks in Python: a blocked loop shows in its delay and its utilization."""

from __future__ import annotations

import math
import time

import pytest
from running import run_main

from ouroloop.node import set_timeout
from ouroloop.node.environment import Environment
from ouroloop.node.perf_hooks import event_loop_utilization, monitor_event_loop_delay


def block(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_a_blocked_loop_shows_in_the_delay(env: Environment) -> None:
    histogram = monitor_event_loop_delay(5)

    def main() -> None:
        assert histogram.enable()
        assert not histogram.enable()
        set_timeout(block, 50, 0.1)
        set_timeout(histogram.disable, 250)

    run_main(env, main)
    assert not histogram.disable()
    assert 90e6 <= histogram.max <= 1e9
    assert 4e6 <= histogram.min <= histogram.mean <= histogram.max
    assert histogram.percentile(1) <= histogram.percentile(50) <= histogram.percentile(100)
    assert histogram.percentile(100) == pytest.approx(histogram.max, rel=0.005)
    assert histogram.stddev > 1e6
    assert histogram.count >= 10


def test_measuring_does_not_keep_the_program_going(env: Environment) -> None:
    run_main(env, lambda: monitor_event_loop_delay().enable())


def test_an_empty_histogram_has_no_mean(env: Environment) -> None:
    histogram = monitor_event_loop_delay()
    assert (histogram.count, histogram.min, histogram.max, histogram.percentile(50)) == (0, 0, 0, 0)
    assert math.isnan(histogram.mean)
    assert math.isnan(histogram.stddev)


@pytest.mark.parametrize("percentile", [0, -1, 101, math.nan])
def test_percentiles_are_checked(env: Environment, percentile: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 100"):
        monitor_event_loop_delay().percentile(percentile)
    with pytest.raises(ValueError, match="1 ms or more"):
        monitor_event_loop_delay(0)


def test_utilization_is_the_share_of_time_that_the_loop_did_not_sleep(env: Environment) -> None:
    answers = []

    def main() -> None:
        before = event_loop_utilization()
        set_timeout(block, 1, 0.1)

        def look() -> None:
            after = event_loop_utilization()
            answers.extend([event_loop_utilization(before), event_loop_utilization(before, after), after])

        set_timeout(look, 200)

    run_main(env, main)
    since, between, in_all = answers
    assert 95 <= since.active <= 400
    assert 50 <= since.idle <= 200
    assert since.utilization == pytest.approx(since.active / (since.active + since.idle))
    assert between.idle == pytest.approx(since.idle, abs=5)
    assert in_all.active >= between.active
