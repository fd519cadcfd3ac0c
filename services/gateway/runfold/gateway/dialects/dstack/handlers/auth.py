"""Signing in through other services, of which there are none: users have tokens."""

from typing import Any

from runfold.domain.errors import Denied, NotFound
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused


async def list_providers(_: Ask[Any]) -> Answer:
    return Answer(encoded([]))


async def get_next_redirect(_: Ask[Any]) -> Answer:
    """No service was ever sent a state that it could bring back."""
    raise Refused("Invalid state token")


async def sign_in(_: Ask[Any]) -> Answer:
    raise NotFound("Resource not found")


async def get_upstream(_: Ask[Any]) -> Answer:
    """For a proxy with a token of its own, of which there is none."""
    raise Denied("Access denied")
