"""Calls of the native API, whose answers are shown as they are."""

from typing import Any


def asked(method: str, path: str, body: Any = None, **query: Any) -> Any:
    """The answer, decoded from JSON; raises RunfoldError."""
    from runfold.client.blocking import Client
    from runfold.client.calls.native import native

    with Client.configured() as client:
        return client.send(native(method, path, body, **query))
