"""What becomes of a call, attempt by attempt; the two transports only send and wait."""

from typing import Any, Generic, TypeVar
from uuid import uuid4

import httpx

from runfold.client.errors import Unreachable
from runfold.client.transport import answers
from runfold.client.transport.call import Call
from runfold.client.transport.connect import Connect
from runfold.client.transport.retry import TOO_BUSY

T = TypeVar("T")


class Attempts(Generic[T]):
    def __init__(self, call: Call[T], connect: Connect) -> None:
        self._call, self._connect, self._failures = call, connect, 0
        self.request = _request(call)  #: what httpx is asked, the same in each attempt

    def failed(self, error: httpx.TransportError) -> float:
        """Seconds until the next; raises Unreachable where it was the last."""
        self._failures += 1
        pause = self._connect.retry.pause(self._failures)
        if pause is None:
            raise Unreachable(self._connect.url, str(error) or type(error).__name__) from None
        return pause

    def busy(self, response: httpx.Response) -> float | None:
        """Seconds until the next where the server asks for one and it wasn't the last."""
        if response.status_code != TOO_BUSY:
            return None
        self._failures += 1
        return self._connect.retry.pause(self._failures, response.headers.get("Retry-After"))

    def value(self, response: httpx.Response) -> T:
        return answers.value(self._call, self._connect.url, response.status_code, response.content)


def _request(call: Call[T]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} if call.body is not None else {}
    if call.writes:
        headers["Idempotency-Key"] = str(uuid4())
    return {
        "method": call.method,
        "url": call.path,
        "content": call.content,
        "files": {"file": call.upload} if call.upload else None,
        "params": {name: value for name, value in call.query.items() if value is not None} or None,
        "headers": headers,
    }
