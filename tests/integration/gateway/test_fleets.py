"""Fleets of a project, made, changed and deleted; the cell's own beside them."""

from typing import Any

import pytest

from runfold.contracts import fleet
from runfold.contracts.values import Idle
from tests.integration.gateway.world import World

CHANGED = "Failed to apply plan. Resource has been changed. Try again or use force apply."


def spec(name: str | None = "own", **configuration: Any) -> dict[str, Any]:
    return {"configuration": {"type": "fleet", "name": name, "nodes": "0..1", **configuration}, "profile": {}}


async def apply(world: World, wanted: dict[str, Any], *, force: bool = False, seen: Any = None) -> Any:
    plan = {"spec": wanted, "current_resource": seen}
    answer = await world.in_main("fleets/apply", {"plan": plan, "force": force})
    return answer.body if answer.status == 200 else (answer.status, answer.body["detail"][0]["msg"])


async def test_a_fleet_says_what_core_is_to_do(world: World) -> None:
    made = await apply(
        world,
        spec(
            nodes={"min": 1, "target": 2, "max": 4},
            idle_duration="off",
            resources={"cpu": 4, "memory": "8GB.."},
        ),
    )

    core = world.cell.fleets[made["id"]].spec
    assert (core.nodes_min, core.nodes_target, core.nodes_max) == (1, 2, 4)
    assert core.idle_duration is None
    assert (core.requires.cpu, core.requires.memory) == (4000, 0)


async def test_without_words_about_it_instances_idle_for_three_days_unless_a_run_says_else(
    world: World,
) -> None:
    silent, saying = await apply(world, spec()), await apply(world, spec("other", idle_duration="1h"))
    of_silent, of_saying = (world.cell.fleets[made["id"]].spec for made in (silent, saying))

    assert (of_silent.idle_duration, of_silent.idle_asked) == (3 * 24 * 3600, False)
    assert (of_saying.idle_duration, of_saying.idle_asked) == (3600, True)


async def test_a_run_may_say_how_long_what_is_made_for_it_idles(world: World) -> None:
    await world.submit("hasty", idle_duration="5s")
    await world.submit("patient", idle_duration="off")
    await world.submit("silent")

    asked = [world.run(name).idle for name in ("hasty", "patient", "silent")]
    assert asked == [Idle(5), Idle(), None]


async def test_a_name_is_made_up_where_none_is_given(world: World) -> None:
    made = await apply(world, spec(None))
    assert (await world.in_main("fleets/get", {"name": made["name"]})).body["id"] == made["id"]
    assert made["spec"]["configuration"]["name"] == made["name"]


async def test_an_existing_fleet_is_changed_by_who_knows_how_it_stands_or_forces(world: World) -> None:
    first = await apply(world, spec())

    blind = await apply(world, spec(nodes="0..2"))
    knowing = await apply(world, spec(nodes="0..3"), seen=first)
    late = await apply(world, spec(nodes="0..5"), seen=first)
    forcing = await apply(world, spec(nodes="0..4"), force=True)

    assert (blind, late) == ((400, CHANGED), (400, CHANGED))
    assert (knowing["id"], knowing["spec"]["configuration"]["nodes"]) == (first["id"], {"min": 0, "max": 3})
    assert world.cell.fleets[forcing["id"]].spec.nodes_max == 4


NODES_AND_MORE = (
    "['nodes', 'reservation', 'tags', 'resources', 'backends', 'regions', 'availability_zones', 'instance_types',"
    " 'spot_policy', 'max_price']"
)
SPEC = "['configuration', 'configuration_path', 'merged_profile']"


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"nodes": "1..5", "tags": {"a": "b"}, "resources": {"cpu": 2}, "max_price": 2}, None),
        ({"blocks": 2, "nodes": "0..2"}, f"['blocks', 'nodes']. Can only update {NODES_AND_MORE}."),
        ({"idle_duration": "1h"}, f"['idle_duration']. Can only update {NODES_AND_MORE}."),
        ({"placement": "cluster"}, f"['placement']. Can only update {NODES_AND_MORE}."),
    ],
)
async def test_a_plan_says_what_is_changed_in_place_and_an_apply_refuses_the_rest(
    world: World, changed: dict[str, Any], refused: str | None
) -> None:
    first = await apply(world, spec())

    plan = (await world.in_main("fleets/get_plan", {"spec": spec(**changed)})).body
    done = await apply(world, spec(**changed), seen=plan["current_resource"])

    assert plan["current_resource"] == first
    if refused is None:
        assert (plan["action"], done["id"]) == ("update", first["id"])
        assert done["spec"] == plan["effective_spec"]
    else:
        assert (plan["action"], done) == ("create", (400, f"Failed to update fields {refused}"))


async def test_a_profile_is_not_changed_in_place(world: World) -> None:
    first = await apply(world, spec())
    other = {**spec(), "profile": {"idle_duration": "1h"}}

    plan = (await world.in_main("fleets/get_plan", {"spec": other})).body
    done = await apply(world, other, seen=first)

    changed = "['profile', 'merged_profile']"
    assert plan["action"] == "create"
    assert done == (400, f"Failed to update fields {changed}. Can only update {SPEC}.")


async def test_a_plan_shows_what_was_sent_and_what_it_comes_to(world: World) -> None:
    sent = spec(resources={"cpu": 2, "gpu": None})
    plan = (await world.in_main("fleets/get_plan", {"spec": sent})).body

    assert plan["spec"]["configuration"]["resources"]["gpu"] is None
    assert plan["effective_spec"]["configuration"]["resources"]["gpu"]["count"] == {"min": 0, "max": None}
    assert (plan["action"], plan["current_resource"]) == ("create", None)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (spec("Cpu"), "Resource name should match regex '^[a-z][a-z0-9-]{1,40}$'"),
        (spec(nodes=None), "No ssh_config or nodes specified"),
        (spec(nodes=f"0..{10**25}"), "nodes: 1048576 is the most"),
        (spec(ssh_config={"hosts": ["h"]}), "ssh_config and nodes are mutually exclusive"),
        (spec(nodes=None, ssh_config={"hosts": ["h"]}), "SSH fleets are not yet supported"),
        (spec(env={"A": "1"}), "Backend fleet configuration does not support the following fields: ['env']"),
        (spec(backends=["aws"]), "Backends aws are not configured"),
        (spec(regions=["eu-west-1", "us-east-1"]), "Regions eu-west-1, us-east-1 are not configured"),
        (spec(availability_zones=["a"]), "Availability zones a are not configured"),
        (spec(instance_types=["g6e.24xlarge"]), "Instance types g6e.24xlarge are not configured"),
        (spec(spot_policy="spot"), "No configured backend has spot or reserved instances"),
    ],
)
async def test_what_cannot_be_is_refused(world: World, wanted: dict[str, Any], message: str) -> None:
    assert await apply(world, wanted) == (400, message)


async def test_who_makes_a_fleet_sees_at_once_what_comes_of_it(world: World) -> None:
    for name in ("host-1", "host-2"):
        await world.add_host(name)

    made = [await apply(world, spec(f"fleet-{nodes}", nodes=nodes)) for nodes in (0, 1, 5)]
    targeted = await apply(world, spec("targeted", nodes={"min": 0, "target": 2, "max": 2}))

    coming = [[(i["name"], i["status"]) for i in each["instances"]] for each in (*made, targeted)]
    assert coming == [
        [],
        [("fleet-1-0", "pending")],
        [("fleet-5-0", "pending"), ("fleet-5-1", "pending")],
        [("targeted-0", "pending"), ("targeted-1", "pending")],
    ]


async def test_the_cell_s_fleet_shows_as_imported_and_is_nobody_s_to_change(world: World) -> None:
    own = await apply(world, spec("local"))

    listed = (await world.in_main("fleets/list")).body
    imported = (await world.in_main("fleets/list", {"include_imported": True})).body
    await world.in_main("fleets/delete", {"names": ["local"]})

    cell_fleet = world.cell.fleet_named(None, "local")
    assert cell_fleet is not None
    assert [f["id"] for f in listed] == [own["id"]]
    assert [(f["id"], f["project_name"]) for f in imported] == [(own["id"], "main"), (cell_fleet.id, "cell")]
    assert not cell_fleet.deleting
    by_id = await world.in_main("fleets/get", {"id": cell_fleet.id})
    assert by_id.body["spec"]["configuration"]["nodes"] == {"min": 0, "max": None}


async def test_a_busy_fleet_is_not_deleted(world: World) -> None:
    made = await apply(world, spec())
    host = await world.add_host(fleet_name="own")
    await world.submit("busy")
    await world.place("busy", host)

    answer = await world.in_main("fleets/delete", {"names": ["own"]})

    assert answer.status == 400
    assert answer.body["detail"][0]["msg"] == "Failed to delete fleet own. Fleet is in use."
    assert not world.cell.fleets[made["id"]].deleting


async def test_a_deleted_fleet_goes_once_it_is_empty(world: World) -> None:
    made = await apply(world, spec())

    answer = await world.in_main("fleets/delete", {"names": ["own", "nobody"]})
    going = (await world.in_main("fleets/get", {"name": "own"})).body
    again = await apply(world, spec(), force=True)
    await world.happen(fleet.FleetDeleted(made["id"]))
    gone = await world.in_main("fleets/get", {"name": "own"})

    assert (answer.status, answer.body) == (200, None)
    assert going["status"] == "terminating"
    assert again == (400, "Fleet own is being deleted")
    assert (gone.status, gone.body["detail"][0]["code"]) == (400, "resource_not_exists")
    assert (await world.in_main("fleets/list")).body == []
    assert (await apply(world, spec()))["id"] != made["id"]


async def test_fleets_of_all_projects_are_listed_in_pages(world: World) -> None:
    for number in range(3):
        await apply(world, spec(f"fleet-{number}"))

    first = (await world.post("/api/fleets/list", {"limit": 2})).body
    cursor = {"prev_created_at": first[-1]["created_at"], "prev_id": first[-1]["id"]}
    rest = (await world.post("/api/fleets/list", {"include_imported": True, **cursor})).body

    assert [f["name"] for f in first + rest] == ["fleet-2", "fleet-1", "fleet-0", "local"]
    assert (await world.post("/api/fleets/list", {"project_name": "nowhere"})).body == []


async def test_a_fleet_is_asked_for_by_name_or_id(world: World) -> None:
    answer = await world.in_main("fleets/get", {})
    assert answer.body["detail"][0]["msg"] == "name or id must be specified"


async def test_a_run_may_ask_for_fleets(world: World) -> None:
    own = await apply(world, spec())

    await world.submit("chosen", fleets=["own", "main/own", "other/own"])
    await world.submit("nowhere", fleets=["unheard-of"])
    await world.submit("elsewhere", backends=["aws"])
    await world.submit("anywhere")

    assert world.run("chosen").fleets == (own["id"],)
    assert world.run("nowhere").fleets == ()
    assert world.run("elsewhere").fleets == ()
    assert world.run("anywhere").fleets is None


async def test_offers_are_what_the_hosts_can_give(world: World) -> None:
    for name, cpu, gib in (("large", 32, 64), ("small", 4, 16)):
        await world.add_host(name, cpu, gib)

    async def offered(**resources: Any) -> list[int]:
        configuration = {"type": "task", "commands": ["x"], "resources": resources}
        plan = (await world.in_main("runs/get_plan", {"run_spec": {"configuration": configuration}})).body
        return [offer["instance"]["resources"]["cpus"] for offer in plan["job_plans"][0]["offers"]]

    assert await offered() == [4, 32]
    assert await offered(cpu="8..") == [32]
    assert await offered(memory="100GB..") == []
    assert await offered(gpu="H100:1") == []
    assert await offered(cpu="2..", memory="8GB..", disk="100GB..", gpu=0) == [4, 32]


async def test_a_full_host_is_offered_as_busy(world: World) -> None:
    host = await world.add_host(cpu=8)
    configuration = {"type": "task", "commands": ["x"], "resources": {"cpu": 5}}

    async def availability() -> list[str]:
        plan = (await world.in_main("runs/get_plan", {"run_spec": {"configuration": configuration}})).body
        return [offer["availability"] for offer in plan["job_plans"][0]["offers"]]

    before = await availability()
    await world.submit("hungry", resources={"cpu": 5})
    await world.place("hungry", host)

    assert (before, await availability()) == (["idle"], ["busy"])


async def test_a_cut_instance_shows_how_many_of_its_blocks_are_busy(world: World) -> None:
    made = await apply(world, spec(blocks=4))
    assert world.cell.fleets[made["id"]].spec.blocks == 4
    host = await world.add_host(cpu=8, fleet_name="own", blocks=4)
    await world.submit("small", resources={"cpu": 3}, fleets=["own"])

    async def shown() -> tuple[Any, ...]:
        (instance,) = (await world.in_main("fleets/get", {"name": "own"})).body["instances"]
        return instance["status"], instance["busy_blocks"], instance["total_blocks"]

    before = await shown()
    await world.place("small", host)

    assert (before, await shown()) == (("idle", 0, 4), ("busy", 2, 4))


async def test_offers_of_a_cut_instance_are_the_blocks_that_a_task_would_take(world: World) -> None:
    await apply(world, spec(blocks="auto"))
    await world.add_host(cpu=8, gib=32, fleet_name="own", blocks=8)
    configuration = {"type": "task", "commands": ["x"], "resources": {"cpu": 3}, "fleets": ["own"]}

    plan = (await world.in_main("runs/get_plan", {"run_spec": {"configuration": configuration}})).body
    (offer,) = plan["job_plans"][0]["offers"]

    resources = offer["instance"]["resources"]
    assert (offer["blocks"], offer["total_blocks"], offer["availability"]) == (3, 8, "idle")
    assert (resources["cpus"], resources["memory_mib"]) == (3, 12 * 1024)


async def test_a_fleet_s_plan_offers_the_hosts_that_it_could_cut(world: World) -> None:
    for name, cpu in (("even", 8), ("odd", 3)):
        await world.add_host(name, cpu)

    plan = (await world.in_main("fleets/get_plan", {"spec": spec(blocks=4)})).body

    (offer,) = plan["offers"]
    assert (offer["instance"]["resources"]["cpus"], offer["blocks"], offer["total_blocks"]) == (8, 1, 4)
    assert (plan["total_offers"], plan["max_offer_price"]) == (1, 0.0)
