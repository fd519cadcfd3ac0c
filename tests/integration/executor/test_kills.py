"""A real executor at a real broker is killed and started again: its jobs run on and nothing of them is lost."""

import asyncio
from pathlib import Path

from runfold.bus.adapters.rabbitmq import RabbitBus
from runfold.contracts.executor import AttemptState
from runfold.contracts.values import JobSpec, Quantities
from tests.integration.executor.conftest import Launch
from tests.servers import Breakable
from tests.servers.fixtures import Engine
from tests.unit.executor.log_service import LogService, assignment

RUNNING = AttemptState.RUNNING
SMALL = Quantities(cpu=10)


def job(attempt_id: str, script: str, image: str | None = None) -> JobSpec:
    return JobSpec(attempt_id, ("sh", "-c", script), image=image, requests=SMALL)


async def joined(log: LogService, times: int = 1) -> None:
    async with asyncio.timeout(90):
        await log.until(lambda: len(log.announced) >= times)


def waiting_for(path: Path) -> str:
    return f"while [ ! -e {path} ]; do sleep 0.05; done"


async def test_jobs_outlive_a_killed_executor_and_are_adopted_by_the_next(
    log_service: LogService, executor: Launch, tmp_path: Path
) -> None:
    first = executor(RUNFOLD_RUNTIME="process")
    await joined(log_service)
    go = tmp_path / "go"
    for number in range(5):
        script = f"echo before-{number}; {waiting_for(go)}; echo after-{number}; exit {number}"
        await log_service.assign(assignment(f"a{number}", spec=job("a", script)))
    async with asyncio.timeout(90):
        for number in range(5):
            await log_service.state(f"a{number}", RUNNING)
    first.kill()
    go.touch()
    executor(RUNFOLD_RUNTIME="process")
    async with asyncio.timeout(90):
        ended = [await log_service.over(f"a{number}") for number in range(5)]
    assert [condition.exit_status for condition in ended] == list(range(5))
    assert [log_service.output(f"a{number}") for number in range(5)] == [
        f"before-{number}\nafter-{number}\n".encode() for number in range(5)
    ]


async def test_containers_outlive_a_killed_executor_and_are_adopted_by_the_next(
    log_service: LogService, executor: Launch, docker_engine: Engine
) -> None:
    settings = {"RUNFOLD_DOCKER_HOST": docker_engine.url}
    first = executor(**settings)
    await joined(log_service)
    assert log_service.announced[0].runtimes == ("docker", "process")
    script = "echo before; sleep 2; echo after; exit 9"
    await log_service.assign(assignment("c0ffee", spec=job("c", script, docker_engine.shell_image)))
    async with asyncio.timeout(90):
        await log_service.state("c0ffee", RUNNING)
    first.kill()
    executor(**settings)
    async with asyncio.timeout(90):
        ended = await log_service.over("c0ffee")
    assert (ended.exit_status, log_service.output("c0ffee")) == (9, b"before\nafter\n")


async def test_an_executor_that_is_told_to_stop_leaves_its_jobs_running(
    log_service: LogService, executor: Launch, tmp_path: Path
) -> None:
    first = executor(RUNFOLD_RUNTIME="process")
    await joined(log_service)
    go = tmp_path / "go"
    await log_service.assign(assignment("a", spec=job("a", f"echo up; {waiting_for(go)}; exit 2")))
    async with asyncio.timeout(90):
        await log_service.state("a", RUNNING)
    assert first.stop() == 0, first.log
    go.touch()
    executor(RUNFOLD_RUNTIME="process")
    async with asyncio.timeout(90):
        assert (await log_service.over("a")).exit_status == 2


async def test_killed_again_and_again_each_job_starts_once(
    log_service: LogService, executor: Launch, tmp_path: Path
) -> None:
    """Each job writes a line when it starts: there is one of each."""
    starts = tmp_path / "starts"
    names = [f"k{number}" for number in range(12)]
    process = executor(RUNFOLD_RUNTIME="process")
    await joined(log_service)
    for number, name in enumerate(names):
        script = f"echo {name} >> {starts}; echo {name}"
        await log_service.assign(assignment(name, spec=job(name, script)))
        if number % 4 == 3:
            process.kill()
            process = executor(RUNFOLD_RUNTIME="process")
            await joined(log_service, times=number // 4 + 2)
    async with asyncio.timeout(90):
        ended = [await log_service.over(name) for name in names]
    assert {condition.exit_status for condition in ended} == {0}
    assert sorted(starts.read_text().split()) == sorted(names)
    assert [log_service.output(name) for name in names] == [f"{name}\n".encode() for name in names]


async def test_a_flood_of_output_neither_fills_the_memory_nor_holds_up_other_jobs(
    log_service: LogService, executor: Launch
) -> None:
    executor(RUNFOLD_RUNTIME="process", RUNFOLD_OUTPUT_LIMIT_PER_HOUR="4000000")
    await joined(log_service)
    await log_service.assign(assignment("flood", spec=job("f", "yes 0123456789 | head -c 100000000")))
    await log_service.assign(assignment("calm", spec=job("c", "echo calm")))
    async with asyncio.timeout(90):
        assert (await log_service.over("calm")).exit_status == 0
        flood = await log_service.over("flood")
    output = log_service.output("flood")
    assert flood.output_bytes == len(output) < 4_001_000
    assert b"output limit of 4000000 bytes an hour is reached" in output


async def test_a_broker_that_restarts_only_delays(
    breakable_broker: Breakable, executor: Launch, tmp_path: Path
) -> None:
    bus = RabbitBus(breakable_broker.url, name="test log")
    await bus.open()
    log = LogService(bus)
    await log.start()
    executor(breakable_broker.url, RUNFOLD_RUNTIME="process")
    await joined(log)
    go = tmp_path / "go"
    await log.assign(assignment("a", spec=job("a", f"echo up; {waiting_for(go)}; echo down; exit 8")))
    async with asyncio.timeout(90):
        await log.state("a", RUNNING)
    breakable_broker.stop()
    go.touch()
    breakable_broker.start()
    async with asyncio.timeout(90):
        ended = await log.over("a")
    assert (ended.exit_status, log.output("a")) == (8, b"up\ndown\n")
    await bus.close()
