"""What an event comes to, for people: its changes, with time and actor."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid5

import msgspec

from runfold.contracts import fleet, instance, job, run
from runfold.contracts.envelope import Envelope
from runfold.contracts.values import Micros
from runfold.domain.cell.state import Cell
from runfold.domain.job.state import Job
from runfold.domain.run.deleted import named
from runfold.domain.run.state import Run
from runfold.gateway.readmodels import people
from runfold.gateway.readmodels.changes import Change, Target


class Happened(msgspec.Struct, frozen=True, gc=False):
    """A change with its time and its event's actor; `within` has the ids of all that it is news about."""

    event_id: str
    number: int  #: among the changes of its event
    position: int
    time: Micros
    actor_id: str | None  #: user id; None is the system
    change: Change
    within: tuple[str, ...]

    @property
    def id(self) -> str:
        """Of the second and further changes of one event it follows from the event's own."""
        return self.event_id if self.number == 0 else str(uuid5(UUID(self.event_id), str(self.number)))


class Happenings:
    """Remembers where each thing stood that isn't over yet."""

    def __init__(self, cell: Callable[[], Cell]) -> None:
        self._cell = cell
        self._people = people.People(cell)
        self._status: dict[str, str] = {}
        self._last: Micros = 0

    def of(self, envelope: Envelope) -> Iterator[Happened]:
        """Asked once for each event, after its commit is folded."""
        maker = _MAKERS.get(type(envelope.data))
        if maker is None:
            return
        data = envelope.data
        if isinstance(data, run.RunDeleted):
            data = named(data, envelope.record.streams)
        for number, change in enumerate(maker(self, data)):
            yield _happened(envelope, number, self._moment(envelope.time), change)

    def _moment(self, time: Micros) -> Micros:
        """Of the next change: each has one of its own, as a list by time alone shows what one commit tells in order."""
        self._last = max(time, self._last + 1)
        return self._last

    def _moved(self, key: str, after: str, *, over: bool) -> str | None:
        """Where it stood before, if that was elsewhere."""
        before = self._status.get(key)
        if over:
            self._status.pop(key, None)
        else:
            self._status[key] = after
        return None if before == after else before

    def _of_people(self, e: Any) -> Iterator[Change]:
        return self._people.of(e)

    def _run_submitted(self, e: run.RunSubmitted) -> Iterator[Change]:
        status = self._status[e.run_id] = "pending" if e.schedule else "submitted"
        yield Change("submitted", (Target("run", e.run_id, e.name),), e.project_id, after=status)

    def _run_updated(self, e: run.RunUpdated) -> Iterator[Change]:
        if (known := self._cell().runs.get(e.run_id)) is not None:
            target = Target("run", known.id, known.name)
            yield Change("updated", (target,), known.project_id, message=", ".join(e.changed))

    def _run_changed(self, e: run.RunStopRequested | run.RunFinished) -> Iterator[Change]:
        if (known := self._cell().runs.get(e.run_id)) is not None:
            yield from self._run_moved(known)

    def _run_deleted(self, e: run.RunDeleted) -> Iterator[Change]:
        yield Change("deleted", (Target("run", e.run_id, e.name),), e.project_id)

    def _run_moved(self, known: Run) -> Iterator[Change]:
        after = str(known.status)
        before = self._moved(known.id, after, over=known.final is not None)
        if before is None:
            return
        stopped = None if known.stop is None else "aborted_by_user" if known.stop.abort else "stopped_by_user"
        reason = known.reason or stopped
        yield Change(
            "status",
            (Target("run", known.id, known.name),),
            known.project_id,
            before=before,
            after=after,
            reason=reason,
        )

    def _job_submitted(self, e: job.JobSubmitted) -> Iterator[Change]:
        """One that waits for its schedule is told of when that comes."""
        if e.due is None:
            yield from self._attempt_made(e.job_id, e.attempt_id, "created on run submission")

    def _job_resubmitted(self, e: job.JobResubmitted) -> Iterator[Change]:
        known, owner = self._of_job(e.job_id)
        anew = known is not None and owner is not None and owner.schedule and known.tries == 1
        what = "created on new submission" if anew else "created on retry"
        yield from self._attempt_made(e.job_id, e.attempt_id, what)
        if owner is not None:
            yield from self._run_moved(owner)

    def _attempt_made(self, job_id: str, attempt_id: str, what: str) -> Iterator[Change]:
        known, owner = self._of_job(job_id)
        if known is None or owner is None:
            return
        self._status[attempt_id] = "submitted"
        target = Target("job", attempt_id, known.spec.name)
        yield Change(what, (target,), owner.project_id, owner.id, after="submitted", by_user=False)

    def _job_placed(self, e: job.JobPlaced) -> Iterator[Change]:
        known, owner = self._of_job(e.job_id)
        if known is None or owner is None:
            return
        targets, fleet_id = [Target("job", e.attempt_id, known.spec.name)], None
        placed_on = self._cell().instances.get(e.instance_id)
        if placed_on is not None:
            targets.append(Target("instance", placed_on.id, placed_on.name))
            fleet_id = placed_on.fleet_id
        yield Change("assigned", tuple(targets), owner.project_id, owner.id, fleet_id)
        yield from self._job_changed(e)

    def _job_changed(self, e: Any) -> Iterator[Change]:
        known, owner = self._of_job(e.job_id)
        attempt = self._cell().attempts.get(e.attempt_id)
        if known is None or owner is None or attempt is None or attempt.refused:
            return
        after = str(attempt.status)
        before = self._moved(attempt.id, after, over=attempt.status.final)
        if before is not None:
            reason = attempt.reason or (known.stop.reason if known.stop else None)
            target = Target("job", attempt.id, known.spec.name)
            yield Change(
                "status",
                (target,),
                owner.project_id,
                owner.id,
                before=before,
                after=after,
                reason=reason,
                message=attempt.message,
            )
        yield from self._run_moved(owner)

    def _of_job(self, job_id: str) -> tuple[Job | None, Run | None]:
        """Neither once its run has finished and left memory: what is said of it then is no news."""
        known = self._cell().jobs.get(job_id)
        return known, self._cell().runs[known.run_id] if known is not None else None

    def _fleet_created(self, e: fleet.FleetCreated) -> Iterator[Change]:
        self._status[e.fleet_id] = "active"
        yield Change("created", (Target("fleet", e.fleet_id, e.name),), e.project_id, after="active")

    def _fleet_updated(self, e: fleet.FleetUpdated) -> Iterator[Change]:
        known = self._cell().fleets[e.fleet_id]
        yield Change("updated", (Target("fleet", known.id, known.name),), known.project_id)

    def _fleet_changed(self, e: fleet.FleetDeletionRequested | fleet.FleetDeleted) -> Iterator[Change]:
        known = self._cell().fleets[e.fleet_id]
        after = "terminated" if known.deleted else "terminating"
        before = self._moved(known.id, after, over=known.deleted)
        if before is not None:
            target = Target("fleet", known.id, known.name)
            yield Change("status", (target,), known.project_id, before=before, after=after)

    def _instance_requested(self, e: instance.InstanceRequested) -> Iterator[Change]:
        targets, run_id = [Target("instance", e.instance_id, e.name)], None
        with_fleet = (
            self._cell().fleets[e.fleet_id].created_at == self._cell().instances[e.instance_id].created_at
        )
        what = "created on fleet submission" if with_fleet else "created to meet target fleet node count"
        wanted_by = self._cell().jobs.get(e.job_id or "")
        if wanted_by is not None:
            what, run_id = "created for job", wanted_by.run_id
            targets.append(Target("job", wanted_by.attempt.id, wanted_by.spec.name))
        self._status[e.instance_id] = "pending"
        yield Change(what, tuple(targets), e.project_id, run_id, e.fleet_id, after="pending", by_user=False)

    def _instance_changed(self, e: Any) -> Iterator[Change]:
        known = self._cell().instances[e.instance_id]
        after = str(known.status)
        before = self._moved(known.id, after, over=known.ended_at is not None)
        if before is not None:
            target = Target("instance", known.id, known.name)
            # Why it ends is said as that begins.
            said = before == "terminating"
            yield Change(
                "status",
                (target,),
                known.project_id,
                fleet_id=known.fleet_id,
                before=before,
                after=after,
                reason=None if said else known.reason,
                message=None if said else known.message,
            )

    def _instance_heard(self, e: instance.InstanceSilent | instance.InstanceReturned) -> Iterator[Change]:
        known = self._cell().instances[e.instance_id]
        what = "silent" if isinstance(e, instance.InstanceSilent) else "returned"
        target = Target("instance", known.id, known.name)
        yield Change(what, (target,), known.project_id, fleet_id=known.fleet_id)


def _happened(envelope: Envelope, number: int, time: Micros, change: Change) -> Happened:
    record = envelope.record
    actor = record.actor if change.by_user else ""
    scopes = (change.run_id, change.fleet_id, change.project_id)
    about = [*(target.id for target in change.targets), *(scope for scope in scopes if scope is not None)]
    return Happened(
        event_id=record.id,
        number=number,
        position=envelope.position,
        time=time,
        actor_id=actor.removeprefix("user:") if actor.startswith("user:") else None,
        change=change,
        within=tuple(dict.fromkeys(about)),
    )


_MAKERS: dict[type[Any], Callable[[Happenings, Any], Iterator[Change]]] = {
    **dict.fromkeys(people.KINDS, Happenings._of_people),
    run.RunSubmitted: Happenings._run_submitted,
    run.RunUpdated: Happenings._run_updated,
    run.RunStopRequested: Happenings._run_changed,
    run.RunFinished: Happenings._run_changed,
    run.RunDeleted: Happenings._run_deleted,
    job.JobSubmitted: Happenings._job_submitted,
    job.JobResubmitted: Happenings._job_resubmitted,
    job.JobPlaced: Happenings._job_placed,
    job.AttemptPulling: Happenings._job_changed,
    job.AttemptStarted: Happenings._job_changed,
    job.AttemptExited: Happenings._job_changed,
    job.AttemptLost: Happenings._job_changed,
    job.JobStopping: Happenings._job_changed,
    job.JobRetryScheduled: Happenings._job_changed,
    job.JobFinished: Happenings._job_changed,
    fleet.FleetCreated: Happenings._fleet_created,
    fleet.FleetUpdated: Happenings._fleet_updated,
    fleet.FleetDeletionRequested: Happenings._fleet_changed,
    fleet.FleetDeleted: Happenings._fleet_changed,
    instance.InstanceRequested: Happenings._instance_requested,
    instance.InstanceProvisioned: Happenings._instance_changed,
    instance.InstanceEnding: Happenings._instance_changed,
    instance.InstanceEnded: Happenings._instance_changed,
    instance.InstanceSilent: Happenings._instance_heard,
    instance.InstanceReturned: Happenings._instance_heard,
}
