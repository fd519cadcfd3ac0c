"""What needs no token: is it up, which version, where are the documents."""

from typing import Any

from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.http.call import Answer

#: The version whose API this is; clients compare theirs with it.
VERSION = "0.22.5"


async def healthcheck(ask: Ask[Any]) -> Answer:
    return Answer(b'{"status":"running"}')


async def get_info(ask: Ask[Any]) -> Answer:
    return Answer(encoded({"server_version": VERSION}))


async def root(ask: Ask[Any]) -> Answer:
    """A login asks here whether somebody is at home."""
    return Answer(b"", 307, headers={"Location": "/api/docs"})
