"""`GET /job-metrics/{attempt_id}`: what an attempt used of its host, for the other services."""

from aiohttp import web

from runfold.contracts.metrics import MOST_SAMPLES, encode_samples
from runfold.eventlog.metrics import KEPT, LATEST, MetricsReader
from runfold.log.http.guard import guarded
from runfold.log.http.query import number
from runfold.log.http.tokens import Tokens


def routes(metrics: MetricsReader, tokens: Tokens) -> list[web.RouteDef]:
    """It asks for the token of a service."""

    async def read(request: web.Request) -> web.Response:
        """Samples, newest first, of times from `from` on and `before` another, at most `limit`."""
        samples = await metrics.read(
            request.match_info["attempt_id"],
            after=number(request, "from") - 1,
            before=number(request, "before", default=LATEST),
            limit=number(request, "limit", default=KEPT, most=MOST_SAMPLES),
        )
        return web.Response(body=encode_samples(samples), content_type="application/json")

    return [web.get("/job-metrics/{attempt_id}", guarded(tokens, read), allow_head=False)]
