"""Whatever fails, nothing that was accepted is lost, nothing starts twice, and all of it comes to its end."""

import subprocess
import sys

import pytest

from tests.simulation.world import simulate

SEEDS = 40


def test_no_seed_breaks_a_promise() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--seeds", str(SEEDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_seed_repeats_exactly(seed: int) -> None:
    violation, trace = simulate(seed)
    assert simulate(seed) == (violation, trace)
    assert len(trace) > 50
