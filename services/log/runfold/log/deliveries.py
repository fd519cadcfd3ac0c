"""Where executors fetch what belongs to a job and is no message."""

from collections.abc import Callable

from runfold.contracts.executor import Parcel
from runfold.eventlog.port import Unavailable
from runfold.ports import Clock
from runfold.service.address import Address
from runfold.service.parcels import PATH, Parcels


class Deliveries:
    """`gateway` is where executors reach one; None as long as none listens."""

    def __init__(self, parcels: Parcels, gateway: Callable[[], Address | None], clock: Clock) -> None:
        self._parcels, self._gateway, self._clock = parcels, gateway, clock

    def of(self, archive_id: str, attempt_id: str) -> Parcel:
        """Raises Unavailable."""
        address = self._gateway()
        if address is None:
            raise Unavailable("no gateway listens yet, from which archives could be fetched")
        ticket = self._parcels.ticket(archive_id, attempt_id, self._clock.now())
        return Parcel(archive_id, address.url + PATH.format(ticket=ticket), address.fingerprint)
