"""The log is slow, away, or ahead: nothing stale is answered, nothing accepted is lost, nothing is done twice."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from runfold.contracts.envelope import Commit
from runfold.eventlog.port import Append, Appended, Head, NotActive, Unavailable
from runfold.eventlog.writer import Writer
from tests.faulty_store import Fault
from tests.integration.gateway.world import World, a_world
from tests.unit.service.virtual_time import run_virtual

PLAN = {
    "plan": {"run_spec": {"run_name": "one", "configuration": {"type": "task", "commands": ["x"]}}},
    "force": False,
}


class Line:
    """The way to the log: it may be cut, or lose answers to appends."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.cut = self.blind = False
        self.lost_answers: list[Exception] = []
        self.appends: list[str] = []

    async def append(self, append: Append) -> Appended:
        self.appends.append(append.id)
        self._check()
        done = await self._writer.append(append)
        if self.lost_answers:
            raise self.lost_answers.pop()
        return done

    async def head(self) -> Head:
        self._check()
        return await self._writer.head()

    async def read(self, after: int, limit: int = 256) -> list[Commit]:
        if self.blind:
            await asyncio.sleep(3600)
        self._check()
        return await self._writer.read(after, limit)

    async def wait(self, after: int, seconds: float) -> Head:
        if self.blind:
            await asyncio.sleep(3600)
        self._check()
        return await self._writer.wait(after, seconds)

    def _check(self) -> None:
        if self.cut:
            raise Unavailable("the line is cut")


@asynccontextmanager
async def two_gateways() -> AsyncGenerator[tuple[World, World, Line]]:
    """The second one reaches the log by a line of its own."""
    async with a_world() as near:
        line = Line(near.writer)
        async with a_world(near.storage, log=line) as far:
            yield near, far, line
            line.cut = line.blind = False


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """The test's time jumps: what waits for ten seconds takes none."""

    def wrapped() -> None:
        run_virtual(test())

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
    return wrapped


def now() -> float:
    return asyncio.get_running_loop().time()


@virtual
async def test_everyone_reads_what_was_written_through_another_gateway() -> None:
    async with two_gateways() as (near, far, _):
        for number in range(20):
            await near.submit(f"run-{number}")
            assert (await far.in_main("runs/get", {"run_name": f"run-{number}"})).status == 200


@virtual
async def test_a_name_that_two_gateways_give_at_once_is_given_once() -> None:
    async with two_gateways() as (near, far, _):
        answers = await asyncio.gather(near.submit("one"), far.submit("one"))

        assert sorted(answer.status for answer in answers) == [200, 400]
        assert len(near.project.runs) == 1


@virtual
async def test_a_replica_that_cannot_catch_up_answers_nothing_stale() -> None:
    async with two_gateways() as (near, far, line):
        line.blind = True
        await asyncio.sleep(5)
        await near.submit("unseen")
        began = now()

        answer = await far.post("/api/runs/list", {})

        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert now() - began == pytest.approx(1.0, abs=0.1)


@virtual
async def test_reads_wait_no_longer_than_a_second_for_a_log_that_is_away() -> None:
    async with two_gateways() as (_, far, line):
        line.cut = True
        began = now()

        answer = await far.in_main("runs/get", {"run_name": "x"})

        assert answer.status == 503
        assert now() - began <= 1.1


@virtual
async def test_a_write_outlasts_a_short_absence() -> None:
    async with two_gateways() as (near, far, line):
        line.cut = True
        writing = asyncio.create_task(far.in_main("runs/apply", PLAN))
        await asyncio.sleep(3)
        line.cut = False

        answer = await writing

        assert answer.status == 200
        assert near.run("one").id == answer.body["id"]


@virtual
async def test_after_ten_seconds_the_outcome_is_open_and_the_key_settles_it() -> None:
    async with two_gateways() as (near, far, line):
        line.lost_answers = [Unavailable("no answer")] * 1000
        began = now()
        first = await far.in_main("runs/apply", PLAN, idempotency_key="k")
        took = now() - began
        line.lost_answers = []

        second = await far.in_main("runs/apply", PLAN, idempotency_key="k")

        assert (first.status, first.headers["Retry-After"]) == (503, "1")
        assert "Idempotency-Key" in first.body["detail"]
        assert took == pytest.approx(10, abs=0.5)
        assert second.status == 200
        assert [run.name for run in near.cell.runs.values()] == ["one"]


@virtual
async def test_an_append_whose_answer_is_lost_is_repeated_under_its_id_and_done_once() -> None:
    async with two_gateways() as (near, far, line):
        line.lost_answers = [NotActive(), Unavailable("no answer")]

        answer = await far.in_main("runs/apply", PLAN)

        assert answer.status == 200
        assert len(line.appends) == 3
        assert len(set(line.appends)) == 1
        assert len(near.cell.runs) == 1


@virtual
async def test_a_store_that_does_not_answer_delays_and_loses_nothing() -> None:
    async with a_world() as world:
        world.storage.store.faults.extend([Fault.REFUSED, Fault.UNANSWERED, Fault.PHANTOM])

        answers = [await world.submit(f"run-{number}") for number in range(3)]

        assert [answer.status for answer in answers] == [200] * 3
        assert [run.name for run in world.cell.runs.values()] == ["run-0", "run-1", "run-2"]


@virtual
async def test_output_whose_store_is_away_is_not_answered_as_empty() -> None:
    async with a_world() as world:
        await world.submit("talker")
        attempt = await world.print("talker", b"text")
        world.storage.output.refusing = True

        answer = await world.in_main("logs/poll", {"run_name": "talker", "job_submission_id": attempt})

        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


@virtual
async def test_a_run_that_stops_while_it_is_being_stopped_is_not_stopped_twice() -> None:
    async with two_gateways() as (near, far, _):
        await near.start_of("one")
        stop = {"runs_names": ["one"], "abort": False}

        await asyncio.gather(*(world.in_main("runs/stop", stop) for world in (near, far) * 5))

        commits = await near.writer.read(0, 1000)
        types = [event.type for commit in commits for event in commit.events]
        assert types.count("RunStopRequested") == 1
