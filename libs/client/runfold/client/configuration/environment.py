"""`env`: what has no value there takes it from the command line, else from the user's environment."""

from collections.abc import Mapping, Sequence
from typing import Any

from runfold.client.configuration.errors import InvalidConfiguration


def with_environment(
    configuration: dict[str, Any], *, given: Sequence[str], environment: Mapping[str, str]
) -> dict[str, Any]:
    """A copy whose `env` is a mapping with all its values; `given` (`A=1` or `A`) goes before it.

    Raises InvalidConfiguration for a variable that nothing gives a value.
    """
    wanted = {**_pairs(configuration.get("env")), **_pairs([*given])}
    if not wanted:
        return configuration
    filled = {name: environment.get(name) if value is None else value for name, value in wanted.items()}
    missing = [name for name, value in filled.items() if value is None]
    if missing:
        raise InvalidConfiguration(
            f"environment variable {missing[0]} has no value: export it, or give -e {missing[0]}=…"
        )
    return {**configuration, "env": filled}


def _pairs(env: Any) -> dict[str, Any]:
    """What is neither a list nor a mapping is the server's to refuse."""
    if isinstance(env, dict):
        return {str(name): value for name, value in env.items()}
    if isinstance(env, list):
        return dict(_pair(str(each)) for each in env)
    return {}


def _pair(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    return name, value if equals else None
