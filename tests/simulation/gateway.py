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
from runfold.domain.run import decide as runs
from runfold.domain.run.decide import SubmitRun
from runfold.eventlog.port import EventLog
from runfold.gateway.commands import Commands, Decision, Key
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
        self, log: EventLog, view: View, ids: Ids, *, before: Sequence[Part] = (), after: Sequence[Part] = ()
    ) -> None:
        super().__init__("gateway", *before, view, *after)
        self._view, self._ids = view, ids
        self._commands = Commands(log, view, ids)

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
            events = runs.request_stop(cell.runs[run_id], USER, abort=abort)
            return Decision(run_id, tuple(events), (streams.run(run_id),))

        return await self._write(decide, key)

    async def delete_run(self, run_id: str) -> str:
        def decide(cell: Cell) -> Decision:
            run = cell.runs[run_id]
            return Decision(run_id, tuple(runs.delete(run)), (streams.run_name(run.project_id, run.name),))

        return await self._write(decide)

    async def create_fleet(self, command: FleetCreated, key: str | None) -> str:
        name = streams.fleet_name(command.project_id, command.name)

        def decide(cell: Cell) -> Decision:
            existing = cell.fleets.get(cell.names.get(name, ""))
            return Decision(command.fleet_id, tuple(fleets.create(existing, command)), (name,))

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
        run = self._view.cell.run_named(project_id, name)
        if run is None:
            return Seen(self._view.cell.position, None)
        return Seen(self._view.cell.position, run.id, run.final)

    async def _write(self, decide: Callable[[Cell], Decision], key: str | None = None) -> str:
        """After a fresh look, as the gateway has it before each call."""
        await self._view.fresh()
        deadline = asyncio.get_running_loop().time() + PATIENCE
        context = Context(f"user:{USER}", self._ids.uuid4())
        asked = None if key is None else Key(USER, "/simulated", key, key.encode())
        return await self._commands.run(decide, context, deadline, asked)
