"""Messages between the log service and executors as bytes."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runfold.contracts.executor import Fact, Work
from runfold.contracts.wire import decode, encode
from tests.unit.contracts.strategies import instances


@settings(max_examples=20, deadline=None)
@given(st.data())
@pytest.mark.parametrize("cls", [*get_args(Fact), *get_args(Work)])
def test_any_message_comes_back_as_it_went(cls: type[Fact | Work], data: st.DataObject) -> None:
    message = data.draw(instances(cls))
    assert decode(encode(message)) == message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"type":"Unheard","data":{}}',
        b'{"type":"AttemptsStopped"}',
        b'{"type":"AttemptsStopped","data":{"position":"seven"}}',
        b'{"type":"AttemptsStopped","data":\xff\xfe}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="no message of this version"):
        decode(body)
