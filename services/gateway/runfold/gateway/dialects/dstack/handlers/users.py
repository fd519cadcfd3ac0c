"""Users: the caller, others, new ones and their tokens."""

from typing import Any

from runfold.contracts.user import TokenIssued, UserCreated
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import NotFound
from runfold.domain.user import decide as users
from runfold.domain.user.authorize import Operation, allowed
from runfold.domain.user.state import User
from runfold.domain.user.tokens import digest
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.page import by_creation
from runfold.gateway.dialects.dstack.requests import people as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.user import user as rendered
from runfold.gateway.dialects.dstack.responses.user import user_with_creds
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Unsupported
from runfold.gateway.ssh_keys import key_pair


async def list_providers(ask: Ask[Any]) -> Answer:
    """Nobody signs in through another service: users have tokens."""
    return Answer(encoded([]))


async def get_my_user(ask: Ask[Any]) -> Answer:
    """Echoes the token that came; the key pair is what attaching needs."""
    return await _with_creds(ask, ask.user, ask.call.token or "")


async def list_users(ask: Ask[requests.ListUsersRequest]) -> Answer:
    """All of them for an administrator; everyone else sees themselves."""
    wanted = ask.body
    found = [known for known in _visible(ask) if (wanted.name_pattern or "").lower() in known.name.lower()]
    shown = [rendered(each) for each in by_creation(found, wanted)]
    if wanted.return_total_count:
        return Answer(encoded({"total_count": len(found), "users": shown}))
    return Answer(encoded(shown))


async def get_user(ask: Ask[requests.UserRequest]) -> Answer:
    """Tokens are kept hashed: the only one that can be shown is the caller's own, which came."""
    known = _named(ask, ask.cell)
    return await _with_creds(ask, known, (ask.call.token or "") if known.id == ask.user_id else "")


async def create(ask: Ask[requests.CreateUserRequest]) -> Answer:
    """With a token that is shown this once, and a key pair."""
    ask.administer()
    if not ask.body.active:
        raise Unsupported("A user who isn't `active` is")
    ids = ask.parts.ids
    user_id, token_id, token = ids.uuid4(), ids.uuid7(), ids.token()
    public, private = key_pair(ids, ask.body.username)
    sealed = await ask.parts.secrets.seal(user_id, private)
    wanted = ask.body
    command = UserCreated(user_id, wanted.username, wanted.global_role, wanted.email, public, sealed)

    def decide(cell: Cell) -> Decision:
        ask.administer()
        made = users.create(cell.user_named(command.name), command)
        events = (*made, TokenIssued(token_id, user_id, digest(token)))
        return Decision(user_id, events, (streams.user_name(command.name),))

    return await _with_new_token(ask, await ask.write(decide), token)


async def refresh_token(ask: Ask[requests.UserRequest]) -> Answer:
    """The user's own or, for an administrator, anyone's; those before it work no longer."""
    token_id, token = ask.parts.ids.uuid7(), ask.parts.ids.token()

    def decide(cell: Cell) -> Decision:
        known = _named(ask, cell)
        old = [held for held in cell.tokens.values() if held.user_id == known.id]
        issued = TokenIssued(token_id, known.id, digest(token))
        return Decision(known.id, tuple(users.refresh_token(old, issued)), (streams.user(known.id),))

    return await _with_new_token(ask, await ask.write(decide), token)


def _visible(ask: Ask[Any]) -> list[User]:
    return list(ask.cell.users.values()) if allowed(ask.user, Operation.ADMINISTER) else [ask.user]


def _named(ask: Ask[requests.UserRequest], cell: Cell) -> User:
    """Whom the body names; raises Denied before it says whether there is such a user, NotFound."""
    if ask.body.username != ask.user.name:
        ask.administer()
    known = cell.user_named(ask.body.username)
    if known is None:
        raise NotFound("User not found")
    return known


async def _with_new_token(ask: Ask[Any], user_id: str, token: str) -> Answer:
    """Repeated under its Idempotency-Key a write issues no token: the one drawn for the repetition isn't shown."""
    issued = digest(token) in ask.cell.tokens_by_sha256
    return await _with_creds(ask, ask.cell.users[user_id], token if issued else "")


async def _with_creds(ask: Ask[Any], of: User, token: str) -> Answer:
    """The private key is for its owner alone."""
    sealed = of.ssh_private_key if of.id == ask.user_id else None
    key = await ask.parts.secrets.reveal(sealed) if sealed else None
    return Answer(encoded(user_with_creds(of, token, key)))
