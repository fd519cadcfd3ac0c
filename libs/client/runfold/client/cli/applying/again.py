"""A run's own configuration as a document, to be applied again."""

import re
from collections.abc import Sequence
from typing import Any

from runfold.client.blocking import Client
from runfold.client.cli.applying.belongings import had
from runfold.client.cli.applying.documents import apply_all
from runfold.client.cli.applying.options import Options
from runfold.client.cli.named import run_named
from runfold.client.configuration.documents import Document
from runfold.client.configuration.errors import InvalidConfiguration
from runfold.client.configuration.overrides import with_settings

OWN = {"name", "default"}  #: fields of a profile that say nothing of a run
HIDDEN = "***"  #: what the server shows in place of a secret


def again(
    name: str,
    settings: Sequence[str],
    *,
    as_name: str | None,
    yes: bool,
    project: str | None,
    detach: bool,
) -> bool:
    """Whether it is done, or submitted where nobody stays."""
    with Client.configured(project) as client:
        run = run_named(client, name)
    profile = {name: value for name, value in (run.run_spec.profile or {}).items() if name not in OWN}
    configuration = with_settings(_merged(profile, run.run_spec.configuration), settings)
    for field in _hidden(configuration, ""):
        raise InvalidConfiguration(f"the server doesn't tell what {field} was: give --set {field}=…")
    document = Document(f"run {name}", {**configuration, "name": as_name or name})
    options = Options(yes=yes, no_profile=True, had=_without(had(run.run_spec), settings))
    return apply_all([document], options, project=project, detach=detach)


def _without(belongings: dict[str, dict[str, Any]], settings: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What a setting changes is prepared anew."""
    changed = {re.split(r"[.=]", setting, maxsplit=1)[0] for setting in settings}
    return {field: had for field, had in belongings.items() if field not in changed}


def _merged(profile: dict[str, Any], configuration: dict[str, Any]) -> dict[str, Any]:
    """What the configuration says goes before what its profile said."""
    return {**profile, **{name: value for name, value in configuration.items() if value is not None}}


def _hidden(value: Any, at: str) -> list[str]:
    if isinstance(value, dict):
        return [
            found for key, inner in value.items() for found in _hidden(inner, f"{at}.{key}" if at else key)
        ]
    return [at] if value == HIDDEN else []
