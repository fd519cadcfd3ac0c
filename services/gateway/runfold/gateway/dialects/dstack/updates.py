"""What of an active run may change while it goes on (dstack spec, section 8); all else takes another run."""

from typing import Any

from runfold.domain.run.state import PastRun, Run
from runfold.gateway.dialects.dstack.requests.runs import RunSpec
from runfold.gateway.dialects.dstack.responses.run import DIALECT

#: Of a task's configuration.
IN_PLACE = ("priority",)
#: Where the configuration lies is nobody's business once it was read.
_IRRELEVANT = {"configuration_path"}


def changes(existing: Run | PastRun | None, asked: RunSpec) -> list[str] | None:
    """The names of what changes in place, which may be nothing; None where it takes another run.

    Both are specifications with their defaults, and without secrets.
    """
    if not isinstance(existing, Run) or existing.final is not None or existing.stop is not None:
        return None
    if existing.dialect != DIALECT:
        return None
    old, new = _fields(RunSpec.model_validate_json(existing.request)), _fields(asked)
    changed = [name for name in new if old.get(name) != new[name]]
    return changed if set(changed) <= set(IN_PLACE) else None


def _fields(spec: RunSpec) -> dict[str, Any]:
    """Those of the configuration by their own names, the others as the run's."""
    document = spec.model_dump(mode="json", exclude=_IRRELEVANT)
    return {
        **document.pop("configuration"),
        **{f"run_spec.{name}": value for name, value in document.items()},
    }
