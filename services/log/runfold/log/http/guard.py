"""What every path of the internal port does around its handler: who asks, and what a failure is answered with."""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from runfold.eventlog.output import InvalidCursor
from runfold.eventlog.port import EventLogError, NotActive, Unavailable
from runfold.log.http.tokens import Tokens

Handler = Callable[[web.Request], Awaitable[web.Response]]


def guarded(tokens: Tokens, handler: Handler, *, only: str | None = None) -> Handler:
    """For callers with a service's token, or with that of service `only`: 403 for another's."""

    async def answer(request: web.Request) -> web.Response:
        service = tokens.service(request)
        if only is not None and service != only:
            raise web.HTTPForbidden
        try:
            return await handler(request)
        except msgspec.MsgspecError as error:
            return _refused(422, str(error))
        except RecursionError:
            return _refused(422, "nested too deeply")
        except InvalidCursor as error:
            return _refused(400, f"no cursor of any page: {error}")
        except NotActive as error:
            return web.json_response({"error": str(error), "address": error.address}, status=421)
        except Unavailable as error:
            return _refused(503, str(error), {"Retry-After": "1"})
        except EventLogError as error:
            return _refused(500, str(error))

    return answer


def _refused(status: int, why: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": why}, status=status, headers=headers)
