"""What users get in and attach by: shown, and drawn anew."""

from typing import Any

from runfold.contracts.user import SshKeyReplaced, TokenIssued
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import NotFound
from runfold.domain.user import decide as users
from runfold.domain.user.state import User
from runfold.domain.user.tokens import digest
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.requests import people as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.user import user_with_creds
from runfold.gateway.http.call import Answer
from runfold.gateway.ssh_keys import key_pair


async def get_my_user(ask: Ask[Any]) -> Answer:
    """Echoes the token that came; the key pair is what attaching needs."""
    return await _with_creds(ask, ask.user, ask.call.token or "")


async def get_user(ask: Ask[requests.UserRequest]) -> Answer:
    """Tokens are kept hashed: the only one that can be shown is the caller's own, which came."""
    return await _shown(ask, _named(ask, ask.cell).id)


async def refresh_token(ask: Ask[requests.UserRequest]) -> Answer:
    """The user's own or, for an administrator, anyone's; those before it work no longer."""
    token_id, token = ask.parts.ids.uuid7(), ask.parts.ids.token()

    def decide(cell: Cell) -> Decision:
        known = _named(ask, cell)
        old = [held for held in cell.tokens.values() if held.user_id == known.id]
        issued = TokenIssued(token_id, known.id, digest(token))
        return Decision(known.id, tuple(users.refresh_token(old, issued)), (streams.user(known.id),))

    return await with_new_token(ask, await ask.write(decide), token)


async def refresh_ssh_key(ask: Ask[requests.UserRequest]) -> Answer:
    """The user's own or, for an administrator, anyone's; the new private key is for its owner alone as well."""
    known = _named(ask, ask.cell)
    public, private = key_pair(ask.parts.ids, known.name)
    replaced = SshKeyReplaced(known.id, public, await ask.parts.secrets.seal(known.id, private))

    def decide(cell: Cell) -> Decision:
        same = _named(ask, cell)
        if same.id != replaced.user_id:
            raise NotFound("Resource not found")
        return Decision(same.id, (replaced,), (streams.user(same.id),))

    return await _shown(ask, await ask.write(decide))


async def with_new_token(ask: Ask[Any], user_id: str, token: str) -> Answer:
    """Repeated under its Idempotency-Key a write issues no token: the one drawn for the repetition isn't shown."""
    issued = digest(token) in ask.cell.tokens_by_sha256
    return await _with_creds(ask, ask.cell.users[user_id], token if issued else "")


async def _shown(ask: Ask[Any], user_id: str) -> Answer:
    token = (ask.call.token or "") if user_id == ask.user_id else ""
    return await _with_creds(ask, ask.cell.users[user_id], token)


def _named(ask: Ask[requests.UserRequest], cell: Cell) -> User:
    """Whom the body names; raises Denied before it says whether there is such a user, NotFound."""
    if ask.body.username != ask.user.name:
        ask.administer()
    known = cell.user_named(ask.body.username)
    if known is None:
        raise NotFound("Resource not found")
    return known


async def _with_creds(ask: Ask[Any], of: User, token: str) -> Answer:
    """The private key is for its owner alone."""
    sealed = of.ssh_private_key if of.id == ask.user_id else None
    key = await ask.parts.secrets.reveal(sealed) if sealed else None
    return Answer(encoded(user_with_creds(of, token, key)))
