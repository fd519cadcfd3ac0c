"""Settings from the environment, and an executor wired from them."""

import os
import stat
from pathlib import Path

import pytest

from runfold.bus.adapters.in_process import InProcessBus
from runfold.executor.adapters.linux_host import LinuxHost
from runfold.executor.bootstrap import Executor, build, wire
from runfold.executor.host import IdentityTaken
from runfold.executor.settings import ExecutorSettings
from runfold.service.settings import SettingsError, load
from runfold.service.system import SystemClock, SystemIds
from tests.unit.executor.log_service import LogService, assignment


def make(settings: ExecutorSettings, bus: InProcessBus) -> Executor:
    return build(settings, bus=bus, clock=SystemClock(), ids=SystemIds())


def test_they_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUNFOLD_EXECUTOR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RUNFOLD_EXECUTOR_NAME", "box-1")
    monkeypatch.setenv("RUNFOLD_EXECUTOR_FLEET", "gpus")
    monkeypatch.setenv("RUNFOLD_EXECUTOR_LABELS", "queue=fast, zone = b")
    monkeypatch.setenv("RUNFOLD_RUNTIME", "process")
    settings = load(ExecutorSettings)
    assert (settings.directory, settings.name, settings.fleet) == (tmp_path, "box-1", "gpus")
    assert settings.labels == {"queue": "fast", "zone": "b"}
    assert settings.runtime == "process"


def test_labels_that_are_none_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFOLD_EXECUTOR_LABELS", "fast")
    with pytest.raises(SettingsError, match="'fast' is not key=value"):
        load(ExecutorSettings)


async def test_as_a_process_of_its_own_it_needs_a_broker(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="RUNFOLD_AMQP_URL"):
        await wire(ExecutorSettings(data_dir=tmp_path))


async def test_one_wired_to_this_machine_runs_a_process(tmp_path: Path) -> None:
    bus = InProcessBus()
    log = LogService(bus)
    await log.start()
    executor = make(ExecutorSettings(data_dir=tmp_path / "data", runtime="process"), bus)
    assert executor.not_ready() == "starting"
    await executor.start()
    assert (executor.runtimes, executor.told) == (("process",), "processes of this host")
    await log.until(lambda: bool(log.inventories))
    assert log.announced[0].capacity.cpu == len(os.sched_getaffinity(0)) * 1000
    await log.assign(assignment("5f0c", "echo hello"))
    assert (await log.over("5f0c")).exit_status == 0
    assert log.output("5f0c") == b"hello\n"
    await executor.stop()
    assert stat.S_IMODE((tmp_path / "data" / "journal.db").stat().st_mode) == 0o600


async def test_one_that_is_told_to_use_docker_says_where_no_engine_answers(tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/nobody.sock"
    executor = make(ExecutorSettings(data_dir=tmp_path, runtime="docker", docker_host=url), InProcessBus())
    await executor.start()
    assert executor.told == f"nothing can run here: no Docker engine answers at {url}"
    await executor.stop()


async def test_where_nothing_else_is_told_the_engine_is_looked_for_at_docker_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    executor = make(ExecutorSettings(data_dir=tmp_path, runtime="docker"), InProcessBus())
    await executor.start()
    assert executor.told.endswith("/nobody.sock")
    await executor.stop()


async def test_a_second_one_on_the_same_data_says_that_one_runs(tmp_path: Path) -> None:
    settings = ExecutorSettings(data_dir=tmp_path, runtime="process")
    first, second = make(settings, InProcessBus()), make(settings, InProcessBus())
    await first.start()
    with pytest.raises(IdentityTaken):
        await second.start()
    await second.stop()
    await first.stop()
    third = make(settings, InProcessBus())
    await third.start()
    await third.stop()


async def test_a_user_for_processes_that_is_nobody_is_said(tmp_path: Path) -> None:
    settings = ExecutorSettings(data_dir=tmp_path, process_user="no-such-user-here")
    executor = make(settings, InProcessBus())
    with pytest.raises(SettingsError, match="no-such-user-here"):
        await executor.start()


def test_the_host_has_what_the_machine_has(tmp_path: Path) -> None:
    facts = LinuxHost(tmp_path, tmp_path / "heartbeat").facts()
    assert 0 < facts.capacity.memory <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert facts.capacity.disk > 0
    assert facts.arch in ("x86", "arm")
