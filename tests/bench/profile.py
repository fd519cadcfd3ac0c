"""Profiles of what a row runs: cProfile, which is always there."""

import cProfile
import os
import pstats
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

VARIABLE = "BENCH_PROFILE"  #: where a process of the bench leaves its profile
SHOWN = 45  #: functions


def profiled(work: Callable[[], T]) -> T:
    """`work`, under the profiler where the environment says where to leave what it finds."""
    path = os.environ.get(VARIABLE)
    if path is None:
        return work()
    profile = cProfile.Profile()
    try:
        return profile.runcall(work)
    finally:
        profile.dump_stats(path)


def show(path: Path) -> None:
    """The functions that took most themselves, then those within which most was spent."""
    for order in ("tottime", "cumulative"):
        pstats.Stats(str(path)).sort_stats(order).print_stats(SHOWN)
