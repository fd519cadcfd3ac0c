"""Users: list, create, update, delete."""

from typing import Any

from runfold.contracts.user import TokenIssued, UserCreated, UserUpdated
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import Invalid, NotFound
from runfold.domain.user import account
from runfold.domain.user import decide as users
from runfold.domain.user.authorize import Operation, allowed
from runfold.domain.user.state import User
from runfold.domain.user.tokens import digest
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.handlers.credentials import with_new_token
from runfold.gateway.dialects.dstack.page import by_creation
from runfold.gateway.dialects.dstack.requests import people as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.user import user as rendered
from runfold.gateway.http.call import Answer
from runfold.gateway.ssh_keys import key_pair


async def list_users(ask: Ask[requests.ListUsersRequest]) -> Answer:
    """All of them for an administrator; everyone else sees themselves."""
    wanted = ask.body
    found = [known for known in _visible(ask) if (wanted.name_pattern or "").lower() in known.name.lower()]
    shown = [rendered(each) for each in by_creation(found, wanted)]
    if wanted.return_total_count:
        return Answer(encoded({"total_count": len(found), "users": shown}))
    return Answer(encoded(shown))


async def create(ask: Ask[requests.CreateUserRequest]) -> Answer:
    """With a token that is shown this once, and a key pair."""
    ask.administer()
    ids = ask.parts.ids
    user_id, token_id, token = ids.uuid4(), ids.uuid7(), ids.token()
    public, private = key_pair(ids, ask.body.username)
    sealed = await ask.parts.secrets.seal(user_id, private)
    wanted = ask.body
    command = UserCreated(
        user_id, wanted.username, wanted.global_role, wanted.email, public, sealed, wanted.active
    )

    def decide(cell: Cell) -> Decision:
        ask.administer()
        made = users.create(cell.user_named(command.name), command)
        events = (*made, TokenIssued(token_id, user_id, digest(token)))
        return Decision(user_id, events, (streams.user_name(command.name),))

    return await with_new_token(ask, await ask.write(decide), token)


async def update(ask: Ask[requests.UpdateUserRequest]) -> Answer:
    """What the body leaves out becomes its default, as in dstack's server."""
    wanted = ask.body

    def decide(cell: Cell) -> Decision:
        ask.administer()
        known, admins = cell.user_named(wanted.username), account.administrators(cell.users.values())
        if known is None:
            raise NotFound("Resource not found")
        command = UserUpdated(known.id, wanted.global_role, wanted.email, wanted.active)
        return Decision(known.id, tuple(account.update(known, command, admins)), _streams(known, *admins))

    return Answer(encoded(rendered(ask.cell.users[await ask.write(decide)])))


async def delete(ask: Ask[requests.DeleteUsersRequest]) -> Answer:
    """All of them or, where one isn't there, none."""

    def decide(cell: Cell) -> Decision:
        ask.administer()
        leaving, admins = _all_named(ask.body.users, cell), account.administrators(cell.users.values())
        events = tuple(account.delete(leaving, cell.tokens.values(), admins))
        return Decision("", events, _streams(*leaving, *admins))

    await ask.write(decide)
    return Answer()


def _visible(ask: Ask[Any]) -> list[User]:
    if not allowed(ask.user, Operation.ADMINISTER):
        return [ask.user]
    return [user for user in ask.cell.users.values() if not user.deleted]


def _all_named(names: list[str], cell: Cell) -> list[User]:
    found = [known for name in dict.fromkeys(names) if (known := cell.user_named(name)) is not None]
    if len(found) < len(set(names)):
        raise Invalid("Failed to delete non-existent users")
    return found


def _streams(*concerned: User) -> tuple[str, ...]:
    """With those who administer the cell now: of two who would leave at once, one stays."""
    return tuple(dict.fromkeys(streams.user(user.id) for user in concerned))
