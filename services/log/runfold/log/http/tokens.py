"""Who may use the log service's internal API."""

import hmac
from collections.abc import Mapping
from hashlib import sha256

from aiohttp import web


class Tokens:
    """One bearer token a service, kept as a hash."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        """`tokens`: service name -> token."""
        self._hashes = {service: _hash(token) for service, token in tokens.items() if token}

    def service(self, request: web.Request) -> str:
        """Whose token the request bears; raises HTTPUnauthorized without one, HTTPForbidden for a wrong one."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
        presented = _hash(token.strip())
        found = None
        # All are compared, so that the time taken says nothing about which one it was nearly.
        for service, known in self._hashes.items():
            if hmac.compare_digest(presented, known):
                found = service
        if found is None:
            raise web.HTTPForbidden
        return found


def _hash(token: str) -> bytes:
    # Headers that are no UTF-8 come with surrogates for what isn't.
    return sha256(token.encode(errors="surrogateescape")).digest()
