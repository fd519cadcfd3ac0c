"""Since when a host's output could have come here: silence counts from then, not from when the attempt ended."""

from collections.abc import Callable

from runfold.bus.port import Bus
from runfold.ports import Clock

#: How much longer a host is waited for that hasn't been heard since; it reports at least every 30 s once connected.
UNHEARD = 60 * 1_000_000


class Listening:
    """Output can come while this replica runs, the broker and the output store are there, and the host is connected."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        *,
        store_trouble: Callable[[], str | None],
        in_hand: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`store_trouble` says why output can't be stored at the moment, or None; `in_hand` whether some of an
        attempt's has come and is being stored."""
        self._bus, self._clock, self._store_trouble, self._in_hand = bus, clock, store_trouble, in_hand
        self._since = 0
        self._unreached: dict[str, None] = {}  #: those that were missing when last looked for
        self._told = False  #: that the broker was told to call
        self._heard: dict[str, int] = {}  #: host id -> when it was first heard since then

    def start(self) -> None:
        self.again()
        if not self._told:
            self._told = True
            self._bus.on_connected(self._reconnected)

    def again(self) -> None:
        """Something without which no output comes is back."""
        self._since = self._clock.now()

    def heard(self, host_id: str) -> None:
        """The host's executor said something; the first time counts, since from then on its output can come."""
        if self._heard.get(host_id, 0) < self._since:
            self._heard[host_id] = self._clock.now()

    def missing(self, host_id: str) -> None:
        """It isn't connected: nothing is heard of it until it says something again."""
        self._heard.pop(host_id, None)
        self._unreached[host_id] = None

    def reached(self, host_id: str) -> None:
        """It is connected. Where it was missing before, its output can come from now on: what was heard meanwhile may
        have been late messages, and no sign that it's back."""
        if host_id in self._unreached:
            del self._unreached[host_id]
            self._heard[host_id] = self._clock.now()

    def quiet_since(self, attempt_id: str, host_id: str | None, advanced_at: int) -> int | None:
        """When the silence of an attempt began whose output last advanced at `advanced_at`.

        None while nobody hears, and what is asked after that counts anew; and while a store takes its time with it.
        """
        if self._in_hand(attempt_id):
            return None
        if not self._bus.connected or self._store_trouble():
            self.again()
            return None
        heard = self._heard.get(host_id or "", 0)
        if heard < self._since:
            return max(advanced_at, self._since) + UNHEARD
        return max(advanced_at, heard)

    async def _reconnected(self) -> None:
        self.again()
