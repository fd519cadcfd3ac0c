"""What an executor is told of an attempt, with the values of secrets in it."""

from dataclasses import replace

import pytest

from runfold.contracts.executor import Assignment, StopOrder
from runfold.contracts.job import JobResubmitted, JobStopping
from runfold.contracts.values import Ciphertext, Gang, Quantities, RegistryAuth
from runfold.domain.job.assignment import SecretsMissing, assignment, reminder, secrets_named, stop_order
from runfold.domain.job.nodes import addresses, rank
from tests.unit.domain.given import World, given
from tests.unit.domain.things import (
    FOUNDED,
    a_gang,
    a_place,
    fleet,
    host,
    instance,
    placed,
    refused,
    submitted,
)


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


# Nodes of a gang


def two_nodes(host_1: str = "host-1", host_2: str = "host-2") -> World:
    hosts = [host("host-1", address="10.0.0.1"), host("host-2", address="10.0.0.2")]
    world = given(
        *FOUNDED, hosts, fleet(), instance("host-1", "host-1"), instance("host-2", "host-2", num=1)
    ).world
    world.happens(a_gang("n0", "n1", requests=Quantities(gpu=2000)))
    return world.happens(
        placed("n0", instance=host_1, host=host_1), placed("n1", instance=host_2, host=host_2)
    )


def told_node(world: World, node: str) -> Assignment:
    run, job = world.run(), world.job(node)
    nodes = addresses(run.jobs, world.cell.hosts)
    return assignment(run, job, job.attempt, "main", {}, None, nodes=nodes)


def test_each_node_finds_all_of_them_in_its_environment() -> None:
    env = told_node(two_nodes(), "n1").env
    assert (env["DSTACK_NODES_NUM"], env["DSTACK_NODE_RANK"]) == ("2", "1")
    assert (env["DSTACK_MASTER_NODE_IP"], env["DSTACK_NODES_IPS"]) == ("10.0.0.1", "10.0.0.1\n10.0.0.2")
    assert (env["DSTACK_GPUS_NUM"], env["DSTACK_GPUS_PER_NODE"]) == ("4", "2")


def test_nodes_of_one_host_reach_each_other_by_its_loopback() -> None:
    assert told_node(two_nodes("host-1", "host-1"), "n0").env["DSTACK_NODES_IPS"] == "127.0.0.1\n127.0.0.1"


@pytest.mark.parametrize(
    ("command", "becomes"),
    [
        ("ping ${{ groups[0].nodes[1].IP_ADDRESS }}", "ping 10.0.0.2"),
        ("echo $${{ groups[0].nodes[1].IP_ADDRESS }}", "echo ${{ groups[0].nodes[1].IP_ADDRESS }}"),
        ("echo $$ ${HOME}", "echo $$ ${HOME}"),
    ],
)
def test_a_command_names_nodes(command: str, becomes: str) -> None:
    world = two_nodes()
    job = world.job("n0")
    job.spec = replace(job.spec, command=("sh", "-c", command))
    assert told_node(world, "n0").spec.command == ("sh", "-c", becomes)


def test_the_nodes_of_groups_are_numbered_one_group_after_the_other() -> None:
    groups = Gang(3, groups=(1, 2))
    assert [rank(groups, group, node) for group, node in ((0, 0), (1, 1), (1, 2), (2, 0))] == [
        0,
        2,
        None,
        None,
    ]


def test_a_registrys_log_in_may_be_secrets() -> None:
    login = RegistryAuth("${{ secrets.USER }}", Ciphertext("key", "nonce", "data"))
    world = given(a_place(), submitted(registry_auth=login), placed()).world
    run, job = world.run(), world.job()
    said = assignment(run, job, job.attempt, "main", {"USER": "ann", "PASS": "s3cret"}, "${{ secrets.PASS }}")
    assert said.spec.registry_auth is not None
    assert (said.spec.registry_auth.username, said.registry_password) == ("ann", "s3cret")


def test_a_secret_that_a_log_in_names_and_nobody_has_is_missing() -> None:
    login = RegistryAuth("ann", Ciphertext("key", "nonce", "data"))
    world = given(a_place(), submitted(registry_auth=login), placed()).world
    with pytest.raises(SecretsMissing, match="PASS"):
        assignment(world.run(), world.job(), world.attempt(), "main", {}, "${{ secrets.PASS }}")
