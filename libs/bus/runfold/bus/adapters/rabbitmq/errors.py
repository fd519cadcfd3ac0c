"""What aio-pika raises, told apart from the cancellation that its caller is asked for."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from runfold.bus.port import BusUnavailable


class ChannelLost(Exception):
    """The channel went while someone waited on it."""


#: BusUnavailable, errors of connections and channels, time-outs; RuntimeError (closed meanwhile) is among the first.
FAILURES: tuple[type[Exception], ...] = (*CONNECTION_EXCEPTIONS, TimeoutError, ChannelLost, BusUnavailable)


@contextmanager
def told_apart() -> Iterator[None]:
    """A channel that closes cancels the futures that wait on it; to the waiting task that is a failure of its own."""
    task = asyncio.current_task()
    assert task is not None
    asked = task.cancelling()
    try:
        yield
    except asyncio.CancelledError as error:
        if task.cancelling() > asked:
            raise
        raise ChannelLost("the channel closed") from error


def describe(error: BaseException | None) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, asyncio.CancelledError):
        return "nothing heard from it any more"
    return str(error) or type(error).__name__


@contextmanager
def failures_ignored() -> Iterator[None]:
    """For what needn't succeed, since the other side forgets it by itself."""
    with suppress(*FAILURES), told_apart():
        yield


@contextmanager
def unavailable_on_failure(what: str) -> Iterator[None]:
    """Turns whatever the broker or the connection did into BusUnavailable."""
    try:
        with told_apart():
            yield
    except FAILURES as error:
        raise BusUnavailable(f"{what}: {describe(error)}") from error
