"""What happened, for people: the newest entries, by what they are about."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from runfold.contracts.envelope import Commit
from runfold.contracts.values import Micros
from runfold.domain.cell.state import Cell
from runfold.gateway.readmodels.happenings import Happened, Happenings

KEPT = 200_000  #: entries, the newest
FEW = 64  #: entries about one thing, up to which a list is smaller than a deque and as fast
RETENTION = 30 * 24 * 3600 * 1_000_000  #: microseconds


class History:
    """Fed by the view; forgets what is old or too much."""

    def __init__(self, cell: Callable[[], Cell]) -> None:
        self._cell = cell
        self._happenings = Happenings(cell)
        self._all: deque[Happened] = deque()
        self._about: dict[str, list[Happened] | deque[Happened]] = {}

    def about(self, ids: Iterable[str] | None) -> Iterator[Happened]:
        """Newest first, what is about one of `ids`; all of it for None."""
        if ids is None:
            yield from reversed(self._all)
            return
        known = [self._about[item] for item in dict.fromkeys(ids) if item in self._about]
        if len(known) == 1:
            yield from reversed(known[0])
            return
        merged = {entry.id: entry for entries in known for entry in entries}
        yield from sorted(merged.values(), key=lambda entry: (entry.time, entry.position), reverse=True)

    def changed(self, commit: Commit | None) -> None:
        if commit is None:
            self._happenings = Happenings(self._cell)
            self._all.clear()
            self._about.clear()
            return
        for envelope in commit.events:
            for entry in self._happenings.of(envelope):
                self._keep(entry)
        self._prune(commit.record.time)

    def _keep(self, entry: Happened) -> None:
        self._all.append(entry)
        for item in entry.within:
            entries = self._about.get(item)
            if entries is None:
                self._about[item] = [entry]
                continue
            entries.append(entry)
            if len(entries) == FEW:
                self._about[item] = deque(entries)

    def _prune(self, now: Micros) -> None:
        while self._all and (len(self._all) > KEPT or self._all[0].time < now - RETENTION):
            gone = self._all.popleft()
            for item in gone.within:
                entries = self._about[item]
                if isinstance(entries, list):
                    del entries[0]
                else:
                    entries.popleft()
                if not entries:
                    del self._about[item]
