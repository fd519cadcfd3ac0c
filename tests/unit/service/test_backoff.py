"""Waits grow, are bounded, and differ between those who wait."""

import asyncio

from runfold.ports.backoff import Backoff, chance
from tests.unit.service.fakes import CountingIds
from tests.unit.service.virtual_time import run_virtual


def test_each_wait_lies_between_half_and_all_of_a_doubled_bound() -> None:
    backoff = Backoff(CountingIds(), first=1.0, most=8.0)
    for bound in (1.0, 2.0, 4.0, 8.0, 8.0, 8.0):
        assert bound / 2 <= backoff.next() <= bound


def test_after_a_success_the_next_wait_is_short_again() -> None:
    backoff = Backoff(CountingIds(), first=1.0, most=64.0)
    for _ in range(6):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 1.0


def test_two_who_failed_together_wait_differently() -> None:
    assert Backoff(CountingIds("a")).next() != Backoff(CountingIds("b")).next()


def test_the_same_ids_give_the_same_waits() -> None:
    assert chance(CountingIds()) == chance(CountingIds())


def test_waiting_takes_the_time_of_the_loop() -> None:
    async def waited() -> float:
        backoff = Backoff(CountingIds(), first=600.0)
        await backoff.wait()
        return asyncio.get_running_loop().time()

    assert 300.0 <= run_virtual(waited()) <= 600.0
