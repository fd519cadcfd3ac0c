"""How a message reaches its handler: again and again with back-off, and at last among the dead letters."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from runfold.bus.port import Handler, Message, Postponed, Rejected
from runfold.bus.topology import Exchange, Queue
from runfold.bus.trace import continued

log = structlog.get_logger("runfold.bus")

#: How often a handler ended in which way, by queue; as labels, for whoever shows metrics.
TALLY: dict[tuple[tuple[str, str], ...], float] = {}

#: A broker counts what comes back unacknowledged, which is also what was in hand when a process or a connection died.
#: So its own limit only catches a message that kills whoever takes it, and is far from `Redelivery.limit`.
CRASH_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Redelivery:
    """Handed over `limit` times in all, after pauses of `first`, `first * factor`, ... at most `longest` seconds.

    The defaults take half a minute: a database that restarts doesn't turn messages into dead letters.
    """

    limit: int = 5
    first: float = 0.2
    factor: float = 5.0
    longest: float = 30.0

    def pause(self, failures: int) -> float:
        # The exponent is bounded: a postponed message may come here thousands of times.
        return min(self.longest, self.first * self.factor ** min(failures - 1, 16))


async def deliver(queue: Queue, handler: Handler, message: Message, redelivery: Redelivery) -> str | None:
    """None once `handler` is done with `message`; why that is a dead letter, else. Nothing else but cancellation."""
    if "traceparent" not in message.headers:
        return await _attempts(queue, handler, message, redelivery)
    with continued(message.headers):
        return await _attempts(queue, handler, message, redelivery)


async def _attempts(queue: Queue, handler: Handler, message: Message, redelivery: Redelivery) -> str | None:
    failures = postponements = 0
    limit = queue.delivery_limit or redelivery.limit
    while True:
        try:
            await handler(message)
            _count(queue, "handled")
            return None
        except Rejected as reason:
            _count(queue, "dead")
            log.error("message rejected", queue=queue.name, reason=str(reason))
            return str(reason)
        except Postponed as reason:
            postponements += 1
            _count(queue, "postponed")
            pause = redelivery.pause(postponements)
            log.info("message postponed", queue=queue.name, reason=str(reason), pause=pause)
        except (Exception, asyncio.CancelledError) as error:
            if _is_being_cancelled(error):
                raise
            failures += 1
            log.warning("handler failed", queue=queue.name, failures=failures, limit=limit, exc_info=True)
            if failures >= limit:
                _count(queue, "dead")
                return f"failed {failures} times: {error!r}"
            _count(queue, "failed")
            pause = redelivery.pause(failures)
        # It stays unacknowledged and keeps its place in the prefetch: that is the backpressure.
        await asyncio.sleep(pause)


def _count(queue: Queue, outcome: str) -> None:
    labels = (("outcome", outcome), ("queue", _kind(queue)))
    TALLY[labels] = TALLY.get(labels, 0) + 1


def _kind(queue: Queue) -> str:
    """Its name, but for those that each process or host has one of."""
    if queue.exclusive:
        return "executor" if queue.exchange is Exchange.WORK else "follower"
    return queue.name


def _is_being_cancelled(error: BaseException) -> bool:
    """A handler that awaits something which others cancelled isn't being cancelled itself: it failed."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


async def end_handlers(tasks: Iterable[asyncio.Task[None]], grace: float) -> None:
    """Waits `grace` seconds for handlers to end by themselves, then cancels the rest and waits for that."""
    # A handler may itself cancel the subscription that it serves.
    running = [task for task in tasks if task is not asyncio.current_task()]
    if not running:
        return
    await asyncio.wait(running, timeout=grace)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
