"""Whatever fails, nothing that was accepted is lost, nothing starts twice, and all of it comes to its end."""

import os
import subprocess
import sys

import pytest

from tests.simulation.world import simulate

SEEDS = 200


def _simulate(*arguments: str, hash_seed: str = "random") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)


def test_no_seed_breaks_a_promise() -> None:
    done = _simulate("--seeds", str(SEEDS))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_seed_repeats_exactly(seed: int) -> None:
    told = simulate(seed, trace=True)
    assert simulate(seed, trace=True) == told
    assert len(told.trace) > 50


def test_a_seed_repeats_exactly_in_another_process() -> None:
    first, second = (_simulate("--seeds", "1", "--from", "4", "--trace", hash_seed=h) for h in ("1", "2"))
    assert first.stdout.splitlines()[:-1] == second.stdout.splitlines()[:-1]
    assert "all is mended" in first.stdout
