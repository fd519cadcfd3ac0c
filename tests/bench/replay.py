"""How fast a log is folded from zero: `python -m tests.bench.replay EVENTS DIRECTORY` prints events a second.

`decoding` is the limit: the same commits, read from the same file and decoded, with nothing made of them.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from runfold.contracts import job, project, run
from runfold.contracts.envelope import Commit, CommitRecord, Context, EventRecord, NewEvent, record
from runfold.contracts.registry import Event
from runfold.contracts.values import JobSpec, Quantities
from runfold.domain import streams
from runfold.eventlog.adapters.sqlite import SqliteStore
from runfold.eventlog.writer import Writer
from runfold.service.serve import relax_collector
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View

COMMIT = 64  #: events
REQUEST = '{"run_name":"a-run","configuration":{"type":"task","commands":["true"],"resources":{"cpu":"2.."}}}'


def a_run(ids: SystemIds, number: int) -> Iterator[NewEvent]:
    """All that is said of a run that goes well."""
    run_id, job_id, attempt_id = ids.uuid4(), ids.uuid4(), ids.uuid4()
    own, jobs, now = (streams.run(run_id),), (streams.job(job_id),), 1_700_000_000_000_000 + number
    spec = JobSpec(name=f"run-{number}-0-0", command=("/bin/sh", "-c", "true"))

    def said(event: Event, touched: tuple[str, ...]) -> NewEvent:
        return NewEvent(event, touched, "project")

    name = streams.run_name("project", f"run-{number}")
    submitted = run.RunSubmitted(run_id, "project", "user", f"run-{number}", "dstack", REQUEST)
    yield said(submitted, (*own, name))
    yield said(job.JobSubmitted(job_id, run_id, attempt_id, spec), jobs)
    placed = job.JobPlaced(job_id, run_id, attempt_id, "instance", "host", Quantities(cpu=100))
    yield said(placed, (*jobs, streams.instance("instance")))
    yield said(job.AttemptClaimed(job_id, attempt_id, now), jobs)
    yield said(job.AttemptStarted(job_id, attempt_id, now, {}), jobs)
    yield said(job.AttemptExited(job_id, attempt_id, "done_by_runner", now, 0), jobs)
    yield said(job.OutputClosed(job_id, attempt_id, 0), jobs)
    yield said(job.JobFinished(job_id, run_id, attempt_id, "done", "done_by_runner", 0), jobs)
    yield said(run.RunFinished(run_id, "done", "all_jobs_done"), own)


def records(count: int, ids: SystemIds) -> Iterator[EventRecord]:
    """`count` events, or a few more, that end with a run's last."""
    context = Context("user:user", ids.uuid4())
    owned = project.ProjectCreated("project", "main", "user", "1", 1)
    yield record(NewEvent(owned, (streams.project("project"),)), ids.uuid7(), context)
    made = number = 0
    while made < count:
        number += 1
        for new in a_run(ids, number):
            made += 1
            yield record(new, ids.uuid7(), context)


async def fill(store: SqliteStore, count: int) -> int:
    """Commits of 64 events; how many events there are then."""
    ids, position, number = SystemIds(), 0, 0
    held: list[EventRecord] = []

    async def commit() -> None:
        nonlocal position, number, held
        number += 1
        touched = tuple(dict.fromkeys(stream for event in held for stream in event.streams))
        body = msgspec.Raw(msgspec.json.encode(held))
        made = CommitRecord(
            number, position + 1, len(held), number, "log", (ids.uuid7(),), touched, body, (len(held),)
        )
        await store.insert(made)
        position, held = position + len(held), []

    for each in records(count, ids):
        held.append(each)
        if len(held) == COMMIT:
            await commit()
    if held:
        await commit()
    return position


async def decoding(store: SqliteStore) -> float:
    """Seconds to read and decode everything."""
    began, after = time.perf_counter(), 0
    while found := await store.read(after, 256):
        for commit in found:
            assert Commit(commit).events
        after = found[-1].number
    return time.perf_counter() - began


async def replaying(store: SqliteStore) -> float:
    """Seconds until a view has folded everything."""
    view = View(Writer(store, clock=SystemClock(), ids=SystemIds()))
    began = time.perf_counter()
    await view.start()
    took = time.perf_counter() - began
    await view.stop()
    return took


async def measure(count: int, directory: Path) -> dict[str, float]:
    store = SqliteStore(directory / "replay.db")
    try:
        events = await fill(store, count)
        limit, took = await decoding(store), await replaying(store)
    finally:
        await store.close()
    return {"events": events, "decoding": events / limit, "replay": events / took}


if __name__ == "__main__":
    relax_collector()  # as every service does
    print(msgspec.json.encode(asyncio.run(measure(int(sys.argv[1]), Path(sys.argv[2])))).decode())
