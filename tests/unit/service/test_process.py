"""A service as a real process ends as its signals and its deadline say."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SERVICE = Path(__file__).with_name("a_service.py")


class Process:
    """One started service; those that hang are given a fifth of a second, the others all the time they need."""

    def __init__(self, behaviour: str, **settings: str) -> None:
        deadline = "60" if behaviour == "obey" else "0.2"
        self._process = subprocess.Popen(
            [sys.executable, str(SERVICE), behaviour],
            env={**os.environ, "RUNFOLD_STOP_DEADLINE": deadline, "RUNFOLD_LOG_FORMAT": "json", **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def started(self) -> "Process":
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "started\n"
        return self

    def signalled(self, *numbers: int) -> "Process":
        for number in numbers:
            self._process.send_signal(number)
        return self

    def ended(self) -> tuple[int, str]:
        """Exit status and what it wrote to standard error."""
        _, told = self._process.communicate(timeout=90)
        return self._process.returncode, told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(number: int) -> None:
    status, told = Process("obey").started().signalled(number).ended()
    assert status == 0
    assert '"event":"stopping"' in told


def test_a_stop_that_hangs_ends_at_the_deadline_and_says_where_it_hung() -> None:
    status, told = Process("hang").started().signalled(signal.SIGTERM).ended()
    assert status == 3
    assert "stop hung" in told
    assert "a_service.py" in told


def test_a_second_signal_ends_it_at_once() -> None:
    process = Process("hang", RUNFOLD_STOP_DEADLINE="600").started().signalled(signal.SIGTERM)
    assert process._process.stdout is not None
    assert process._process.stdout.readline() == "stopping\n"
    status, _ = process.signalled(signal.SIGINT).ended()
    assert status == 128 + signal.SIGINT


@pytest.mark.parametrize("behaviour", ["stuck", "leave a thread"])
def test_what_hangs_outside_the_event_loops_reach_is_ended_from_below_and_shows_its_stack(
    behaviour: str,
) -> None:
    status, told = Process(behaviour).started().signalled(signal.SIGTERM).ended()
    assert status != 0
    assert "most recent call first" in told


def test_an_error_at_the_start_is_one_line_without_its_secrets() -> None:
    status, told = Process("fail").ended()
    assert status == 1
    assert len(told.splitlines()) == 1
    assert "ConnectionError: no broker at amqp://log:***@broker" in told


def test_a_setting_at_fault_is_named_before_anything_starts() -> None:
    status, told = Process("obey", RUNFOLD_STOP_DEADLINE="soon").ended()
    assert status == 2
    assert told.startswith("runfold example: RUNFOLD_STOP_DEADLINE: ")
