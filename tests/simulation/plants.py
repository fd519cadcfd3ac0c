"""Bugs that the simulation has to find, each patched into a process that lives for nothing else."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from runfold.contracts import job as j
from runfold.contracts.envelope import CommitRecord, EventRecord
from runfold.domain.cell.state import Cell
from runfold.domain.instance import silence
from runfold.domain.instance.state import Host
from runfold.domain.job import decide
from runfold.domain.job.state import Attempt
from runfold.domain.run import gang
from runfold.eventlog import batch, standing, takeover, writer
from runfold.eventlog.follow import Follower
from runfold.eventlog.port import Append, Appended, NotActive, NumberTaken, Unavailable
from runfold.eventlog.session import Term
from runfold.eventlog.window import Window
from runfold.executor.agent import Agent
from runfold.executor.ledger import Ledger
from runfold.gateway.commands import Commands
from runfold.log.projector import Projector, advance
from tests.simulation import services
from tests.simulation.store import SimStore

_patch = pytest.MonkeyPatch()


def acknowledged_before_durable() -> None:
    """A commit now and then isn't waited for, and is lost if its writer ends before the database has it."""
    insert = SimStore.insert

    async def hasty(store: SimStore, commit: CommitRecord) -> None:
        if commit.number % 11:
            await insert(store, commit)

    _patch.setattr(SimStore, "insert", hasty)


def expectations_unchecked() -> None:
    _patch.setattr(batch.Batch, "_conflict_with_log", lambda *_: None)
    _patch.setattr(batch.Batch, "_conflict_here", lambda *_: None)


def fact_counted_twice() -> None:
    recorded = decide.record

    def careless(job: Any, condition: Any) -> list[j.JobEvent]:
        attempt = next((a for a in job.attempts if a.id == condition.attempt_id), None)
        if attempt is not None and attempt.ended and condition.state == "exited":
            return [j.AttemptExited(job.id, attempt.id, "executor_error", 0)]
        return recorded(job, condition)

    _patch.setattr(decide, "record", careless)


def lost_commit_never_caught_up() -> None:
    async def trusting(follower: Follower) -> None:
        await follower._message_within(1e9)

    _patch.setattr(Follower, "_news", trusting)


def claimed_before_journaled() -> None:
    take = Agent._take

    async def hasty(agent: Agent, steps: Any) -> None:
        for attempt_id in steps.begin:
            agent._crew.begin(attempt_id)
        await asyncio.sleep(0.2)
        steps.begin.clear()
        await take(agent, steps)

    _patch.setattr(Agent, "_take", hasty)


def zombie_decides() -> None:
    """Who was replaced follows on, doesn't take the other's term for an end, and doesn't expect its own."""

    async def append(term: Term, events: Sequence[EventRecord], expect: Sequence[str], at: int) -> Appended:
        new = Append(term._ids.uuid7(), tuple(events), tuple(expect), at)
        return await term._surely(lambda: term._log.append(new))

    _patch.setattr(Term, "append", append)
    _patch.setattr(Term, "_compare", lambda _: None)


def window_not_loaded_at_takeover() -> None:
    async def empty(*_: Any) -> Window:
        return Window()

    _patch.setattr(takeover, "load_window", empty)


def duplicate_key_taken_as_durable() -> None:
    async def gullible(store: Any, record: CommitRecord, pause: Any) -> CommitRecord:
        while True:
            try:
                await store.insert(record)
            except NumberTaken:
                return record
            except Unavailable as error:
                await pause(str(error))
            else:
                return record

    for module in (standing, takeover, writer):
        _patch.setattr(module, "stand", gullible)


def stale_inventory_answer_obeyed() -> None:
    answered = Ledger.answered

    def obedient(ledger: Ledger, message: Any) -> Any:
        ledger.position = min(ledger.position, message.position)
        return answered(ledger, message)

    _patch.setattr(Ledger, "answered", obedient)


def forgotten_work_taken_again() -> None:
    _patch.setattr(Ledger, "_mark", lambda *_: None)


def end_before_the_output() -> None:
    _patch.setattr(decide, "output_done", lambda _: True)


def attempt_used_again() -> None:
    """A retry doesn't get an attempt of its own."""
    resubmitted = decide.resubmit

    def thrifty(job: Any, now: int, new_attempt_id: str) -> list[j.JobEvent]:
        return [replace(e, attempt_id=job.attempt.id) for e in resubmitted(job, now, new_attempt_id)]

    _patch.setattr(decide, "resubmit", thrifty)


def members_restarted_alone() -> None:
    """What breaks a gang is tried again by itself, while the others run on."""

    def alone(run: Any, now: int, new_id: Any, run_stop: str | None) -> list[j.JobEvent]:
        return [event for job in run.jobs for event in decide.settle(job, now, new_id(), run_stop)]

    _patch.setattr(gang, "settle", alone)


def retry_without_its_id() -> None:
    """The gateway repeats an append whose outcome is open under another id."""

    async def forgetful(commands: Commands, append: Append) -> Appended:
        while True:
            try:
                return await commands._log.append(append)
            except (Unavailable, NotActive):
                append = replace(append, id=commands._ids.uuid7())
                await asyncio.sleep(0.1)

    _patch.setattr(Commands, "_until_answered", forgetful)


def due_retry_forgotten() -> None:
    _patch.setattr(decide, "resubmit", lambda *_: [])


def silent_host_lost_at_once() -> None:
    """A heartbeat is missed, and nobody waits until what runs on that host has been stopped there."""
    losses = silence._losses

    def hasty(cell: Cell, host: Host) -> Iterator[tuple[Attempt, int]]:
        return ((attempt, 0) for attempt, _ in losses(cell, host))

    _patch.setattr(silence, "_losses", hasty)
    _patch.setattr(services, "SILENT_AFTER", 9)


def checkpoint_before_its_rows() -> None:
    write = Projector._write

    async def hasty(projector: Projector, active: Any, batch: Any) -> None:
        await advance(projector._runs, active.number, projector._view.log_id, batch.position)
        await write(projector, active, batch)

    _patch.setattr(Projector, "_write", hasty)


PLANTS = (
    acknowledged_before_durable,
    expectations_unchecked,
    fact_counted_twice,
    lost_commit_never_caught_up,
    claimed_before_journaled,
    zombie_decides,
    window_not_loaded_at_takeover,
    duplicate_key_taken_as_durable,
    stale_inventory_answer_obeyed,
    forgotten_work_taken_again,
    end_before_the_output,
    attempt_used_again,
    members_restarted_alone,
    retry_without_its_id,
    due_retry_forgotten,
    silent_host_lost_at_once,
    checkpoint_before_its_rows,
)
