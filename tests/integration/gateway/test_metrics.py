"""What a job uses, as dstack's metrics."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from runfold.contracts.metrics import Sample
from runfold.contracts.values import Micros
from runfold.eventlog.metrics import KEPT, LATEST
from runfold.eventlog.port import Unavailable
from runfold.gateway.dialects.dstack.models.metrics import JobMetrics
from tests.integration.gateway.world import START, Storage, World, a_world
from tests.unit.service.virtual_time import run_virtual

SECOND = 1_000_000
MOMENTS = [f"2023-11-14T22:13:{20 + second}.000000Z" for second in range(4)]
MISSING = {"detail": [{"msg": "Found no job with given parameters", "code": "resource_not_exists"}]}


async def sampled(world: World, name: str, *cpu_micros: int) -> str:
    """A second apart, each with a byte more than the one before; the run's id."""
    attempt = world.job(name).attempt.id
    samples = [
        Sample(attempt, START + second * SECOND, used, 100 + second, 50 + second, 4, 10_000)
        for second, used in enumerate(cpu_micros)
    ]
    await world.storage.metrics.add(samples)
    return world.run(name).id


async def shown(world: World, name: str = "busy", **query: Any) -> dict[str, list[int]]:
    """The values by their names, all of the same moments."""
    return {name: values for name, (_, values) in (await told(world, name, **query)).items()}


async def told(world: World, name: str = "busy", **query: Any) -> dict[str, tuple[list[str], list[int]]]:
    path = f"/api/project/main/metrics/job/{name}"
    answer = await world.get(path, query={key: str(value) for key, value in query.items()})
    assert answer.status == 200, answer.body
    JobMetrics.model_validate(answer.body)
    return {each["name"]: (each["timestamps"], each["values"]) for each in answer.body["metrics"]}


async def test_the_latest_sample_is_shown_unless_more_are_asked_for(world: World) -> None:
    await world.submit("busy")
    await sampled(world, "busy", 0, 500_000, 2_500_000)

    assert await told(world) == {
        "cpus_detected_num": ([MOMENTS[2]], [4]),
        "cpu_usage_percent": ([MOMENTS[2]], [200]),
        "memory_total_bytes": ([MOMENTS[2]], [10_000]),
        "memory_usage_bytes": ([MOMENTS[2]], [102]),
        "memory_working_set_bytes": ([MOMENTS[2]], [52]),
    }


async def test_samples_come_newest_first_and_the_oldest_only_tells_the_next_one_s_cpu(world: World) -> None:
    await world.submit("busy")
    await sampled(world, "busy", 0, 500_000, 2_500_000, 2_500_000)

    everything = await told(world, limit=1000)

    assert everything["cpu_usage_percent"] == (MOMENTS[3:0:-1], [0, 200, 50])
    assert everything["memory_usage_bytes"] == (MOMENTS[3:0:-1], [103, 102, 101])
    assert (await shown(world, limit=2))["cpu_usage_percent"] == [0, 200]


async def test_one_sample_tells_no_cpu_and_is_not_shown(world: World) -> None:
    await world.submit("busy")
    await world.submit("quiet")
    await sampled(world, "busy", 100)

    assert await told(world, limit=10) == await told(world, "quiet") == {}


async def test_who_goes_on_from_the_newest_sample_misses_none(world: World) -> None:
    await world.submit("busy")
    await sampled(world, "busy", 0, 500_000, 2_500_000, 2_500_000)

    later = await told(world, limit=1000, after=MOMENTS[1])
    earlier = await told(world, limit=1000, before=MOMENTS[2])

    assert later["cpu_usage_percent"] == (MOMENTS[3:1:-1], [0, 200])
    assert earlier["cpu_usage_percent"] == ([MOMENTS[1]], [50])


async def test_a_run_that_left_memory_or_gave_its_name_away_is_found_by_its_id(world: World) -> None:
    host = await world.add_host()
    await world.submit("busy")
    await world.start("busy", host)
    run_id = await sampled(world, "busy", 0, 500_000)
    await world.finish("busy")
    await world.leave_memory()

    assert (await shown(world))["cpu_usage_percent"] == [50]
    await world.submit("busy")
    assert await told(world) == {}
    assert (await shown(world, run_id=run_id))["cpu_usage_percent"] == [50]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("nobody", {}),
        ("busy", {"job_num": "1"}),
        ("busy", {"replica_num": "1"}),
        ("busy", {"run_id": "3d1f3e67-b83e-445b-afdb-b356bb8fb11a"}),
    ],
)
async def test_a_job_that_there_is_not_is_said_to_be_none(
    world: World, name: str, query: dict[str, str]
) -> None:
    await world.submit("busy")

    answer = await world.get(f"/api/project/main/metrics/job/{name}", query=query)

    assert (answer.status, answer.body) == (400, MISSING)


@pytest.mark.parametrize("wrong", [{"limit": "-1"}, {"limit": "x"}, {"after": "yesterday"}, {"run_id": "x"}])
async def test_what_is_no_query_is_refused(world: World, wrong: dict[str, str]) -> None:
    await world.submit("busy")
    assert (await world.get("/api/project/main/metrics/job/busy", query=wrong)).status == 422


async def test_members_alone_see_what_a_job_uses(world: World) -> None:
    await world.submit("busy")
    run_id = await sampled(world, "busy", 0, 1)
    stranger = await world.join("stranger")
    await world.post("/api/projects/create", {"project_name": "own"}, token=stranger)

    async def status(project: str, token: str, **query: str) -> int:
        path = f"/api/project/{project}/metrics/job/busy"
        return (await world.get(path, token=token, query=query)).status

    for role in ("user", "manager", "admin"):
        assert await status("main", await world.join(f"a-{role}", role)) == 200
    assert await status("main", stranger) == 403
    assert await status("own", stranger, run_id=run_id) == 400


class Away:
    """A store that refuses, or never answers."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent

    async def read(
        self, attempt_id: str, *, after: int = -1, before: int = LATEST, limit: int = KEPT
    ) -> tuple[Sample, ...]:
        if self._silent:
            await asyncio.sleep(3600)
        raise Unavailable("away")

    async def add(self, samples: Sequence[Sample]) -> None:
        raise Unavailable("away")

    async def delete_before(self, time: Micros, limit: int) -> int:
        raise Unavailable("away")

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("silent", [False, True], ids=["refusing", "silent"])
def test_a_store_that_is_away_is_not_answered_as_empty(silent: bool) -> None:
    async def asked() -> None:
        async with a_world(Storage(metrics=Away(silent=silent))) as world:
            await world.submit("busy")
            answer = await world.get("/api/project/main/metrics/job/busy")

            told = "The store of metrics does not answer; try again"
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert answer.body == {"detail": told}

    run_virtual(asked())
