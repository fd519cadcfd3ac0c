"""Profiles of what a row runs: cProfile, which is always there, and slows all calls alike.

`python -m tests.bench.profile FILE MODULE …` runs a module as `python -m` does, and leaves its profile in FILE.
"""

import cProfile
import pstats
import runpy
import sys
from pathlib import Path

SHOWN = 45  #: functions


def under(profile: Path | None) -> tuple[str, ...]:
    """What goes before a module and its arguments, so that it leaves a profile there; nothing without one."""
    return ("tests.bench.profile", str(profile)) if profile else ()


def show(directory: Path) -> None:
    """Of each process, the functions that took most themselves, then those within which most was spent."""
    for file in sorted(directory.iterdir()):
        print(f"--- {file.name}", flush=True)
        for order in ("tottime", "cumulative"):
            pstats.Stats(str(file)).sort_stats(order).print_stats(SHOWN)


def main() -> None:
    file, *sys.argv = sys.argv[1:]
    profile = cProfile.Profile()
    try:
        profile.runcall(runpy.run_module, sys.argv[0], run_name="__main__", alter_sys=True)
    finally:
        profile.dump_stats(file)


if __name__ == "__main__":
    main()
