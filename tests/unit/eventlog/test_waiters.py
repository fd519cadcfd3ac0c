"""Who waits for a position goes on when it is reached; who gives up takes no memory for long."""

import asyncio

from runfold.eventlog.waiters import Waiters


async def test_those_up_to_a_position_go_on_and_the_others_wait() -> None:
    waiters = Waiters()
    third, first, second = waiters.add(3), waiters.add(1), waiters.add(2)
    waiters.release(2)
    assert (first.done(), second.done(), third.done()) == (True, True, False)


async def test_a_log_that_stands_still_while_many_ask_and_give_up_takes_no_memory_for_them() -> None:
    waiters = Waiters()
    patient = waiters.add(10)
    for _ in range(10_000):
        waiters.add(10).cancel()
        await asyncio.sleep(0)
    assert len(waiters) < 200
    waiters.release(10)
    assert patient.done()
