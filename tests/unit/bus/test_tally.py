"""How handlers end is counted, by queue."""

import asyncio

from runfold.bus.delivery import TALLY, Redelivery, deliver
from runfold.bus.port import Handler, Message, Postponed, Rejected
from runfold.bus.topology import Exchange, Queue, follower, work

AT_ONCE = Redelivery(limit=3, first=0.0)


def a_handler(*ends: Exception) -> Handler:
    """Ends so, and then well."""
    left = list(ends)

    async def handle(_: Message) -> None:
        if left:
            raise left.pop(0)

    return handle


def counts(queue: str) -> dict[str, float]:
    return {dict(labels)["outcome"]: n for labels, n in TALLY.items() if dict(labels)["queue"] == queue}


def delivered(queue: Queue, handler: Handler) -> bool:
    return asyncio.run(deliver(queue, handler, Message(b""), AT_ONCE)) is None


def test_a_message_that_is_handed_over_again_counts_as_failed_and_then_as_handled() -> None:
    queue = Queue("tally.again", Exchange.FACTS)

    assert delivered(queue, a_handler(ValueError("a"), Postponed("away"), ValueError("b")))

    assert counts("tally.again") == {"failed": 2, "postponed": 1, "handled": 1}


def test_a_dead_letter_counts_once_whether_rejected_or_given_up() -> None:
    given_up, rejected = Queue("tally.given-up", Exchange.FACTS), Queue("tally.rejected", Exchange.FACTS)

    assert not delivered(given_up, a_handler(*[ValueError("poison")] * 3))
    assert not delivered(rejected, a_handler(Rejected("no fact")))

    assert counts("tally.given-up") == {"failed": 2, "dead": 1}
    assert counts("tally.rejected") == {"dead": 1}


def test_queues_that_every_process_or_host_has_share_a_name() -> None:
    before = counts("executor").get("handled", 0), counts("follower").get("handled", 0)

    for host in ("host-1", "host-2"):
        assert delivered(work(host), a_handler())
    assert delivered(follower("scheduler"), a_handler())

    after = counts("executor")["handled"], counts("follower")["handled"]
    assert (after[0] - before[0], after[1] - before[1]) == (2, 1)
