"""What a user writes with dstack's Python API; prints what it saw as JSON. Runs where dstack's client is installed."""

import json
import os
import time
from typing import Any

from dstack.api import Client, Run, Task

PATIENCE = 60  #: seconds for each run


def main() -> None:
    client = Client.from_config(
        project_name="main", server_url=os.environ["TOUR_URL"], user_token=os.environ["TOUR_TOKEN"]
    )
    print(json.dumps({"followed": _followed(client), "stopped": _stopped(client), "runs": _runs(client)}))


def _followed(client: Client) -> dict[str, Any]:
    """A task whose output is read as it comes."""
    task = Task(name="followed", commands=["for n in 1 2 3; do echo line $n; done"])
    run = client.runs.apply_configuration(configuration=task)
    _until(run, lambda: str(run.status.value) not in ("submitted", "pending", "provisioning"))
    attached = run.attach()
    output = b"".join(run.logs()).decode()
    run.detach()
    _until(run, lambda: run.status.is_finished())
    again = b"".join(client.runs.get("followed").logs()).decode()
    return {"attached": attached, "output": output, "again": again, "status": run.status.value}


def _stopped(client: Client) -> str:
    task = Task(name="stopped", commands=["sleep 600"])
    run = client.runs.apply_configuration(configuration=task, reserve_ports=False)
    run.stop(abort=True)
    _until(run, lambda: run.status.is_finished())
    return str(run.status.value)


def _runs(client: Client) -> dict[str, Any]:
    return {
        "all": [run.name for run in client.runs.list(all=True, limit=2)],
        "unknown": client.runs.get("nobody"),
    }


def _until(run: Run, so: Any) -> None:
    """Asks again and again, as the API has it."""
    deadline = time.monotonic() + PATIENCE
    while not so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{run.name} stays {run.status}")
        time.sleep(0.2)
        run.refresh()


if __name__ == "__main__":
    main()
