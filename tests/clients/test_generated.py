"""What the OpenAPI document says is enough: a client that a generator makes of it does all that a user begins with."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients import generated
from tests.end_to_end.embedded import TOKEN, Embedded

#: The first of them makes the generator's environment.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generated.generate(tmp_path_factory.mktemp("generated"))


@pytest.fixture(scope="module")
def found(client: Path) -> Any:
    server = Embedded(client / "server")
    try:
        server.start()
        return generated.first_calls(client, server.url, TOKEN)
    finally:
        server.close()


def test_a_document_that_a_generator_can_not_read_whole_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = generated.DOCUMENT.read_text()
    vague = tmp_path / "openapi.json"
    vague.write_text(whole.replace('"$ref": "#/components/schemas/Run"', '"type": "array"'))
    monkeypatch.setattr(generated, "DOCUMENT", vague)

    with pytest.raises(generated.GenerationFailed, match="type array must have items"):
        generated.generate(tmp_path / "client")


def test_its_client_is_told_who_it_is_and_makes_a_project(found: Any) -> None:
    assert (found["user"], found["role"], found["owner"]) == ("admin", "admin", "admin")
    assert (found["made"], sorted(found["projects"])) == ("made", ["made", "main"])


def test_its_client_plans_submits_follows_and_deletes_a_task(found: Any) -> None:
    task = found["task"]
    assert (task["action"], task["offers"], task["same"]) == ("create", 1, True)
    assert (task["status"], task["exit_status"], task["output"]) == ("done", 0, "Start\nFinish\n")
    assert (task["listed"], task["finished"]) == (["first"], [True])
    assert task["told"][-1] == "Run submitted. Status: SUBMITTED"
    assert task["gone"] == [400, "DstackRefusal400"]


def test_its_client_stops_a_task(found: Any) -> None:
    assert found["stopped"] == {"status": "terminated", "reason": "aborted_by_user"}


def test_its_client_plans_makes_and_deletes_a_fleet(found: Any) -> None:
    fleet = found["fleet"]
    assert (fleet["action"], fleet["same"], fleet["status"]) == ("create", True, "active")
    assert (fleet["nodes"], fleet["listed"], fleet["deleted"]) == ([0, 1], ["mine"], 200)
