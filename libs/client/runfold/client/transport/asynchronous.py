"""Calls over HTTP for those who await."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypeVar

import httpx
from httpx_sse import aconnect_sse

from runfold.client.models.events import HappenedEvent
from runfold.client.transport.answers import refusal
from runfold.client.transport.attempts import Attempts
from runfold.client.transport.call import Call
from runfold.client.transport.connect import Connect
from runfold.client.transport.stream import Resumed

T = TypeVar("T")


class AsyncTransport:
    """Keeps its connections until it is closed."""

    def __init__(self, connect: Connect, http: httpx.AsyncBaseTransport | None = None) -> None:
        self._connect = connect
        self._http = httpx.AsyncClient(
            base_url=connect.url,
            headers=connect.headers,
            timeout=connect.timeout,
            verify=connect.verify,
            transport=http,
        )

    async def send(self, call: Call[T]) -> T:
        """The answer's value; raises what `runfold.client.errors` has."""
        attempts = Attempts(call, self._connect)
        while True:
            try:
                response = await self._http.request(**attempts.request)
                if (pause := attempts.busy(response)) is None:
                    return attempts.value(response)
            except httpx.TransportError as error:
                pause = attempts.failed(error)
            await asyncio.sleep(pause)

    async def stream(self, query: Mapping[str, Any]) -> AsyncGenerator[HappenedEvent]:
        """Events as they come, without end; goes on where it was when it was cut off."""
        resumed = Resumed(self._connect, query)
        while True:
            try:
                async with aconnect_sse(self._http, **resumed.request) as source:
                    if source.response.is_error:
                        raise refusal(source.response.status_code, await source.response.aread())
                    async for sent in source.aiter_sse():
                        if (event := resumed.event(sent)) is not None:
                            yield event
                reason = "the stream ended"
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
            await asyncio.sleep(resumed.cut(reason))

    async def close(self) -> None:
        await self._http.aclose()
