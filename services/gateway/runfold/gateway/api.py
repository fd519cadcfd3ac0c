"""From a call to its answer: match, wait until the view is fresh, authenticate, parse, handle; refusals in the
owner's words."""

import asyncio
from typing import Any

from pydantic import BaseModel

from runfold.domain.errors import DomainError
from runfold.eventlog.port import EventLogError
from runfold.gateway.ask import Ask, Parts
from runfold.gateway.dialects import owner
from runfold.gateway.http.call import Answer, Call
from runfold.gateway.http.errors import (
    Busy,
    Internal,
    InvalidToken,
    Malformed,
    Refused,
    Unauthenticated,
)
from runfold.gateway.http.multipart import upload
from runfold.gateway.http.parse import parse, parse_query, problem
from runfold.gateway.http.routes import Route, Router
from runfold.service.logging import get_logger

READ_PATIENCE, WRITE_PATIENCE = 1.0, 10.0  #: seconds that a call waits for log and rows
PAUSE = 0.1  #: seconds before a log that doesn't answer is asked again
KEY_LENGTH = 255
AWAY = "What this needs does not answer; try again"
STALE = "This replica has not caught up with the log; try again"

_log = get_logger("runfold.gateway")


class Api:
    """All dialects over one router."""

    def __init__(self, parts: Parts, routes: list[Route]) -> None:
        self._parts = parts
        self._router = Router(routes)

    def place(self, method: str, path: str) -> str:
        """What a call is counted and traced under."""
        return self._router.place(method, path)

    def uploads(self, method: str, path: str) -> bool:
        """Whether it takes a file, which may be larger than other bodies."""
        return self._router.uploads(method, path)

    async def answer(self, call: Call) -> Answer:
        """Never raises but for cancellation."""
        dialect = owner(call.path)
        try:
            return await self._answer(call)
        except (Refused, DomainError) as refusal:
            return dialect.refuse(refusal)
        except EventLogError:
            return dialect.refuse(Busy(AWAY))
        except RecursionError:
            return dialect.refuse(Malformed([problem(["body"], "nested too deeply")]))
        except Exception:
            _log.exception("a handler failed", method=call.method, path=call.path)
            return dialect.refuse(Internal())

    async def _answer(self, call: Call) -> Answer:
        route, params = self._router.match(call.method, call.path)
        if route.open:
            return await route.handler(Ask(call, route, self._parts, "", params))
        if call.token is None:
            raise Unauthenticated
        deadline = asyncio.get_running_loop().time() + (WRITE_PATIENCE if route.writes else READ_PATIENCE)
        await self._fresh(deadline)
        user_id = self._authenticated(call.token)
        if route.writes:
            _check_key(call)
        return await route.handler(
            Ask(call, route, self._parts, user_id, params, _body(route, call), _query(route, call), deadline)
        )

    async def _fresh(self, deadline: float) -> None:
        """No answer is older than its call: Busy where the view can't be brought up to date in time."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._catch_up()
        except TimeoutError:
            raise Busy(STALE) from None

    async def _catch_up(self) -> None:
        while True:
            try:
                return await self._parts.view.fresh()
            except EventLogError:
                await asyncio.sleep(PAUSE)

    def _authenticated(self, token: str) -> str:
        user = self._parts.user_with(token)
        if user is None:
            raise InvalidToken
        return user.id


def _body(route: Route, call: Call) -> Any:
    if route.upload:
        return upload(call.body, call.headers.get("content-type", ""), route.upload)
    if route.takes is None:
        return None
    if route.optional and call.body.strip() in (b"", b"null"):
        return route.takes()
    return parse(route.takes, call.body)


def _query(route: Route, call: Call) -> BaseModel | None:
    return parse_query(route.query, dict(call.query)) if route.query else None


def _check_key(call: Call) -> None:
    key = call.headers.get("idempotency-key", "")
    if len(key) > KEY_LENGTH or not key.isprintable():
        told = f"at most {KEY_LENGTH} printable characters"
        raise Malformed([problem(["header", "Idempotency-Key"], told)])
