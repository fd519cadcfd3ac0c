"""The client for those who await each answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Self, TypeVar

import httpx

from runfold.client import operations
from runfold.client.calls.events import END, wanted
from runfold.client.models.events import HappenedEvent
from runfold.client.models.output import LogEvent
from runfold.client.models.runs import JobSubmission, Run
from runfold.client.operation import Asynchronous
from runfold.client.settings import resolve
from runfold.client.transport.asynchronous import AsyncTransport
from runfold.client.transport.call import Call
from runfold.client.transport.connect import Connect

T = TypeVar("T")


class AsyncRuns(operations.RunOperations, Asynchronous): ...


class AsyncFleets(operations.FleetOperations, Asynchronous): ...


class AsyncOffers(operations.OfferOperations, Asynchronous): ...


class AsyncProjects(operations.ProjectOperations, Asynchronous): ...


class AsyncSecrets(operations.SecretOperations, Asynchronous): ...


class AsyncFiles(operations.FileOperations, Asynchronous): ...


class AsyncRepos(operations.RepoOperations, Asynchronous): ...


class AsyncMetrics(operations.MetricOperations, Asynchronous): ...


class AsyncLogs(operations.LogOperations, Asynchronous):
    async def read(
        self, run: Run, submission: JobSubmission, *, after: datetime | None = None, diagnose: bool = False
    ) -> AsyncGenerator[LogEvent]:
        """All that there is by now, later than `after`, page by page."""
        token = None
        while True:
            page = await self.poll(run, submission, after=after, token=token, diagnose=diagnose)
            for event in page.logs:
                yield event
            if (token := page.next_token) is None:
                return


class AsyncEvents(operations.EventOperations, Asynchronous):
    def __init__(self, transport: AsyncTransport, project: str) -> None:
        super().__init__(transport.send, project)
        self._transport = transport

    def follow(self, *types: str, after: int = END) -> AsyncGenerator[HappenedEvent]:
        """The project's events as they happen, without gap or double; of all types where none is named."""
        return self._transport.stream(wanted(self._project, types, after))


class AsyncClient:
    """As `Client`, awaited.

    async with AsyncClient.configured() as client:
        async for event in client.events.follow("run.RunFinished"):
            print(event.data)
    """

    def __init__(
        self, connect: Connect, project: str = "main", *, http: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`http` takes the place of the network, in tests."""
        self._transport = transport = AsyncTransport(connect, http)
        self.connect, self.project = connect, project
        self.runs = AsyncRuns(transport.send, project)
        self.fleets = AsyncFleets(transport.send, project)
        self.offers = AsyncOffers(transport.send, project)
        self.projects = AsyncProjects(transport.send, project)
        self.secrets = AsyncSecrets(transport.send, project)
        self.files = AsyncFiles(transport.send, project)
        self.repos = AsyncRepos(transport.send, project)
        self.logs = AsyncLogs(transport.send, project)
        self.events = AsyncEvents(transport, project)
        self.metrics = AsyncMetrics(transport.send, project)

    @classmethod
    def configured(cls, project: str | None = None) -> Self:
        """By the environment, else by the user's configuration; raises NotConfigured."""
        settings = resolve(project)
        return cls(settings.connect, settings.project)

    async def send(self, call: Call[T]) -> T:
        """A call of `runfold.client.calls`, such as one answered plainly."""
        return await self._transport.send(call)

    async def wait(self, run: Run) -> Run:
        """The run once it is final; events tell when."""
        begin = (await self.events.happened()).next
        now = await self.runs.get(id=run.id)
        async with aclosing(self.events.follow("run.RunFinished", after=begin)) as events:
            while not now.final:
                if (await anext(events)).data.get("run_id") == run.id:
                    now = await self.runs.get(id=run.id)
        return now

    async def close(self) -> None:
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
