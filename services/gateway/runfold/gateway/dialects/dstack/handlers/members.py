"""Members of a project: all of them set, some added, some removed; joining and leaving it."""

from collections.abc import Callable
from typing import Any

from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import Invalid
from runfold.domain.project.state import Project
from runfold.domain.user import members
from runfold.domain.user.authorize import Operation
from runfold.domain.user.members import Membership
from runfold.domain.user.state import User
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.requests import people as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.user import project as rendered
from runfold.gateway.http.call import Answer


async def set_members(ask: Ask[requests.MembersRequest]) -> Answer:
    """Whoever isn't named is no member any more."""

    def wanted(cell: Cell) -> list[Membership]:
        project = ask.project(Operation.MANAGE_MEMBERS)
        return members.exactly(ask.user, project, cell.users.values(), _named(ask.body, cell))

    return await _change(ask, wanted)


async def add_members(ask: Ask[requests.MembersRequest]) -> Answer:
    """Who is a member already gets the role that is named."""

    def wanted(cell: Cell) -> list[Membership]:
        project = _project_of(ask, [each.username for each in ask.body.members])
        added = _named(ask.body, cell)
        members.check_addition(ask.user, project, added)
        return added

    return await _change(ask, wanted)


async def remove_members(ask: Ask[requests.RemoveMembersRequest]) -> Answer:
    def wanted(cell: Cell) -> list[Membership]:
        names = list(dict.fromkeys(ask.body.usernames))
        project = _project_of(ask, names)
        leaving = [_user(cell, name) for name in names]
        administer = members.administrators(cell.users.values(), project.id)
        members.check_removal(ask.user, project, leaving, administer)
        return [Membership(user, None) for user in leaving]

    return await _change(ask, wanted)


async def _change(ask: Ask[Any], wanted: Callable[[Cell], list[Membership]]) -> Answer:
    """Decided on the streams of all whom it concerns, and touching them: of two changes at once one is the later."""

    def decide(cell: Cell) -> Decision:
        memberships, project = wanted(cell), ask.project(Operation.READ)
        events = tuple(members.change(ask.user, project.id, memberships, ask.parts.ids.uuid7))
        return Decision(project.id, events, *_streams(cell, project, memberships))

    changed = await ask.write(decide)
    return Answer(encoded(rendered(ask.cell.projects[changed], ask.cell, members=ask.cell.users.values())))


def _streams(
    cell: Cell, project: Project, changed: list[Membership]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is expected, and what is touched: of two administrators who leave at once, one stays."""
    concerned = tuple(streams.user(each.user.id) for each in changed)
    administer = members.administrators(cell.users.values(), project.id)
    return (*concerned, *(streams.user(user.id) for user in administer)), concerned


def _project_of(ask: Ask[Any], names: list[str]) -> Project:
    """Raises Denied, to who may concern themselves alone before it says who there is."""
    project, user = ask.project(Operation.READ), ask.user
    if names not in ([user.name], [user.email]):
        ask.project(Operation.MANAGE_MEMBERS)
    return project


def _named(body: requests.MembersRequest, cell: Cell) -> list[Membership]:
    named = [Membership(_user(cell, each.username), each.project_role) for each in body.members]
    if len({each.user.id for each in named}) < len(named):
        raise Invalid("Cannot add same user multiple times", field="members")
    return named


def _user(cell: Cell, name: str) -> User:
    """By name, else by address."""
    known = cell.user_named(name) or next(
        (user for user in cell.users.values() if user.email == name and not user.deleted), None
    )
    if known is None:
        raise Invalid(f"User not found: {name}")
    return known
