"""What the writer remembers of the last commits, so that it can refuse what was decided on old state."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runfold.contracts.envelope import CommitRecord
from runfold.eventlog.port import Appended, CommitStore, Unavailable

_BLOCK = 2_048


@dataclass(frozen=True, slots=True)
class Memory:
    """How far back a window goes at least: commits, and microseconds."""

    commits: int = 65_536
    span: int = 60_000_000


MEMORY = Memory()


@dataclass(frozen=True, slots=True)
class _Entry:
    last: int
    time: int
    streams: tuple[str, ...]
    appends: tuple[str, ...]


class Window:
    """Touched streams and append ids of the last commits."""

    def __init__(self, start: int = 0, memory: Memory = MEMORY) -> None:
        self.start = start  #: the last position that it knows nothing about
        self._memory = memory
        self._entries: deque[_Entry] = deque()
        self._touched: dict[str, int] = {}
        self._appends: dict[str, Appended] = {}

    def answer(self, append_id: str) -> Appended | None:
        """What this append was answered the first time, if it is remembered."""
        return self._appends.get(append_id)

    def touched(self, streams: Iterable[str], at: int) -> dict[str, int]:
        """Those of `streams` that were touched after `at`, and where they were touched last."""
        found = {}
        for stream in streams:
            position = self._touched.get(stream, 0)
            if position > at:
                found[stream] = position
        return found

    def add(self, record: CommitRecord, touched: Mapping[str, int] | None = None) -> None:
        """The next commit. Without `touched`, its streams count as touched at its end: a refusal too many at worst."""
        last = record.last
        if touched is None:
            touched = dict.fromkeys(record.streams, last)
        self._touched.update(touched)
        self._appends.update(_answers(record))
        self._entries.append(_Entry(last, record.time, record.streams, record.appends))
        while len(self._entries) > self._memory.commits and self._is_old(self._entries[0], record.time):
            self._forget(self._entries.popleft())

    def _is_old(self, entry: _Entry, now: int) -> bool:
        return entry.time < now - self._memory.span

    def _forget(self, entry: _Entry) -> None:
        self.start = entry.last
        for stream in entry.streams:
            if self._touched[stream] <= entry.last:
                del self._touched[stream]
        for append_id in entry.appends:
            # A retry of it is refused from now on: its `at` lies before `start`.
            del self._appends[append_id]


async def load_window(store: CommitStore, head: CommitRecord, memory: Memory = MEMORY) -> Window:
    """The window that a writer needs whose own first commit is `head`; raises Unavailable."""
    after = max(0, head.number - memory.commits)
    while after and (await store.outline(after, 1))[0].time >= head.time - memory.span:
        after = max(0, after - _BLOCK)
    window = Window(await _position_before(store, after), memory)
    while after < head.number:
        records = await store.outline(after, min(_BLOCK, head.number - after))
        if not records:
            raise Unavailable(f"the store does not give commit {after + 1}, though it has {head.number}")
        for record in records:
            window.add(record)
        after = records[-1].number
    return window


async def _position_before(store: CommitStore, number: int) -> int:
    """The last position of commit `number`."""
    return (await store.outline(number - 1, 1))[0].last if number else 0


def _answers(record: CommitRecord) -> Iterable[tuple[str, Appended]]:
    first = record.first
    for append_id, size in zip(record.appends, record.sizes, strict=True):
        yield append_id, Appended(record.number, first, first + size - 1)
        first += size
