"""The summary in the page's terms: runs by their position, and only the rows that are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..summary import summarize

if TYPE_CHECKING:
    from ..model import Run, Trace

_MOST = 10
"""Rows of each of the summary's tables."""


def digest(trace: Trace, runs: list[Run], run_at: dict[int, int]) -> dict[str, Any]:
    """The summary of a trace whose runs are in the order in which they began."""
    summary = summarize(trace)
    pool = summary.pool
    return {
        "whole": trace.duration - (runs[0].began if runs else 0),
        "asleep": summary.slept,
        "utilization": summary.utilization,
        "paused": summary.paused,
        "longest": [run_at[number] for number in summary.longest[:_MOST]],
        "blocks": [
            [run_at[block.culprit], block.began, block.duration, block.share] for block in summary.blocks[:_MOST]],
        "late": [[run_at[late.run], late.late, run_at.get(late.culprit, -1)] for late in summary.late[:_MOST]],
        "lateCount": len(summary.late),
        "blockCount": len(summary.blocks),
        "functions": [
            [each.place, each.name, each.kind, each.count, each.total, each.longest]
            for each in summary.functions[:_MOST]],
        "delays": [[round(bound * 1e6) if bound < float("inf") else -1, count] for bound, count in summary.delays],
        "pool": {
            "jobs": pool.jobs, "threads": pool.threads, "longestWait": pool.longest_wait,
            "longestLine": pool.longest_line, "saturation": pool.saturation, "busy": _busy(trace)},
    }


def _busy(trace: Trace) -> list[tuple[str, int]]:
    """How long each thread of the pool was at work."""
    busy: dict[str, int] = {}
    for job in trace.jobs:
        if job.started is not None and job.finished is not None:
            busy[job.thread] = busy.get(job.thread, 0) + job.finished - job.started
    return sorted(busy.items(), key=lambda pair: (len(pair[0]), pair[0]))
