"""Members of a project: all of them set, some added, some removed."""

from collections.abc import Callable
from typing import Any

from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import NotFound
from runfold.domain.user.authorize import Operation
from runfold.domain.user.members import Membership, change, others_leave
from runfold.domain.user.state import User
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.requests import people as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.user import project
from runfold.gateway.http.call import Answer


async def set_members(ask: Ask[requests.MembersRequest]) -> Answer:
    """Whoever isn't named is no member any more."""

    def wanted(cell: Cell, project_id: str) -> list[Membership]:
        staying = _named(ask.body, cell)
        return [*staying, *others_leave(cell.users, project_id, staying)]

    return await _change(ask, wanted)


async def add_members(ask: Ask[requests.MembersRequest]) -> Answer:
    """Who is a member already gets the role that is named."""
    return await _change(ask, lambda cell, _: _named(ask.body, cell))


async def remove_members(ask: Ask[requests.RemoveMembersRequest]) -> Answer:
    return await _change(
        ask,
        lambda cell, _: [Membership(_user(cell, name), None) for name in dict.fromkeys(ask.body.usernames)],
    )


async def _change(ask: Ask[Any], wanted: Callable[[Cell, str], list[Membership]]) -> Answer:
    """Decided on the streams of all whom it concerns, and touching them: of two changes at once one is the later."""

    def decide(cell: Cell) -> Decision:
        project_id = ask.project(Operation.MANAGE_MEMBERS).id
        memberships = wanted(cell, project_id)
        events = tuple(change(ask.user, project_id, memberships, ask.parts.ids.uuid7))
        concerned = tuple(streams.user(each.user.id) for each in memberships)
        return Decision(project_id, events, concerned, touch=concerned)

    changed = await ask.write(decide)
    return Answer(encoded(project(ask.cell.projects[changed], ask.cell, members=True)))


def _named(body: requests.MembersRequest, cell: Cell) -> list[Membership]:
    """Of a user who is named twice the last counts."""
    roles = {each.username: each.project_role for each in body.members}
    return [Membership(_user(cell, name), role) for name, role in roles.items()]


def _user(cell: Cell, name: str) -> User:
    known = cell.user_named(name)
    if known is None:
        raise NotFound(f"User not found: {name}")
    return known
