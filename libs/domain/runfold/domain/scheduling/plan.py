"""One pass: everything that is to be decided now, as decisions that are appended together."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from runfold.contracts import job as j
from runfold.contracts import run as r
from runfold.contracts.instance import InstanceRequested
from runfold.contracts.values import Micros
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.domain.instance import decide as instances
from runfold.domain.job import decide as jobs
from runfold.domain.job.state import Job
from runfold.domain.parking import decide as parking
from runfold.domain.run import decide as runs
from runfold.domain.run import gang
from runfold.domain.run.schedule import as_scheduled
from runfold.domain.run.state import Run
from runfold.domain.scheduling.agenda import Agenda, stands
from runfold.domain.scheduling.place import Fail, Grow, Place, Taken, Wait, place
from runfold.domain.scheduling.place_gang import GangPlacement, PlaceAll, place_gang

#: As what it parks runs.
REACTOR = "scheduler"

#: Decisions of one pass, so that an append stays small and what comes in meanwhile is seen soon.
PASS = 128


#: Told the stream of what couldn't be decided on, and why.
Park = Callable[[str, Exception], object]


def _not_parked(_: str, error: Exception) -> None:
    raise error


@dataclass(slots=True)
class Pass:
    """What one pass works with. `new_id` draws ids: for attempts (version 4) and instances.

    `stop_after`: seconds for which a host may be cut off until it stops what is tried again elsewhere; None: for ever.
    """

    cell: Cell
    agenda: Agenda
    now: Micros
    new_id: Callable[[], str]
    stop_after: int | None = None
    park: Park = _not_parked
    tried: set[str] = field(default_factory=set)  #: run ids, while anything is parked
    decisions: list[Decision] = field(default_factory=list)
    decided: set[str] = field(default_factory=set)  #: run ids; never iterated
    seen: set[str] = field(
        default_factory=set
    )  #: run ids of gangs that go on: asked once, whichever member ended
    placed: set[str] = field(default_factory=set)  #: job ids; never iterated
    taken: Taken = field(default_factory=Taken)

    @property
    def full(self) -> bool:
        return len(self.decisions) >= PASS


def plan(
    cell: Cell,
    agenda: Agenda,
    now: Micros,
    new_id: Callable[[], str],
    stop_after: int | None = None,
    park: Park = _not_parked,
) -> list[Decision]:
    """Stops first, then ends and timers, then placements; at most PASS of them, the rest stays on the agenda.

    What can't be decided on, by a fault of ours, is left out and told to `park`; without that, the fault is raised.
    """
    agenda.restore(cell)
    this = Pass(cell, agenda, now, new_id, stop_after, park)
    _stop_runs(this)
    _settle_jobs(this)
    _timers(this)
    _place_jobs(this)
    if cell.parked:
        _unpark(this)
    return this.decisions


def _apart(this: Pass, run: Run, job_id: str, step: Callable[[], bool]) -> bool:
    """What `step` returns; False where it fails, and then everything but this job (or "", this run's stop) goes on."""
    if this.cell.parked:
        this.tried.add(run.id)
    try:
        return step()
    except Exception as error:
        this.park(streams.run(run.id), error)
        this.agenda.leave_out(run.id, job_id)
        return False


def _unpark(this: Pass) -> None:
    """Runs that are over by now, or of which all was decided on that had been left out."""
    for parked in this.cell.parked.values():
        if parked.last.reactor != REACTOR:
            continue
        run_id, run = parked.subject_id, this.cell.runs.get(parked.subject_id)
        went = run_id in this.tried and run_id not in this.agenda.left_out
        if went or run is None or run.final is not None:
            events = parking.handled(this.cell.parked, parked.id)
            this.decisions.append(Decision(tuple(events), (streams.parked(parked.id),)))


def _stop_runs(this: Pass) -> None:
    for run_id in list(this.agenda.stopping):
        if this.full:
            return
        run = this.cell.runs.get(run_id)
        if run is None or not _apart(this, run, "", partial(_stop_run, this, run)):
            del this.agenda.stopping[run_id]


def _stop_run(this: Pass, run: Run) -> bool:
    """False where nothing is left to be stopped."""
    reason = runs.stop_reason(run)
    if run.final is not None or reason is None:
        return False
    abort = run.stop is not None and run.stop.abort
    events = [event for job in run.jobs for event in jobs.stop(job, reason, abort=abort)]
    return _decide(this, run, events, run.jobs)


def _settle_jobs(this: Pass) -> None:
    for job_id in list(this.agenda.settling):
        if this.full:
            return
        job = this.cell.jobs.get(job_id)
        if job is None:
            del this.agenda.settling[job_id]
            continue
        run = this.cell.runs[job.run_id]
        if run.id in this.decided:
            continue
        if run.id in this.seen or not _apart(this, run, job.id, partial(_settle, this, run, job)):
            del this.agenda.settling[job_id]
            if run.gang is not None:
                this.seen.add(run.id)


def _settle(this: Pass, run: Run, job: Job) -> bool:
    if run.gang is not None:
        events = gang.settle(run, this.now, this.new_id, runs.stop_reason(run))
        return _decide(this, run, events, run.jobs)
    return _decide(this, run, jobs.settle(job, this.now, this.new_id(), runs.stop_reason(run)), [job])


def _timers(this: Pass) -> None:
    for job_id in this.agenda.due(this.now):
        job = this.cell.jobs.get(job_id)
        if job is None:
            continue
        if job.waiting:
            this.agenda.room = True  # an instance it left out may be asked again
            continue
        run = this.cell.runs[job.run_id]
        if _apart(this, run, job.id, partial(_ring, this, run, job)):
            # The append may be refused: looked at again until nothing is left to decide.
            heapq.heappush(this.agenda.timers, (this.now, job_id))


def _ring(this: Pass, run: Run, job: Job) -> bool:
    if run.gang is not None:
        return _decide(this, run, gang.overdue(run, this.now, this.new_id), run.jobs)
    return _decide(this, run, _overdue(job, this.now, this.new_id), [job])


def _overdue(job: Job, now: Micros, new_id: Callable[[], str]) -> list[j.JobEvent]:
    deadline = jobs.deadline(job)
    if deadline is not None and deadline <= now:
        message = f"max_duration of {job.spec.max_duration} s exceeded"
        return jobs.stop(job, "max_duration_exceeded", message=message)
    return jobs.resubmit(job, now, new_id())


def _decide(this: Pass, run: Run, events: list[j.JobEvent], touched: list[Job]) -> bool:
    """Adds the decision and what it makes of the run; False where there is nothing to decide."""
    if run.id in this.decided:
        return True
    if not events:
        return False
    events = as_scheduled(run, events, this.now)
    ends = {event.job_id: event for event in events if isinstance(event, j.JobFinished)}
    finished: list[r.RunEvent] = runs.finish(run, ends) if ends else []
    expect = (streams.run(run.id), *(streams.job(job.id) for job in touched))
    this.decisions.append(Decision((*events, *finished), expect))
    this.decided.add(run.id)
    return True


def _place_jobs(this: Pass) -> None:
    """Best first over all shapes; where one job of a shape doesn't go, the shape isn't asked again in this pass."""
    agenda = this.agenda
    if not agenda.room:
        return
    heads = [(queue[0], number, shape) for number, (shape, queue) in enumerate(agenda.waiting.items())]
    heapq.heapify(heads)
    while heads and not this.full:
        order, number, shape = heapq.heappop(heads)
        queue = agenda.waiting[shape]
        placed = waits = False
        if stands(this.cell, order):
            job = this.cell.jobs[order.job_id]
            run = this.cell.runs[job.run_id]
            placed = _apart(this, run, job.id, partial(_place, this, run, job))
            waits = not agenda.leaves_out(job)
        if waits and not placed:
            continue
        heapq.heappop(queue)
        if waits:
            agenda.proposed.append((shape, order))
        if queue:
            heapq.heappush(heads, (queue[0], number, shape))
        else:
            del agenda.waiting[shape]
    # A request for an instance may be refused by the log: looked at again until it is seen to stand.
    agenda.room = this.full or bool(this.taken.growing)


def _place(this: Pass, run: Run, job: Job) -> bool:
    """Decides on a waiting job, or on its whole gang; False where it stays in the queue."""
    if run.id in this.decided or job.id in this.placed:
        return True
    members = [job] if run.gang is None else run.jobs
    answer = (place if run.gang is None else _place_gang)(this.cell, run, job, this.now, this.taken)
    match answer:
        case Place():
            _put(this, run, members, [answer])
        case PlaceAll(places):
            _put(this, run, members, places)
        case Fail(reason, message):
            _decide(this, run, _nowhere(run, job, reason, message, this.now), members)
        case Grow(fleet):
            this.taken.growing[fleet.id] = None
            request: InstanceRequested = instances.request_for(fleet, this.new_id(), run, job)
            this.decisions.append(Decision((request,), (streams.fleet(fleet.id),)))
            return False
        case Wait(why):
            this.agenda.why[job.id] = why
            return False
    this.agenda.why.pop(job.id, None)
    return True


def _place_gang(cell: Cell, run: Run, _: Job, now: Micros, taken: Taken) -> GangPlacement:
    return place_gang(cell, run, now, taken)


def _nowhere(run: Run, job: Job, reason: str, message: str, now: Micros) -> list[j.JobEvent]:
    if run.gang is not None:
        return gang.fail_or_retry(run, reason, message, now)
    return jobs.fail_or_retry(job, reason, message, now)


def _put(this: Pass, run: Run, members: Sequence[Job], places: Sequence[Place]) -> None:
    """All of them in one decision, which the log takes or refuses as a whole."""
    placed = []
    for job, at in zip(members, places, strict=True):
        this.taken.take(at.host, at.reserved)
        this.placed.add(job.id)
        placed.append(
            j.JobPlaced(
                job.id,
                job.run_id,
                job.attempt.id,
                at.instance.id,
                at.host.id,
                reserved=at.reserved,
                stop_after=jobs.stop_after(job.spec, this.stop_after),
            )
        )
    touched = [
        *(streams.job(job.id) for job in members),
        *(streams.instance(at.instance.id) for at in places),
    ]
    this.decisions.append(Decision(tuple(placed), (streams.run(run.id), *dict.fromkeys(touched))))
