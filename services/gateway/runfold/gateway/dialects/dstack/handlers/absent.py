"""What there is nothing of yet: handlers that say so, to who may ask."""

from typing import Any

from runfold.domain.errors import NotFound
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused
from runfold.gateway.http.routes import Handler


async def list_nothing(_: Ask[Any]) -> Answer:
    """Of no project in particular."""
    return Answer(encoded([]))


def empty(operation: Operation) -> Handler:
    async def list_none(ask: Ask[Any]) -> Answer:
        ask.project(operation)
        return Answer(encoded([]))

    return list_none


def missing(operation: Operation) -> Handler:
    async def get_none(ask: Ask[Any]) -> Answer:
        ask.project(operation)
        raise NotFound("Resource not found")

    return get_none


def passed_over(operation: Operation) -> Handler:
    """As names of other things are that aren't there."""

    async def delete_none(ask: Ask[Any]) -> Answer:
        ask.project(operation)
        return Answer()

    return delete_none


def refused(operation: Operation, why: str) -> Handler:
    async def refuse(ask: Ask[Any]) -> Answer:
        ask.project(operation)
        raise Refused(why)

    return refuse
