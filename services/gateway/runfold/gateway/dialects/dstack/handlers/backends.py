"""Backends: there is one, over the hosts of executors that come by themselves, and nothing to set up."""

from typing import Any

from runfold.domain.errors import NotFound
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.requests import backends as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.hardware import REMOTE
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused

FIXED = f"Backend {REMOTE} is always there and has no settings; others are not yet supported"


async def list_types(_: Ask[None]) -> Answer:
    return Answer(encoded([REMOTE]))


async def get_yaml(ask: Ask[None]) -> Answer:
    ask.project(Operation.MANAGE_PROJECT)
    if ask.params["backend"] != REMOTE:
        raise NotFound("Resource not found")
    return Answer(encoded({"name": REMOTE, "config_yaml": f"type: {REMOTE}\n"}))


async def set_up(ask: Ask[Any]) -> Answer:
    """Whatever its body says: each backend needs an adapter of its own."""
    ask.project(Operation.MANAGE_PROJECT)
    raise Refused(FIXED)


async def delete(ask: Ask[requests.DeleteBackendsRequest]) -> Answer:
    """What isn't there is passed over."""
    ask.project(Operation.MANAGE_PROJECT)
    if REMOTE in ask.body.backends_names:
        raise Refused(FIXED)
    return Answer()
