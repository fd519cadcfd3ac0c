"""What reactors of the log service park: said at once, and not only with the decisions of a next pass."""

from collections.abc import Callable, Sequence
from functools import partial

from runfold.contracts.parking import EventParked
from runfold.contracts.registry import Event
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.parking import decide
from runfold.domain.parking.state import Parked
from runfold.log.recorder import Recorder
from runfold.service.parking import Parking
from runfold.service.view import View


class RecordedParking(Parking):
    """Its calls raise NotActive."""

    def __init__(self, reactor: str, view: View, recorder: Recorder, again: Callable[[Parked], None]) -> None:
        super().__init__(reactor, view, again)
        self._recorder = recorder

    async def record(self) -> None:
        """What isn't in the log yet. What there is no room for waits until the next call."""
        for failed in self.pending:
            await self._record(failed.parked_id, partial(_parked, failed))

    async def handled(self, parked_id: str) -> None:
        await self._record(parked_id, lambda cell: decide.handled(cell.parked, parked_id))

    async def _record(self, parked_id: str, decided: Callable[[Cell], Sequence[Event]]) -> None:
        await self._recorder.record(decided, streams.parked(parked_id))


def _parked(failed: EventParked, cell: Cell) -> Sequence[Event]:
    return decide.park(cell.parked, failed)
