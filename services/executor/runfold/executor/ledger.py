"""What this executor knows of its attempts, and what each message from the log service makes of it.

Pure: a message changes the ledger at once and answers with Steps; the agent makes those durable, then real.
The rules, and the cases behind them, are PROTOCOL.md's "Work".
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from runfold.contracts.executor import (
    Assignment,
    AttemptCondition,
    AttemptsAssigned,
    AttemptsForgotten,
    AttemptsStopped,
    AttemptState,
    InventoryAnswered,
    StopOrder,
)
from runfold.contracts.values import PullProgress
from runfold.executor.entries import Attempt, Mark, encode
from runfold.executor.holdings import Holdings

#: Seconds that what the log no longer wants gets to end by itself.
VOID_GRACE = 10


@dataclass(frozen=True, slots=True)
class Admitted:
    runtime: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It doesn't fit, or no runtime here can give it; as a fact to the scheduler."""

    reason: str
    message: str


Admission = Admitted | Refused


@dataclass(slots=True)
class Steps:
    """What follows: `entries` made durable first; then these attempts begun, stopped, dropped and reported."""

    entries: dict[str, bytes | None] = field(default_factory=dict)
    claimed: list[str] = field(default_factory=list)
    begin: list[str] = field(default_factory=list)
    stop: list[str] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    report: dict[str, AttemptCondition] = field(default_factory=dict)


class Ledger:
    """`admit` judges an assignment against what is here; `now` is the time in microseconds; `held` is kept up to date
    with what isn't over."""

    def __init__(
        self, admit: Callable[[Assignment], Admission], now: Callable[[], int], held: Holdings
    ) -> None:
        self.attempts: dict[str, Attempt] = {}
        #: Their conditions as far as they're durable: only these are told to anybody.
        self.told: dict[str, AttemptCondition] = {}
        #: What must not be begun when word of it arrives late: stopped before it was known, or forgotten.
        self.marks: dict[str, Mark] = {}
        #: P: the highest position that an inventory answer had.
        self.position = 0
        self._admit = admit
        self._now = now
        self._held = held

    def load(self, attempts: dict[str, Attempt], marks: dict[str, Mark], position: int) -> None:
        """What the journal remembers."""
        self.attempts.update(attempts)
        self.told.update({name: attempt.condition for name, attempt in attempts.items()})
        self.marks.update(marks)
        for attempt in attempts.values():
            if not attempt.over:
                self._held.take(attempt)
        self.position = position

    def assigned(self, message: AttemptsAssigned) -> Steps:
        steps = Steps()
        for each in message.assigned:
            if each.position > self.position:
                self._take(each.assignment, each.position, steps)
            # Else it is void, or here already: the answer at P listed all that was wanted by then.
            elif each.assignment.attempt_id in self.attempts:
                self._order(each.assignment.stop, steps)
        return steps

    def answered(self, message: InventoryAnswered) -> Steps:
        steps = Steps()
        if message.position < self.position:
            return steps
        for assignment in message.assignments:
            self._take(assignment, message.position, steps)
        for attempt_id in message.forget:
            self._forget(attempt_id, message.position, steps)
        wanted = {assignment.attempt_id for assignment in message.assignments}
        for attempt in list(self.attempts.values()):
            if attempt.position <= message.position and attempt.id not in wanted:
                self._void(attempt, steps)
        self._advance(message.position, steps)
        return steps

    def stopped(self, message: AttemptsStopped) -> Steps:
        steps = Steps()
        for stop in message.stops:
            if stop.attempt_id in self.attempts:
                self._order(stop, steps)
            elif message.position > self.position and stop.attempt_id not in self.marks:
                self._mark(stop.attempt_id, Mark(message.position, stop=True), steps)
        return steps

    def forgotten(self, message: AttemptsForgotten) -> Steps:
        steps = Steps()
        for attempt_id in message.attempt_ids:
            self._forget(attempt_id, message.position, steps)
        return steps

    def change(self, attempt_id: str, condition: AttemptCondition, *, started: bool = False) -> Steps:
        """The runtime showed something new. Once it has `started`, the values it started with aren't kept."""
        attempt = self.attempts[attempt_id]
        attempt.condition = condition
        if attempt.over:
            self._held.free(attempt_id)
        if started or attempt.over:
            attempt.assignment = _without_values(attempt.assignment)
        steps = Steps()
        self._keep(attempt, steps)
        steps.report[attempt_id] = condition
        return steps

    def pulling(self, attempt_id: str, image: str, progress: PullProgress) -> None:
        """Only for people's eyes, and so not journaled."""
        attempt = self.attempts[attempt_id]
        attempt.condition = replace(
            attempt.condition, state=AttemptState.PULLING, image=image, progress=progress
        )
        self.told[attempt_id] = attempt.condition

    def durable(self, steps: Steps) -> None:
        """The entries of these steps are."""
        for attempt_id, condition in steps.report.items():
            if attempt_id in self.attempts:
                self.told[attempt_id] = condition

    def dropped(self, attempt_id: str) -> Steps:
        """Nothing is left of it on the host."""
        attempt = self.attempts.pop(attempt_id, None)
        self.told.pop(attempt_id, None)
        self._held.free(attempt_id)
        steps = Steps(entries={f"attempt/{attempt_id}": None, f"output/{attempt_id}": None})
        if attempt and attempt.forgotten_at > self.position:
            # Late word of it must not begin it again.
            self._mark(attempt_id, Mark(attempt.forgotten_at), steps)
        return steps

    def unclaim(self, steps: Steps) -> None:
        """The journal couldn't take them: what was claimed by these steps isn't here."""
        for attempt_id in steps.claimed:
            self.attempts.pop(attempt_id, None)
            self._held.free(attempt_id)

    def _take(self, assignment: Assignment, position: int, steps: Steps) -> None:
        attempt_id = assignment.attempt_id
        mark = self.marks.get(attempt_id)
        if attempt_id in self.attempts:
            self._order(assignment.stop, steps)
        elif (mark is None or mark.stop) and not assignment.postponed:
            self._claim(assignment, position, mark is not None, steps)

    def _claim(self, assignment: Assignment, position: int, stopped: bool, steps: Steps) -> None:
        condition = AttemptCondition(
            assignment.attempt_id, assignment.job_id, AttemptState.CLAIMED, self._now()
        )
        attempt = Attempt(assignment, position, "", condition)
        if stopped or assignment.stop:
            attempt.condition = _never_started(condition, "terminated_by_server", "stopped before it started")
        elif assignment.withheld is not None:
            attempt.condition = _never_started(condition, "executor_error", assignment.withheld)
        else:
            self._admission(attempt)
        if attempt.over:
            attempt.assignment = _without_values(assignment)
        else:
            self._held.take(attempt)
            steps.begin.append(attempt.id)
        steps.claimed.append(attempt.id)
        self.attempts[attempt.id] = attempt
        self._keep(attempt, steps)
        steps.report[attempt.id] = attempt.condition

    def _admission(self, attempt: Attempt) -> None:
        match self._admit(attempt.assignment):
            case Admitted(runtime):
                attempt.runtime = runtime
            case Refused(reason, message):
                attempt.condition = replace(
                    attempt.condition, state=AttemptState.REFUSED, reason=reason, message=message
                )

    def _order(self, stop: StopOrder | None, steps: Steps) -> None:
        """Kept with the attempt, so that the next executor goes on stopping it. Only a shorter grace is news."""
        attempt = self.attempts[stop.attempt_id] if stop else None
        if stop is None or attempt is None or attempt.over or not _is_sooner(stop, attempt.stop):
            return
        attempt.stop = stop
        self._keep(attempt, steps)
        steps.stop.append(attempt.id)

    def _void(self, attempt: Attempt, steps: Steps) -> None:
        if attempt.over:
            steps.drop.append(attempt.id)
            return
        attempt.void = True
        self._order(StopOrder(attempt.id, VOID_GRACE), steps)
        self._keep(attempt, steps)

    def _forget(self, attempt_id: str, position: int, steps: Steps) -> None:
        attempt = self.attempts.get(attempt_id)
        if attempt is None:
            if position > self.position:
                self._mark(attempt_id, Mark(position), steps)
            return
        if attempt.position > position:
            # Said by who didn't know of it yet: a log service that is no longer the active one.
            return
        attempt.forgotten_at = max(attempt.forgotten_at, position)
        self._void(attempt, steps)

    def _advance(self, position: int, steps: Steps) -> None:
        self.position = position
        steps.entries["position"] = encode(position)
        for attempt_id, mark in list(self.marks.items()):
            if mark.position <= position:
                del self.marks[attempt_id]
                steps.entries[f"mark/{attempt_id}"] = None

    def _mark(self, attempt_id: str, mark: Mark, steps: Steps) -> None:
        self.marks[attempt_id] = mark
        steps.entries[f"mark/{attempt_id}"] = encode(mark)

    def _keep(self, attempt: Attempt, steps: Steps) -> None:
        steps.entries[f"attempt/{attempt.id}"] = encode(attempt)


def _without_values(given: Assignment) -> Assignment:
    if not given.env and given.registry_password is None:
        return given
    return replace(given, env={}, registry_password=None)


def _never_started(claimed: AttemptCondition, reason: str, message: str) -> AttemptCondition:
    return replace(
        claimed, state=AttemptState.EXITED, exited_at=claimed.claimed_at, reason=reason, message=message
    )


def _is_sooner(stop: StopOrder, than: StopOrder | None) -> bool:
    if than is None:
        return True
    if stop.grace is None:
        return False
    return than.grace is None or stop.grace < than.grace
