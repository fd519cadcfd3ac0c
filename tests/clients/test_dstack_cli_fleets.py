"""dstack's command line: fleets, and what they offer."""

from typing import Any

import pytest

from tests.clients.dstack_cli import Dstack

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("dstack")]


def fleet(dstack: Dstack, nodes: str) -> str:
    wanted: dict[str, Any] = {"nodes": nodes, "idle_duration": "1h", "resources": {"gpu": 0}}
    return dstack.write("fleet.dstack.yml", type="fleet", name="default", **wanted)


def test_a_fleet_is_made_shown_changed_and_deleted(dstack: Dstack) -> None:
    made = dstack(f"apply -f {fleet(dstack, '0..1')} -y")
    unchanged, listed, got = dstack.together(
        "apply -f fleet.dstack.yml -y", "fleet -v", "fleet get default --json"
    )
    changed = dstack(f"apply -f {fleet(dstack, '0..2')} -y")
    told, within = dstack.together("event --target-fleet default", "event --within-fleet default")
    deleted = dstack("delete -f fleet.dstack.yml -y")
    gone, missing, unknown = dstack.together(
        "delete -f fleet.dstack.yml -y", "fleet get default --json", "fleet delete default -y"
    )

    assert (made.status, made.row("Nodes")) == (0, ["Nodes", "min=0 target=0 max=1"])
    assert "Fleet default does not exist yet." in made.lines
    assert made.row("default")[1] == "0..1"
    assert unchanged.lines[-1] == "No configuration changes detected. Use --force to apply anyway."
    assert listed.row("cell/local") and listed.row("default")
    assert got.json["spec"]["configuration"]["nodes"] == {"min": 0, "max": 1}
    assert (got.json["status"], got.json["instances"]) == ("active", [])
    assert (changed.status, changed.row("default")[1]) == (0, "0..2")
    assert [line.rpartition("] ")[2] for line in told.lines] == [
        "Fleet created. Status: ACTIVE",
        "Fleet updated",
    ]
    assert within.text == told.text
    assert (deleted.status, deleted.lines[-1]) == (0, "Fleet default deleted")
    assert (gone.status, gone.text) == (1, "Fleet default does not exist\n")
    assert (unknown.status, unknown.text) == (1, "Fleet default does not exist\n")
    assert missing.status == 1
    assert missing.text.endswith("not found\n")


def test_offers_are_what_can_really_be_had(dstack: Dstack) -> None:
    as_json, small, none = dstack.together(
        "offer --json",
        "offer --cpu 1.. --memory 1GB.. --max-offers 5 --fleet cell/local",
        "offer --gpu H100 --max-offers 10",
    )

    (offer,) = as_json.json["offers"]
    assert (as_json.json["total_offers"], offer["backend"], offer["price"]) == (1, "remote", 0.0)
    assert offer["instance"]["resources"]["gpus"] == []
    assert small.row("Resources") == ["Resources", "cpu=1.. mem=1GB.. gpu=0.."]
    assert small.row("1")[1] == "ssh (local)"
    assert none.status == 0
    assert none.row("Resources") == ["Resources", "cpu=1.. mem=0GB.. gpu=H100:1.."]
    assert "No matching instance offers available." in none.text


def test_offers_are_grouped(dstack: Dstack) -> None:
    by_gpu, by_all = dstack.together(
        "offer --group-by gpu", "offer --group-by gpu,backend,region,count --json"
    )

    assert (by_gpu.status, by_gpu.row("Group by")) == (0, ["Group by", "gpu"])
    assert by_all.json["group_by"] == ["gpu", "backend", "region", "count"]
    assert by_all.json["gpus"] == []
