"""The table of routes: what is where, what it takes and answers. Calls are matched to it; OpenAPI is made of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import UnknownPath, WrongMethod

if TYPE_CHECKING:
    from runfold.gateway.ask import Ask

Handler = Callable[["Ask[Any]"], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """`path` has parameters as `{name}`; `answers` is the type of the body, for the document."""

    method: str
    path: str
    handler: Handler
    summary: str
    answers: Any = None
    takes: type[BaseModel] | None = None
    optional: bool = False  #: a call without a body takes the model's defaults
    query: type[BaseModel] | None = None
    writes: bool = False
    open: bool = False  #: needs no token
    upload: str = ""  #: the field of the form that it takes, with a file
    refuses: tuple[int, ...] = ()  #: with which statuses, beyond those that every such call may have
    media: str = "application/json"
    streams: str | None = (
        None  #: the media type of the stream that it answers with where the client asks for it
    )


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    name: str = ""
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """A tree by path segments; a fixed segment goes before a parameter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Raises UnknownPath, WrongMethod."""
        node, params = self._root, {}
        for segment in path.strip("/").split("/"):
            child = node.children.get(segment)
            if child is None and node.parameter is not None and segment:
                child = node.parameter
                params[child.name] = segment
            if child is None:
                raise UnknownPath
            node = child
        if not node.routes:
            raise UnknownPath
        route = node.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            raise WrongMethod(sorted(node.routes))
        return route, params

    def uploads(self, method: str, path: str) -> bool:
        """Whether what matches takes a file."""
        try:
            return bool(self.match(method, path)[0].upload)
        except (UnknownPath, WrongMethod):
            return False

    def place(self, method: str, path: str) -> str:
        """Method and path of the route that matches, with the names of parameters; clients can't make new ones up."""
        try:
            route, _ = self.match(method, path)
        except (UnknownPath, WrongMethod):
            return "unmatched"
        return f"{route.method} {route.path}"

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.path.strip("/").split("/"):
            node = _child(node, segment)
        node.routes[route.method] = route


def _child(node: _Node, segment: str) -> _Node:
    if not segment.startswith("{"):
        return node.children.setdefault(segment, _Node())
    if node.parameter is None:
        node.parameter = _Node(name=segment.strip("{}"))
    return node.parameter
