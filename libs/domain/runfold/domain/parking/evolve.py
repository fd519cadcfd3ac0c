"""How what is parked changes with each of its events; None once it isn't parked any more."""

from typing import assert_never

from runfold.contracts import parking as e
from runfold.contracts.values import Micros
from runfold.domain.parking.state import Parked


def evolve(parked: Parked | None, event: e.ParkingEvent, at: Micros) -> Parked | None:
    match event:
        case e.EventParked():
            return Parked(event, parked.since if parked else at, at)
        case e.ParkedRetryRequested():
            if parked is not None:
                parked.retrying = True
            return parked
        case e.ParkedHandled() | e.ParkedDropped():
            return None
        case _:
            assert_never(event)
