"""`${{ … }}` in what jobs are given: values of secrets, addresses of nodes; `$$` is a `$` where one could stand."""

import re
from collections.abc import Callable, Iterable, Mapping

_SECRET = re.compile(r"\$\$|\$\{\{\s*secrets\.([A-Za-z0-9_-]{1,200})\s*\}\}")
_NODE = re.compile(r"\$\$|\$\{\{\s*groups\[(\d{1,4})\]\.nodes\[(\d{1,4})\]\.IP_ADDRESS\s*\}\}")


def secrets_in(texts: Iterable[str]) -> list[str]:
    """Names of the secrets there, each once."""
    found = (match[1] for text in texts for match in _SECRET.finditer(text))
    return list(dict.fromkeys(name for name in found if name))


def with_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """KeyError where one is missing. A value that looks like a reference stays as it is."""
    if "${{" not in text:
        return text
    return _SECRET.sub(lambda match: secrets[match[1]] if match[1] else "$", text)


def nodes_in(text: str) -> list[tuple[int, int]]:
    """Group and number in it of the nodes whose addresses are wanted."""
    return [(int(match[1]), int(match[2])) for match in _NODE.finditer(text) if match[1]]


def with_addresses(text: str, address: Callable[[int, int], str]) -> str:
    if "${{" not in text:
        return text
    return _NODE.sub(lambda match: address(int(match[1]), int(match[2])) if match[1] else "$", text)
