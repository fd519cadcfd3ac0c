"""Jobs with an image, on a real Docker engine: embedded and distributed."""

from pathlib import Path
from typing import Any

import pytest

from infra.distributed.processes import Services
from infra.testservers import docker
from tests.end_to_end.client import Client
from tests.end_to_end.embedded import Embedded
from tests.servers.fixtures import Engine
from tests.servers.registry import Registry

#: Ends by itself unless it is told to; a limit that a shell stays below.
LOOP = "i=0; while [ $i -lt 20 ]; do echo $i; i=$((i+1)); sleep 0.1; done"
COUNTED = "".join(f"{number}\n" for number in range(20)).encode()


def _in_image(engine: Engine, **more: Any) -> dict[str, Any]:
    return {"image": engine.shell_image, "shell": "sh", **more}


def test_a_container_is_adopted_by_the_server_that_comes_after_a_killed_one(
    tmp_path: Path, docker_engine: Engine
) -> None:
    server = Embedded(
        tmp_path / "server", runtime="auto", environment={"RUNFOLD_DOCKER_HOST": docker_engine.url}
    )
    try:
        client = server.start()
        client.submit(LOOP, name="contained", **_in_image(docker_engine))
        client.submit("echo beside", name="process")
        next(client.events("job.AttemptStarted"))

        server.kill()
        client = server.start()
        runs = client.wait_for("contained", "process")

        assert {name: run["status"] for name, run in runs.items()} == dict.fromkeys(runs, "done")
        assert client.output(runs["contained"]) == COUNTED
        assert len(runs["contained"]["jobs"][0]["job_submissions"]) == 1
    finally:
        server.close()


def test_a_user_sees_a_pull_and_a_server_killed_amid_it_pulls_again(
    tmp_path: Path, docker_engine: Engine
) -> None:
    server = Embedded(
        tmp_path / "server", runtime="docker", environment={"RUNFOLD_DOCKER_HOST": docker_engine.url}
    )
    with Registry().serving() as registry:
        try:
            registry.flowing.clear()
            client = server.start()
            client.submit("echo pulled", name="far", image=registry.image, shell="sh")
            pulling = next(client.events("job.AttemptPulling"))
            assert pulling["data"]["image"] == registry.image
            seen = client.get("far")
            assert (seen["status"], seen["status_message"]) == ("provisioning", "pulling")
            assert seen["jobs"][0]["job_submissions"][-1]["status"] == "pulling"
            assert registry.halfway.wait(20)
            said = (event["data"]["progress"] for event in client.events("job.AttemptPulling"))
            assert next(progress for progress in said if progress["downloaded_bytes"])
            told = client.get("far")["jobs"][0]["job_submissions"][-1]["image_pull_progress"]
            assert 0 < told["downloaded_bytes"] <= told["total_bytes"]

            server.kill()
            registry.halfway.clear()
            client = server.start()
            assert registry.halfway.wait(20)
            registry.flowing.set()
            run = client.wait_for("far")["far"]

            assert (run["status"], client.output(run)) == ("done", b"pulled\n")
            assert len(run["jobs"][0]["job_submissions"]) == 1
        finally:
            server.close()
            docker.remove_image(docker_engine.url, registry.image)


def test_a_pull_that_is_refused_fails_its_run_and_says_why(tmp_path: Path, docker_engine: Engine) -> None:
    server = Embedded(
        tmp_path / "server", runtime="docker", environment={"RUNFOLD_DOCKER_HOST": docker_engine.url}
    )
    with Registry(credentials=("ann", "s3cret")).serving() as registry:
        try:
            client = server.start()
            auth = {"username": "ann", "password": "wrong"}
            client.submit("true", name="shut", image=registry.image, shell="sh", registry_auth=auth)
            run = client.wait_for("shut")["shut"]
            submission = run["jobs"][0]["job_submissions"][-1]
            assert (run["status"], submission["termination_reason"]) == ("failed", "creating_container_error")
            assert registry.image.removesuffix(":1") in submission["termination_reason_message"]
        finally:
            server.close()


def test_five_processes_run_a_container_with_its_environment_and_least_privilege(
    distributed: Services, docker_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNFOLD_DOCKER_HOST", docker_engine.url)
    distributed.start()
    client = Client(distributed.installation.url, distributed.installation.keys.admin_token)

    shown = ("echo $GREETING", "grep NoNewPrivs /proc/self/status", "echo $DSTACK_RUN_NAME")
    client.submit(*shown, name="shown", env={"GREETING": "hello"}, **_in_image(docker_engine))
    client.submit("exit 9", name="fails", **_in_image(docker_engine))
    client.submit("sleep 1000", name="stopped", **_in_image(docker_engine))
    next(event for event in client.events("job.AttemptStarted") if _of(client, event) == "stopped")
    client.stop("stopped", abort=True)
    runs = client.wait_for("shown", "fails", "stopped")

    assert {name: run["status"] for name, run in runs.items()} == {
        "shown": "done",
        "fails": "failed",
        "stopped": "terminated",
    }
    assert client.output(runs["shown"]) == b"hello\nNoNewPrivs:\t1\nshown\n"
    assert runs["fails"]["jobs"][0]["job_submissions"][-1]["exit_status"] == 9


def _of(client: Client, event: dict[str, Any]) -> str | None:
    """The name of the run whose job an event is about."""
    jobs = {
        submission["id"]: run["run_spec"]["run_name"]
        for run in client.post("/api/runs/list", {}).json()
        for job in run["jobs"]
        for submission in job["job_submissions"]
    }
    return jobs.get(event["data"]["attempt_id"])
