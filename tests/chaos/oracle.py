"""Whether anything got lost, or happened twice: by the log, by what ran, by what clients and outsiders were told."""

import asyncio
import base64
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from runfold.contracts.envelope import CommitRecord
from runfold.contracts.job import AttemptLost, AttemptStarted
from runfold.eventlog.adapters.mongo import MongoStore
from tests.chaos.users import Users, Wish
from tests.servers.broker import Broker
from tests.servers.fixtures import Database
from tests.simulation.oracle import Oracle as LogOracle
from tests.simulation.oracle import Violation

#: Seconds that outsiders get to hear of all that stands in the log.
_HEARD_WITHIN = 60.0
_OUTSIDE = "outside.chaos"
#: In each message that is a dead letter by right.
GARBAGE = "Nonsense"


class Oracle:
    """Replays the log as it grows; `judge` says whether all promises were kept so far."""

    def __init__(
        self,
        database: Database,
        users: Users,
        marks: Path,
        outsider: "Outsider | None" = None,
        container_starts: Callable[[], Counter[str]] | None = None,
    ) -> None:
        """`container_starts`: how often the container of each attempt was started, by attempt id."""
        self._database, self._users, self._marks = database, users, marks
        self._outsider, self._container_starts = outsider, container_starts
        self._log = LogOracle(_raise)
        self._number = 0
        self._position = 0
        self._judged = 0
        self._started: Counter[str] = Counter()
        self._lost: dict[str, str] = {}
        self._log.listeners.append(self._note)

    def judge(self) -> None:
        """Everything that was asked for is over, and each promise was kept; raises Violation, AssertionError."""
        self._replay()
        self._nothing_is_under_way()
        for wish in self._users.wishes[self._judged :]:
            self._as_wished(wish)
        self._judged = len(self._users.wishes)
        self._nothing_started_twice()
        letters = [letter for letter in self._users.dead_letters() if GARBAGE not in letter["beginning"]]
        _require(not letters, f"nobody could handle {letters[:1]}")
        if self._outsider is not None:
            self._outsider.hears_up_to(self._position)

    @property
    def lost(self) -> dict[str, str]:
        """Attempts of which nobody could tell how they ended, and why."""
        return self._lost

    def _replay(self) -> None:
        for record in asyncio.run(self._read_after(self._number)):
            self._log.committed(record)
            self._number, self._position = record.number, record.last

    async def _read_after(self, number: int) -> list[CommitRecord]:
        store = MongoStore.connect(self._database.url, self._database.name)
        found: list[CommitRecord] = []
        try:
            while read := await store.read(number + len(found), 1000):
                found += read
        finally:
            await store.close()
        return found

    def _note(self, envelope: Any) -> None:
        match envelope.data:
            case AttemptStarted(attempt_id=attempt_id):
                self._started[attempt_id] += 1
            case AttemptLost(attempt_id=attempt_id, message=message):
                self._lost[attempt_id] = message
            case _:
                pass

    def _nothing_is_under_way(self) -> None:
        for run in self._log.cell.runs.values():
            _require(run.final is not None, f"run {run.name} is {run.status} for ever")
        for host in self._log.cell.hosts.values():
            _require(not host.attempts, f"{host.name} holds capacity for nothing: {host.attempts}")

    def _as_wished(self, wish: Wish) -> None:
        self._log.accepted(wish.run_id)
        run = self._log.cell.runs[wish.run_id]
        attempts = [attempt for job in run.jobs for attempt in job.attempts]
        why = f"{run.reason}, {[(a.reason, a.message) for a in attempts]}"
        # Who dies in the middle of a start can't tell whether the job began; then it is lost rather than run twice.
        excused = any(attempt.id in self._lost for attempt in attempts)
        _require(str(run.final) == wish.status or excused, f"run {run.name} is {run.final}: {why}")
        _require(len(attempts) == 1, f"run {run.name} took {len(attempts)} attempts: {why}")
        shown = self._users.shown(wish)
        _require(shown["id"] == wish.run_id, f"{wish.name} was {wish.run_id}, and is shown as {shown['id']}")
        _require(shown["status"] == str(run.final), f"{wish.name} is {run.final}, shown as {shown['status']}")
        repeated = self._users.repeat(wish)
        _require(repeated == wish.run_id, f"{wish.name} was {wish.run_id}, and repeated {repeated}")
        if wish.output is not None and not excused:
            printed = self._users.output(wish, shown)
            _require(printed == wish.output, f"{wish.name} printed {wish.output!r}, and {printed!r} is shown")
        if wish.marked:
            self._ran(wish, [attempt.id for attempt in attempts])

    def _ran(self, wish: Wish, attempts: list[str]) -> None:
        file = self._marks / wish.name
        starts = file.read_text().split() if file.exists() else []
        _require(len(set(starts)) == len(starts), f"an attempt of {wish.name} ran twice: {starts}")
        _require(set(starts) <= set(attempts), f"{wish.name} ran as {starts}, and the log knows {attempts}")
        _require(
            wish.status != "done" or starts == attempts or attempts[0] in self._lost, f"{wish.name} never ran"
        )

    def _nothing_started_twice(self) -> None:
        twice = [id_ for id_, count in self._started.items() if count > 1]
        _require(not twice, f"the log has attempts that started twice: {twice}")
        if self._container_starts is not None:
            starts = self._container_starts()
            twice = [id_ for id_, count in starts.items() if count > 1]
            _require(not twice, f"containers were started twice: {twice}")
            unknown = [id_ for id_ in starts if id_ not in self._log.cell.attempts]
            _require(not unknown, f"containers ran that the log doesn't know: {unknown}")


class Outsider:
    """An integration with a durable queue of its own: it gets each event, in order but for repetitions."""

    def __init__(self, broker: Broker, vhost: str) -> None:
        #: By whose management API it is asked for what it got.
        self.broker = broker
        self._vhost = quote(vhost, safe="")
        self._position = 0
        queue = {"durable": True, "arguments": {"x-queue-type": "quorum"}}
        broker.call("PUT", f"/api/queues/{self._vhost}/{_OUTSIDE}", queue)
        binding = {"routing_key": "#"}
        broker.call("POST", f"/api/bindings/{self._vhost}/e/runfold.events/q/{_OUTSIDE}", binding)

    def hears_up_to(self, position: int) -> None:
        """Returns once it has been told of all up to `position`; raises Violation where something is left out."""
        deadline = time.monotonic() + _HEARD_WITHIN
        while self._position < position:
            _require(time.monotonic() < deadline, f"outsiders heard up to {self._position} of {position}")
            if not self._hear():
                time.sleep(0.1)

    def _hear(self) -> bool:
        wanted = {"count": 1000, "ackmode": "ack_requeue_false", "encoding": "auto"}
        messages = self.broker.call("POST", f"/api/queues/{self._vhost}/{_OUTSIDE}/get", wanted)
        for message in messages:
            position = int(message["properties"]["headers"]["cloudEvents:position"])
            _require(position <= self._position + 1, f"outsiders heard of {position} after {self._position}")
            self._position = max(self._position, position)
        return bool(messages)


def publish_garbage(broker: Broker, vhost: str) -> None:
    """A fact that nobody can read, as a broken executor might send."""
    body = {
        "properties": {"delivery_mode": 2},
        "routing_key": "log",
        "payload": base64.b64encode(json.dumps({"type": GARBAGE}).encode()).decode(),
        "payload_encoding": "base64",
    }
    broker.call("POST", f"/api/exchanges/{quote(vhost, safe='')}/runfold.facts/publish", body)


def _raise(violation: Violation) -> None:
    raise violation


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise Violation(what)
