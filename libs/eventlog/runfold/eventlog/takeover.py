"""How a log replica becomes the one writer."""

from dataclasses import dataclass

import msgspec

from runfold.contracts.cell import TermBegan
from runfold.contracts.envelope import Commit, CommitRecord, Context, NewEvent, record
from runfold.eventlog.port import CommitStore, Unavailable
from runfold.eventlog.standing import Pause, stand
from runfold.eventlog.window import Memory, Window, load_window
from runfold.ports import Clock, Ids
from runfold.ports.backoff import Backoff

SERVICE = "log"


@dataclass(frozen=True, slots=True)
class Taken:
    """The commit that began the term, and the window as it was right after it."""

    commit: CommitRecord
    window: Window


@dataclass(frozen=True, slots=True)
class Takeover:
    store: CommitStore
    clock: Clock
    ids: Ids
    address: str | None
    memory: Memory
    pause: Pause

    async def run(self) -> Taken:
        """Returns once this replica's term stands in the log and the window is loaded; tries as long as it takes."""
        commit = await self._begin()
        while True:
            # Only now: no other writer can add anything that the window would lack.
            try:
                return Taken(commit, await load_window(self.store, commit, self.memory))
            except Unavailable as error:
                await self.pause(str(error))

    async def _begin(self) -> CommitRecord:
        while True:
            try:
                last = await self.store.last()
            except Unavailable as error:
                await self.pause(str(error))
                continue
            commit = self._commit_after(last)
            if await stand(self.store, commit, self.pause) is commit:
                return commit

    def _commit_after(self, last: CommitRecord | None) -> CommitRecord:
        term_id = self.ids.uuid7()
        stream = f"term:{SERVICE}"
        began = NewEvent(TermBegan(SERVICE, term_id, self.address), (stream,))
        event = record(began, self.ids.uuid7(), Context(f"service:{SERVICE}", term_id))
        return CommitRecord(
            number=last.number + 1 if last else 1,
            first=last.last + 1 if last else 1,
            count=1,
            time=max(self.clock.now(), last.time if last else 0),
            log_id=last.log_id if last else self.ids.uuid4(),
            appends=(term_id,),
            streams=(stream,),
            body=msgspec.Raw(msgspec.json.encode((event,))),
            sizes=(1,),
        )


def address_in(commit: CommitRecord) -> str | None:
    """The base URL of the replica that took over by `commit`, where it has one."""
    for event in Commit(commit).events:
        if isinstance(event.data, TermBegan) and event.data.service == SERVICE:
            return event.data.address
    return None


def retries(ids: Ids) -> Backoff:
    """Short at first: most pauses are a server's restart or another election."""
    return Backoff(ids, first=0.02, most=1.0)
