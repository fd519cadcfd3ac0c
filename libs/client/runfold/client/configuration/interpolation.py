"""`${{ run.args }}` in commands and `${{ env.X }}` in registry_auth: what only the user's machine can fill in.

`${{ secrets.X }}` is left to the server, and so is everything else.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runfold.client.configuration.errors import InvalidConfiguration

#: `$${{` is how `${{` itself is written.
_REFERENCE = re.compile(r"(\$?)\$\{\{\s*([A-Za-z_]+)\.([^\s}]+)\s*\}\}")


def interpolated(
    configuration: dict[str, Any], *, arguments: Sequence[str], environment: Mapping[str, str]
) -> dict[str, Any]:
    """A copy with its references to `run.args` and `env` replaced. Raises InvalidConfiguration."""

    def of_run(name: str) -> str:
        if name != "args":
            raise InvalidConfiguration(f"there is no run.{name}: `run.args` is what stands behind `--`")
        return shlex.join(arguments)

    def of_environment(name: str) -> str:
        if name not in environment:
            raise InvalidConfiguration(f"${{{{ env.{name} }}}}: no such environment variable is set")
        return environment[name]

    filled = dict(configuration)
    for field, references in (("commands", {"run": of_run}), ("registry_auth", {"env": of_environment})):
        if field in filled:
            filled[field] = _filled(filled[field], references)
    if isinstance(groups := filled.get("groups"), list):
        filled["groups"] = [_group(group, {"run": of_run}) for group in groups]
    return filled


def _group(group: Any, references: Mapping[str, Callable[[str], str]]) -> Any:
    if not isinstance(group, dict) or "commands" not in group:
        return group
    return {**group, "commands": _filled(group["commands"], references)}


def _filled(value: Any, references: Mapping[str, Callable[[str], str]]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, references) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, references) for item in value]
    if not isinstance(value, str):
        return value

    def replacement(found: re.Match[str]) -> str:
        escaped, namespace, name = found.groups()
        if namespace not in references:
            return found[0]
        return found[0][1:] if escaped else references[namespace](name)

    return _REFERENCE.sub(replacement, value)
