"""dstack's command line where the answer is no: a sentence and exit code 1, never a traceback of it."""

from typing import Any

import pytest

from tests.clients.dstack_cli import Dstack

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("dstack")]

NOT_YET: dict[str, dict[str, Any]] = {
    "Configurations of type dev-environment are not yet supported": {"type": "dev-environment", "ide": "zed"},
    "Configurations of type service are not yet supported": {
        "type": "service",
        "port": 80,
        "commands": ["sleep 1"],
    },
    "Volumes are not yet supported": {
        "type": "volume",
        "name": "disk",
        "backend": "aws",
        "region": "any",
        "size": "1GB",
    },
    "Gateways are not yet supported": {
        "type": "gateway",
        "name": "entry",
        "backend": "aws",
        "region": "any",
        "domain": "a.example",
    },
}


def test_kinds_that_are_not_there_yet_say_so(dstack: Dstack) -> None:
    files = [dstack.write(f"{kind['type']}.dstack.yml", **kind) for kind in NOT_YET.values()]

    refused = dstack.together(*(f"apply -f {file} -y" for file in files))

    assert [each.status for each in refused] == [1, 1, 1, 1]
    assert [each.lines[-1] for each in refused] == [*NOT_YET]


def test_who_has_no_right_or_asks_for_what_is_not_there_is_told(dstack: Dstack) -> None:
    wrong_token = dstack.begin("ps", settings={"DSTACK_TOKEN": "wrong"})
    unknown_project = dstack.begin("fleet", settings={"DSTACK_PROJECT": "nowhere"})
    denied, missing = wrong_token.end(), unknown_project.end()
    unknown = dstack.together("run get nobody --json", "logs nobody", "stop nobody -y")

    assert denied.status == 1
    assert denied.text.endswith("is denied. Please check your access token\n")
    assert missing.status == 1
    assert missing.text.startswith("Status code 404 when requesting")
    assert {(each.status, each.text) for each in unknown} == {(1, "Run nobody not found\n")}


def test_what_only_other_products_of_its_makers_have_is_missing_as_in_the_original(dstack: Dstack) -> None:
    login, exports = dstack.together(f"login --url {dstack.client.url}", "export list")

    assert (login.status, login.lines[-1]) == (1, "No SSO providers configured on the server.")
    assert (exports.status, exports.lines[-1]) == (1, "This dstack server does not support exports.")


def test_what_a_run_may_not_ask_for_is_said_before_it_is_submitted(dstack: Dstack) -> None:
    unnamed = dstack.task("Wrong_Name", "true")
    misspelt = dstack.write("misspelt.dstack.yml", type="task", commands=["true"], nmae="x")
    (dstack.home / "broken.dstack.yml").write_text("type: task\ncommands: [true\n")

    name, field, syntax = dstack.together(
        f"apply -f {unnamed} -y -d", f"apply -f {misspelt} -y", "apply -f broken.dstack.yml -y"
    )

    assert (name.status, field.status, syntax.status) == (1, 1, 1)
    assert "should match regex" in name.text
    assert "Extra inputs are not permitted" in field.text
    # That one is the client's own.
    assert "yaml.parser.ParserError" in syntax.text


def test_nobody_sees_another_projects_runs(dstack: Dstack) -> None:
    made = dstack.client.post("/api/users/create", {"username": "outsider", "global_role": "user"})
    theirs = {"DSTACK_TOKEN": made.json()["creds"]["token"]}
    dstack.client.submit("true", name="private")

    looked, listed = (
        dstack.begin(line, settings=theirs) for line in ("run get private --json", "ps -a --json")
    )

    assert (looked.end().status, listed.end().json["runs"]) == (1, [])
