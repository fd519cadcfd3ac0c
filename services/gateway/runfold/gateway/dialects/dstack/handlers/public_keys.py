"""The caller's own keys, by which they log in to what runs."""

from typing import Any

from runfold.contracts.user import PublicKeyAdded
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import NotFound
from runfold.domain.user import public_keys
from runfold.domain.user.state import PublicKey
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.requests import people as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded, timestamp
from runfold.gateway.http.call import Answer
from runfold.gateway.ssh_keys import public_key


async def list_keys(ask: Ask[None]) -> Answer:
    """Newest first."""
    return Answer(encoded([_info(key) for key in reversed(ask.user.public_keys.values())]))


async def add(ask: Ask[requests.AddPublicKeyRequest]) -> Answer:
    """Kept as one line, under the name that is given, else its comment."""
    key = public_key(ask.body.key)
    command = PublicKeyAdded(
        key_id=ask.parts.ids.uuid4(),
        user_id=ask.user_id,
        name=ask.body.name or key.name,
        key_type=key.key_type,
        fingerprint=key.fingerprint,
        key=key.line,
    )

    def decide(_: Cell) -> Decision:
        events = tuple(public_keys.add(ask.user, command))
        return Decision(command.key_id, events, (streams.user(ask.user_id),))

    made = ask.user.public_keys.get(await ask.write(decide))
    if made is None:
        raise NotFound("Resource not found")
    return Answer(encoded(_info(made)))


async def delete(ask: Ask[requests.DeletePublicKeysRequest]) -> Answer:
    """What isn't there is passed over."""

    def decide(_: Cell) -> Decision:
        ids = dict.fromkeys(str(key_id) for key_id in ask.body.ids)
        return Decision("", tuple(public_keys.delete(ask.user, ids)), (streams.user(ask.user_id),))

    await ask.write(decide)
    return Answer()


def _info(key: PublicKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "added_at": timestamp(key.added_at),
        "name": key.name,
        "type": key.key_type,
        "fingerprint": key.fingerprint,
    }
