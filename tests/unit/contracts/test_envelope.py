"""Events that this build doesn't know, and those of other versions."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from runfold.contracts import upcast
from runfold.contracts.envelope import (
    Commit,
    CommitRecord,
    Context,
    EventRecord,
    NewEvent,
    Unknown,
    decode_commit,
    encode_commit,
    record,
)
from runfold.contracts.registry import EVENT_TYPES
from runfold.contracts.run import RunDeleted
from tests.contract.contracts import samples
from tests.unit.contracts.strategies import instances


def committed(item: EventRecord) -> Commit:
    body = msgspec.Raw(msgspec.json.encode([item]))
    return decode_commit(encode_commit(CommitRecord(1, 1, 1, 1, "log", ("append",), item.streams, body)))


@pytest.mark.parametrize("ignorable", [True, False])
def test_an_unknown_type_keeps_its_data_and_says_whether_it_may_be_skipped(ignorable: bool) -> None:
    sample = samples.record("RunDeleted.v1")
    (event,) = committed(msgspec.structs.replace(sample, type="RunArchived", ignorable=ignorable)).events
    assert isinstance(event.data, Unknown)
    assert msgspec.json.decode(event.data.raw) == msgspec.json.decode(sample.data)
    assert event.record.ignorable is ignorable


def test_a_newer_version_than_this_build_knows_is_unknown() -> None:
    (event,) = committed(msgspec.structs.replace(samples.record("RunDeleted.v1"), version=2)).events
    assert isinstance(event.data, Unknown)


def test_a_lift_goes_through_every_version_between(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {
        ("Thing", 1): lambda data: {**data, "seen": [1]},
        ("Thing", 2): lambda data: {**data, "seen": [*data["seen"], 2]},
        ("Thing", 3): lambda data: {**data, "seen": [*data["seen"], 3]},
    }
    monkeypatch.setattr(upcast, "UPCASTERS", steps)
    assert upcast.lift("Thing", 1, 4, {"id": "t"}) == {"id": "t", "seen": [1, 2, 3]}
    assert upcast.lift("Thing", 3, 4, {"seen": []}) == {"seen": [3]}


def test_a_version_without_a_way_up_is_an_error() -> None:
    with pytest.raises(KeyError):
        upcast.lift("RunDeleted", 1, 2, {})


def test_every_version_below_the_newest_has_its_upcaster_and_no_other_has() -> None:
    assert upcast.UPCASTERS.keys() == {
        (name, version) for name, kind in EVENT_TYPES.items() for version in range(1, kind.version)
    }


def test_an_events_context_goes_before_that_of_its_append() -> None:
    own = Context(actor="user:u", correlation_id="own")
    item = record(
        NewEvent(RunDeleted("r"), ("run:r",), context=own), "id", Context("service:gateway", "append")
    )
    assert (item.actor, item.correlation_id) == ("user:u", "own")


@settings(max_examples=20, deadline=None)
@given(st.data())
@pytest.mark.parametrize("name", EVENT_TYPES)
def test_any_event_comes_back_from_a_commit_as_it_went_in(name: str, data: st.DataObject) -> None:
    kind = EVENT_TYPES[name]
    event = data.draw(instances(kind.cls))
    item = record(NewEvent(event, ("run:r",)), "id", Context("service:gateway", "c"))
    (envelope,) = committed(item).events
    assert envelope.data == event
    assert TypeAdapter(kind.cls).validate_json(bytes(item.data)) == event
