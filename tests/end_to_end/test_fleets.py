"""A fleet of one's own: a template that grows with demand, shrinks when idle, and goes."""

from tests.end_to_end.client import JSON, Client
from tests.end_to_end.embedded import Embedded


def test_a_fleet_grows_for_a_run_shrinks_when_idle_and_is_deleted(embedded: Embedded) -> None:
    client = embedded.start()
    _apply(client, {"name": "mine", "nodes": "0..1", "idle_duration": "1s", "resources": {"gpu": 0}})
    assert _instances(client, "mine") == []

    client.submit("echo there", name="on-mine", fleets=["mine"])
    assert client.wait_for("on-mine")["on-mine"]["fleet"]["name"] == "mine"

    ended = next(client.events("instance.InstanceEnded"))
    assert ended["data"]["reason"] == "idle_timeout"
    assert _instances(client, "mine") == []

    client.in_project("fleets/delete", {"names": ["mine"]})
    next(client.events("fleet.FleetDeleted"))
    assert [fleet["name"] for fleet in client.post("/api/project/main/fleets/list", {}).json()] == []


def test_a_fleet_keeps_its_minimum_and_never_doubles_the_hosts_capacity(embedded: Embedded) -> None:
    client = embedded.start()
    _apply(client, {"name": "one", "nodes": 1})
    provisioned = client.events("instance.InstanceProvisioned")
    hosts = {next(provisioned)["data"]["host_id"] for _ in range(2)}

    assert len(hosts) == 1
    assert [instance["status"] for instance in _instances(client, "one")] == ["idle"]


def test_a_fleet_that_cuts_its_instances_into_blocks_gives_a_job_whole_ones(embedded: Embedded) -> None:
    client = embedded.start()
    next(client.events("instance.InstanceProvisioned"))
    coming = _apply(client, {"name": "cut", "nodes": 1, "blocks": "auto"})["instances"]
    assert [(each["name"], each["status"]) for each in coming] == [("cut-0", "pending")]

    client.submit("sleep 1000", name="small", fleets=["cut"])
    next(client.events("job.JobPlaced"))

    (instance,) = _instances(client, "cut")
    assert instance["total_blocks"] == instance["instance_type"]["resources"]["cpus"]
    assert (instance["busy_blocks"], instance["status"]) == (1, "busy")
    client.stop("small", abort=True)


def test_a_run_for_which_nothing_suits_fails_at_once_and_says_why(embedded: Embedded) -> None:
    client = embedded.start()
    next(client.events("instance.InstanceProvisioned"))

    client.submit("true", name="greedy", resources={"gpu": "H100:8"})
    run = client.wait_for("greedy")["greedy"]

    submission = run["jobs"][0]["job_submissions"][-1]
    assert (run["status"], run["status_message"]) == ("failed", "failed")
    assert "8 GPU" in submission["termination_reason_message"]


def _apply(client: Client, configuration: JSON) -> JSON:
    spec = {"configuration": {"type": "fleet", **configuration}, "profile": {}}
    return client.in_project("fleets/apply", {"plan": {"spec": spec}, "force": False})


def _instances(client: Client, fleet: str) -> list[JSON]:
    """Those that have not ended."""
    listed: list[JSON] = client.in_project("fleets/get", {"name": fleet})["instances"]
    return [instance for instance in listed if instance["status"] != "terminated"]
