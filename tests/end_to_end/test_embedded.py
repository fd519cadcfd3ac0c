"""`runfold up`, as a newcomer meets it: a server, a task, its output, and whatever may happen to the server."""

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from tests.end_to_end.client import Client
from tests.end_to_end.embedded import TOKEN, Embedded

#: A client as the customer's first document shows it: apply, then ask until it is final.
NEWCOMER = Path(__file__).parent / "newcomer.py"


def test_a_newcomers_script_submits_a_task_and_sees_it_done(embedded: Embedded, tmp_path: Path) -> None:
    embedded.start()
    key = tmp_path / "key.pub"
    key.write_text("ssh-ed25519 AAAA newcomer\n")
    environment = {
        "RUNFOLD_TEST_URL": embedded.url,
        "RUNFOLD_TEST_TOKEN": TOKEN,
        "RUNFOLD_TEST_PROJECT": "main",
        "RUNFOLD_TEST_PUBLIC_KEY": str(key),
    }

    ended = subprocess.run(
        [sys.executable, str(NEWCOMER)], env=environment, capture_output=True, text=True, timeout=60
    )

    assert ended.stderr == ""
    assert ended.stdout.splitlines()[-1] == "Run finished with status done"


def test_a_tasks_output_is_read_page_by_page_once_it_is_done(embedded: Embedded) -> None:
    client = embedded.start()

    submitted = client.submit("echo hello", "seq 1 2000", "printf '\\377\\376'")
    run = client.wait_for(submitted["run_spec"]["run_name"])[submitted["run_spec"]["run_name"]]

    assert run["status"] == "done"
    assert run["jobs"][0]["job_submissions"][-1]["exit_status"] == 0
    lines = "".join(f"{n}\n" for n in range(1, 2001)).encode()
    assert client.output(run) == b"hello\n" + lines + b"\xff\xfe"


def test_a_failing_command_ends_the_job_with_its_exit_code(embedded: Embedded) -> None:
    client = embedded.start()

    client.submit("echo before", "exit 7", "echo after", name="fails")
    run = client.wait_for("fails")["fails"]

    submission = run["jobs"][0]["job_submissions"][-1]
    assert (run["status"], run["termination_reason"]) == ("failed", "job_failed")
    assert (submission["termination_reason"], submission["exit_status"]) == ("container_exited_with_error", 7)
    assert submission["status_message"] == "exited (7)"
    assert client.output(run) == b"before\n"


def test_a_stopped_run_gets_time_to_say_goodbye_and_an_aborted_one_does_not(embedded: Embedded) -> None:
    client = embedded.start()
    trap = "trap 'echo bye; exit 0' TERM; echo ready; sleep 1000 & wait"
    for name in ("stopped", "aborted"):
        client.submit(trap, name=name)
    _wait_until_both_run(client)

    client.stop("stopped")
    client.stop("aborted", abort=True)
    runs = client.wait_for("stopped", "aborted")

    assert {name: run["status"] for name, run in runs.items()} == dict.fromkeys(runs, "terminated")
    assert client.output(runs["stopped"]) == b"ready\nbye\n"
    assert client.output(runs["aborted"]) == b"ready\n"
    assert runs["stopped"]["termination_reason"] == "stopped_by_user"
    assert runs["aborted"]["termination_reason"] == "aborted_by_user"


@pytest.mark.chaos
def test_forty_runs_survive_a_kill_of_the_whole_server_in_their_middle(embedded: Embedded) -> None:
    client = embedded.start()
    names = [f"survivor-{number}" for number in range(40)]
    commands = "for i in $(seq 1 30); do echo line $i; sleep 0.1; done"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: client.submit(commands, name=name), names))
    _wait_for_started(client, 20)

    embedded.kill()
    client = embedded.start()
    runs = client.wait_for(*names)

    whole = "".join(f"line {number}\n" for number in range(1, 31)).encode()
    assert {run["status"] for run in runs.values()} == {"done"}
    assert {name for name in names if client.output(runs[name]) != whole} == set()
    assert {len(run["jobs"][0]["job_submissions"]) for run in runs.values()} == {1}


def test_every_answer_is_the_same_after_all_read_models_are_rebuilt(embedded: Embedded) -> None:
    client = embedded.start()
    before = _answers_of_two_runs(client)

    embedded.kill()
    client = embedded.start()

    assert _answers(client) == before


def test_history_that_was_spoiled_is_made_anew_by_one_command_and_every_answer_is_the_same(
    tmp_path: Path,
) -> None:
    with closing(Embedded(tmp_path / "server", environment={"RUNFOLD_RUNS_IN_MEMORY": "0"})) as embedded:
        client = embedded.start()
        before = _answers_of_two_runs(client)
        assert embedded.stop() == 0
        history = embedded.directory / "history.db"
        with closing(sqlite3.connect(history, isolation_level=None)) as spoiled:
            spoiled.execute("DELETE FROM runs WHERE rowid = (SELECT min(rowid) FROM runs)")
            spoiled.execute("UPDATE runs SET state = x'c0'")
            spoiled.execute("DELETE FROM attempts")

        client = embedded.start()
        rebuilt = _rebuild(embedded)

        assert (rebuilt.returncode, rebuilt.stdout[:21]) == (0, "generation 2 is built"), rebuilt.stderr
        assert _answers(client) == before
        embedded.kill()
        with closing(sqlite3.connect(history)) as read:
            sizes = read.execute("SELECT length(state) FROM runs WHERE generation = 2").fetchall()
        assert len(sizes) == 2 and min(sizes) > (100,)
        assert _answers(embedded.start()) == before


def test_history_that_is_no_database_any_more_is_made_anew_by_itself(tmp_path: Path) -> None:
    with closing(Embedded(tmp_path / "server", environment={"RUNFOLD_RUNS_IN_MEMORY": "0"})) as embedded:
        client = embedded.start()
        before = _answers_of_two_runs(client)
        assert embedded.stop() == 0
        (embedded.directory / "history.db").write_bytes(b"no database " * 1000)

        client = embedded.start()
        rebuilt = _rebuild(embedded)

        assert rebuilt.returncode == 0, rebuilt.stderr
        assert _answers(client) == before
        assert (embedded.directory / "history.db.damaged").exists()


def test_a_second_server_over_the_same_directory_says_who_has_it(embedded: Embedded) -> None:
    embedded.start()

    second = subprocess.run(
        [sys.executable, "-m", "runfold.client", "up", "--data-dir", str(embedded.directory), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert second.returncode == 2
    assert f"is in use by pid {embedded.pid}" in second.stderr


@pytest.mark.chaos
def test_sigterm_ends_the_server_in_order_and_runs_go_on(embedded: Embedded) -> None:
    client = embedded.start()
    client.submit("echo a; sleep 2; echo b", name="goes-on")
    _wait_for_started(client, 1)

    assert embedded.stop() == 0

    client = embedded.start()
    run = client.wait_for("goes-on")["goes-on"]
    assert (run["status"], client.output(run)) == ("done", b"a\nb\n")


def _rebuild(embedded: Embedded) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runfold.client", "rebuild"],
        env={**os.environ, "RUNFOLD_URL": embedded.url, "RUNFOLD_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=60,
    )


def _wait_until_both_run(client: Client) -> None:
    """Until both have printed `ready`, so that both have set their traps."""
    _wait_for_started(client, 2)
    for name in ("stopped", "aborted"):
        client.follow_until(client.get(name), b"ready\n")


def _wait_for_started(client: Client, count: int) -> None:
    next(islice(client.events("job.AttemptStarted"), count - 1, None))


def _answers_of_two_runs(client: Client) -> dict[str, bytes]:
    """One that went well and one that failed, both over."""
    client.submit("echo one", name="first")
    client.submit("exit 3", name="second")
    client.wait_for("first", "second")
    return _answers(client)


def _answers(client: Client) -> dict[str, bytes]:
    asked: dict[str, dict[str, object]] = {
        "/api/runs/list": {},
        "/api/project/main/runs/get": {"run_name": "first"},
        "/api/projects/list": {},
        "/api/project/main/fleets/list": {},
        "/api/users/get_my_user": {},
        "/api/events/list": {},
    }
    answers = {path: client.post(path, body).content for path, body in asked.items()}
    events = client.session.get(
        f"{client.url}/api/runfold/v1/events", params={"types": "run.RunFinished"}, timeout=30
    )
    answers["events"] = msgspec.json.encode(events.json()["events"])
    return {**answers, "second": client.output(client.get("second"))}
