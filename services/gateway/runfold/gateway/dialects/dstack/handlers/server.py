"""What needs no token: is it up, which version, where are the documents."""

from typing import Any

from runfold.gateway.ask import Ask
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.http.call import Answer

#: The version whose API this is; clients compare theirs with it.
VERSION = "0.22.5"
_TO_DOCUMENTS = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Runfold</title>
<meta http-equiv="refresh" content="0; url=/api/docs"><a href="/api/docs">Documents of the API</a></html>
"""


async def healthcheck(ask: Ask[Any]) -> Answer:
    return Answer(b'{"status":"running"}')


async def get_info(ask: Ask[Any]) -> Answer:
    return Answer(encoded({"server_version": VERSION}))


async def root(ask: Ask[Any]) -> Answer:
    """No redirect, since a login asks here who is at home, and takes where it ends up for the server's address."""
    return Answer(_TO_DOCUMENTS, content_type="text/html; charset=utf-8")
