"""A service dies before or after one of its calls, and comes back: nothing is lost, nothing happens twice.

`pytest --walk whole` takes all points, as `just chaos` does; without it, a dozen of them.
"""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.chaos.calls import POINTS, Point
from tests.chaos.walk import Chapters, walking
from tests.servers.broker import Broker
from tests.servers.fixtures import Engine

pytestmark = pytest.mark.chaos

#: Where most goes wrong in designs like this one: between what is durable and what is told of it.
SHORT = (
    "log after CommitStore.insert 3",
    "log before Bus.publish runfold.work",
    "log before acknowledge log.facts",
    "log after OutputStore.append",
    "log after RunStore.write",
    "log before RunStore.replace activated",
    "gateway after EventLog.append",
    "gateway before answer /apply",
    "scheduler after EventLog.append 2",
    "provisioner after Backend.create",
    "executor after Journal.write 2",
    "executor before Runtime.start process",
    "executor after posix_spawn",
    "executor after engine.start",
    "executor before Bus.publish runfold.facts 3",
)


@pytest.fixture(scope="module")
def walk(
    tmp_path_factory: pytest.TempPathFactory, broker: Broker, mongo_url: str, docker_engine: Engine
) -> Iterator[Chapters]:
    numbers = count(1)
    walk = Chapters(
        lambda: walking(tmp_path_factory.mktemp(f"walk{next(numbers)}"), broker, mongo_url, docker_engine)
    )
    yield walk
    walk.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "point" in metafunc.fixturenames:
        whole = metafunc.config.getoption("walk") == "whole"
        points = POINTS if whole else [point for point in POINTS if str(point) in SHORT]
        metafunc.parametrize("point", points, ids=str)


def test_nothing_is_lost_and_nothing_happens_twice_where_a_service_dies(walk: Chapters, point: Point) -> None:
    walk.die_at(point)


def test_the_short_walk_names_points() -> None:
    assert set(SHORT) <= {str(point) for point in POINTS}
