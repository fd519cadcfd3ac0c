"""`python -m tests.simulation --seeds N [--from K]`: simulates N seeds over all cores; exits 1 if one is violated.

Of a violated seed it prints the command that repeats it, and the fewest faults that are enough for it.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.progress import track

from tests.simulation.seeds import prepare, told
from tests.simulation.shrink import shrunk
from tests.simulation.world import Told, simulate

#: Violated seeds that are shrunk; where there are more, something is wrong that any of these shows.
SHRUNK = 3
#: What `--only` is given where nothing needs to go wrong.
NOTHING = "nothing"


def main() -> int:
    asked = _arguments()
    only = None if asked.only is None else [name for name in asked.only.split(",") if name != NOTHING]
    seeds = range(asked.first, asked.first + asked.seeds)
    began = time.monotonic()
    found = told(seeds, jobs=asked.jobs, only=only, trace=asked.trace)
    failed = _report(_shown(found, len(seeds)), trace=asked.trace)
    seconds = time.monotonic() - began
    print(f"{len(seeds)} seeds, {len(failed)} violated, {len(seeds) / seconds:.1f} seeds/s", flush=True)
    prepare()
    for each in failed[:SHRUNK] if only is None else []:
        print(f"seed {each.seed} needs only: {again(each.seed, fewest(each))}", flush=True)
    return 1 if failed else 0


def fewest(failed: Told) -> list[str]:
    """Faults of a violated seed that are enough for a violation, and of which none can be left out."""
    return shrunk(failed.faults, lambda only: simulate(failed.seed, only=only).violation is not None)


def again(seed: int, only: Sequence[str] | None = None) -> str:
    """The command that repeats it."""
    chosen = "" if only is None else f"--only {','.join(only) or NOTHING} "
    return f"just simulate --seeds 1 --from {seed} {chosen}--trace"


def _shown(found: Iterable[Told], count: int) -> Iterable[Told]:
    """How far it is, for who looks on."""
    console = Console(stderr=True)
    return track(found, "seeds", count, console=console, transient=True, disable=not console.is_terminal)


def _report(found: Iterable[Told], *, trace: bool) -> list[Told]:
    failed = []
    for each in found:
        if trace:
            print("\n".join(each.trace), flush=True)
        if each.violation is not None:
            failed.append(each)
            print(f"seed {each.seed}: {each.violation}\n  again: {again(each.seed)}", flush=True)
    return failed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="just simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first of them")
    parser.add_argument(
        "--only", help="the faults that happen, apart by commas, of those that the seeds have"
    )
    parser.add_argument("--jobs", type=int, default=None, help="processes; as many as there are cores")
    parser.add_argument("--trace", action="store_true", help="tell everything that happened")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
