"""Runfold's own API, for administrators: its answers are shown as they are."""

from typing import Any

from runfold.client.transport.call import Call


def native(method: str, path: str, body: Any = None, **query: Any) -> Call[Any]:
    return Call(method, f"/api/runfold/v1/{path}", Any, body, query, writes=method != "GET")
