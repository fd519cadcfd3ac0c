"""Python SDK and command line of Runfold.

Client and AsyncClient are imported when they are first asked for, so that the command line starts fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runfold.client.asynchronous import AsyncClient
    from runfold.client.blocking import Client

__all__ = ["AsyncClient", "Client"]

_HOMES = {"AsyncClient": "asynchronous", "Client": "blocking"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"runfold.client.{_HOMES[name]}"), name)
