"""Secrets of a project: list, get, set, delete; all of it is for who manages them."""

from typing import Any

from runfold.contracts.values import Ciphertext
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import NotFound
from runfold.domain.project import secrets
from runfold.domain.project.state import Project
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.requests import secrets as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.http.call import Answer


async def list_secrets(ask: Ask[None]) -> Answer:
    """Newest first; their values are shown one by one."""
    known = reversed(_project(ask).secrets.values())
    return Answer(encoded([_shown(each.id, each.name, None) for each in known]))


async def get(ask: Ask[requests.GetSecretRequest]) -> Answer:
    known = _project(ask).secrets.get(ask.body.name)
    if known is None:
        raise NotFound("Resource not found")
    value = await ask.parts.secrets.reveal(known.value)
    return Answer(encoded(_shown(known.id, known.name, value)))


async def create_or_update(ask: Ask[requests.CreateOrUpdateSecretRequest]) -> Answer:
    """A value that is set again is no news."""
    name, value, new_id = ask.body.name, ask.body.value, ask.parts.ids.uuid4()
    secrets.check(name, value)
    sealed = await _sealed(ask, _project(ask))

    def decide(_: Cell) -> Decision:
        project = _project(ask)
        stored = secrets.store(project, name, sealed, new_id)
        secret_id = stored[0].secret_id if stored else project.secrets[name].id
        return Decision(secret_id, tuple(stored), (streams.secret(project.id, name),))

    return Answer(encoded(_shown(await ask.write(decide), name, value)))


async def delete(ask: Ask[requests.DeleteSecretsRequest]) -> Answer:
    """All of them or, where one isn't there, none."""

    def decide(_: Cell) -> Decision:
        project, names = _project(ask), list(dict.fromkeys(ask.body.secrets_names))
        expect = tuple(streams.secret(project.id, name) for name in names)
        return Decision("", tuple(secrets.delete(project, names)), expect)

    await ask.write(decide)
    return Answer()


def _project(ask: Ask[Any]) -> Project:
    return ask.project(Operation.MANAGE_SECRETS)


async def _sealed(ask: Ask[requests.CreateOrUpdateSecretRequest], project: Project) -> Ciphertext:
    """The ciphertext that there is, where it holds this value already: each sealing makes another one."""
    known = project.secrets.get(ask.body.name)
    if known is not None and await ask.parts.secrets.reveal(known.value) == ask.body.value:
        return known.value
    return await ask.parts.secrets.seal(project.id, ask.body.value)


def _shown(secret_id: str, name: str, value: str | None) -> dict[str, Any]:
    return {"id": secret_id, "name": name, "value": value}
