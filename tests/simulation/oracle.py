"""What must hold at every step, whatever fails."""

from collections.abc import Callable
from typing import Any

from runfold.contracts import job as j
from runfold.contracts import run as r
from runfold.contracts.envelope import Commit, CommitRecord, Envelope
from runfold.contracts.executor import Assignment
from runfold.contracts.values import Quantities
from runfold.domain.cell.fold import apply
from runfold.domain.cell.state import Cell
from runfold.eventlog.port import Append, Appended
from tests.simulation.machine import Machine
from tests.simulation.workload import TOKEN


class Violation(AssertionError):
    """A promise was broken."""


class Oracle:
    """Sees each commit as it comes to stand, each process as it begins, each acknowledgement as it arrives.

    A violation is kept, and told by `on_violation`, since who runs into it may be about to catch it.
    """

    def __init__(self, on_violation: Callable[[Violation], None]) -> None:
        self.cell = Cell()
        self.listeners: list[Callable[[Envelope], None]] = []
        self._on_violation = on_violation
        self._appends: dict[str, Appended] = {}
        self._last = CommitRecord(0, 1, 0, 0, "", (), (), b"[]")  # type: ignore[arg-type]
        self._begun: dict[str, str] = {}  #: attempt id -> machine
        self._ended: dict[str, str] = {}  #: run and job ids -> by which event

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
            self._ends_stand(envelope)
            apply(self.cell, envelope)
            for listener in self.listeners:
                listener(envelope)
        self._capacity_kept()

    def acknowledged(self, append: Append, appended: Appended) -> None:
        self._require(
            self._appends.get(append.id) == appended, f"append {append.id} was acknowledged, and is lost"
        )

    def begins(self, machine: Machine, assignment: Assignment) -> None:
        """Before a process begins."""
        attempt_id = assignment.attempt_id
        self._require(attempt_id not in self._begun, f"attempt {attempt_id} is started twice")
        self._begun[attempt_id] = machine.name
        attempt = self.cell.attempts.get(attempt_id)
        host = self.cell.hosts.get(attempt.host_id or "") if attempt else None
        self._require(host is not None, f"attempt {attempt_id} is started, and was never placed")
        self._require(host is None or host.name == machine.name, f"attempt {attempt_id} is started elsewhere")
        live = machine.live()
        others = [one for one in live.values() if one.job_id == assignment.job_id]
        self._require(not others, f"job {assignment.job_id} is started beside itself")
        self._require(assignment.env.get("TOKEN", TOKEN) == TOKEN, f"attempt {attempt_id} lacks its secret")
        requests = [*(one.spec.requests for one in live.values()), assignment.spec.requests]
        self._require(_fit(requests, machine.capacity), f"{machine.name} is more than full")

    def violated(self, what: str) -> None:
        self._on_violation(Violation(what))

    def _ends_stand(self, envelope: Envelope) -> None:
        data: Any = envelope.data
        if isinstance(data, j.JobFinished | j.JobRetryScheduled):
            attempt = self.cell.attempts[data.attempt_id]
            printing = attempt.ended and not (
                attempt.output_closed or attempt.refused or attempt.status.final
            )
            self._require(
                not printing, f"{envelope.type} of {data.job_id} comes before the last of its output"
            )
        if isinstance(data, j.JobFinished):
            self._ends(data.job_id, envelope)
        elif isinstance(data, r.RunFinished):
            self._ends(data.run_id, envelope)
        elif (job_id := getattr(data, "job_id", None)) is not None and not isinstance(data, j.JobSubmitted):
            self._require(
                job_id not in self._ended,
                f"{envelope.type} at {envelope.position}, after the end of {job_id}",
            )

    def _ends(self, what: str, envelope: Envelope) -> None:
        self._require(what not in self._ended, f"{envelope.type} at {envelope.position}: {what} ends twice")
        self._ended[what] = envelope.type

    def _capacity_kept(self) -> None:
        for host in self.cell.hosts.values():
            used = Quantities(host.used_cpu, host.used_memory, host.used_gpu, host.used_disk)
            self._require(_fit([used], host.capacity), f"{host.name} is promised more than it has")

    def _require(self, holds: bool, what: str) -> None:
        if not holds:
            self.violated(what)


def _fit(requests: list[Quantities], capacity: Quantities) -> bool:
    return sum(each.cpu for each in requests) <= capacity.cpu and (
        sum(each.memory for each in requests) <= capacity.memory
    )
