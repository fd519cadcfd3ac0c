"""How long a message waits before it is handed over again."""

import pytest

from runfold.bus.adapters.rabbitmq.timings import Timings
from runfold.bus.delivery import Redelivery


def test_the_pauses_bridge_a_database_that_restarts() -> None:
    redelivery = Redelivery()
    pauses = [redelivery.pause(failures) for failures in range(1, redelivery.limit)]
    assert pauses == pytest.approx([0.2, 1.0, 5.0, 25.0])


@pytest.mark.parametrize("failures", [5, 100, 1_000_000])
def test_no_pause_is_longer_than_the_longest(failures: int) -> None:
    assert Redelivery(longest=7.0).pause(failures) == 7.0


@pytest.mark.parametrize("failures", [0, 1, 3, 10, 1_000_000])
def test_reconnecting_pauses_grow_to_a_bound_with_jitter(failures: int) -> None:
    timings = Timings(first_pause=0.2, longest_pause=5.0)
    full = min(5.0, 0.2 * 2 ** min(failures, 16))
    pauses = {timings.pause(failures) for _ in range(50)}
    assert len(pauses) > 1
    assert all(full / 2 <= pause <= full for pause in pauses)
