"""A call as a handler gets it: matched, authenticated, its body parsed, with the gateway's parts at hand."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from runfold.bus.dead_letters import DeadLetters
from runfold.contracts.envelope import Context
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import Denied
from runfold.domain.project.state import Project
from runfold.domain.user.authorize import Operation, allowed
from runfold.domain.user.state import User
from runfold.domain.user.tokens import digest
from runfold.eventlog.archives import ArchiveStore
from runfold.eventlog.metrics import MetricsReader
from runfold.eventlog.output import OutputReader
from runfold.eventlog.port import Unavailable
from runfold.gateway.commands import Commands, Decision, Key
from runfold.gateway.feed import Feed
from runfold.gateway.following import Following
from runfold.gateway.http.call import Call
from runfold.gateway.http.errors import InvalidToken, UnknownProject
from runfold.gateway.http.routes import Route
from runfold.gateway.readmodels.history import History
from runfold.gateway.readmodels.past import Past
from runfold.gateway.readmodels.rendered import Rendered
from runfold.gateway.readmodels.unfinished import Unfinished
from runfold.gateway.secrets import Secrets
from runfold.gateway.settings import GatewaySettings
from runfold.gateway.ssh.address import SshAddress
from runfold.ports import Clock, Ids
from runfold.service.parcels import Parcels
from runfold.service.rebuilds import Rebuilds
from runfold.service.view import View

B = TypeVar("B")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the gateway is made of; handlers reach the world through these alone."""

    settings: GatewaySettings
    view: View
    commands: Commands
    output: OutputReader
    metrics: MetricsReader
    past: Past
    rebuilds: Rebuilds
    secrets: Secrets
    clock: Clock
    ids: Ids
    rendered: Rendered
    unfinished: Unfinished
    history: History
    feed: Feed
    dead_letters: DeadLetters
    archives: ArchiveStore
    parcels: Parcels
    following: Following
    ssh: Callable[[], SshAddress | None]  #: where its front door is

    def user_with(self, token: str | None) -> User | None:
        """Whose token it is now."""
        if token is None:
            return None
        return self.view.cell.user_with_token(digest(token))


@dataclass(frozen=True, slots=True)
class Ask(Generic[B]):
    """`body` and `query` are the models that the route names, or None."""

    call: Call
    route: Route
    parts: Parts
    user_id: str
    params: dict[str, str] = field(default_factory=dict)
    body: B = None  # type: ignore[assignment]
    query: object = None
    deadline: float = 0.0  #: in the event loop's time: until when it may wait for log and rows

    @property
    def cell(self) -> Cell:
        """As it is now; look again after each await."""
        return self.parts.view.cell

    @property
    def user(self) -> User:
        """Raises InvalidToken where the user has gone meanwhile."""
        user = self.cell.users.get(self.user_id)
        if user is None or not user.active:
            raise InvalidToken
        return user

    def project(self, operation: Operation) -> Project:
        """The project that the path names; raises UnknownProject, Denied."""
        project = self.cell.project_named(self.params["project"])
        if project is None or project.deleted:
            raise UnknownProject
        if not self.may(operation, project):
            raise Denied("Access denied")
        return project

    def may(self, operation: Operation, project: Project) -> bool:
        """What is public may be read by everyone who is somebody."""
        if operation is Operation.READ and project.is_public:
            return True
        return allowed(self.user, operation, project.id)

    def administer(self) -> None:
        """What concerns the cell as a whole; raises Denied."""
        if not allowed(self.user, Operation.ADMINISTER):
            raise Denied("Access denied")

    async def in_time(self, reading: Awaitable[T]) -> T:
        """What was read; raises Unavailable at the call's deadline, as a store would that knew of it."""
        try:
            async with asyncio.timeout_at(self.deadline):
                return await reading
        except TimeoutError:
            raise Unavailable("rows of runs don't answer in time") from None

    async def write(self, decide: Callable[[Cell], Decision]) -> str:
        """The resource that was made or changed, under the call's Idempotency-Key where it has one."""
        context = Context(f"user:{self.user_id}", self.call.request_id, traceparent=self.call.traceparent)

        def permitted(cell: Cell) -> Decision:
            decision = decide(cell)
            return replace(decision, expect=(*decision.expect, *self._permits(cell)))

        return await self.parts.commands.run(permitted, context, self.deadline, self._key())

    def _permits(self, cell: Cell) -> tuple[str, ...]:
        """What permits a write: neither its user nor its project is changed or deleted before it is appended."""
        project = cell.project_named(self.params.get("project", ""))
        named = () if project is None else (streams.project(project.id),)
        return (streams.user(self.user_id), *named)

    def _key(self) -> Key | None:
        key = self.call.headers.get("idempotency-key")
        return Key(self.user_id, self.call.path, key, self.call.body) if key else None
