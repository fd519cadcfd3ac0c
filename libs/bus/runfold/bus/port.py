"""What every service knows of the broker."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from runfold.bus.topology import Exchange, Queue

Headers = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `headers` carry traceparent and CloudEvents attributes, never what the body needs to be decoded."""

    body: bytes
    headers: Headers = field(default_factory=dict)
    content_type: str = "application/json"
    message_id: str | None = None
    user_id: str | None = None  #: checked by the broker where it is set


class BusError(Exception):
    """Base of everything the bus raises."""


class BusUnavailable(BusError):
    """No broker, or no confirm in time; the message may or may not have got there."""


class Unroutable(BusError):
    """The broker took the message and no queue wanted it."""


class Refused(BusError):
    """The queue is full: the broker said no. Try later."""


class Rejected(Exception):
    """Raised by a handler for a message it can never handle: straight to the dead letters, no further delivery."""


class Postponed(Exception):
    """Raised by a handler that can't work now (the database is away): handed to it again, with back-off, for as long as
    that lasts. It doesn't count as a failure."""


#: Returns once what the message asks for is durable: only then it is acknowledged. Any other exception hands it over
#: again, with back-off, five times in all; then it is a dead letter. It runs in a context of its own, in the trace that
#: the message's traceparent names; messages of one queue start in order, up to `prefetch` of them run side by side.
Handler = Callable[[Message], Awaitable[None]]


class Subscription(Protocol):
    async def cancel(self) -> None:
        """Stop taking messages; handlers get a moment to end, and what is unacknowledged then goes back."""


class Bus(Protocol):
    """Publishing with confirms, consuming with acknowledgements; reconnects by itself."""

    async def publish(
        self, exchange: Exchange, key: str, message: Message, *, mandatory: bool = False
    ) -> None:
        """Confirmed when it returns; many may be in flight. Raises BusUnavailable, Refused, and Unroutable where
        `mandatory`."""

    async def consume(self, queue: Queue, handler: Handler) -> Subscription:
        """Declares `queue` and its bindings and hands its messages to `handler`, at most `queue.prefetch` at a time;
        declared again after each reconnection. With no broker, or while another connection holds an exclusive queue of
        this name, it returns all the same, and consumes as soon as it can."""

    async def hold(self, sign: str) -> bool:
        """Whether `sign` (one of topology's) is this connection's from now on, or is so already; False while it is
        another's. It goes with the connection, or by `release`. Raises BusUnavailable."""

    async def release(self, sign: str) -> None:
        """Gives `sign` up where it is this connection's, else does nothing. Raises BusUnavailable."""

    def on_connected(self, callback: Callable[[], Awaitable[None]]) -> None:
        """`callback` runs after each (re)connection, once all queues are declared again; now, if connected."""

    @property
    def connected(self) -> bool: ...

    @property
    def durable(self) -> bool:
        """Whether what it confirmed, for a durable queue, outlives this process."""

    async def close(self) -> None: ...
