"""What dstack's clients ask of a run that runs, and of one that ran."""

from tests.clients.conversation import JSON, Answer, Conversation
from tests.end_to_end.client import Client


def answers(client: Client) -> dict[str, Answer]:
    """Each by what was asked, of one run that goes on, one that is done and one that failed."""
    talk = Conversation(client)
    client.submit("echo done", name="done")
    client.submit("echo failed", "exit 3", name="failed")
    client.wait_for("done", "failed")
    running = client.submit("echo begun", "sleep 600", name="running")
    client.follow_until(running, b"begun")
    for name in ("running", "done", "failed"):
        run = talk.ask(name, "runs/get", {"run_name": name}, "runs:Run")
        assert run["status"] == name
        asked: JSON = {"run_name": name, "job_submission_id": run["latest_job_submission"]["id"]}
        assert talk.ask(f"output of {name}", "logs/poll", asked, "logs:JobSubmissionLogs")["logs"]
        talk.fetch(f"metrics of {name}", f"metrics/job/{name}?limit=10", "metrics:JobMetrics")
        told = {"within_runs": [run["id"]]}
        assert len(talk.ask(f"events of {name}", "/api/events/list", told, "[events:Event]")) > 5
    _around(talk)
    client.stop("running", abort=True)
    return talk.answers


def _around(talk: Conversation) -> None:
    spec: JSON = {"run_name": "running", "configuration": {"type": "task", "commands": ["true"]}}
    free: JSON = {"configuration": {**spec["configuration"], "resources": {"gpu": 0}}}
    assert talk.ask("runs", "/api/runs/list", {}, "[runs:Run]")
    plan = talk.ask("plan over what runs", "runs/get_plan", {"run_spec": spec}, "runs:RunPlan")
    assert plan["current_resource"] and plan["job_plans"][0]["offers"]
    fleets = talk.ask("fleets", "fleets/list", {"include_imported": True}, "[fleets:Fleet]")
    (instance,) = talk.ask(
        "instances", "/api/instances/list", {"include_imported": True}, "[instances:Instance]"
    )
    assert instance["id"] in [each["id"] for fleet in fleets for each in fleet["instances"]]
    talk.ask("instance", "instances/get", {"id": instance["id"]}, "instances:Instance")
    groups = talk.ask("groups of offers", "gpus/list", {"run_spec": free, "group_by": ["backend"]})
    assert groups["cpus"]
    talk.answers["groups of CPUs"] = Answer(200, groups["cpus"], "[gpus:CpuGroup]")
