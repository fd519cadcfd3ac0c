"""What is refused, and in whose words."""

import json
from typing import Any

import pytest

from tests.integration.gateway.world import World

GET, APPLY = "/api/project/main/runs/get", "/api/project/main/runs/apply"


async def refused(world: World, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
    answer = await world.post(path, body, **options)
    return answer.status, answer.body


def problems(answer: tuple[int, Any]) -> list[tuple[str, list[Any]]]:
    """Type and place of each."""
    assert answer[0] == 422, answer
    return [(item["type"], item["loc"]) for item in answer[1]["detail"]]


@pytest.mark.parametrize(
    "path", ["/api/users/get_my_user", "/api/project/nowhere/runs/get", "/api/runs/list"]
)
async def test_without_a_token_nobody_is_authenticated(world: World, path: str) -> None:
    assert await refused(world, path, {}, token=None) == (401, {"detail": "Not authenticated"})
    basic = await refused(world, path, {}, token=None, authorization="Basic YTpi")
    assert basic == (401, {"detail": "Not authenticated"})


async def test_a_token_that_nobody_has_is_invalid(world: World) -> None:
    answer = await refused(world, "/api/users/get_my_user", token="someone-else-s")
    assert answer == (403, {"detail": {"msg": "Invalid token", "code": None}})


async def test_an_unknown_project_is_not_found(world: World) -> None:
    answer = await refused(world, "/api/project/nowhere/runs/get", {"run_name": "x"})
    assert answer == (404, {"detail": {"msg": "Not found", "code": None}})


async def test_unknown_paths_answer_in_their_owner_s_shape(world: World) -> None:
    assert await refused(world, "/api/nothing/here") == (404, {"detail": "Not Found"})
    assert await refused(world, "/nowhere") == (404, {"detail": "Not Found"})
    assert await refused(world, "/jobs/x") == (404, {"message": "Not Found"})
    assert await refused(world, "/users") == (404, {"message": "Not Found"})
    assert await refused(world, "/api/v1/workloads") == (404, {"code": 404, "message": "Not Found"})
    assert await refused(world, "/auth/realms/x") == (404, {"code": 404, "message": "Not Found"})
    problem = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "Not Found"}
    assert await refused(world, "/api/runfold/v1/nothing") == (404, problem)
    answer = await world.call("POST", "/api/runfold/v1/nothing")
    assert answer.content_type == "application/problem+json"


async def test_a_wrong_method_is_said_to_be_one(world: World) -> None:
    answer = await world.get(GET)
    assert (answer.status, answer.body) == (405, {"detail": "Method Not Allowed"})
    assert answer.headers["Allow"] == "POST"


async def test_a_fault_of_ours_is_told_without_its_details(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> None:
        raise ZeroDivisionError("a detail")

    monkeypatch.setattr(type(world.view), "cell", property(fails), raising=False)
    answer = await refused(world, GET, {"run_name": "x"})
    monkeypatch.undo()

    assert answer == (500, {"detail": "Internal Server Error"})


async def test_bad_json_says_where_it_ends(world: World) -> None:
    status, body = await refused(world, GET, raw=b"[")
    problem = {
        "type": "json_invalid",
        "loc": ["body", 1],
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": "Expecting value"},
    }
    assert (status, body) == (422, {"detail": [problem]})


async def test_a_missing_body_is_missing(world: World) -> None:
    problem = {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
    assert await refused(world, GET) == (422, {"detail": [problem]})


async def test_where_a_body_is_optional_none_is_needed(world: World) -> None:
    for path in ("/api/projects/list", "/api/project/main/fleets/list"):
        assert (await world.post(path)).status == 200
        assert (await world.post(path, raw=b"null")).status == 200


@pytest.mark.parametrize(
    ("configuration", "place"),
    [
        ({"commands": "echo"}, ["commands"]),
        ({"commands": [1]}, ["commands", 0]),
        ({"env": "A=1"}, ["env"]),
        ({"env": [1]}, ["env"]),
        ({"env": {"A": {}}}, ["env", "A"]),
        ({"nodes": 0}, ["nodes"]),
        ({"priority": 101}, ["priority"]),
        ({"ports": ["a:b"]}, ["ports", 0]),
        ({"ports": [70000]}, ["ports", 0, "local_port"]),
        ({"resources": "x"}, ["resources"]),
        ({"resources": {"cpu": "9..2"}}, ["resources", "cpu", "count"]),
        ({"resources": {"memory": "x"}}, ["resources", "memory", "min"]),
        ({"resources": {"memory": -1}}, ["resources", "memory", "min"]),
        ({"resources": {"gpu": "1:2"}}, ["resources", "gpu"]),
        ({"max_duration": "zz"}, ["max_duration"]),
        ({"stop_duration": -4}, ["stop_duration"]),
        ({"user": "a:b:c"}, ["user"]),
        ({"fleets": [{"nome": 1}]}, ["fleets", 0, "name"]),
        ({"retry": {"on_events": ["never"]}}, ["retry", "ProfileRetry", "on_events", 0]),
        ({"privileged": "perhaps"}, ["privileged"]),
    ],
)
async def test_a_wrong_field_is_told_by_its_path(
    world: World, configuration: dict[str, Any], place: list[Any]
) -> None:
    spec = {"configuration": {"type": "task", "commands": ["x"], **configuration}}

    answer = await refused(world, APPLY, {"plan": {"run_spec": spec}, "force": False})

    found = problems(answer)
    assert ["body", "plan", "run_spec", "configuration", "task", *place] in [
        loc[: 5 + len(place)] for _, loc in found
    ]


async def test_wrong_shapes_around_the_configuration_are_told_as_well(world: World) -> None:
    assert problems(await refused(world, GET, {"id": "x"})) == [("uuid_parsing", ["body", "id"])]
    assert problems(await refused(world, GET, {"run_name": 5})) == [("string_type", ["body", "run_name"])]
    assert problems(await refused(world, "/api/runs/list", {"limit": 101})) == [
        ("less_than_equal", ["body", "limit"])
    ]
    stop = await refused(world, "/api/project/main/runs/stop", {"runs_names": ["x"]})
    assert problems(stop) == [("missing", ["body", "abort"])]
    for body, kind in (
        ({"type": "tusk"}, "union_tag_invalid"),
        ({"commands": ["a"]}, "union_tag_not_found"),
    ):
        plan = {"plan": {"run_spec": {"configuration": body}}, "force": False}
        place = ["body", "plan", "run_spec", "configuration"]
        assert problems(await refused(world, APPLY, plan)) == [(kind, place)]


async def test_a_task_runs_a_command_or_an_image(world: World) -> None:
    spec = {"configuration": {"type": "task"}}
    status, body = await refused(world, APPLY, {"plan": {"run_spec": spec}, "force": False})
    assert status == 422
    assert body["detail"][0]["msg"] == "Value error, Either `commands` or `image` must be set"


async def test_fields_that_nobody_knows_are_ignored(world: World) -> None:
    spec = {"configuration": {"type": "task", "commands": ["x"], "later": {}}, "new": 1}
    answer = await world.post(APPLY, {"plan": {"run_spec": spec, "hint": []}, "force": False, "trace": True})
    assert answer.status == 200
    assert "later" not in answer.body["run_spec"]["configuration"]


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"run_name":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"plan":{"run_spec":{"configuration":' + b"[" * 500 + b"]" * 500 + b"}}}",
    ],
)
async def test_deep_nesting_is_a_wrong_shape_and_nothing_more(world: World, bomb: bytes) -> None:
    for path in (GET, APPLY):
        status, body = await refused(world, path, raw=bomb)
        assert status == 422
        assert len(json.dumps(body)) < 5000


async def test_a_million_mistakes_get_an_answer_of_bounded_size(world: World) -> None:
    many = {"type": "task", "commands": [1] * 100_000}
    long = {"type": "task", "commands": "x" * 1_000_000}
    for configuration in (many, long):
        plan = {"run_spec": {"configuration": configuration}}
        status, body = await refused(world, APPLY, {"plan": plan, "force": False})
        assert status == 422
        assert len(json.dumps(body)) < 60_000


@pytest.mark.parametrize(
    "raw",
    [
        b'{"run_name": "\\ud800"}',
        b'{"run_name": "\xff\xfe"}',
        b'{"limit": 1e999}',
        b'{"limit": ' + b"9" * 5000 + b"}",
        b'{"run_name": NaN}',
        b"\x00",
        b'{"run_name": "x"} trailing',
    ],
)
async def test_what_is_hardly_json_is_refused_in_json(world: World, raw: bytes) -> None:
    answer = await world.post("/api/runs/list" if b"limit" in raw else GET, raw=raw)
    assert answer.status == 422


@pytest.mark.parametrize("where", ["commands", "env", "working_dir", "entrypoint"])
async def test_nul_characters_are_refused(world: World, where: str) -> None:
    value = {"commands": ["a\0b"], "env": {"A": "\0"}, "working_dir": "/\0", "entrypoint": "a\0"}[where]
    commands = value if where == "commands" else ["x"]
    answer = await world.submit("nul", *commands, **({} if where == "commands" else {where: value}))
    assert answer.status == 400


async def test_a_run_too_large_for_the_log_is_told_so(world: World) -> None:
    answer = await world.submit("large", "x" * 1_500_000)
    assert (answer.status, answer.body) == (
        413,
        {"detail": "What this request would make durable is larger than 1048576 bytes"},
    )


async def test_nothing_of_what_was_refused_is_in_the_log(world: World) -> None:
    position = world.cell.position
    await refused(world, APPLY, raw=b"[")
    await refused(world, APPLY, {"plan": {}, "force": False})
    await world.submit("Bad_Name")
    assert world.cell.position == position
