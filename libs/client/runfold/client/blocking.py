"""The client for those who wait for each answer."""

from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import datetime
from typing import Self, TypeVar

import httpx

from runfold.client import operations
from runfold.client.calls.events import END, wanted
from runfold.client.models.events import HappenedEvent
from runfold.client.models.output import LogEvent
from runfold.client.models.runs import JobSubmission, Run
from runfold.client.operation import Blocking
from runfold.client.settings import resolve
from runfold.client.transport.blocking import BlockingTransport
from runfold.client.transport.call import Call
from runfold.client.transport.connect import Connect

T = TypeVar("T")


class Runs(operations.RunOperations, Blocking): ...


class Fleets(operations.FleetOperations, Blocking): ...


class Offers(operations.OfferOperations, Blocking): ...


class Projects(operations.ProjectOperations, Blocking): ...


class Secrets(operations.SecretOperations, Blocking): ...


class Files(operations.FileOperations, Blocking): ...


class Repos(operations.RepoOperations, Blocking): ...


class Metrics(operations.MetricOperations, Blocking): ...


class Logs(operations.LogOperations, Blocking):
    def read(
        self, run: Run, submission: JobSubmission, *, after: datetime | None = None, diagnose: bool = False
    ) -> Iterator[LogEvent]:
        """All that there is by now, later than `after`, page by page."""
        token = None
        while True:
            page = self.poll(run, submission, after=after, token=token, diagnose=diagnose)
            yield from page.logs
            if (token := page.next_token) is None:
                return


class Events(operations.EventOperations, Blocking):
    def __init__(self, transport: BlockingTransport, project: str) -> None:
        super().__init__(transport.send, project)
        self._transport = transport

    def follow(self, *types: str, after: int = END) -> Generator[HappenedEvent]:
        """The project's events as they happen, without gap or double; of all types where none is named."""
        return self._transport.stream(wanted(self._project, types, after))


class Client:
    """Groups of operations over one project.

    with Client.configured() as client:
        for run in client.runs.list(only_active=True):
            print(run.name, run.status)
    """

    def __init__(
        self, connect: Connect, project: str = "main", *, http: httpx.BaseTransport | None = None
    ) -> None:
        """`http` takes the place of the network, in tests."""
        self._transport = transport = BlockingTransport(connect, http)
        self.connect, self.project = connect, project
        self.runs = Runs(transport.send, project)
        self.fleets = Fleets(transport.send, project)
        self.offers = Offers(transport.send, project)
        self.projects = Projects(transport.send, project)
        self.secrets = Secrets(transport.send, project)
        self.files = Files(transport.send, project)
        self.repos = Repos(transport.send, project)
        self.logs = Logs(transport.send, project)
        self.events = Events(transport, project)
        self.metrics = Metrics(transport.send, project)

    @classmethod
    def configured(cls, project: str | None = None) -> Self:
        """By the environment, else by the user's configuration; raises NotConfigured."""
        settings = resolve(project)
        return cls(settings.connect, settings.project)

    def send(self, call: Call[T]) -> T:
        """A call of `runfold.client.calls`, such as one answered plainly."""
        return self._transport.send(call)

    def wait(self, run: Run) -> Run:
        """The run once it is final; events tell when."""
        begin = self.events.happened().next
        now = self.runs.get(id=run.id)
        with closing(self.events.follow("run.RunFinished", after=begin)) as events:
            while not now.final:
                if next(events).data.get("run_id") == run.id:
                    now = self.runs.get(id=run.id)
        return now

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
