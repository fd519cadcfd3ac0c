"""What the log service's reactors can't handle is parked, and everything else goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from runfold.bus.port import Message
from runfold.bus.topology import Exchange, Queue, work
from runfold.contracts.cloudevents import to_amqp
from runfold.contracts.envelope import Envelope
from runfold.contracts.instance import ExecutorJoined
from runfold.contracts.job import AttemptExited
from runfold.contracts.parking import ParkedDropped, ParkedRetryRequested
from runfold.domain.instance import silence as silences
from runfold.domain.job import decide as jobs
from runfold.domain.parking import decide as parking
from runfold.domain.parking.state import Parked
from runfold.log import feed
from runfold.log.assignments import Assignments
from runfold.log.silence import AFTER, LOOK
from tests.unit.domain import things
from tests.unit.log.test_silence import World
from tests.unit.service.virtual_time import run_virtual

Story = Callable[[World], Awaitable[None]]
OUTSIDE = Queue("outside", Exchange.EVENTS, "#")


def in_a_world(story: Story) -> None:
    async def live() -> None:
        world = World()
        await world.begin()
        await world.bus.consume(work("host"), world.hear)
        await world.happen(*things.a_place())
        await story(world)
        await world.end()

    run_virtual(live())


class Broken:
    """Stands before a function and fails for what `poison` names."""

    def __init__(self, works: Callable[..., Any], named: Callable[..., str]) -> None:
        self._works, self._named = works, named
        self.poison: set[str] = set()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if self._named(*arguments) in self.poison:
            raise KeyError("a fault of ours")
        return self._works(*arguments, **named)


def only(world: World) -> Parked:
    (parked,) = world.view.cell.parked.values()
    return parked


async def placed_and_exited(world: World, number: int) -> None:
    job, run = f"job-{number}", f"run-{number}"
    await world.happen(*things.submitted(run, job), things.placed(job, run), things.claimed(job))
    await world.happen(AttemptExited(job, things.first_attempt(job), "done_by_runner", 1, 0))


# Closing


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> Broken:
    broken = Broken(jobs.close_output, lambda job, *_: str(job.id))
    monkeypatch.setattr(jobs, "close_output", broken)
    return broken


def test_output_that_cannot_be_closed_keeps_no_other_open(closing: Broken) -> None:
    closing.poison.add("job-1")

    async def story(world: World) -> None:
        for number in (1, 2):
            await placed_and_exited(world, number)
        await asyncio.sleep(60)
        assert [world.view.cell.attempts[f"job-{n}-1"].output_closed for n in (1, 2)] == [False, True]
        last = only(world).last
        assert (last.reactor, last.subject, last.tries) == ("log.closing", "job:job-1", 1)
        assert last.error == "KeyError: 'a fault of ours'"
        assert world.service.not_ready() is None

    in_a_world(story)


def test_it_is_closed_by_a_retry_once_the_fault_is_mended(closing: Broken) -> None:
    closing.poison.add("job-1")

    async def story(world: World) -> None:
        await placed_and_exited(world, 1)
        await asyncio.sleep(1)
        await world.happen(ParkedRetryRequested(only(world).id))
        await asyncio.sleep(1)
        assert (only(world).last.tries, only(world).retrying) == (2, False)

        closing.poison.clear()
        await world.happen(ParkedRetryRequested(only(world).id))
        await asyncio.sleep(1)
        assert world.view.cell.attempts["job-1-1"].output_closed
        assert world.view.cell.parked == {}

    in_a_world(story)


def test_the_next_replica_meets_it_again_and_says_nothing_new_of_it(closing: Broken) -> None:
    closing.poison.add("job-1")

    async def story(world: World) -> None:
        await placed_and_exited(world, 1)
        await asyncio.sleep(1)
        before = only(world).last
        await world.end()
        await world.begin()
        await asyncio.sleep(1)
        assert only(world).last == before

        await world.end()
        closing.poison.clear()
        await world.begin()
        await asyncio.sleep(1)
        assert world.view.cell.attempts["job-1-1"].output_closed
        assert world.view.cell.parked == {}

    in_a_world(story)


# The feed


class Outsider:
    def __init__(self) -> None:
        self.positions: list[int] = []

    async def hear(self, message: Message) -> None:
        self.positions.append(int(message.headers["cloudEvents:position"]))


@pytest.fixture
def publishing(monkeypatch: pytest.MonkeyPatch) -> Broken:
    def named(envelope: Envelope, _: str) -> str:
        return envelope.type

    broken = Broken(to_amqp, named)
    monkeypatch.setattr(feed, "to_amqp", broken)
    return broken


def test_outsiders_get_what_follows_an_event_that_cannot_be_sent_and_by_a_retry_that_one_too(
    publishing: Broken,
) -> None:
    publishing.poison.add("RunSubmitted")

    async def story(world: World) -> None:
        outsider = Outsider()
        await world.bus.consume(OUTSIDE, outsider.hear)
        before = world.view.cell.position
        await world.happen(*things.submitted())
        await asyncio.sleep(1)
        last = only(world).last
        assert (last.reactor, last.event_type, last.position) == ("log.feed", "RunSubmitted", before + 1)
        assert (last.subject, last.commit) == ("run:run", world.view.number - 2)
        assert outsider.positions[-2:] == [before + 2, before + 3]

        publishing.poison.clear()
        await world.happen(ParkedRetryRequested(last.parked_id))
        await asyncio.sleep(1)
        assert outsider.positions.count(before + 1) == 1
        assert world.view.cell.parked == {}

    in_a_world(story)


async def unsent(world: World) -> tuple[Outsider, int]:
    """Who listens outside, and the position of a submission that couldn't be sent there."""
    outsider = Outsider()
    await world.bus.consume(OUTSIDE, outsider.hear)
    await world.happen(*things.submitted())
    await asyncio.sleep(1)
    return outsider, only(world).last.position


def test_a_retry_is_not_lost_with_the_replica_that_was_to_make_it(publishing: Broken) -> None:
    publishing.poison.add("RunSubmitted")

    async def story(world: World) -> None:
        outsider, position = await unsent(world)
        world.bus.broker.stop()
        publishing.poison.clear()
        await world.happen(ParkedRetryRequested(only(world).id))
        await world.end()
        world.bus.broker.start()
        await world.begin()
        await asyncio.sleep(5)
        assert position in outsider.positions
        assert world.view.cell.parked == {}

    in_a_world(story)


def test_one_that_is_dropped_is_never_sent(publishing: Broken) -> None:
    publishing.poison.add("RunSubmitted")

    async def story(world: World) -> None:
        outsider, position = await unsent(world)
        publishing.poison.clear()
        await world.happen(ParkedDropped(only(world).id))
        await asyncio.sleep(60)
        assert position not in outsider.positions
        assert world.view.cell.parked == {}

    in_a_world(story)


def test_nor_is_one_that_is_dropped_after_its_retry_was_asked_for(publishing: Broken) -> None:
    publishing.poison.add("RunSubmitted")

    async def story(world: World) -> None:
        outsider = Outsider()
        await world.bus.consume(OUTSIDE, outsider.hear)
        await world.happen(*things.submitted())
        await asyncio.sleep(1)
        parked = only(world)
        world.bus.broker.stop()
        publishing.poison.clear()
        await world.happen(ParkedRetryRequested(parked.id), ParkedDropped(parked.id))
        world.bus.broker.start()
        await asyncio.sleep(60)
        assert parked.last.position not in outsider.positions
        assert outsider.positions[-1] == world.view.cell.position
        assert world.view.cell.parked == {}

    in_a_world(story)


def test_a_feed_that_can_send_nothing_stops_and_says_where(
    publishing: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would park its own events for ever."""
    monkeypatch.setattr(parking, "MOST", 5)

    async def story(world: World) -> None:
        publishing.poison |= {"ExecutorJoined", "EventParked"}
        joined = things.host("host-2")
        assert isinstance(joined, ExecutorJoined)
        await world.happen(joined)
        await asyncio.sleep(600)
        parked = world.view.cell.parked
        assert len(parked) == 5
        position = max(each.last.position for each in parked.values()) + 1
        assert f"position {position}" in (world.service.not_ready() or "")

    in_a_world(story)


# Silence


def test_a_host_that_cannot_be_judged_keeps_no_other_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Broken(silences.silent, lambda _, host_id, *__: str(host_id))
    monkeypatch.setattr(silences, "silent", broken)
    broken.poison.add("host")

    async def story(world: World) -> None:
        await world.happen(things.host("host-2"), *things.instance("instance-2", "host-2", num=1))
        await asyncio.sleep(AFTER + 2 * LOOK)
        instances = world.view.cell.instances
        assert (instances["instance"].silent, instances["instance-2"].silent) == (False, True)
        assert (only(world).last.reactor, only(world).last.subject) == ("log.silence", "host:host")

        broken.poison.clear()
        await world.happen(ParkedRetryRequested(only(world).id))
        await asyncio.sleep(2 * LOOK)
        assert world.silent
        assert world.view.cell.parked == {}

    in_a_world(story)


# Work


def test_an_assignment_that_cannot_be_made_is_postponed_and_the_host_hears_of_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = Broken(Assignments.make, lambda _, attempt_id: str(attempt_id))
    monkeypatch.setattr(Assignments, "make", lambda *arguments: broken(*arguments))
    broken.poison.add("job-1-1")

    async def story(world: World) -> None:
        for number in (1, 2):
            job, run = f"job-{number}", f"run-{number}"
            await world.happen(*things.submitted(run, job), things.placed(job, run))
        await world.inventory()
        (answer,) = world.answers
        assert [(told.attempt_id, told.postponed) for told in answer.assignments] == [
            ("job-1-1", True),
            ("job-2-1", False),
        ]
        assert (only(world).last.reactor, only(world).last.subject) == ("log.work", "job:job-1")

        broken.poison.clear()
        await world.inventory()
        assert [told.postponed for told in world.answers[1].assignments] == [False, False]
        assert world.view.cell.parked == {}

    in_a_world(story)
