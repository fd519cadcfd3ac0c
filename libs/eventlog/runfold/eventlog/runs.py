"""Finished runs as rows: what leaves memory is read from here. Derived from the log, and rebuilt from it.

Rows belong to a generation. One generation is active: its rows are read, and all that the log said up to its checkpoint
is in them. A rebuild fills another one from zero, beside it, until that takes its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from runfold.contracts.values import Micros
from runfold.eventlog.checkpoint import AheadOfLog, OtherLog
from runfold.eventlog.port import Head

PAGE_ROWS = 100  #: the most that a page has, whatever its limit
PAGE_BYTES = 4 * 1024 * 1024  #: a page ends once its rows' states hold this much
STEP_ROWS = 256  #: the most that one step of sweeping drops
LATEST = 2**63 - 1  #: of the times that a database's integer holds


@dataclass(frozen=True, slots=True)
class RunRow:
    """A finished run: what it is found by, and all of its state."""

    id: str
    project_id: str
    user_id: str
    submitted_at: Micros
    position: int  #: that last changed it
    version: int  #: of the encoding of `state`
    state: bytes
    attempts: tuple[str, ...] = ()  #: their ids, by which it is found as well
    deleted_at: Micros | None = None


@dataclass(frozen=True, slots=True)
class RowDeletion:
    """Of a run that has a row already, and isn't in memory to make it anew."""

    id: str
    position: int
    time: Micros


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Rows of these projects that aren't deleted, of one user where there is one: newest first and by id within one
    moment, or the whole of it backwards; those after the row that was submitted at `time` under `id`."""

    projects: tuple[str, ...]
    limit: int
    user_id: str | None = None
    ascending: bool = False
    time: Micros | None = None
    id: str | None = None  #: without it, those after the whole moment


@dataclass(frozen=True, slots=True)
class RunPage:
    rows: tuple[RunRow, ...] = ()
    more: bool = False  #: there are rows after these


@dataclass(frozen=True, slots=True)
class Generation:
    """All that log `log_id` says of finished runs up to `position` is in rows of this generation."""

    number: int
    version: int  #: of the encoding of its rows' states
    log_id: str = ""  #: "" before the first event
    position: int = 0
    failure: str | None = None  #: why building it doesn't get on; it is tried again

    def check(self, head: Head) -> None:
        """Raises OtherLog and AheadOfLog."""
        if self.position == 0:
            return
        if head.log_id and head.log_id != self.log_id:
            raise OtherLog(self.log_id, head.log_id)
        if head.position < self.position:
            raise AheadOfLog(f"position {self.position}", f"position {head.position}")


@dataclass(frozen=True, slots=True)
class Generations:
    """Which there are; each change counts `revision` up, so that of two who change it at once one is refused."""

    revision: int = 0
    active: Generation | None = None
    building: Generation | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(each.number for each in (self.active, self.building) if each is not None)

    def wanting(self, version: int) -> "Generations":
        """With one that is being built, the one that is if it is of that version."""
        if self.building is not None and self.building.version == version:
            return self
        return self.beginning(version)

    def beginning(self, version: int) -> "Generations":
        """With one that is built from zero, whatever was being built before."""
        return self._next(building=Generation(max(self.numbers, default=0) + 1, version))

    def advanced(self, number: int, log_id: str, position: int) -> "Generations | None":
        """With generation `number` at `position`, or further where it is; None where it is gone."""
        for name, each in (("active", self.active), ("building", self.building)):
            if each is not None and each.number == number:
                if each.position >= position and each.log_id == log_id:
                    return self
                return self._next(**{name: replace(each, log_id=log_id, position=position)})
        return None

    def failing(self, number: int, failure: str | None) -> "Generations":
        """With what keeps the building of generation `number` from getting on, or with nothing that does."""
        building = self.building
        if building is None or building.number != number or building.failure == failure:
            return self
        return self._next(building=replace(building, failure=failure))

    def activated(self) -> "Generations":
        """With the one that was being built in the active one's place."""
        assert self.building is not None
        return self._next(active=replace(self.building, failure=None), building=None)

    def _next(self, **changes: Generation | None) -> "Generations":
        return replace(self, revision=self.revision + 1, **changes)


class RunReader(Protocol):
    """What those need who show runs. All raise Unavailable, and read the active generation."""

    async def generations(self) -> Generations: ...

    async def get(self, run_id: str) -> RunRow | None: ...

    async def of_attempt(self, attempt_id: str) -> RunRow | None:
        """The run whose attempt it is."""

    async def page(self, query: RunQuery) -> RunPage: ...


class RunStore(RunReader, Protocol):
    """Every write is durable when it returns; Unavailable leaves it open, and it may be repeated."""

    async def write(
        self, generation: int, rows: Sequence[RunRow], deletions: Sequence[RowDeletion] = ()
    ) -> None:
        """Each only where what stands is older than its position."""

    async def replace(self, generations: Generations) -> bool:
        """Takes the place of the revision before it; False where that isn't what stands."""

    async def sweep(self) -> bool:
        """Drops some rows, STEP_ROWS at most, of generations that are no more; False once none is left."""

    async def close(self) -> None: ...
