"""What core is told to run for a task."""

from typing import Any

import pytest

from runfold.contracts.values import JobSpec, Quantities, Retry
from runfold.domain.errors import Invalid
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration
from runfold.gateway.dialects.dstack.effective import effective, merge
from runfold.gateway.dialects.dstack.job_spec import GIGABYTE, job_spec
from runfold.gateway.dialects.dstack.nodes import Node
from runfold.gateway.dialects.dstack.requests.runs import RunSpec
from runfold.gateway.http.errors import Refused, Unsupported

DEFAULTS = Quantities(cpu=100, memory=128 * 1024**2)


def spec_of(*commands: str, **configuration: Any) -> JobSpec:
    sent = {"commands": list(commands) or ["x"], **configuration}
    return job_spec(Node(TaskConfiguration.model_validate(sent)), "run", DEFAULTS)


def test_commands_are_one_script_whose_first_failure_ends_it() -> None:
    spec = spec_of("echo Start", "false", "echo Finish", shell="sh")
    assert spec.command == ("/bin/sh", "-c", "echo Start && false && echo Finish")
    assert spec.name == "run-0-0"


def test_without_an_image_bash_runs_it_where_there_is_one() -> None:
    *_, fallback, script = spec_of("a", "b").command
    assert script == "a && b"
    assert "exec bash" in fallback
    assert "exec sh" in fallback


def test_in_an_image_sh_runs_it() -> None:
    assert spec_of("a", image="i").command == ("/bin/sh", "-c", "a")


def test_an_image_alone_runs_its_own_command() -> None:
    sent = TaskConfiguration.model_validate({"image": "i"})
    spec = job_spec(Node(sent), "run", DEFAULTS)
    assert (spec.command, spec.entrypoint, spec.image) == ((), None, "i")


def test_an_entrypoint_gets_the_commands_as_its_arguments() -> None:
    spec = spec_of("a b", "c", image="i", entrypoint="python -m 'my module'")
    assert (spec.entrypoint, spec.command) == (("python", "-m", "my module"), ("a b", "c"))


@pytest.mark.parametrize(
    "wrong", [{"shell": "zsh"}, {"working_dir": "relative"}, {"entrypoint": "unclosed '"}]
)
def test_what_cannot_be_run_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        spec_of("x", **wrong)


@pytest.mark.parametrize("wanted", [{"cpu": 10**25}, {"gpu": 10**25}, {"cpu": "1..1048577"}])
def test_more_than_anybody_has_is_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="1048576 is the most"):
        spec_of("x", image="i", resources=wanted)


def test_what_equals_the_client_s_defaults_is_not_asked_for() -> None:
    sent = {"cpu": "2..", "memory": "8GB..", "disk": "100GB..", "gpu": 0}
    assert spec_of(resources=sent).requests == DEFAULTS
    assert spec_of().requests == DEFAULTS


def test_what_differs_from_them_is() -> None:
    asked = spec_of(resources={"cpu": "1..4", "memory": "16GB..", "disk": "10GB", "gpu": "2"}).requests
    assert asked == Quantities(1000, 16 * GIGABYTE, 2000, 10 * GIGABYTE)


def test_upper_bounds_hold_in_an_image_of_the_user_s() -> None:
    bounds = {"cpu": "1..2", "memory": "512MB"}
    assert spec_of(image="i", resources=bounds).limits == Quantities(cpu=2000, memory=GIGABYTE // 2)
    assert spec_of(resources=bounds).limits == Quantities()


@pytest.mark.parametrize(
    ("retry", "meant"),
    [
        (None, None),
        (False, None),
        (True, Retry(("no-capacity", "interruption", "error"), 3600)),
        ({"on_events": ["error"]}, Retry(("error",), 3600)),
        ({"duration": "1d"}, Retry(("no-capacity", "interruption", "error"), 86400)),
    ],
)
def test_retries(retry: Any, meant: Retry | None) -> None:
    assert spec_of(retry=retry).retry == meant


@pytest.mark.parametrize(("given", "seconds"), [(None, 300), ("off", None), ("1m", 60), (0, 0)])
def test_a_stop_has_five_minutes_unless_the_task_says_else(given: Any, seconds: int | None) -> None:
    assert spec_of(stop_duration=given).stop_duration == seconds


@pytest.mark.parametrize(("given", "seconds"), [(None, None), ("off", None), ("2h", 7200)])
def test_a_job_runs_as_long_as_it_likes_unless_the_task_says_else(given: Any, seconds: int | None) -> None:
    assert spec_of(max_duration=given).max_duration == seconds


def test_the_rest_is_handed_on() -> None:
    spec = spec_of(
        env={"A": "${{ secrets.X }}"},
        working_dir="/w",
        user="1:2",
        privileged=True,
        ports=["80:8080", 8080, 90],
        resources={"shm_size": "1GB"},
    )
    assert (spec.env, spec.working_dir, spec.user, spec.privileged) == (
        {"A": "${{ secrets.X }}"},
        "/w",
        "1:2",
        True,
    )
    assert (spec.ports, spec.shm_size) == ((8080, 90), GIGABYTE)


def run_spec(**fields: Any) -> RunSpec:
    return RunSpec.model_validate({"configuration": {"type": "task", "commands": ["x"]}, **fields})


def test_a_profile_fills_what_the_configuration_leaves_open() -> None:
    spec = run_spec(
        configuration={"type": "task", "commands": ["x"], "max_duration": "1h"},
        profile={"max_duration": "2h", "retry": True},
    )
    assert isinstance(spec.configuration, TaskConfiguration)
    merged = merge(spec.configuration, spec)
    assert (merged.max_duration, merged.retry) == (3600, True)


def test_defaults_are_applied_once_and_for_all() -> None:
    once = effective(run_spec(), "key")
    assert effective(once, "other") == once
    assert (once.repo_id, once.repo_data, once.ssh_key_pub) == ("none", {"repo_type": "virtual"}, "key")
    assert isinstance(once.configuration, TaskConfiguration)
    assert (once.configuration.nodes, once.configuration.priority) == (1, 0)
    assert once.configuration.resources.gpu is not None
    assert once.configuration.resources.gpu.vendor == "nvidia"


def test_repo_id_and_data_come_together() -> None:
    with pytest.raises(Refused):
        effective(run_spec(repo_id="x"), None)
    data = {"repo_type": "remote", "repo_name": "r"}
    assert effective(run_spec(repo_id="x", repo_data=data), None).repo_data == data
    with pytest.raises(Unsupported):
        effective(run_spec(repo_id="x", repo_data={"repo_type": "local", "repo_dir": "/x"}), None)
