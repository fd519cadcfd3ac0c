"""What there is to decide: indexes over the cell that change with each event and are never rebuilt for one."""

import heapq
from dataclasses import dataclass, field
from typing import NamedTuple

from runfold.contracts import fleet, instance, job, run
from runfold.contracts.envelope import Envelope
from runfold.contracts.values import Micros, Quantities, Selection
from runfold.domain.cell.state import Cell
from runfold.domain.job import decide as jobs
from runfold.domain.job.state import Job
from runfold.domain.run.state import Run
from runfold.domain.scheduling.place import needs_docker


class Shape(NamedTuple):
    """Jobs of one shape fit alike: where one doesn't go, none of the others does in the same pass."""

    project_id: str
    fleets: tuple[str, ...] | None
    requests: Quantities
    needs_docker: bool
    excluded: str | None  #: a job that leaves instances out is a shape of its own
    selection: Selection | None = None
    nodes: int = 1  #: of a gang, which goes as a whole


class Order(NamedTuple):
    """Higher priority first, then the one that waits longest."""

    priority: int
    position: int
    job_id: str


@dataclass(slots=True)
class Agenda:
    """Ordered sets are dictionaries, so that a replay does everything in the same order."""

    stopping: dict[str, None] = field(default_factory=dict)  #: run ids
    settling: dict[str, None] = field(default_factory=dict)  #: job ids whose attempt ended
    waiting: dict[Shape, list[Order]] = field(
        default_factory=dict
    )  #: heaps; finished or placed ones fall out late
    proposed: list[tuple[Shape, Order]] = field(default_factory=list)  #: decided on in the last pass
    timers: list[tuple[Micros, str]] = field(default_factory=list)  #: heap of (due, job id)
    room: bool = True  #: capacity or demand changed since the last pass
    why: dict[str, str] = field(default_factory=dict)  #: waiting job id -> why it waits
    #: Run id -> its jobs that couldn't be decided on, "" for its stop: looked at again once they change.
    left_out: dict[str, dict[str, None]] = field(default_factory=dict)

    def note(self, cell: Cell, envelope: Envelope) -> None:
        """Called after `envelope` is folded into `cell`."""
        if self.left_out:
            self._changed(cell, envelope.data)
        match envelope.data:
            case run.RunStopRequested(run_id=run_id):
                self.stopping[run_id] = None
            case run.RunUpdated(run_id=run_id):
                self._requeue(cell, run_id, envelope.position)
            case job.JobSubmitted(job_id=job_id, due=int(due)):
                heapq.heappush(self.timers, (due, job_id))
            case job.JobSubmitted(job_id=job_id) | job.JobResubmitted(job_id=job_id):
                self._wait(cell, cell.jobs.get(job_id), envelope.position)
            case job.JobRetryScheduled(job_id=job_id, due=due):
                heapq.heappush(self.timers, (due, job_id))
            case job.AttemptStarted(job_id=job_id):
                self._watch(cell.jobs.get(job_id))
            case job.AttemptExited() | job.AttemptLost() | job.AttemptRefused() | job.OutputClosed():
                self.settling[envelope.data.job_id] = None
                self.room = True
            case job.JobFinished(job_id=job_id):
                self.why.pop(job_id, None)
            case instance.InstanceProvisioned() | instance.InstanceEnded() | instance.ExecutorJoined():
                self.room = True
            case instance.InstanceReturned():
                self.room = True
            case fleet.FleetCreated() | fleet.FleetUpdated() | fleet.FleetDeletionRequested():
                self.room = True
            case _:
                pass

    def tidy(self, cell: Cell) -> None:
        """Leaves out what is over by now. Passes do that as they go; without any, the agenda would only grow."""
        heaps = ((shape_, [o for o in heap if stands(cell, o)]) for shape_, heap in self.waiting.items())
        self.waiting = {shape_: heap for shape_, heap in heaps if heap}
        for heap in self.waiting.values():
            heapq.heapify(heap)
        self.timers = [timer for timer in self.timers if _goes_on(cell, timer[1])]
        heapq.heapify(self.timers)
        self.settling = {id_: None for id_ in self.settling if _goes_on(cell, id_)}
        self.stopping = {
            id_: None for id_ in self.stopping if id_ in cell.runs and cell.runs[id_].final is None
        }

    def leave_out(self, run_id: str, job_id: str) -> None:
        """Until something happens to it, or somebody asks for it."""
        self.left_out.setdefault(run_id, {})[job_id] = None

    def leaves_out(self, job: Job) -> bool:
        return bool(self.left_out) and job.id in self.left_out.get(job.run_id, ())

    def look_again(self, cell: Cell, owner: Run) -> None:
        """At all of a run, whatever it was left out for."""
        self.left_out.pop(owner.id, None)
        if owner.stop is not None:
            self.stopping[owner.id] = None
        for each in owner.jobs:
            self._put_back(cell, each)

    @property
    def size(self) -> int:
        """How much is on it, a few too many included."""
        queued = sum(len(heap) for heap in tuple(self.waiting.values()))
        return queued + len(self.timers) + len(self.settling) + len(self.stopping)

    def restore(self, cell: Cell) -> None:
        """Put back what the last pass decided on and the log refused."""
        for shape_, order in self.proposed:
            if stands(cell, order):
                heapq.heappush(self.waiting.setdefault(shape_, []), order)
                self.room = True
        self.proposed.clear()

    def due(self, now: Micros) -> list[str]:
        """Job ids whose timers are due, taken off."""
        ids = []
        while self.timers and self.timers[0][0] <= now:
            ids.append(heapq.heappop(self.timers)[1])
        return ids

    @property
    def next_due(self) -> Micros | None:
        return self.timers[0][0] if self.timers else None

    def _wait(self, cell: Cell, waiting: Job | None, position: int) -> None:
        if waiting is None:
            return
        owner = cell.runs[waiting.run_id]
        if owner.gang is not None and waiting is not owner.jobs[0]:
            return  # its first member stands in the queue for all
        order = Order(-owner.priority, position, waiting.id)
        heapq.heappush(self.waiting.setdefault(shape(owner, waiting), []), order)
        self.room = True
        for until in waiting.excluded.values():
            heapq.heappush(self.timers, (until, waiting.id))

    def _requeue(self, cell: Cell, run_id: str, position: int) -> None:
        """By its priority now, behind those that have it already; its old place stands no more."""
        for each in cell.runs[run_id].jobs if run_id in cell.runs else ():
            if each.waiting:
                self._wait(cell, each, position)

    def _changed(self, cell: Cell, event: object) -> None:
        """What was left out and changes is looked at again."""
        run_id, job_id = getattr(event, "run_id", None), getattr(event, "job_id", None)
        if run_id is None and job_id in cell.jobs:
            run_id = cell.jobs[job_id].run_id
        if run_id not in self.left_out:
            return
        for left in [job_id] if job_id else list(self.left_out[run_id]):
            if left in self.left_out[run_id]:
                del self.left_out[run_id][left]
                if left in cell.jobs:
                    self._put_back(cell, cell.jobs[left])
        if not self.left_out[run_id]:
            del self.left_out[run_id]

    def _put_back(self, cell: Cell, job: Job) -> None:
        """Wherever it may belong; behind those that wait already."""
        if job.finished_at is not None:
            return
        if job.waiting:
            self._wait(cell, job, cell.position)
            return
        self.settling[job.id] = None
        for due in (job.retry_due, jobs.deadline(job)):
            if due is not None:
                heapq.heappush(self.timers, (due, job.id))

    def _watch(self, started: Job | None) -> None:
        if started is not None and (deadline := jobs.deadline(started)) is not None:
            heapq.heappush(self.timers, (deadline, started.id))


def _goes_on(cell: Cell, job_id: str) -> bool:
    """What has left memory is over."""
    known = cell.jobs.get(job_id)
    return known is not None and known.finished_at is None


def stands(cell: Cell, order: Order) -> bool:
    """Its job waits, and by this priority."""
    known = cell.jobs.get(order.job_id)
    return known is not None and known.waiting and cell.runs[known.run_id].priority == -order.priority


def shape(owner: Run, waiting: Job) -> Shape:
    spec = waiting.spec
    excluded = waiting.id if waiting.excluded else None
    nodes = owner.gang.nodes if owner.gang is not None else 1
    return Shape(
        owner.project_id, owner.fleets, spec.requests, needs_docker(spec), excluded, owner.selection, nodes
    )
