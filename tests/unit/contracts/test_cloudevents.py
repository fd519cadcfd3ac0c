"""Events as outsiders get them."""

import msgspec
import pytest

from runfold.contracts.cloudevents import (
    attributes,
    public_data,
    rfc3339,
    routing_key,
    to_amqp,
    to_structured,
)
from tests.contract.contracts.samples import envelope, record

SOURCE = "/cells/c1"


def test_a_message_carries_its_attributes_as_prefixed_headers_and_the_bare_data() -> None:
    sample = record("RunSubmitted.v1")
    headers, body = to_amqp(envelope(sample, position=12_345_678_901), SOURCE)
    assert headers == {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": sample.id,
        "cloudEvents:source": SOURCE,
        "cloudEvents:type": "runfold.run.RunSubmitted",
        "cloudEvents:subject": sample.streams[0],
        "cloudEvents:time": "2026-11-18T11:13:20.000001Z",
        "cloudEvents:datacontenttype": "application/json",
        "cloudEvents:dataschema": "urn:runfold:RunSubmitted:v1",
        "cloudEvents:position": "12345678901",
        "cloudEvents:eventversion": "1",
        "cloudEvents:streams": " ".join(sample.streams),
        "cloudEvents:project": sample.project,
        "cloudEvents:actor": sample.actor,
        "cloudEvents:correlationid": sample.correlation_id,
        "cloudEvents:causationid": sample.causation_id,
        "cloudEvents:traceparent": sample.traceparent,
    }
    assert msgspec.json.decode(body) == msgspec.json.decode(sample.data)


def test_structured_is_one_object_with_attributes_and_data() -> None:
    event = envelope(record("RunSubmitted.v1"))
    whole = msgspec.json.decode(to_structured(event, SOURCE))
    data = whole.pop("data")
    assert whole == attributes(event, SOURCE)
    assert data == msgspec.json.decode(public_data(event))


def test_the_idempotency_key_stays_inside() -> None:
    headers, body = to_amqp(envelope(record("RunSubmitted.v1")), SOURCE)
    assert "submit-1" not in str(headers) + body.decode()


@pytest.mark.parametrize("name", ["JobSubmitted.v1", "SecretStored.v1", "UserCreated.v1"])
def test_a_secret_value_is_left_out(name: str) -> None:
    sample = record(name)
    assert b'"nonce"' in bytes(sample.data)
    public = public_data(envelope(sample))
    assert b"nonce" not in public
    assert msgspec.json.decode(public).keys() <= msgspec.json.decode(sample.data).keys()


def test_a_registry_user_is_shown_without_the_password() -> None:
    public = msgspec.json.decode(public_data(envelope(record("JobSubmitted.v1"))))
    assert public["spec"]["registry_auth"] == {"username": "ada"}


def test_the_hash_of_a_token_is_left_out() -> None:
    assert "sha256" not in msgspec.json.decode(public_data(envelope(record("TokenIssued.v1"))))


def test_an_older_version_is_shown_as_the_newest() -> None:
    event = envelope(record("InstanceProvisioned.v1"))
    assert msgspec.json.decode(public_data(event))["price_micros"] == 1_250_000
    assert attributes(event, SOURCE)["dataschema"] == "urn:runfold:InstanceProvisioned:v2"


def test_an_unknown_type_is_shown_under_its_streams_aggregate_without_what_looks_secret() -> None:
    secret = {"key": "k", "nonce": "n", "data": "d"}
    data = msgspec.Raw(msgspec.json.encode({"run_id": "r", "password": secret, "all": [secret, 1]}))
    event = envelope(
        msgspec.structs.replace(record("RunDeleted.v1"), type="RunArchived", version=4, data=data)
    )
    assert routing_key(event) == "run.RunArchived"
    assert msgspec.json.decode(public_data(event)) == {"run_id": "r", "all": [1]}
    assert attributes(event, SOURCE)["eventversion"] == "4"


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (1_000_000, "1970-01-01T00:00:01.000000Z"),
        (951_827_696_000_123, "2000-02-29T12:34:56.000123Z"),
    ],
)
def test_a_time_has_six_digits_of_its_second(micros: int, text: str) -> None:
    assert rfc3339(micros) == text
