"""Which queues a message goes to: direct, fanout and topic exchanges."""

from runfold.bus.adapters.in_process.queue import QueueState
from runfold.bus.topology import EXCHANGE_TYPES, Exchange

_REMEMBERED = 4096


def topic_matches(pattern: str, key: str) -> bool:
    """AMQP's patterns: `*` stands for one word, `#` for any number of them."""
    return _words_match(pattern.split("."), key.split("."))


def _words_match(pattern: list[str], words: list[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_words_match(pattern[1:], words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _words_match(pattern[1:], words[1:])


class Bindings:
    """Routes are remembered, since every message asks, and forgotten when a binding changes."""

    def __init__(self) -> None:
        self._bound: dict[Exchange, list[tuple[str, QueueState]]] = {exchange: [] for exchange in Exchange}
        self._routes: dict[tuple[Exchange, str], tuple[QueueState, ...]] = {}

    def bind(self, queue: QueueState) -> None:
        self._bound[queue.spec.exchange].append((queue.spec.key, queue))
        self._routes.clear()

    def unbind(self, queue: QueueState) -> None:
        bound = self._bound[queue.spec.exchange]
        self._bound[queue.spec.exchange] = [binding for binding in bound if binding[1] is not queue]
        self._routes.clear()

    def route(self, exchange: Exchange, key: str) -> tuple[QueueState, ...]:
        route = self._routes.get((exchange, key))
        if route is None:
            if len(self._routes) >= _REMEMBERED:
                self._routes.clear()
            route = self._routes[exchange, key] = self._find(exchange, key)
        return route

    def _find(self, exchange: Exchange, key: str) -> tuple[QueueState, ...]:
        kind = EXCHANGE_TYPES[exchange]
        return tuple(queue for pattern, queue in self._bound[exchange] if _matches(kind, pattern, key))


def _matches(kind: str, pattern: str, key: str) -> bool:
    match kind:
        case "fanout":
            return True
        case "topic":
            return topic_matches(pattern, key)
        case _:
            return pattern == key
