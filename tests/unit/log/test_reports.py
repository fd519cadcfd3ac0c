"""What executors report, recorded: together what waits together, and each on its own where that fails."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from runfold.contracts import executor as x
from runfold.contracts.envelope import Context, record
from runfold.contracts.job import JobStopping
from runfold.contracts.registry import Event
from runfold.domain import streams
from runfold.domain.cell.touch import new_events
from runfold.domain.job.state import Attempt
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.batch import APPEND_BYTES
from runfold.eventlog.port import Append, TooLarge, Unavailable
from runfold.eventlog.writer import Writer
from runfold.log.recorder import Recorder
from runfold.log.reports import TOGETHER, Reports
from runfold.service.system import SystemClock
from runfold.service.tasks import Tasks
from runfold.service.view import View
from tests.unit.domain import things
from tests.unit.service.fakes import CountingIds

JOBS = [f"job-{number}" for number in range(3 * TOGETHER)]


def exited(job: str, message: str | None = None, output_bytes: int = 0) -> x.AttemptCondition:
    return x.AttemptCondition(
        f"{job}-1",
        job,
        x.AttemptState.EXITED,
        claimed_at=1,
        started_at=2,
        exited_at=3,
        exit_status=0,
        message=message,
        output_bytes=output_bytes,
    )


def claimed(job: str) -> x.AttemptCondition:
    return x.AttemptCondition(f"{job}-1", job, x.AttemptState.CLAIMED, 1)


@dataclass
class Log:
    """A log with a placed attempt for each of JOBS, and what takes in reports of them."""

    reports: Reports
    writer: Writer
    view: View
    output: MemoryOutputStore
    ids: CountingIds
    seq: int = field(default=0)

    async def happen(self, *events: Event) -> None:
        """Returns once they are folded."""
        new = new_events(events, self.view.cell)
        records = tuple(record(each, self.ids.uuid7(), Context("test", "cause")) for each in new)
        await self.view.reached((await self.writer.append(Append(self.ids.uuid7(), records))).last)

    async def hear(self, *conditions: x.AttemptCondition) -> None:
        self.seq += 1
        await self.reports.record(x.AttemptsReported("host", "1", self.seq, conditions))

    def attempt(self, job: str) -> Attempt:
        return self.view.cell.attempts[f"{job}-1"]

    async def appends_since(self, number: int) -> int:
        return sum(len(commit.record.appends) for commit in await self.writer.read(number))

    async def types_since(self, number: int, job: str) -> list[str]:
        events = [event for commit in await self.writer.read(number) for event in commit.events]
        return [event.type for event in events if event.stream == streams.job(job)]


@pytest.fixture
async def log() -> AsyncIterator[Log]:
    ids, tasks = CountingIds(), Tasks()
    writer = Writer(MemoryStore(), clock=SystemClock(), ids=ids, sole=True)
    view = View(writer)
    output = MemoryOutputStore()
    made = Log(Reports(view, Recorder(writer, view, ids), output, tasks), writer, view, output, ids)
    await writer.start()
    await view.start()
    await made.happen(*things.a_place())
    for job in JOBS:
        await made.happen(*things.submitted(f"run-{job}", job))
        await made.happen(things.placed(job, f"run-{job}"))
    made.reports.start()
    yield made
    await tasks.stop()
    await view.stop()
    await writer.stop()


async def test_the_conditions_of_a_message_share_an_append(log: Log) -> None:
    before = log.view.number
    await log.hear(*map(exited, JOBS[:TOGETHER]))
    assert all(log.attempt(job).output_closed for job in JOBS[:TOGETHER])
    assert await log.appends_since(before) == 1


async def test_messages_that_wait_share_one_too_and_none_has_too_much(log: Log) -> None:
    before = log.view.number
    await asyncio.gather(*(log.hear(exited(job)) for job in JOBS))
    assert all(log.attempt(job).ended for job in JOBS)
    assert await log.appends_since(before) == len(JOBS) / TOGETHER


async def test_one_that_cannot_be_recorded_keeps_back_no_other_and_fails_its_message(log: Log) -> None:
    """Its event is larger than an append may be."""
    impossible = exited("job-1", "x" * APPEND_BYTES)
    alone = asyncio.create_task(log.hear(exited("job-3")))
    with pytest.raises(TooLarge):
        await log.hear(exited("job-0"), impossible, exited("job-2"))
    await alone
    assert [log.attempt(job).ended for job in JOBS[:4]] == [True, False, True, True]


async def test_while_the_output_store_is_away_only_what_has_output_waits_for_it(log: Log) -> None:
    log.output.refusing = True
    with pytest.raises(Unavailable):
        await log.hear(exited("job-0"), exited("job-1", output_bytes=5), claimed("job-2"))
    assert [log.attempt(job).ended for job in JOBS[:2]] == [True, False]
    assert log.attempt("job-2").claimed_at == 1


async def test_of_two_that_wait_the_newer_says_it_all_in_whichever_order_they_come(log: Log) -> None:
    before = log.view.number
    newer = x.AttemptsReported("host", "1", 9, (exited("job-0"),))
    older = x.AttemptsReported("host", "1", 8, (claimed("job-0"),))
    await asyncio.gather(log.reports.record(newer), log.reports.record(older))
    assert log.attempt("job-0").ended
    assert await log.types_since(before, "job-0") == [
        "AttemptClaimed",
        "AttemptStarted",
        "AttemptExited",
        "OutputClosed",
    ]


async def test_what_somebody_else_was_faster_with_is_decided_again(log: Log) -> None:
    before = log.view.number
    stopping = JobStopping("job-0", "job-0-1", "terminated_by_user", 5)
    await asyncio.gather(log.happen(stopping), log.hear(exited("job-0"), exited("job-1")))
    assert [log.attempt(job).ended for job in JOBS[:2]] == [True, True]
    assert (await log.types_since(before, "job-0")).count("AttemptExited") == 1


async def test_reports_of_what_nobody_knows_are_done_with_at_once(log: Log) -> None:
    before = log.view.number
    await log.hear(claimed("unheard-of"))
    assert log.view.number == before


async def test_an_output_store_that_takes_its_time_holds_up_only_what_has_output(log: Log) -> None:
    answers, stored = asyncio.Event(), log.output.stored

    async def slow(attempt_id: str) -> int:
        await answers.wait()
        return await stored(attempt_id)

    log.output.stored = slow  # type: ignore[method-assign]
    printed = asyncio.create_task(log.hear(exited("job-1", output_bytes=5)))
    await log.hear(claimed("job-2"), claimed("job-3"))
    assert not log.attempt("job-1").ended

    answers.set()
    await printed
    assert log.attempt("job-1").ended
