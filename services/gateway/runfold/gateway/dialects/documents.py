"""The documents of the API, without a token: OpenAPI, and a page for people that needs nothing from elsewhere."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict

from runfold.gateway.http.call import Answer
from runfold.gateway.http.parse import parse_query
from runfold.gateway.http.routes import Route

if TYPE_CHECKING:
    from runfold.gateway.ask import Ask

HTML = "text/html; charset=utf-8"
#: The page loads nothing and runs nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class DocumentQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    dialect: Literal["dstack", "tork", "runai", "native"] | None = None


async def openapi(ask: "Ask[Any]") -> Answer:
    return Answer(_openapi(parse_query(DocumentQuery, dict(ask.call.query)).dialect))


async def docs(ask: "Ask[Any]") -> Answer:
    return Answer(_page(), 200, HTML, {"Content-Security-Policy": POLICY})


@lru_cache(maxsize=8)
def _openapi(dialect: str | None) -> bytes:
    from runfold.gateway.dialects.table import ROUTES
    from runfold.gateway.openapi import document

    return msgspec.json.encode(document(ROUTES, dialect))


@lru_cache(maxsize=1)
def _page() -> bytes:
    from runfold.gateway.dialects.table import ROUTES
    from runfold.gateway.docs_page import page
    from runfold.gateway.openapi import document

    return page(document(ROUTES)).encode()


ROUTES = [
    Route(
        "GET",
        "/api/openapi.json",
        openapi,
        "This document",
        answers=dict[str, Any],
        query=DocumentQuery,
        open=True,
    ),
    Route("GET", "/api/docs", docs, "This document as a page", media="text/html", open=True),
]
