"""`python -m tests.simulation --seeds N [--from K]`: simulates N seeds over all cores; exits 1 if one is violated."""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.quiet import quiet
from tests.simulation.world import simulate


def main() -> int:
    asked = _arguments()
    seeds = range(asked.first, asked.first + asked.seeds)
    began = time.monotonic()
    failed = 0
    with ProcessPoolExecutor(asked.jobs) as pool:
        for seed, violation in pool.map(_one, seeds, [asked.trace] * len(seeds), chunksize=4):
            if violation is not None:
                failed += 1
                print(f"seed {seed}: {violation}\n  again: {_again(seed)}", flush=True)
    seconds = time.monotonic() - began
    print(f"{len(seeds)} seeds, {failed} violated, {len(seeds) / seconds:.1f} seeds/s")
    return 1 if failed else 0


def _one(seed: int, trace: bool) -> tuple[int, str | None]:
    quiet()
    violation, lines = simulate(seed)
    if trace:
        print("\n".join(lines), flush=True)
    return seed, violation


def _again(seed: int) -> str:
    return f"just simulate --seeds 1 --from {seed} --trace"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="just simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=None, help="processes; as many as there are cores")
    parser.add_argument("--trace", action="store_true", help="tell everything that happened")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
