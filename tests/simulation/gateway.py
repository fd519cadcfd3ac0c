"""The gateway without HTTP: the real way of writing, on its own view, with the decisions of its handlers."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runfold.contracts.envelope import Context
from runfold.contracts.fleet import FleetCreated, FleetSpec
from runfold.contracts.registry import Event
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.fleet import decide as fleets
from runfold.domain.provisioning.plan import at_first
from runfold.domain.run import decide as runs
from runfold.domain.run.decide import SubmitRun
from runfold.domain.run.state import Run
from runfold.eventlog.port import EventLog
from runfold.eventlog.runs import RunQuery, RunReader
from runfold.gateway.commands import Commands, Decision, Key
from runfold.gateway.paging import Page
from runfold.gateway.readmodels.past import Past
from runfold.ports import Ids
from runfold.service.component import Part, Together
from runfold.service.view import View

USER = "user-1"
#: Seconds that a write may wait for the log, as in the gateway's settings.
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as a gateway showed it, and the position up to which that gateway had folded the log."""

    position: int
    run_id: str | None  #: None where there is no such run
    final: str | None = None


class SimGateway(Together):
    """Each write returns the resource's id once it is durable and visible here; raises DomainError, Busy."""

    def __init__(
        self,
        log: EventLog,
        view: View,
        runs: RunReader,
        ids: Ids,
        *,
        before: Sequence[Part] = (),
        after: Sequence[Part] = (),
    ) -> None:
        super().__init__("gateway", *before, view, *after)
        self._view, self._ids = view, ids
        self._commands = Commands(log, view, ids)
        self._past = Past(view, runs)

    async def happen(self, *events: Event) -> str:
        """Once: nothing happens where somebody founded the cell already."""

        def decide(cell: Cell) -> Decision:
            return Decision("", () if cell.id else events, (streams.CELL,))

        return await self._write(decide)

    async def submit(self, command: SubmitRun, key: str | None) -> str:
        name = streams.run_name(command.project_id, command.name)

        def decide(cell: Cell) -> Decision:
            existing = cell.run_named(command.project_id, command.name)
            return Decision(command.run_id, tuple(runs.submit(existing, command)), (name,))

        return await self._write(decide, key)

    async def stop_run(self, run_id: str, *, abort: bool, key: str | None = None) -> str:
        def decide(cell: Cell) -> Decision:
            run = cell.runs.get(run_id)  # what has left memory is finished
            events = runs.request_stop(run, USER, abort=abort) if run is not None else []
            return Decision(run_id, tuple(events), (streams.run(run_id),))

        return await self._write(decide, key)

    async def delete_run(self, project_id: str, name: str, run_id: str) -> str:
        """Nothing where another one has its name by now, since it is deleted then."""

        def decide(cell: Cell) -> Decision:
            run = cell.run_named(project_id, name)
            events = runs.delete(run) if run is not None and run.id == run_id else []
            return Decision(run_id, tuple(events), (streams.run_name(project_id, name),))

        return await self._write(decide)

    async def create_fleet(self, command: FleetCreated, key: str | None) -> str:
        name = streams.fleet_name(command.project_id, command.name)

        def decide(cell: Cell) -> Decision:
            existing = cell.fleets.get(cell.names.get(name, ""))
            events = (*fleets.create(existing, command), *at_first(cell, command, self._ids.uuid4))
            return Decision(command.fleet_id, events, (name,))

        return await self._write(decide, key)

    async def update_fleet(self, fleet_id: str, spec: FleetSpec) -> str:
        def decide(cell: Cell) -> Decision:
            events = fleets.update(cell.fleets[fleet_id], spec, None)
            return Decision(fleet_id, tuple(events), (streams.fleet(fleet_id),))

        return await self._write(decide)

    async def delete_fleet(self, fleet_id: str) -> str:
        def decide(cell: Cell) -> Decision:
            fleet = cell.fleets[fleet_id]
            touched = [streams.instance(instance.id) for instance in fleet.instances]
            events = fleets.request_deletion(fleet, USER)
            return Decision(fleet_id, tuple(events), (streams.fleet(fleet_id), *touched))

        return await self._write(decide)

    async def look(self, project_id: str, name: str) -> Seen:
        """The run of that name, as fresh as a read has to be; raises Unavailable."""
        await self._view.fresh()
        position = self._view.cell.position
        run = self._view.cell.run_named(project_id, name)
        if run is None:
            return Seen(position, None)
        whole = await self._past.run(run.id)
        return Seen(position, run.id, whole.final if whole is not None else "lost")

    async def show(self, run_id: str) -> Run | None:
        """All of it, whether it is in memory or not; raises Unavailable."""
        await self._view.fresh()
        return await self._past.run(run_id)

    async def listed(self, project_id: str, *, ascending: bool) -> list[str]:
        """Ids of those that aren't deleted; raises Unavailable."""
        await self._view.fresh()
        found: list[Run] = []
        while True:
            last = found[-1] if found else None
            time, after = (last.submitted_at, last.id) if last is not None else (None, None)
            page = Page(3, ascending, time, after)
            query = RunQuery((project_id,), 3, None, ascending, time, after)
            some = await self._past.page(page, query, lambda: self._in_memory(ascending), _is_listed)
            found += some
            if len(some) < page.limit:
                return [run.id for run in found]

    def _in_memory(self, ascending: bool) -> list[Run]:
        known = [run for run in self._view.cell.runs.values() if not run.deleted]
        return known if ascending else known[::-1]

    async def _write(self, decide: Callable[[Cell], Decision], key: str | None = None) -> str:
        """After a fresh look, as the gateway has it before each call."""
        await self._view.fresh()
        deadline = asyncio.get_running_loop().time() + PATIENCE
        context = Context(f"user:{USER}", self._ids.uuid4())
        asked = None if key is None else Key(USER, "/simulated", key, key.encode())
        return await self._commands.run(decide, context, deadline, asked)


def _is_listed(run: Run) -> bool:
    return not run.deleted
