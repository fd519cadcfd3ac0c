"""The provisioner as a component: decides over fleets, and carries out what was asked of backends."""

from runfold.contracts import fleet as f
from runfold.contracts import instance as i
from runfold.contracts import job as j
from runfold.contracts.envelope import Commit
from runfold.domain.cell.state import Cell
from runfold.domain.decision import Decision
from runfold.domain.provisioning.plan import next_due, plan
from runfold.eventlog.port import EventLog
from runfold.eventlog.session import Term
from runfold.ports import Clock, Ids
from runfold.provisioner.backend import Backend
from runfold.provisioner.calls import Calls
from runfold.service.decider import Decider
from runfold.service.metrics import METRICS
from runfold.service.tasks import Tasks
from runfold.service.view import View

_FLEETS = (
    i.ExecutorJoined
    | i.InstanceRequested
    | i.InstanceProvisioned
    | i.InstanceEnding
    | i.InstanceEnded
    | f.FleetCreated
    | f.FleetUpdated
    | f.FleetDeletionRequested
)
_JOBS = j.JobPlaced | j.AttemptExited | j.AttemptLost | j.AttemptRefused | j.JobFinished


class Provisioner:
    """Intent first (InstanceRequested), then the backend's call, then the outcome: a crash between repeats the call."""

    name = "provisioner"

    def __init__(
        self, view: View, log: EventLog, clock: Clock, ids: Ids, backends: dict[str, Backend]
    ) -> None:
        self._view, self._ids = view, ids
        self._dirty: dict[str, None] = {}
        self._due: int | None = None  #: when the next instance has idled long enough
        self._tasks = Tasks()
        self._calls = Calls(view, backends, self._tasks, self._again)
        self._term = Term(log, self.name, clock, ids)
        METRICS.gauge("runfold_instances", "Instances that have not ended.", self._instances)
        view.listen(self._note)
        self._decider = Decider(view, self._term, clock, ids, plan=self._plan, next_due=self._next_due)

    async def start(self) -> None:
        await self._term.begin()
        self._tasks.start("provisioning", self._decider.run())

    async def stop(self) -> None:
        await self._tasks.stop()

    def not_ready(self) -> str | None:
        return self._tasks.failed or self._view.not_ready() or self._decider.not_ready()

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
        decisions = [*outcomes, *plan(cell, self._dirty, now, self._ids.uuid4)]
        self._due = next_due(cell)
        return decisions

    def _next_due(self, _: Cell) -> int | None:
        return self._due

    def _again(self, fleet_id: str) -> None:
        self._dirty[fleet_id] = None
        self._decider.wake()
