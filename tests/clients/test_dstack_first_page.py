"""What the first page of dstack's documentation has its reader do, from the top: the command line, then the API."""

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.clients.dstack_cli import Dstack, Settings
from tests.clients.installed import short_home
from tests.end_to_end.embedded import TOKEN

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("dstack")]

#: So that the file of settings alone says where the server is.
FROM_FILE: Settings = {"DSTACK_SERVER_URL": None, "DSTACK_TOKEN": None, "DSTACK_PROJECT": None}
FLEET: dict[str, Any] = {"type": "fleet", "nodes": "0..1", "idle_duration": "1h", "resources": {"gpu": 0}}


@pytest.fixture
def reader(dstack: Dstack) -> Iterator[Dstack]:
    """Somebody new, who has written down two projects by hand."""
    with short_home() as home:
        settings = home / ".dstack" / "config.yml"
        settings.parent.mkdir()
        main = {"name": "main", "url": dstack.client.url, "token": TOKEN, "default": True}
        elsewhere = {"name": "elsewhere", "url": "http://127.0.0.1:1", "token": "another"}
        settings.write_text(yaml.safe_dump({"projects": [main, elsewhere]}))
        yield Dstack(home, dstack.client, FROM_FILE)


def test_the_command_line_does_all_that_is_on_it(reader: Dstack) -> None:
    projects, fleets, offers = reader.together("project list", "fleet", "offer --gpu H100 --max-offers 10")
    assert (projects.row("main")[-1], len(projects.row("elsewhere"))) == ("✓", 2)
    assert fleets.row("cell/local")
    assert (offers.status, "No matching instance offers" in offers.text) == (0, True)

    reader.write("fleet.dstack.yml", name="first-page", **FLEET)
    assert reader("apply -f fleet.dstack.yml -y").row("first-page")[1] == "0..1"
    reader.write(".dstack.yml", type="task", name="greets", commands=["echo hello world"])
    assert reader("apply -f .dstack.yml", given="n\n").lines[-1] == "Exiting..."
    attached = reader("apply", given="y\n")
    assert (attached.status, attached.lines[-2:]) == (0, ["hello world", "Exited (0)"])

    logs, none = reader.together("logs greets --job 0 --since 1h", "logs greets --since 2099-01-01T00:00:00Z")
    assert logs.text == "hello world\n"
    assert (none.status, none.text) == (0, "")


def test_a_key_of_ones_own_opens_the_run_that_was_submitted_with_it(reader: Dstack) -> None:
    key = _own_key(reader.home)
    reader.task("own-key", "echo begun", "sleep 600")
    reader(f"apply -f own-key.dstack.yml -y -d --ssh-identity {key}")
    reader.client.follow_until(reader.client.get("own-key"), b"begun")

    attached = reader.begin(f"attach own-key --ssh-identity {key}")
    attached.until("Press Ctrl+C to detach...")
    shell = reader.ssh("own-key", "echo inside")
    attached.interrupt()

    assert (shell.status, shell.text) == (0, "inside\n")
    assert attached.end().lines[-1] == "Detached"
    reader.client.stop("own-key", abort=True)


def test_the_api_does_all_that_is_on_it(dstack: Dstack) -> None:
    api: Any = dstack.client.in_project
    assert "local" in [fleet["name"] for fleet in api("fleets/list", {"include_imported": True})]
    looks = {"type": "task", "commands": [":"], "image": "scratch", "user": "root", "resources": {"gpu": 0}}
    assert api("runs/get_plan", {"run_spec": {"configuration": looks}, "max_offers": 5})["job_plans"]

    spec = {"configuration": {**FLEET, "name": "by-api"}, "profile": {}}
    assert api("fleets/get_plan", {"spec": spec})["action"] == "create"
    assert api("fleets/apply", {"plan": {"spec": spec}, "force": False})["status"] == "active"
    within = {**looks, "fleets": ["by-api"]}
    api("runs/get_plan", {"run_spec": {"configuration": within}})

    greets = {"type": "task", "commands": ["echo hello world"]}
    plan = {"run_spec": {"run_name": "greets-by-api", "configuration": greets}}
    api("runs/apply", {"plan": plan, "force": False})
    run = dstack.client.wait_for("greets-by-api")["greets-by-api"]
    asked = {
        "run_name": "greets-by-api",
        "job_submission_id": run["latest_job_submission"]["id"],
        "limit": 100,
    }
    page = api("logs/poll", asked)
    assert [base64.b64decode(event["message"]) for event in page["logs"]] == [b"hello world\n"]
    assert page["next_token"] is None


def _own_key(home: Path) -> Path:
    key = home / "own"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    return key
