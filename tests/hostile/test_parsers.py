"""Every parser at the door, given anything: what it promises to return, or the error that it documents."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from runfold.bus.port import Message, Rejected
from runfold.bus.trace import extract
from runfold.client import settings
from runfold.client.errors import NotConfigured
from runfold.contracts import wire
from runfold.contracts.executor import (
    AttemptsAssigned,
    AttemptsReported,
    InventoryAnswered,
    InventoryReported,
)
from runfold.contracts.metrics import decode_samples
from runfold.domain import names
from runfold.domain.errors import Invalid
from runfold.eventlog.output_wire import decode_poll
from runfold.eventlog.wire import decode_appends
from runfold.gateway.dialects.dstack.configuration.fleet import FleetConfiguration, FleetNodes
from runfold.gateway.dialects.dstack.configuration.resources import CPUSpec, DiskSpec, GPUSpec, ResourcesSpec
from runfold.gateway.dialects.dstack.configuration.scalars import (
    CountRange,
    Duration,
    DurationOrOff,
    IdleDuration,
    Memory,
    MemoryRange,
)
from runfold.gateway.dialects.dstack.configuration.task import Env, PortMapping, RunConfiguration, unix_user
from runfold.gateway.dialects.dstack.requests.logs import PollLogsRequest
from runfold.gateway.dialects.dstack.requests.runs import ApplyRunPlanRequest, ListRunsRequest
from runfold.gateway.http.errors import Malformed
from runfold.gateway.http.parse import parse
from runfold.gateway.settings import size
from runfold.log.output.chunks import chunk_of
from tests.hostile.strategies import ODD, bodies, bounded, texts, values, written
from tests.unit.contracts.strategies import instances

SECONDS = 10.0  #: of what takes microseconds where it isn't quadratic
KINDS: tuple[Any, ...] = (
    Duration, DurationOrOff, IdleDuration, Memory, CountRange, MemoryRange, CPUSpec, GPUSpec, DiskSpec, ResourcesSpec,
    PortMapping, Env, FleetNodes, FleetConfiguration, RunConfiguration,
)  # fmt: skip
SHORTHANDS = {getattr(kind, "__name__", str(kind)): TypeAdapter[Any](kind) for kind in KINDS}
DECODERS: list[tuple[Callable[[bytes], object], tuple[type[Exception], ...]]] = [
    (wire.decode, (ValueError,)),
    (decode_samples, (ValueError,)),
    (decode_appends, (msgspec.MsgspecError, RecursionError)),
    (decode_poll, (msgspec.MsgspecError, RecursionError)),
]
MESSAGES = [AttemptsAssigned, AttemptsReported, InventoryAnswered, InventoryReported]


#: A user's configuration, with anything where something certain is expected.
configurations = st.fixed_dictionaries(
    {
        "projects": values
        | st.lists(
            st.fixed_dictionaries({"name": values, "url": values, "token": values, "default": values}),
            max_size=2,
        )
    }
).map(json.dumps)  # JSON is YAML


def _raw(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def quickly(parser: Callable[[Any], object], given_: Any, *errors: type[Exception]) -> object:
    """What `parser` returns, or None for one of its `errors`; any other error, or too much time, fails."""
    began = time.process_time()
    try:
        return parser(given_)
    except errors:
        return None
    finally:
        assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(("decoder", "errors"), DECODERS)
@bounded
@given(body=bodies)
def test_bytes_are_decoded_or_refused(
    decoder: Callable[[bytes], object], errors: tuple[type[Exception], ...], body: bytes
) -> None:
    quickly(decoder, body, *errors)


@pytest.mark.parametrize(("decoder", "errors"), DECODERS)
@pytest.mark.parametrize(
    "body",
    [b"[" * 1_000_000, b'{"a":' * 300_000, b"9" * 1_000_000, b'"' + b"\\u0000" * 100_000 + b'"', b"\xff" * 100_000],
    ids=["lists", "objects", "digits", "NULs", "no UTF-8"],
)  # fmt: skip
def test_bombs_are_refused(
    decoder: Callable[[bytes], object], errors: tuple[type[Exception], ...], body: bytes
) -> None:
    quickly(decoder, body, *errors)


@bounded
@given(message=st.one_of([instances(kind) for kind in MESSAGES]), data=st.data())
def test_a_message_with_a_byte_changed_is_decoded_or_refused(message: Any, data: st.DataObject) -> None:
    body = bytearray(wire.encode(message))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    quickly(wire.decode, bytes(body), ValueError)


@bounded
@given(
    headers=st.dictionaries(st.sampled_from(["attempt_id", "offset", "time", "traceparent"]), written | values),
    body=st.binary(max_size=100),
)  # fmt: skip
def test_a_chunk_of_output_is_stored_as_it_says_or_rejected(headers: Any, body: bytes) -> None:
    chunk = quickly(chunk_of, Message(body, headers), Rejected)
    assert chunk is None or chunk.data == body  # type: ignore[attr-defined]
    quickly(extract, headers)


@pytest.mark.parametrize("kind", SHORTHANDS)
@bounded
@given(value=texts | values)
def test_shorthands_mean_something_or_are_refused(kind: str, value: Any) -> None:
    quickly(SHORTHANDS[kind].validate_json, json.dumps(value), ValidationError)


@pytest.mark.parametrize("kind", SHORTHANDS)
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_odd_spellings_mean_something_or_are_refused(kind: str, value: str) -> None:
    quickly(SHORTHANDS[kind].validate_json, json.dumps(value), ValidationError)


@pytest.mark.parametrize("model", [ApplyRunPlanRequest, ListRunsRequest, PollLogsRequest])
@bounded
@given(body=bodies)
def test_bodies_are_parsed_or_malformed(model: Any, body: bytes) -> None:
    quickly(lambda given_: parse(model, given_), body, Malformed)


@bounded
@given(text=texts)
def test_names_users_and_sizes_are_taken_or_refused(text: str) -> None:
    for pattern in (names.RESOURCE, names.PROJECT, names.USER, names.SECRET):
        taken = quickly(partial(names.check, pattern=pattern), text, Invalid)
        assert taken is None or str(taken).isascii()
    quickly(unix_user, text, ValueError)
    quickly(size, text, ValueError)


@bounded
@given(
    content=st.binary(max_size=200)
    | st.one_of(texts, values.map(json.dumps)).map(_raw)
    | configurations.map(_raw)
)
def test_whatever_the_user_s_configuration_holds_the_command_says_what_to_do(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    config = tmp_path_factory.getbasetemp() / "config.yml"
    config.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "RUNFOLD", config)
        for name in ("URL", "SERVER_URL", "TOKEN", "PROJECT"):
            patch.delenv(f"RUNFOLD_{name}", raising=False)
            patch.delenv(f"DSTACK_{name}", raising=False)
        found = quickly(lambda _: settings.resolve(), None, NotConfigured)
    assert found is None or isinstance(found, settings.Settings)
