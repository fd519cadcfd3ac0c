"""The provisioner as a component: decides over fleets, and carries out what was asked of backends."""

from runfold.contracts import fleet as f
from runfold.contracts import instance as i
from runfold.contracts import job as j
from runfold.contracts.envelope import Commit
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.domain.parking.state import Parked
from runfold.domain.provisioning.plan import REACTOR, next_due, plan
from runfold.eventlog.port import EventLog
from runfold.ports import Clock, Ids
from runfold.provisioner.backend import Backend
from runfold.provisioner.calls import Calls
from runfold.service.deciding import Deciding
from runfold.service.metrics import METRICS
from runfold.service.view import View

_FLEETS = (
    i.ExecutorJoined
    | i.InstanceRequested
    | i.InstanceProvisioned
    | i.InstanceEnding
    | i.InstanceEnded
    | i.InstanceReturned
    | f.FleetCreated
    | f.FleetUpdated
    | f.FleetDeletionRequested
)
_JOBS = j.JobPlaced | j.AttemptExited | j.AttemptLost | j.AttemptRefused | j.JobFinished


class Provisioner(Deciding):
    """Intent first (InstanceRequested), then the backend's call, then the outcome: a crash between repeats the call."""

    name = REACTOR

    def __init__(
        self, view: View, log: EventLog, clock: Clock, ids: Ids, backends: dict[str, Backend]
    ) -> None:
        super().__init__(view, log, clock, ids)
        self._dirty: dict[str, None] = {}
        self._due: int | None = None  #: when the next instance has idled long enough
        self._calls = Calls(view, backends, self._tasks, self._called)
        METRICS.gauge("runfold_instances", "Instances that have not ended.", self._instances)

    def _note(self, commit: Commit | None) -> None:
        if commit is None:
            self._dirty = {}
            return
        for envelope in commit.events:
            if isinstance(envelope.data, _FLEETS):
                # A host that joins concerns every fleet; there are few of either.
                self._dirty.update(dict.fromkeys(self._view.cell.live_fleets))
            elif isinstance(envelope.data, _JOBS):
                self._note_job(envelope.data.attempt_id)

    def _take_up(self) -> None:
        self._calls.forget()
        self._dirty.update(dict.fromkeys(self._view.cell.live_fleets))

    def _note_job(self, attempt_id: str) -> None:
        attempt = self._view.cell.attempts.get(attempt_id)
        held = self._view.cell.instances.get(attempt.instance_id or "") if attempt else None
        if held is not None:
            self._dirty[held.fleet_id] = None

    def _instances(self) -> int:
        instances = tuple(self._view.cell.instances.values())
        return sum(instance.ended_at is None for instance in instances)

    def _plan(self, cell: Cell, now: int) -> list[Decision]:
        if self._due is not None and self._due <= now:
            self._dirty.update(dict.fromkeys(cell.live_fleets))
        if not self._dirty and not self._calls:
            return []
        outcomes = self._calls.outcomes(cell)
        self._calls.begin(cell)
        decisions = [*outcomes, *plan(cell, self._dirty, now, self._ids.uuid4, self._parking.park)]
        self._due = next_due(cell, self._parking.subjects)
        return decisions

    def _next_due(self, cell: Cell) -> int | None:
        return self._due

    def _again(self, parked: Parked) -> None:
        self._dirty[parked.subject_id] = None

    def _called(self, fleet_id: str) -> None:
        self._dirty[fleet_id] = None
        self._decider.wake()
