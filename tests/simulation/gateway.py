"""The gateway without HTTP: commands in, decided on its own view, appended with what they expect."""

from collections.abc import Callable, Sequence

from runfold.contracts.envelope import Context, record
from runfold.contracts.registry import Event
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.cell.touch import new_events
from runfold.domain.errors import StillActive
from runfold.domain.run import decide as runs
from runfold.domain.run.decide import SubmitRun
from runfold.eventlog.port import Append, Conflict, EventLog
from runfold.ports import Ids
from runfold.service.component import Part, Together
from runfold.service.view import View

USER = "user-1"


class SimGateway(Together):
    """Each command returns once it is acknowledged, and raises Unavailable or DomainError."""

    def __init__(
        self, log: EventLog, view: View, ids: Ids, *, before: Sequence[Part] = (), after: Sequence[Part] = ()
    ) -> None:
        super().__init__("gateway", *before, view, *after)
        self._log, self._view, self._ids = log, view, ids

    async def happen(self, *events: Event) -> None:
        """Once: nothing happens where somebody founded the cell already."""
        await self._command(lambda cell: [] if cell.id else list(events), streams.CELL)

    async def submit(self, command: SubmitRun) -> None:
        def decide(cell: Cell) -> Sequence[Event]:
            if command.run_id in cell.runs:
                return []
            return runs.submit(cell.run_named(command.project_id, command.name), command)

        await self._command(
            decide, streams.run_name(command.project_id, command.name), streams.run(command.run_id)
        )

    async def stop_run(self, run_id: str, *, abort: bool) -> None:
        await self._command(
            lambda cell: runs.request_stop(cell.runs[run_id], USER, abort=abort), streams.run(run_id)
        )

    async def delete_run(self, run_id: str) -> bool:
        """False where it is still active."""
        try:
            await self._command(lambda cell: runs.delete(cell.runs[run_id]), streams.run(run_id))
        except StillActive:
            return False
        return True

    async def _command(self, decide: Callable[[Cell], Sequence[Event]], *expect: str) -> None:
        await self._view.fresh()
        while True:
            position = self._view.cell.position
            events = decide(self._view.cell)
            if not events:
                return
            try:
                appended = await self._log.append(self._append(events, expect, position))
            except Conflict as conflict:
                await self._view.reached(conflict.position)
            else:
                await self._view.reached(appended.last)
                return

    def _append(self, events: Sequence[Event], expect: tuple[str, ...], at: int) -> Append:
        context = Context(f"user:{USER}", self._ids.uuid4())
        records = tuple(
            record(new, self._ids.uuid7(), context) for new in new_events(events, self._view.cell)
        )
        return Append(self._ids.uuid7(), records, expect, at)
