"""Every version of every event that was ever released is read for ever, and alike by pydantic and msgspec."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from runfold.contracts.instance import InstanceProvisioned
from runfold.contracts.registry import EVENT_TYPES
from runfold.contracts.schemas import schema
from tests.contract.contracts.samples import NAMES, envelope, record, without_optionals

CURRENT = [f"{name}.v{kind.version}" for name, kind in EVENT_TYPES.items()]


def test_every_version_of_every_event_has_a_sample_and_no_other_has() -> None:
    assert (
        sorted(
            f"{name}.v{version}"
            for name, kind in EVENT_TYPES.items()
            for version in range(1, kind.version + 1)
        )
        == NAMES
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_says_what_its_file_is_named_after(name: str) -> None:
    sample = record(name)
    assert f"{sample.type}.v{sample.version}" == name
    assert sample.ignorable == EVENT_TYPES[sample.type].ignorable


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_of_any_version_is_decoded_into_todays_class(name: str) -> None:
    data = envelope(record(name)).data
    assert type(data) is EVENT_TYPES[name.partition(".")[0]].cls


@pytest.mark.parametrize("name", CURRENT)
def test_a_current_sample_sets_every_field_and_is_encoded_as_it_is(name: str) -> None:
    sample = record(name)
    encoded = msgspec.json.encode(envelope(sample).data)
    assert msgspec.json.decode(encoded) == msgspec.json.decode(sample.data)


@pytest.mark.parametrize("name", CURRENT)
def test_pydantic_and_msgspec_agree_on_a_sample_and_without_each_optional_field(name: str) -> None:
    sample = record(name)
    cls: Any = EVENT_TYPES[sample.type].cls
    whole = msgspec.json.decode(sample.data)
    for data in (whole, *without_optionals(cls, whole)):
        text = msgspec.json.encode(data)
        by_msgspec = msgspec.json.decode(text, type=cls)
        assert TypeAdapter(cls).validate_json(text) == by_msgspec
        # Equal is not enough: a FieldInfo as a default would be equal to itself.
        assert TypeAdapter(cls).validate_python(msgspec.to_builtins(by_msgspec)) == by_msgspec


@pytest.mark.parametrize("name", CURRENT)
def test_a_field_from_the_future_is_ignored_by_both(name: str) -> None:
    sample = record(name)
    cls: Any = EVENT_TYPES[sample.type].cls
    text = msgspec.json.encode({**msgspec.json.decode(sample.data), "from_the_future": {"a": [1]}})
    assert msgspec.json.decode(text, type=cls) == TypeAdapter(cls).validate_json(text)


@pytest.mark.parametrize("name", CURRENT)
def test_a_sample_is_valid_by_its_schema(name: str) -> None:
    sample = record(name)
    Draft202012Validator(schema(EVENT_TYPES[sample.type].cls)).validate(msgspec.json.decode(sample.data))


def test_an_older_version_is_lifted_step_by_step() -> None:
    lifted = envelope(record("InstanceProvisioned.v1")).data
    today = envelope(record("InstanceProvisioned.v2")).data
    assert isinstance(today, InstanceProvisioned)
    assert lifted == replace(today, blocks=1)
