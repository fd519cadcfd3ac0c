"""Specs of the domain read as `given(events).when(decision).then(events)`; time and ids are the spec's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from runfold.contracts.envelope import Context, Envelope, Idempotency, NewEvent, record
from runfold.contracts.job import JobPlaced, JobSubmitted
from runfold.contracts.registry import Event
from runfold.domain.cell.fold import apply
from runfold.domain.cell.state import Cell
from runfold.domain.cell.touch import new_events
from runfold.domain.decision import Decision
from runfold.domain.errors import DomainError
from runfold.domain.job.state import Attempt, Job
from runfold.domain.provisioning import plan as provisioning
from runfold.domain.run.state import Run
from runfold.domain.scheduling.agenda import Agenda
from runfold.domain.scheduling.plan import plan

SECOND = 1_000_000
START = 1_700_000_000 * SECOND
CONTEXT = Context("user:spec", "correlation")


@dataclass(frozen=True, slots=True)
class After:
    """So many seconds pass between two events."""

    seconds: float


Happening = Event | After | Sequence[Any]


@dataclass(slots=True)
class World:
    """The cell, what the scheduler and the provisioner keep beside it, and the history that made them."""

    cell: Cell = field(default_factory=Cell)
    agenda: Agenda = field(default_factory=Agenda)
    dirty: dict[str, None] = field(default_factory=dict)
    now: int = START
    history: list[Envelope] = field(default_factory=list)
    drawn: int = 0

    def happens(self, *happenings: Happening) -> World:
        for happening in happenings:
            if isinstance(happening, After):
                self.now += int(happening.seconds * SECOND)
            elif isinstance(happening, list | tuple):
                self.happens(*happening)
            else:
                self._append(new_events([happening], self.cell)[0])  # type: ignore[list-item]
        return self

    def keyed(self, event: Event, key: Idempotency) -> World:
        """As `happens`, by a request that came with an Idempotency-Key."""
        new = new_events([event], self.cell)[0]
        self._append(NewEvent(new.event, new.streams, new.project, key))
        return self

    def schedule(self) -> list[Decision]:
        return plan(self.cell, self.agenda, self.now, self.new_id)

    def provision(self) -> list[Decision]:
        return provisioning.plan(self.cell, self.dirty, self.now, self.new_id)

    def new_id(self) -> str:
        self.drawn += 1
        return f"new-{self.drawn}"

    def job(self, job_id: str = "job") -> Job:
        return self.cell.jobs[job_id]

    def attempt(self, attempt_id: str = "attempt") -> Attempt:
        return self.cell.attempts[attempt_id]

    def run(self, run_id: str = "run") -> Run:
        return self.cell.runs[run_id]

    def _append(self, new: NewEvent) -> None:
        made = record(new, f"event-{len(self.history) + 1}", CONTEXT)
        envelope = Envelope(len(self.history) + 1, self.now, made, new.event)
        apply(self.cell, envelope)
        self.agenda.note(self.cell, envelope)
        self.dirty.update(dict.fromkeys(self.cell.fleets))
        self.history.append(envelope)


class Given:
    def __init__(self, world: World) -> None:
        self.world = world

    def when(self, decision: Callable[[World], Iterable[Any]]) -> Then:
        return Then(self.world, decision)


@dataclass(slots=True)
class Then:
    world: World
    decision: Callable[[World], Iterable[Any]]

    def then(self, *expected: Event) -> World:
        """These are decided, and they happen."""
        decided = flat(self.decision(self.world))
        assert decided == list(expected)
        return self.world.happens(*decided)

    def then_nothing(self) -> World:
        return self.then()

    def then_refused(self, error: type[DomainError], match: str | None = None) -> None:
        before = self.world.cell.position
        with pytest.raises(error, match=match):
            flat(self.decision(self.world))
        assert self.world.cell.position == before


def given(*happenings: Happening) -> Given:
    return Given(World().happens(*happenings))


def schedule(world: World) -> list[Decision]:
    """When the scheduler makes a pass."""
    return world.schedule()


def provision(world: World) -> list[Decision]:
    """When the provisioner makes a pass."""
    return world.provision()


def flat(decided: Iterable[Any]) -> list[Any]:
    """The events of decisions, or events as they are."""
    events: list[Any] = []
    for one in decided:
        events += one.events if isinstance(one, Decision) else [one]
    return events


def placements(decided: Iterable[Any]) -> list[str]:
    """Ids of the jobs placed, in order."""
    return [event.job_id for event in flat(decided) if isinstance(event, JobPlaced)]


def kinds(world: World) -> list[str]:
    """The types of all that happened since the first job was submitted, it included."""
    first = next(i for i, e in enumerate(world.history) if isinstance(e.data, JobSubmitted))
    return [envelope.type for envelope in world.history[first:]]
