"""One installation with all its real parts, in which services die at one point after the other."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import docker
import pymongo

from tests.chaos.calls import Need, Point, Situation
from tests.chaos.mortals import Mortals
from tests.chaos.oracle import Oracle, Outsider, publish_garbage
from tests.chaos.users import Users
from tests.servers.broker import Broker
from tests.servers.distributed import five_services
from tests.servers.fixtures import Database, Engine

#: How often users act until a service that was to die of it is taken to never get there, and seconds between.
_ROUNDS, _BETWEEN = 15, 1.0
_START_OR_STOP = 30.0


#: Points of one installation: what stands in for MongoDB gets slower with all that it has seen.
CHAPTER = 40


class Walk:
    """Reused from point to point, so that each finds what the ones before have left."""

    def __init__(self, mortals: Mortals, users: Users, oracle: Oracle) -> None:
        self.mortals, self.users, self.oracle = mortals, users, oracle

    def die_at(self, point: Point) -> None:
        """The service dies there, and comes back; all that users asked for meanwhile gets done. Raises Violation."""
        try:
            assert self._died(point), f"it never gets to: {point}"
        finally:
            self.mortals.lift(point)
        self.mortals.await_ready()
        self.users.settle()
        self.oracle.judge()

    def _died(self, point: Point) -> bool:
        if point.call.situation is not Situation.WORK:
            self.users.act(Need.TASK)
            self.mortals.seal(point)
            return self.mortals.await_death(point, _START_OR_STOP)
        self.mortals.seal(point)
        for _ in range(_ROUNDS):
            self.users.act(point.call.need)
            if self.mortals.await_death(point, _BETWEEN):
                return True
        return False


class Chapters:
    """The whole way: a new installation after so many points, or after one at which something went wrong, since that
    would fail all the others as well."""

    def __init__(self, begin: Callable[[], contextlib.AbstractContextManager[Walk]]) -> None:
        self._begin = begin
        self._open = contextlib.ExitStack()
        self._walk: Walk | None = None
        self._points = 0

    def die_at(self, point: Point) -> None:
        """As of a walk. Raises Violation."""
        if self._walk is None or self._points == CHAPTER:
            self.close()
            self._walk, self._points = self._open.enter_context(self._begin()), 0
        self._points += 1
        try:
            self._walk.die_at(point)
        except BaseException:
            self._walk = None
            raise

    def close(self) -> None:
        self._open.close()


@contextlib.contextmanager
def walking(directory: Path, broker: Broker, mongo_url: str, engine: Engine) -> Iterator[Walk]:
    """Five mortal services over real servers; at the end they are killed, and what they left is removed."""
    name = f"chaos-{uuid4().hex[:8]}"
    marks = directory / "marks"
    marks.mkdir(mode=0o777)
    broker.add_vhost(name)
    try:
        with five_services(directory / "services", broker, name, mongo_url, name) as services:
            keys = services.installation.keys
            users = Users(services.installation.url, keys.admin_token, marks, engine.shell_image)
            users.send_garbage = lambda: publish_garbage(broker, name)
            # It has to be there before the first event: what it didn't ask for, nobody keeps for it.
            outsider = Outsider(broker, name)
            with Mortals(services, _environment(engine)) as mortals, _Starts(engine) as starts:
                oracle = Oracle(Database(mongo_url, name), users, marks, outsider, starts.count)
                yield Walk(mortals, users, oracle)
    finally:
        broker.remove_vhost(name)
        with contextlib.closing(pymongo.MongoClient[dict[str, object]](mongo_url)) as client:
            client.drop_database(name)


def _environment(engine: Engine) -> dict[str, dict[str, str]]:
    """Samples often, a retention that looks for what has expired without finding any, and next to no run in memory."""
    memory = {"RUNFOLD_RUNS_IN_MEMORY": "3"}
    return {
        "executor": {"RUNFOLD_DOCKER_HOST": engine.url, "RUNFOLD_METRICS_INTERVAL": "0.3"},
        "gateway": memory,
        "scheduler": memory,
        "provisioner": memory,
        "log": {**memory, "RUNFOLD_LOG_OUTPUT_RETENTION": "365d", "RUNFOLD_LOG_METRICS_RETENTION": "365d"},
    }


class _Starts:
    """How often the engine started which attempt's container, as the engine itself remembers."""

    def __init__(self, engine: Engine) -> None:
        self._client = docker.DockerClient(engine.url)
        self._since = time.time()
        self._ids: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def count(self) -> Counter[str]:
        """By attempt id, since this was made."""
        until = time.time()
        filters = {"type": "container", "event": "start", "label": "runfold.attempt"}
        # The SDK takes fractions of a second, and its types don't know.
        span: dict[str, Any] = {"since": self._since, "until": until}
        for event in self._client.events(**span, filters=filters, decode=True):
            if self._since <= event["timeNano"] / 1e9 < until:
                self._ids[event["Actor"]["Attributes"]["runfold.attempt"]] += 1
        self._since = until
        return self._ids
