"""The caller."""

from typing import Any

from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.user import user_with_creds
from runfold.gateway.http.call import Answer


async def get_my_user(ask: Ask[Any]) -> Answer:
    """Echoes the token that came; the key pair is what attaching needs."""
    user = ask.user
    key = await ask.parts.secrets.reveal(user.ssh_private_key) if user.ssh_private_key else None
    return Answer(encoded(user_with_creds(user, ask.call.token or "", key)))
