"""Founding the cell: its first user, project, token and fleet, in one append that nobody else can make as well."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from runfold.contracts.cell import CellFounded
from runfold.contracts.envelope import Context
from runfold.contracts.fleet import FleetCreated, FleetSpec
from runfold.contracts.project import ProjectCreated
from runfold.contracts.registry import Event
from runfold.contracts.user import GrantGiven, TokenIssued, UserCreated
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.user.account import FOUNDER
from runfold.domain.user.tokens import digest
from runfold.gateway.commands import Commands, Decision
from runfold.gateway.secrets import Secrets
from runfold.gateway.ssh_keys import key_pair
from runfold.ports import Ids
from runfold.service.view import View

PROJECT, DEPARTMENT, FLEET = "main", "1", "local"
VERSION = "0.1.0"
PATIENCE = 60.0  #: seconds that the log may take to answer a first start


@dataclass(frozen=True, slots=True)
class Founded:
    """What only the first start knows; the token is shown once, and kept nowhere after that."""

    token: str
    made: bool  #: rather than given


class UntoldToken(Protocol):
    """Where a token that was made lies until it is shown, so that a first start cut short doesn't lose it."""

    def read(self) -> str | None: ...

    def keep(self, token: str) -> None:
        """Durable once it returns."""


class Unkept:
    """Of a gateway without a disk: what it makes is lost with it."""

    def read(self) -> str | None:
        return None

    def keep(self, token: str) -> None: ...


async def found(
    view: View,
    commands: Commands,
    secrets: Secrets,
    ids: Ids,
    given: str | None = None,
    untold: UntoldToken | None = None,
) -> Founded | None:
    """None where the cell was founded before, be it by another gateway a moment ago, and its token was told."""
    untold = untold or Unkept()
    if view.cell.id is not None:
        return _still_to_tell(view.cell, untold)
    token = given or untold.read() or ids.token()
    if given is None:
        untold.keep(token)
    events = await _first_events(secrets, ids, token)

    def decide(cell: Cell) -> Decision:
        if cell.id is not None:
            return Decision("")
        return Decision("founded", events, (streams.CELL,))

    deadline = asyncio.get_running_loop().time() + PATIENCE
    made = await commands.run(decide, Context("service:gateway", ids.uuid4()), deadline)
    return Founded(token, given is None) if made else None


def _still_to_tell(cell: Cell, untold: UntoldToken) -> Founded | None:
    """A token that lies there may be of a start that founded nothing: only one that the cell knows counts."""
    token = untold.read()
    known = token is not None and digest(token) in cell.tokens_by_sha256
    return Founded(token, made=True) if token is not None and known else None


async def _first_events(secrets: Secrets, ids: Ids, token: str) -> tuple[Event, ...]:
    user_id, project_id = ids.uuid4(), ids.uuid4()
    public, private = key_pair(ids, FOUNDER)
    sealed = await secrets.seal(project_id, private)
    return (
        CellFounded(ids.uuid4(), VERSION),
        UserCreated(user_id, FOUNDER, "admin", ssh_public_key=public, ssh_private_key=sealed),
        TokenIssued(ids.uuid7(), user_id, digest(token)),
        ProjectCreated(project_id, PROJECT, user_id, DEPARTMENT, serial=1),
        GrantGiven(ids.uuid7(), user_id, "admin", f"project:{project_id}"),
        FleetCreated(ids.uuid4(), FLEET, FleetSpec(backend="local"), user_id=user_id),
    )
