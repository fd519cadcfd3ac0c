"""Announces the host and takes inventory: at each connection, then every 30 seconds, until it is answered.

That is the heartbeat as well: an answer says that this host was heard when its inventory was sent, at the earliest.
"""

from collections.abc import Awaitable, Callable

from runfold.bus.port import BusError
from runfold.contracts.executor import ExecutorAnnounced, InventoryAnswered
from runfold.executor.facts import Facts
from runfold.executor.lease import Lease
from runfold.executor.ledger import Ledger
from runfold.ports.backoff import Backoff
from runfold.service.logging import get_logger
from runfold.service.signal import Signal

_log = get_logger("runfold.executor")

EVERY = 30.0
#: Seconds an answer is waited for.
PATIENCE = 5.0
#: So many of the last inventories may be answered yet.
REMEMBERED = 16
#: Unanswered inventories in a row that make the executor say it isn't ready.
SILENCE = 3


class Inventory:
    """`look` says how the host is now."""

    def __init__(
        self,
        facts: Facts,
        ledger: Ledger,
        look: Callable[[], Awaitable[ExecutorAnnounced]],
        lease: Lease,
        backoff: Backoff,
    ) -> None:
        self._facts = facts
        self._ledger = ledger
        self._look = look
        self._lease = lease
        self._sent: dict[int, int] = {}  #: number of an inventory -> when it was sent
        self._backoff = backoff
        self._unanswered = SILENCE
        self._connected = Signal()
        self._answered = Signal()

    async def connected(self) -> None:
        """Everything is said again."""
        self._connected.set()

    def answered(self, answer: InventoryAnswered) -> None:
        """The answer to any inventory; to one of this incarnation's it says when this host was surely heard."""
        sent_at = self._sent.get(answer.seq)
        if sent_at is not None and answer.incarnation == self._facts.incarnation:
            self._lease.renew(sent_at)
        self._unanswered = 0
        self._answered.set()

    def silence(self) -> str | None:
        """Why work may not reach this executor, or None."""
        return "the log service doesn't answer inventories" if self._unanswered >= SILENCE else None

    async def run(self) -> None:
        while True:
            if await self._ask() and await self._answered.wait(PATIENCE):
                self._backoff.reset()
                await self._connected.wait(EVERY)
            else:
                await self._connected.wait(self._backoff.next())

    async def _ask(self) -> bool:
        try:
            # Each time, changed or not: a broker may have lost the one before, and who isn't known gets no work.
            await self._facts.announce(await self._look())
            # An answer to an earlier question is none to this one.
            await self._answered.wait(0)
            seq = self._number()
            await self._facts.inventory(seq, self._ledger.position, tuple(self._ledger.told.values()))
        except BusError as error:
            _log.debug("inventory not taken", error=str(error))
            return False
        self._unanswered += 1
        return True

    def _number(self) -> int:
        seq = self._facts.number()
        self._sent[seq] = self._lease.now()
        if len(self._sent) > REMEMBERED:
            del self._sent[next(iter(self._sent))]
        return seq
