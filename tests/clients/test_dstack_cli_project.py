"""dstack's command line: a project, its secrets and what happened in it."""

import pytest

from tests.clients.dstack_cli import Dstack, Ended
from tests.end_to_end.embedded import TOKEN

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("dstack")]


def test_a_project_is_added_listed_and_used(dstack: Dstack) -> None:
    url, token = dstack.client.url, TOKEN
    added = dstack(f"project add --name main --url {url} --token {token} -y")
    wrong, unknown = dstack.together(
        f"project add --name main --url {url} --token wrong -y",
        f"project add --name nowhere --url {url} --token {token} -y",
    )

    listed = dstack("project list -v")
    used = dstack("fleet --project main", settings={"DSTACK_SERVER_URL": None, "DSTACK_TOKEN": None})

    assert added.status == 0
    assert (wrong.status, unknown.status) == (1, 1)
    assert listed.row("main") == ["main", url, "admin", "✓"]
    assert used.row("cell/local")


def test_a_secret_is_set_listed_shown_changed_and_deleted(dstack: Dstack) -> None:
    dstack.client.in_project("secrets/create_or_update", {"name": "key", "value": "first"})
    assert dstack("secret set key second").text == "OK\n"
    listed, shown = dstack.together("secret list", "secret get key")
    told = dstack("event --target-secret key")
    assert dstack("secret delete key -y").text == "OK\n"
    gone = dstack("secret get key")

    assert listed.row("key") == ["key", "******"]
    assert shown.row("key") == ["key", "second"]
    assert messages(told) == ["[secret key] Secret created", "[secret key] Secret updated"]
    assert (gone.status, gone.text) == (1, "Resource not found\n")


def test_what_happened_is_told_by_target_and_by_what_it_is_within(dstack: Dstack) -> None:
    dstack.client.submit("true", name="told")
    dstack.client.wait_for("told")

    everything, of_run, within, of_jobs, recent = dstack.together(
        "event",
        "event --target-run told",
        "event list --within-run told",
        "event --within-run told --include-target-type job",
        "event --since 5m --within-run told",
    )

    assert set(messages(within)) <= set(messages(everything))
    assert messages(of_run) == [
        "[run told] Run submitted. Status: SUBMITTED",
        "[run told] Run status changed SUBMITTED -> PROVISIONING",
        "[run told] Run status changed PROVISIONING -> RUNNING",
        "[run told] Run status changed RUNNING -> TERMINATING",
        "[run told] Run status changed TERMINATING -> DONE. Termination reason: ALL_JOBS_DONE",
    ]
    assert messages(of_jobs) == [
        "[job told-0-0] Job created on run submission. Status: SUBMITTED",
        "[job told-0-0, instance local-0] Job assigned to instance.",
        "[job told-0-0] Job status changed SUBMITTED -> PROVISIONING",
        "[job told-0-0] Job status changed PROVISIONING -> RUNNING",
        "[job told-0-0] Job status changed RUNNING -> TERMINATING. Termination reason: DONE_BY_RUNNER",
        "[job told-0-0] Job status changed TERMINATING -> DONE. Termination reason: DONE_BY_RUNNER",
    ]
    assert sorted(messages(within)) == sorted(messages(of_run) + messages(of_jobs))
    assert messages(recent) == messages(within)


def test_volumes_and_gateways_list_empty(dstack: Dstack) -> None:
    volumes, gateways = dstack.together("volume", "gateway")

    assert (volumes.status, volumes.lines) == (0, ["NAME  BACKEND  STATUS  CREATED"])
    assert (gateways.status, len(gateways.lines)) == (0, 1)


def messages(told: Ended) -> list[str]:
    """What is said, without when and by whom."""
    assert told.status == 0, told.text
    return [line.partition("] ")[2].removeprefix("[👤admin] ") for line in told.lines]
