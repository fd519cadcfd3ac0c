"""A log that this build can't fold: it doesn't come up, is red at its health port, and names the place."""

import asyncio
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import msgspec
import pytest
from msgspec.structs import replace

from runfold.contracts.cell import TermBegan
from runfold.contracts.envelope import Context, EventRecord, NewEvent, record
from runfold.eventlog.adapters.sqlite import SqliteStore
from runfold.eventlog.port import Append, Appended
from runfold.eventlog.writer import Writer
from runfold.service.system import SystemClock, SystemIds
from tests.contract.bus.waiting import until
from tests.end_to_end.embedded import Embedded, free_port

KNOWN = record(NewEvent(TermBegan("test", "1"), ("term:test",)), "event-1", Context("test", "cause"))
NOVEL = replace(KNOWN, id="event-2", type="OfALaterVersion", version=3)
TORN = replace(KNOWN, id="event-2", type="FleetDeleted", data=msgspec.Raw(b'{"fleet_id":"nobody"}'))
BROKEN = replace(KNOWN, id="event-2", type="RunFinished", data=msgspec.Raw(b'{"run_id":7}'))


async def append(directory: Path, *events: EventRecord) -> Appended:
    """One commit each; where the last one stands."""
    clock, ids = SystemClock(), SystemIds()
    store = SqliteStore(directory / "log.db")
    writer = Writer(store, clock=clock, ids=ids, sole=True)
    await writer.start()
    appended = [await writer.append(Append(ids.uuid7(), (event,))) for event in events]
    await writer.stop()
    await store.close()
    return appended[-1]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "server"
    made.mkdir(mode=0o700)
    return made


class Readiness:
    def __init__(self, url: str) -> None:
        self._url = url
        self.reason = ""

    async def red(self, satisfied: Callable[[str], bool]) -> str:
        """The reason, once it is one that satisfies."""

        async def told() -> bool:
            self.reason = await asyncio.to_thread(self._ask)
            return satisfied(self.reason)

        await until(told)
        return self.reason

    def _ask(self) -> str:
        try:
            with urlopen(f"{self._url}/readyz", timeout=10):
                return ""
        except HTTPError as error:
            return str(json.load(error)["reason"])
        except URLError:
            return ""


@pytest.mark.parametrize(
    ("event", "where"),
    [
        (NOVEL, "OfALaterVersion v3 at position {}"),
        (TORN, "FleetDeleted v1 at position {}: KeyError"),
        (BROKEN, "RunFinished v1 at position {}: "),
    ],
)
async def test_while_it_starts_it_names_the_event_that_it_cannot_fold(
    directory: Path, event: EventRecord, where: str
) -> None:
    at = await append(directory, KNOWN, event, KNOWN)
    with closing(Embedded(directory, environment={"RUNFOLD_HEALTH_PORT": str(free_port())})) as server:
        server.launch()

        reason = await Readiness(server.health_url).red(lambda told: "commit" in told)

        assert reason.startswith("starting: folding failed")
        assert f"commit {at.number - 1}, positions" in reason
        assert where.format(at.last - 1) in reason
        assert not server.ended
        assert server.stop() == 0
