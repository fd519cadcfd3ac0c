"""What is generated from the contracts is as the code says, and is what it claims to be."""

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from runfold.contracts.cloudevents import attributes, to_amqp
from runfold.contracts.generate import main, stale, write
from runfold.contracts.registry import EVENT_TYPES
from tests.contract.contracts.samples import NAMES, ROOT, envelope, record

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "asyncapi.yaml").read_text())


def resolved(ref: str) -> Any:
    value: Any = DOCUMENT
    for step in ref.removeprefix("#/").split("/"):
        value = value[step]
    return value


def refs(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for inner in value.values() for ref in refs(inner)]
    return [ref for inner in value for ref in refs(inner)] if isinstance(value, list) else []


def valid(instance: Any, ref: str) -> None:
    jsonschema.Draft202012Validator({**DOCUMENT, "$ref": ref}).validate(instance)


def test_the_files_in_the_repository_are_up_to_date() -> None:
    assert stale(ROOT) == []


def test_check_names_what_differs_is_missing_or_is_left_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    assert main(["--check", str(tmp_path)]) == 0
    (tmp_path / "asyncapi.yaml").write_text("changed")
    (tmp_path / "schemas" / "RunSubmitted.json").unlink()
    (tmp_path / "schemas" / "Gone.json").write_text("{}")
    assert main(["--check", str(tmp_path)]) == 1
    assert stale(tmp_path) == ["asyncapi.yaml", "schemas/Gone.json", "schemas/RunSubmitted.json"]
    assert "Gone.json is not as the code says" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 0
    assert stale(tmp_path) == []


def test_every_schema_file_is_a_json_schema() -> None:
    for path in (ROOT / "schemas").glob("*.json"):
        jsonschema.Draft202012Validator.check_schema(msgspec.json.decode(path.read_bytes()))


def test_every_reference_within_asyncapi_leads_somewhere() -> None:
    assert all(resolved(ref) is not None for ref in refs(DOCUMENT))


def test_every_event_has_a_channel_at_its_routing_key_on_the_exchange_for_outsiders() -> None:
    channels = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}
    assert channels.keys() == {kind.routing_key for kind in EVENT_TYPES.values()}
    assert {c["bindings"]["amqp"]["exchange"]["name"] for c in channels.values()} == {"runfold.events"}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_sent_is_as_asyncapi_says(name: str) -> None:
    event = envelope(record(name))
    headers, body = to_amqp(event, "/cells/c1")
    valid(headers, "#/components/messageTraits/cloudEvent/headers")
    valid(msgspec.json.decode(body), f"#/components/schemas/{event.type}")


def test_the_described_headers_are_those_that_are_sent() -> None:
    sent = {f"cloudEvents:{name}" for sample in NAMES for name in attributes(envelope(record(sample)), "/c")}
    assert DOCUMENT["components"]["messageTraits"]["cloudEvent"]["headers"]["properties"].keys() == sent


def test_no_schema_for_outsiders_names_what_they_do_not_get() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert "Ciphertext" not in schemas
    assert "value" not in schemas["SecretStored"]["properties"]
    assert "password" not in schemas["RegistryAuth"]["properties"]
    assert "sha256" not in schemas["TokenIssued"]["properties"]
