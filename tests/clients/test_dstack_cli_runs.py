"""dstack's command line, from a task's plan to its deletion."""

import uuid

import pytest

from tests.clients.dstack_cli import Dstack

#: The first of them makes the command line's environment.
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("dstack")]


def test_a_plan_that_is_answered_no_submits_nothing(dstack: Dstack) -> None:
    task = dstack.task("doubtful", "echo never")

    planned = dstack(f"apply -f {task}", given="n\n")

    assert planned.status == 0
    assert planned.row("Project") == ["Project", "main"]
    assert planned.row("Type") == ["Type", "task (nodes=1)"]
    assert planned.row("1")[1] == "ssh (local)"
    assert "Submit the run doubtful? [y/n]:" in planned.text
    assert planned.lines[-1] == "Exiting..."
    assert not dstack.client.runs("doubtful")


def test_a_detached_task_is_found_shown_and_read(dstack: Dstack) -> None:
    task = dstack.task("hello", "echo hello world", "echo and again")

    submitted = dstack(f"apply -f {task} -y -d")

    assert (submitted.status, submitted.lines[-1]) == (0, "Run hello submitted, detaching...")
    run = dstack.client.wait_for("hello")["hello"]
    listed, as_json, got, logs = dstack.together(
        "ps -a -n 1 -v", "ps -a --json", f"run get --id {run['id']} --json", "logs hello"
    )
    assert listed.row("hello")[1:6] == ["ssh (local)", *listed.row("hello")[2:5], "exited (0)"]
    assert as_json.json["project"] == "main"
    assert run["id"] in [each["id"] for each in as_json.json["runs"]]
    assert (got.json["status"], got.json["run_spec"]["run_name"]) == ("done", "hello")
    assert uuid.UUID(got.json["id"]).version == 4
    assert logs.text == "hello world\nand again\n"


def test_an_attached_task_shows_its_output_and_ends_as_it_does(dstack: Dstack) -> None:
    good = dstack.task("good", "for n in $(seq 2000); do echo line $n; done")
    bad = dstack.task("bad", "echo before", "exit 7", "echo after")

    done, failed = dstack.together(f"apply -f {good} -y", f"apply -f {bad} -y")

    assert done.status == 0
    assert [line for line in done.lines if line.startswith("line ")] == [f"line {n}" for n in range(1, 2001)]
    assert done.lines[-1] == "Exited (0)"
    assert failed.status == 1
    assert failed.lines[-2:] == ["Exited (7)", "Check dstack logs -d bad for more details."]
    assert "after" not in failed.lines


def test_files_of_a_configuration_are_there_where_it_runs(dstack: Dstack) -> None:
    data = dstack.home / "data"
    data.mkdir()
    (data / "inner.txt").write_text("of a folder\n")
    (dstack.home / "single.txt").write_text("of its own\n")
    task = dstack.task("reads", "cat data/inner.txt renamed.txt", files=["data", "single.txt:renamed.txt"])

    done = dstack(f"apply -f {task} -y")

    assert (done.status, done.lines[-3:]) == (0, ["of a folder", "of its own", "Exited (0)"])


def test_a_run_of_a_name_that_is_over_takes_its_place(dstack: Dstack) -> None:
    task = dstack.task("again", "echo again")
    first = dstack.client.submit("true", name="again")
    dstack.client.wait_for("again")

    second = dstack(f"apply -f {task} -y")

    assert second.status == 0
    assert [run["id"] == first["id"] for run in dstack.client.runs("again")] == [False]


def test_a_run_is_stopped_or_aborted_and_then_deleted(dstack: Dstack) -> None:
    gently = dstack.task("gently", "sleep 600")
    for name in ("gently", "at-once"):
        dstack.client.submit("sleep 600", name=name)

    unfinished, active = dstack.together("ps", f"delete -f {gently} -y")
    stopped, aborted = dstack.together("stop gently -y", "stop at-once -x -y")

    assert "gently" in unfinished.text and "at-once" in unfinished.text
    assert (active.status, active.lines[-1]) == (1, "Cannot delete active runs: ['gently']")
    assert (stopped.status, stopped.text) == (0, "Stopped\n")
    assert (aborted.status, aborted.text) == (0, "Aborted\n")
    runs = dstack.client.wait_for("gently", "at-once")
    assert {name: run["termination_reason"] for name, run in runs.items()} == {
        "gently": "stopped_by_user",
        "at-once": "aborted_by_user",
    }
    deleted, gone = dstack(f"delete -f {gently} -y"), dstack(f"delete -f {gently} -y")
    assert (deleted.status, deleted.text) == (0, "Run gently deleted\n")
    assert (gone.status, gone.text) == (1, "Run gently does not exist\n")


def test_options_win_over_the_configuration(dstack: Dstack) -> None:
    task = dstack.task("optioned", "echo $GREETING", env=["GREETING"], max_duration="10m")

    done = dstack(f"apply -f {task} -y -n renamed -e GREETING=hi --max-duration 5m --retry --cpu 1..")

    assert done.status == 0
    assert done.row("Max duration") == ["Max duration", "5m"]
    assert "hi" in done.lines
    configuration = dstack.client.get("renamed")["run_spec"]["configuration"]
    assert configuration["max_duration"] == 300
    assert configuration["resources"]["cpu"]["count"] == {"min": 1, "max": None}
