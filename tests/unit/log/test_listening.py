"""Silence counts only while output could have come."""

from collections.abc import Callable

from runfold.bus.adapters.in_process import InProcessBus
from runfold.log.listening import UNHEARD, Listening

SECOND = 1_000_000


class SetClock:
    def __init__(self) -> None:
        self.time = 0

    def now(self) -> int:
        return self.time


async def given_a_replica_that_started_at(
    seconds: int,
    trouble: Callable[[], str | None] = lambda: None,
    in_hand: Callable[[str], bool] = lambda _: False,
) -> tuple[Listening, SetClock, InProcessBus]:
    bus, clock = InProcessBus(), SetClock()
    clock.time = seconds * SECOND
    listening = Listening(bus, clock, store_trouble=trouble, in_hand=in_hand)
    listening.start()
    return listening, clock, bus


async def test_output_that_advanced_long_before_the_start_is_silent_since_its_host_was_heard() -> None:
    listening, clock, _ = await given_a_replica_that_started_at(100)
    clock.time = 110 * SECOND
    listening.heard("host")
    clock.time = 112 * SECOND
    listening.heard("host")
    assert listening.quiet_since("attempt", "host", 3 * SECOND) == 110 * SECOND


async def test_output_that_advances_is_silent_since_then() -> None:
    listening, _, _ = await given_a_replica_that_started_at(100)
    listening.heard("host")
    assert listening.quiet_since("attempt", "host", 130 * SECOND) == 130 * SECOND


async def test_a_host_that_was_not_heard_since_the_start_gets_more_time() -> None:
    listening, _, _ = await given_a_replica_that_started_at(100)
    assert listening.quiet_since("attempt", "host", 3 * SECOND) == 100 * SECOND + UNHEARD


async def test_without_a_broker_nobody_is_silent() -> None:
    listening, _, bus = await given_a_replica_that_started_at(100)
    bus.broker.stop()
    assert listening.quiet_since("attempt", "host", 3 * SECOND) is None


async def test_a_host_must_be_heard_again_after_what_was_missing_is_back() -> None:
    listening, clock, _ = await given_a_replica_that_started_at(100)
    listening.heard("host")
    clock.time = 200 * SECOND
    listening.again()
    assert listening.quiet_since("attempt", "host", 3 * SECOND) == 200 * SECOND + UNHEARD


async def test_a_host_that_went_missing_gets_more_time_until_it_is_heard_again() -> None:
    listening, clock, _ = await given_a_replica_that_started_at(100)
    listening.heard("host")
    clock.time = 150 * SECOND
    listening.missing("host")
    assert listening.quiet_since("attempt", "host", 145 * SECOND) == 145 * SECOND + UNHEARD
    clock.time = 170 * SECOND
    listening.heard("host")
    assert listening.quiet_since("attempt", "host", 145 * SECOND) == 170 * SECOND


async def test_while_output_cannot_be_stored_nobody_is_silent_and_then_it_counts_anew() -> None:
    troubles: list[str | None] = ["the disk is full", None]
    listening, clock, _ = await given_a_replica_that_started_at(100, lambda: troubles[0])
    listening.heard("host")
    clock.time = 150 * SECOND
    assert listening.quiet_since("attempt", "host", 101 * SECOND) is None
    troubles.pop(0)
    listening.heard("host")
    assert listening.quiet_since("attempt", "host", 101 * SECOND) == 150 * SECOND


async def test_an_attempt_whose_output_is_being_stored_is_not_silent_however_long_that_takes() -> None:
    slow = {"attempt"}
    listening, clock, _ = await given_a_replica_that_started_at(100, in_hand=slow.__contains__)
    listening.heard("host")
    clock.time = 160 * SECOND
    assert listening.quiet_since("attempt", "host", 101 * SECOND) is None
    assert listening.quiet_since("other", "host", 101 * SECOND) == 101 * SECOND
    slow.clear()
    assert listening.quiet_since("attempt", "host", 101 * SECOND) == 101 * SECOND


async def test_a_host_that_is_reached_again_has_its_patience_from_then_whatever_late_messages_said() -> None:
    listening, clock, _ = await given_a_replica_that_started_at(100)
    listening.heard("host")
    clock.time = 120 * SECOND
    listening.missing("host")
    clock.time = 160 * SECOND
    listening.heard("host")  # sent before it was cut off, and late
    clock.time = 165 * SECOND
    listening.reached("host")
    assert listening.quiet_since("attempt", "host", 101 * SECOND) == 165 * SECOND
    clock.time = 170 * SECOND
    listening.reached("host")
    assert listening.quiet_since("attempt", "host", 101 * SECOND) == 165 * SECOND
