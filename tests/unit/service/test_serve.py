"""A component is started, runs until it is told to stop, and is stopped within the deadline."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from runfold.service.serve import HUNG, STOPPED, serve, told
from runfold.service.settings import ServiceSettings
from tests.unit.service.fakes import FakeComponent, for_ever
from tests.unit.service.virtual_time import run_virtual

SETTINGS = ServiceSettings(stop_deadline=20)


def served(component: FakeComponent, stop_after: float) -> tuple[int, float]:
    """Its exit status, and the virtual second at which it ended."""

    async def wire() -> FakeComponent:
        return component

    async def scenario() -> tuple[int, float]:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.call_later(stop_after, stop.set)
        return await serve("fake", SETTINGS, wire, stop), loop.time()

    return run_virtual(scenario())


def test_it_runs_until_told_to_stop() -> None:
    component = FakeComponent()
    status, ended = served(component, stop_after=3600)
    assert (status, component.calls) == (STOPPED, ["start", "stop"])
    assert ended == pytest.approx(3600)


def test_a_stop_while_starting_ends_the_start() -> None:
    component = FakeComponent(on_start=for_ever)
    status, ended = served(component, stop_after=5)
    assert (status, component.calls) == (STOPPED, ["start", "stop"])
    assert ended == pytest.approx(5)


def test_a_stop_that_takes_its_time_within_the_deadline_is_waited_for() -> None:
    status, ended = served(FakeComponent(on_stop=lambda: asyncio.sleep(19)), stop_after=1)
    assert status == STOPPED
    assert ended == pytest.approx(20)


async def _ignores_cancellation() -> None:
    for _ in range(3):
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            continue


@pytest.mark.parametrize("hang", [for_ever, _ignores_cancellation])
def test_a_stop_that_hangs_is_given_up_at_the_deadline(
    hang: Callable[[], Coroutine[Any, Any, None]], capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = served(FakeComponent(on_stop=hang), stop_after=1)
    assert status == HUNG
    told_where = capsys.readouterr().out
    assert "stop hung" in told_where
    assert "stop at " in told_where


def test_a_start_that_fails_is_stopped_and_told() -> None:
    async def fail() -> None:
        raise ConnectionError("no broker")

    component = FakeComponent(on_start=fail)
    with pytest.raises(ConnectionError, match="no broker"):
        served(component, stop_after=3600)
    assert component.calls == ["start", "stop"]


def test_a_stop_that_fails_is_logged_and_still_a_stop(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail() -> None:
        raise ValueError("torn")

    status, _ = served(FakeComponent(on_stop=fail), stop_after=1)
    assert status == STOPPED
    assert "stop failed" in capsys.readouterr().out


def test_an_error_is_told_in_one_line_and_a_group_by_its_parts() -> None:
    group = ExceptionGroup("two", [ValueError("a\n  b"), ExceptionGroup("one", [OSError(28, "full")])])
    assert told(group) == "ValueError: a b; OSError: [Errno 28] full"
