"""What must hold at every step, whatever fails."""

from collections.abc import Callable
from typing import Any

from runfold.contracts import fleet as f
from runfold.contracts import instance as i
from runfold.contracts import job as j
from runfold.contracts import run as r
from runfold.contracts.cell import TermBegan
from runfold.contracts.envelope import Commit, CommitRecord, Envelope
from runfold.contracts.executor import Assignment
from runfold.contracts.values import Quantities
from runfold.domain import streams
from runfold.domain.cell.fold import apply
from runfold.domain.cell.state import Cell
from runfold.domain.instance.blocks import reserved
from runfold.eventlog.port import Append, Appended
from tests.simulation.gateway import Seen
from tests.simulation.machine import Machine
from tests.simulation.workload import TOKEN

#: Who decides under a term.
_DECIDERS = ("scheduler", "provisioner")


class Violation(AssertionError):
    """A promise was broken."""


class Oracle:
    """Sees each commit as it comes to stand, each process as it begins, each acknowledgement and answer as it arrives.

    A violation is kept, and told by `on_violation`, since who runs into it may be about to catch it.
    """

    def __init__(self, on_violation: Callable[[Violation], None]) -> None:
        self.cell = Cell()
        self.listeners: list[Callable[[Envelope], None]] = []
        self.acknowledged_up_to = 0  #: the last position that somebody was told is durable
        self._on_violation = on_violation
        self._machines: list[Machine] = []
        self._appends: dict[str, Appended] = {}
        self._last = CommitRecord(0, 1, 0, 0, "", (), (), b"[]")  # type: ignore[arg-type]
        self._begun: dict[str, str] = {}  #: attempt id -> machine
        self._ended: dict[str, str] = {}  #: run and job ids -> by which event
        self._attempts: dict[str, None] = {}
        self._terms: dict[str, int] = {}  #: service -> where its last term began
        self._terms_of: dict[tuple[str, str], int] = {}  #: node, service -> where its own term began
        self._refused: dict[str, None] = {}  #: run ids of requests that were refused
        self._keys: dict[str, str] = {}  #: idempotency key -> what it made

    def watch(self, machine: Machine) -> None:
        self._machines.append(machine)

    def violated(self, what: str) -> None:
        self._on_violation(Violation(what))

    # What happens.

    def committed(self, record: CommitRecord) -> None:
        last = self._last
        self._require(record.number == last.number + 1, f"commit {record.number} stands after {last.number}")
        self._require(
            record.first == last.last + 1 or last.number == 0, f"commit {record.number}: gap in positions"
        )
        self._require(record.time >= last.time, f"commit {record.number} goes back in time")
        self._require(not last.log_id or record.log_id == last.log_id, f"commit {record.number}: another log")
        self._last = record
        position = record.first
        for append_id, size in zip(record.appends, record.sizes, strict=True):
            self._require(append_id not in self._appends, f"append {append_id} was applied twice")
            self._appends[append_id] = Appended(record.number, position, position + size - 1)
            position += size
        for envelope in Commit(record).events:
            self._before(envelope)
            apply(self.cell, envelope)
            for listener in self.listeners:
                listener(envelope)
        self._capacity_kept()
        self._gangs_whole(record)

    def acknowledged(self, node: str, append: Append, appended: Appended) -> None:
        self._require(
            self._appends.get(append.id) == appended, f"append {append.id} was acknowledged, and is lost"
        )
        self.acknowledged_up_to = max(self.acknowledged_up_to, appended.last)
        for service in _DECIDERS:
            if append.events[0].actor == f"service:{service}":
                self._decided_in_its_term(node, service, append, appended)

    def begins(self, machine: Machine, assignment: Assignment) -> None:
        """Before a process begins."""
        attempt_id = assignment.attempt_id
        self._require(attempt_id not in self._begun, f"attempt {attempt_id} is started twice")
        self._begun[attempt_id] = machine.name
        attempt = self.cell.attempts.get(attempt_id)
        host = self.cell.hosts.get(attempt.host_id or "") if attempt else None
        self._require(host is not None, f"attempt {attempt_id} is started, and was never placed")
        self._require(host is None or host.name == machine.name, f"attempt {attempt_id} is started elsewhere")
        others = [a for m in self._machines for a in m.live().values() if a.job_id == assignment.job_id]
        self._require(not others, f"job {assignment.job_id} is started beside itself")
        self._begins_with_its_gang(assignment)
        self._require(assignment.env.get("TOKEN", TOKEN) == TOKEN, f"attempt {attempt_id} lacks its secret")
        requests = [*(one.spec.requests for one in machine.live().values()), assignment.spec.requests]
        self._require(_fit(requests, machine.capacity), f"{machine.name} is more than full")

    # What clients are answered.

    def accepted(self, run_id: str) -> None:
        self._require(run_id in self.cell.runs, f"run {run_id} was accepted, and is lost")

    def refused(self, run_id: str) -> None:
        """A request for it was refused: it must have no effect, now or ever."""
        self._require(run_id not in self.cell.runs, f"run {run_id} was refused, and is there")
        self._refused[run_id] = None

    def repeated(self, first: str, again: str) -> None:
        self._require(first == again, f"a repeated request was answered {again}, and {first} the first time")

    def stopped(self, run_id: str) -> None:
        run = self.cell.runs[run_id]
        self._require(run.stop is not None or run.final is not None, f"stop of {run_id} was taken, and lost")

    def deleted(self, run_id: str) -> None:
        self._require(self.cell.runs[run_id].deleted, f"deletion of {run_id} was taken, and lost")

    def seen(self, seen: Seen, known: int, run_id: str | None) -> None:
        """Somebody was shown a run, who asked when `known` was acknowledged; `run_id` had that name at that time."""
        self._require(
            seen.position >= known, f"a read shows position {seen.position}, after {known} was acknowledged"
        )
        if run_id is None:
            return
        mine = self.cell.runs[run_id]
        shown = seen.run_id == run_id
        self._require(shown or mine.deleted, f"run {run_id} was accepted, and isn't shown")
        self._require(
            not shown or seen.final in (None, mine.final), f"run {run_id} was shown as {seen.final}"
        )

    # What each event may be.

    def _before(self, envelope: Envelope) -> None:
        """The cell is as it was before this event."""
        match envelope.data:
            case TermBegan(service=service):
                self._terms[service] = envelope.position
            case r.RunSubmitted():
                self._submitted(envelope.data, envelope)
            case r.RunFinished(run_id=run_id):
                self._ends(run_id, envelope)
            case f.FleetDeleted(fleet_id=fleet_id):
                self._require(
                    not self.cell.fleets[fleet_id].instances, f"fleet {fleet_id} goes, and isn't empty"
                )
            case i.InstanceRequested(fleet_id=fleet_id):
                self._grows(fleet_id)
            case i.InstanceProvisioned(instance_id=instance_id):
                known = self.cell.instances[instance_id]
                self._require(
                    known.host_id is None and not known.ending, f"instance {instance_id} comes twice"
                )
            case _:
                self._job_goes_on(envelope)

    def _submitted(self, event: r.RunSubmitted, envelope: Envelope) -> None:
        self._require(event.run_id not in self._refused, f"run {event.run_id} was refused, and comes later")
        holder = self.cell.runs.get(self.cell.names.get(streams.run_name(event.project_id, event.name), ""))
        self._require(holder is None or holder.deleted, f"two runs have the name {event.name}")
        if (key := envelope.record.idempotency) is not None:
            self._require(key.key not in self._keys, f"{key.key} made {event.run_id} beside another run")
            self._keys[key.key] = event.run_id

    def _grows(self, fleet_id: str) -> None:
        fleet = self.cell.fleets[fleet_id]
        most = fleet.spec.nodes_max
        self._require(not fleet.deleting, f"fleet {fleet.name} grows while it is deleted")
        self._require(most is None or len(fleet.instances) < most, f"fleet {fleet.name} has more than {most}")

    def _job_goes_on(self, envelope: Envelope) -> None:
        data: Any = envelope.data
        if isinstance(data, j.JobFinished | j.JobRetryScheduled):
            self._output_is_whole(data, envelope)
        if isinstance(data, j.JobFinished):
            self._ends(data.job_id, envelope)
        elif isinstance(data, j.JobSubmitted | j.JobResubmitted):
            self._require(data.attempt_id not in self._attempts, f"attempt {data.attempt_id} is used again")
            self._attempts[data.attempt_id] = None
        elif isinstance(data, j.AttemptLost):
            self._stopped_before(data.attempt_id)
        elif isinstance(data, j.JobPlaced):
            instance = self.cell.instances[data.instance_id]
            self._require(
                instance.usable, f"{data.attempt_id} is placed on {instance.name}, which isn't usable"
            )
            whole = reserved(self.cell.jobs[data.job_id].spec.requests, instance)
            self._require(data.reserved == whole, f"{data.attempt_id} doesn't take whole blocks")
        if (job_id := getattr(data, "job_id", None)) is not None and not isinstance(data, j.JobFinished):
            self._require(
                job_id not in self._ended,
                f"{envelope.type} at {envelope.position}, after the end of {job_id}",
            )

    def _stopped_before(self, attempt_id: str) -> None:
        """What is lost may be begun elsewhere at any time from now on."""
        living = [machine.name for machine in self._machines if attempt_id in machine.live()]
        self._require(not living, f"attempt {attempt_id} counts as lost, and lives on {living}")

    def _output_is_whole(self, data: j.JobFinished | j.JobRetryScheduled, envelope: Envelope) -> None:
        attempt = self.cell.attempts[data.attempt_id]
        printing = attempt.ended and not (attempt.output_closed or attempt.refused or attempt.status.final)
        self._require(not printing, f"{envelope.type} of {data.job_id} comes before the last of its output")

    def _ends(self, what: str, envelope: Envelope) -> None:
        self._require(what not in self._ended, f"{envelope.type} at {envelope.position}: {what} ends twice")
        self._ended[what] = envelope.type

    def _decided_in_its_term(self, node: str, service: str, append: Append, appended: Appended) -> None:
        if f"term:{service}" == append.events[0].streams[0]:
            self._terms_of[node, service] = appended.last
            return
        own, last = self._terms_of[node, service], self._terms[service]
        self._require(
            own == last or appended.last < last, f"{node} decided at {appended.first}, in the term of another"
        )

    def _capacity_kept(self) -> None:
        for host in self.cell.hosts.values():
            used = Quantities(host.used_cpu, host.used_memory, host.used_gpu, host.used_disk)
            self._require(_fit([used], host.capacity), f"{host.name} is promised more than it has")

    def _gangs_whole(self, record: CommitRecord) -> None:
        """Members that this commit touched are in the same attempt, and placed, retried and over together."""
        touched = (self.cell.jobs.get(stream.removeprefix("job:")) for stream in record.streams)
        for run_id in dict.fromkeys(job.run_id for job in touched if job is not None):
            run = self.cell.runs[run_id]
            where = {
                (len(job.attempts), job.attempt.placed_at is None, job.retry_due, job.finished_at is None)
                for job in run.jobs
            }
            self._require(len(where) == 1, f"the gang of {run_id} is torn: {where}")

    def _begins_with_its_gang(self, assignment: Assignment) -> None:
        """No member of an earlier attempt runs any more."""
        others = [a for m in self._machines for a in m.live().values() if a.run_id == assignment.run_id]
        nums = {self.cell.attempts[a.attempt_id].num for a in (*others, assignment)}
        self._require(len(nums) == 1, f"{assignment.attempt_id} is started beside its gang's earlier attempt")

    def _require(self, holds: bool, what: str) -> None:
        if not holds:
            self.violated(what)


def _fit(requests: list[Quantities], capacity: Quantities) -> bool:
    return sum(each.cpu for each in requests) <= capacity.cpu and (
        sum(each.memory for each in requests) <= capacity.memory
    )
