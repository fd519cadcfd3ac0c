"""Those who ask: again and again until they are answered, through any gateway, as people and their scripts do."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from runfold.contracts.envelope import Envelope
from runfold.contracts.run import RunFinished
from runfold.domain.errors import AlreadyExists, DomainError, StillActive
from runfold.domain.run.decide import SubmitRun
from runfold.domain.run.state import Run
from runfold.eventlog.port import EventLogError
from runfold.gateway.http.errors import Busy
from tests.simulation.chance import Chance, SimIds
from tests.simulation.gateway import SimGateway
from tests.simulation.oracle import Oracle
from tests.simulation.supervised import Supervised
from tests.simulation.workload import PROJECT, FleetWish, RunWish, Wishes

T = TypeVar("T")
Act = Callable[[SimGateway], Awaitable[T]]

#: Seconds that a request may take, that a user waits before the next one, and before asking for what is in use again.
PATIENCE, PAUSE, LATER = 15.0, 0.5, 5.0


class Users:
    """`accepted` has the run of each wish, once that is granted."""

    def __init__(
        self,
        gateways: Sequence[Supervised[SimGateway]],
        oracle: Oracle,
        chance: Chance,
        ids: SimIds,
        say: Callable[[str], None],
    ) -> None:
        self._gateways, self._oracle, self._chance, self._say = gateways, oracle, chance, say
        self._ids = ids
        self._tasks: list[asyncio.Task[None]] = []
        self._ends: dict[str, asyncio.Event] = {}
        self.accepted: list[tuple[RunWish, str]] = []
        oracle.listeners.append(self._note)

    @property
    def busy(self) -> str | None:
        """Whose wish isn't granted yet, or None."""
        for task in self._tasks:
            if not task.done():
                return f"{task.get_name()} still waits"
            task.result()
        return None

    def want(self, wishes: Wishes) -> None:
        for number, run in enumerate(wishes.runs):
            user = self._run(run, f"key-{number}", self._chance.branch())
            self._tasks.append(asyncio.create_task(user, name=f"user {number} of {run.name}"))
        for fleet in wishes.fleets:
            user = self._fleet(fleet, self._chance.branch())
            self._tasks.append(asyncio.create_task(user, name=f"user of {fleet.command.name}"))

    async def insist(self, act: Act[T], chance: Chance) -> T:
        """Raises what a gateway refuses it for."""
        while True:
            answer = await self._once(act, chance)
            if answer is not None:
                return answer[0]
            await asyncio.sleep(PAUSE)

    async def shown(self, run_id: str) -> Run | None:
        """A run as some gateway shows it."""
        return await self.insist(lambda gateway: gateway.show(run_id), self._chance)

    async def listed(self, *, ascending: bool) -> list[str]:
        """Ids of runs as some gateway lists them."""
        return await self.insist(lambda gateway: gateway.listed(PROJECT, ascending=ascending), self._chance)

    async def _once(self, act: Act[T], chance: Chance) -> tuple[T] | None:
        """What one request is answered; None where that stays open."""
        gateway = chance.one_of(self._gateways)
        answer = await gateway.ask(lambda gateway: _answer(act(gateway)), PATIENCE)
        if isinstance(answer, DomainError):
            raise answer
        if isinstance(answer, BaseException) and not isinstance(answer, Busy | EventLogError):
            self._oracle.violated(f"a gateway failed: {answer!r}")
        return answer if isinstance(answer, tuple) else None

    async def _run(self, wish: RunWish, key: str, chance: Chance) -> None:
        await asyncio.sleep(wish.at)
        run_id = await self._submitted(wish, key, chance)
        self._say(f"{wish.name} is accepted as {run_id}")
        self.accepted.append((wish, run_id))
        self._oracle.accepted(run_id)
        end = asyncio.create_task(self._ended(run_id).wait())
        if chance.happens(0.3):
            await self._look(wish, run_id, chance)
        for seconds, abort in ((wish.stop_after, False), (wish.abort_after, True)):
            if seconds is not None:
                await asyncio.wait([end], timeout=seconds)
                await self._stop(run_id, abort, f"{key}-{abort}" if wish.keyed else None, chance)
        await end
        await self._look(wish, run_id, chance)
        if wish.deleted:
            await self._delete(lambda gateway: gateway.delete_run(PROJECT, wish.name, run_id), chance)
            self._oracle.deleted(run_id)

    async def _submitted(self, wish: RunWish, key: str, chance: Chance) -> str:
        """Now and then a proxy or a script sends it twice."""
        if not wish.keyed:
            return await self._submit(wish, None, chance)
        twice = [chance, *([chance.branch()] if chance.happens(0.4) else [])]
        first, *again = await asyncio.gather(*(self._submit(wish, key, each) for each in twice))
        for repeated in again:
            self._oracle.repeated(first, repeated)
        return first

    async def _stop(self, run_id: str, abort: bool, key: str | None, chance: Chance) -> None:
        await self.insist(lambda gateway: gateway.stop_run(run_id, abort=abort, key=key), chance)
        self._oracle.stopped(run_id)

    async def _submit(self, wish: RunWish, key: str | None, chance: Chance) -> str:
        """Without a key, who isn't answered looks whether it's there."""
        asked: list[str] = []
        while True:
            command = wish.command(self._ids)
            asked.append(command.run_id)
            try:
                answer = await self._once(_submitting(command, key), chance)
            except AlreadyExists:
                self._oracle.refused(command.run_id)
                held = await self._look(wish, None, chance)
                if held in asked:
                    return held
                await asyncio.sleep(LATER)
                continue
            if answer is not None:
                return answer[0]
            await asyncio.sleep(PAUSE)

    async def _look(self, wish: RunWish, run_id: str | None, chance: Chance) -> str | None:
        """Whose run has the name now, as some gateway shows it."""
        known = self._oracle.acknowledged_up_to
        seen = await self.insist(lambda gateway: gateway.look(PROJECT, wish.name), chance)
        self._oracle.seen(seen, known, run_id)
        return seen.run_id

    async def _fleet(self, wish: FleetWish, chance: Chance) -> None:
        await asyncio.sleep(wish.at)
        fleet_id = wish.command.fleet_id
        await self.insist(lambda gateway: gateway.create_fleet(wish.command, fleet_id), chance)
        await asyncio.sleep((wish.until - wish.at) / 2)
        if (change := wish.change) is not None:
            await self.insist(lambda gateway: gateway.update_fleet(fleet_id, change), chance)
        await asyncio.sleep((wish.until - wish.at) / 2)
        await self._delete(lambda gateway: gateway.delete_fleet(fleet_id), chance)

    async def _delete(self, act: Act[str], chance: Chance) -> None:
        """Once it isn't active any more, in that gateway's eyes too."""
        while True:
            try:
                await self.insist(act, chance)
                return
            except StillActive:
                await asyncio.sleep(LATER)

    def _ended(self, run_id: str) -> asyncio.Event:
        ended = self._ends.setdefault(run_id, asyncio.Event())
        run = self._oracle.cell.runs.get(run_id)
        if run is not None and run.final is not None:
            ended.set()
        return ended

    def _note(self, envelope: Envelope) -> None:
        if isinstance(envelope.data, RunFinished) and envelope.data.run_id in self._ends:
            self._ends[envelope.data.run_id].set()


async def _answer(work: Awaitable[T]) -> tuple[T]:
    return (await work,)


def _submitting(command: SubmitRun, key: str | None) -> Act[str]:
    return lambda gateway: gateway.submit(command, key)
