"""Numbers in a query string."""

from aiohttp import web

_MOST = 2**62
_MOST_DIGITS = 19


def number(request: web.Request, name: str, *, default: int = 0, most: int = _MOST) -> int:
    """A natural number, cut at `most`; raises HTTPBadRequest naming the parameter."""
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise web.HTTPBadRequest(text=f"{name}: a natural number, not {text!r:.40}")
    return min(int(text), most)


def seconds(request: web.Request, name: str, *, most: float) -> float:
    """A span in seconds, cut at `most`; raises HTTPBadRequest naming the parameter."""
    text = request.query.get(name, "0")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise web.HTTPBadRequest(text=f"{name}: seconds, not {text!r:.40}")
    return min(value, most)
