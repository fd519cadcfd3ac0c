"""Calls over HTTP for those who wait."""

import time
from collections.abc import Generator, Mapping
from typing import Any, TypeVar

import httpx
from httpx_sse import connect_sse

from runfold.client.models.events import HappenedEvent
from runfold.client.transport.answers import refusal
from runfold.client.transport.attempts import Attempts
from runfold.client.transport.call import Call
from runfold.client.transport.connect import Connect
from runfold.client.transport.stream import Resumed

T = TypeVar("T")


class BlockingTransport:
    """Keeps its connections until it is closed."""

    def __init__(self, connect: Connect, http: httpx.BaseTransport | None = None) -> None:
        self._connect = connect
        self._http = httpx.Client(
            base_url=connect.url,
            headers=connect.headers,
            timeout=connect.timeout,
            verify=connect.verify,
            transport=http,
        )

    def send(self, call: Call[T]) -> T:
        """The answer's value; raises what `runfold.client.errors` has."""
        attempts = Attempts(call, self._connect)
        while True:
            try:
                response = self._http.request(**attempts.request)
                if (pause := attempts.busy(response)) is None:
                    return attempts.value(response)
            except httpx.TransportError as error:
                pause = attempts.failed(error)
            time.sleep(pause)

    def stream(self, query: Mapping[str, Any]) -> Generator[HappenedEvent]:
        """Events as they come, without end; goes on where it was when it was cut off."""
        resumed = Resumed(self._connect, query)
        while True:
            try:
                with connect_sse(self._http, **resumed.request) as source:
                    if source.response.is_error:
                        raise refusal(source.response.status_code, source.response.read())
                    for sent in source.iter_sse():
                        if (event := resumed.event(sent)) is not None:
                            yield event
                reason = "the stream ended"
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
            time.sleep(resumed.cut(reason))

    def close(self) -> None:
        self._http.close()
