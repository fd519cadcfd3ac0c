"""Server-sent events: where a stream goes on after it was cut off."""

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
from httpx_sse import ServerSentEvent

from runfold.client.calls.events import HAPPENED
from runfold.client.errors import NotUnderstood, Unreachable
from runfold.client.models.events import HappenedEvent
from runfold.client.transport.connect import Connect

SILENCE = 45.0  #: seconds without a byte after which a stream is dead; the server says something each 15


class Resumed:
    """The position of one stream, over as many connections as it takes."""

    def __init__(self, connect: Connect, query: Mapping[str, Any]) -> None:
        self._connect, self._failures, self._last = connect, 0, ""
        self._query = {name: value for name, value in query.items() if value is not None}

    @property
    def request(self) -> dict[str, Any]:
        """What httpx is asked for the next connection."""
        headers = {"Last-Event-ID": self._last} if self._last else {}
        timeout = httpx.Timeout(self._connect.timeout, read=SILENCE)
        return {
            "method": "GET",
            "url": HAPPENED,
            "params": self._query,
            "headers": headers,
            "timeout": timeout,
        }

    def event(self, sent: ServerSentEvent) -> HappenedEvent | None:
        """None where only a position was sent."""
        self._failures, self._last = 0, sent.id or self._last
        if not sent.data:
            return None
        try:
            return msgspec.json.decode(sent.data, type=HappenedEvent)
        except msgspec.MsgspecError as error:
            raise NotUnderstood(f"{self._connect.url}{HAPPENED}", str(error)) from None

    def cut(self, reason: str) -> float:
        """Seconds until the next connection; raises Unreachable where that was tried often enough."""
        self._failures += 1
        pause = self._connect.retry.pause(self._failures)
        if pause is None:
            raise Unreachable(self._connect.url, reason) from None
        return pause
