"""What an executor is told of an attempt, with the values of secrets in it."""

import pytest

from runfold.contracts.executor import StopOrder
from runfold.contracts.job import JobResubmitted, JobStopping
from runfold.contracts.values import Quantities
from runfold.domain.job.assignment import SecretsMissing, assignment, reminder, secrets_named, stop_order
from tests.unit.domain.given import World, given
from tests.unit.domain.things import a_place, placed, refused, submitted


def told(world: World, **secrets: str):  # type: ignore[no-untyped-def]
    return assignment(world.run(), world.job(), world.attempt(), "main", secrets, None)


def with_env(**env: str) -> World:
    return given(a_place(), submitted(env=env, requests=Quantities(gpu=2000)), placed()).world


def test_an_assignment_says_whose_attempt_it_is_and_what_to_run() -> None:
    world = with_env()
    said = told(world)
    assert (said.attempt_id, said.job_id, said.run_id, said.run_name, said.project) == (
        "attempt",
        "job",
        "run",
        "name-run",
        "main",
    )
    assert said.spec is world.job().spec
    assert said.stop is None


def test_every_job_finds_where_it_is_in_its_environment() -> None:
    env = told(with_env()).env
    assert env["DSTACK_RUN_NAME"] == "name-run"
    assert (env["DSTACK_JOB_ID"], env["DSTACK_NODES_NUM"], env["DSTACK_NODE_RANK"]) == ("attempt", "1", "0")
    assert env["DSTACK_GPUS_NUM"] == "2"


def test_a_jobs_own_environment_comes_before_ours() -> None:
    assert told(with_env(DSTACK_RUN_NAME="mine")).env["DSTACK_RUN_NAME"] == "mine"


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        ("plain", "plain"),
        ("${{ secrets.KEY }}", "s3cret"),
        ("${{secrets.KEY}}/${{  secrets.KEY  }}", "s3cret/s3cret"),
        ("$HOME costs $$5", "$HOME costs $$5"),
        ("$${{ secrets.KEY }}", "${{ secrets.KEY }}"),
        ("${{ other.KEY }}", "${{ other.KEY }}"),
    ],
)
def test_references_become_values(value: str, becomes: str) -> None:
    assert told(with_env(VALUE=value), KEY="s3cret").env["VALUE"] == becomes


def test_a_value_that_looks_like_a_reference_is_not_filled_in_again() -> None:
    world = with_env(VALUE="${{ secrets.KEY }}")
    assert told(world, KEY="${{ secrets.OTHER }}").env["VALUE"] == "${{ secrets.OTHER }}"


def test_each_secret_is_named_once() -> None:
    world = with_env(A="${{ secrets.X }}${{ secrets.Y }}", B="${{ secrets.X }}", C="$${{ secrets.Z }}")
    assert secrets_named(world.job()) == ["X", "Y"]


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(SecretsMissing, match="OTHER"):
        told(with_env(A="${{ secrets.OTHER }}"), KEY="x")


def test_who_has_claimed_it_is_only_reminded() -> None:
    world = with_env(A="${{ secrets.GONE }}")
    said = reminder(world.run(), world.job(), world.attempt(), "main")
    assert (said.attempt_id, said.spec) == ("attempt", world.job().spec)
    assert "A" not in said.env


STOPPING = JobStopping("job", "attempt", "terminated_by_user", grace=5)


def test_an_assignment_has_the_order_to_stop() -> None:
    world = given(a_place(), submitted(), placed(), STOPPING).world
    assert told(world).stop == StopOrder("attempt", 5)


def test_an_order_to_stop_is_for_the_attempt_that_it_found() -> None:
    world = given(
        a_place(), submitted(), placed(), STOPPING, refused(), JobResubmitted("job", "run", "2")
    ).world
    assert stop_order(world.job(), world.attempt("attempt")) is None
