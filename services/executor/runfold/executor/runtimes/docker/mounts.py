"""Directories of the host that containers see: those that lie in what the host allows, symbolic links followed."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from runfold.contracts.values import Mount


def refusal(wanted: Iterable[Mount], allowed: Sequence[Path]) -> str | None:
    for mount in wanted:
        if not mount.optional and _source(mount, allowed) is None:
            return f"volumes: {mount.source} isn't there or not allowed on this host (RUNFOLD_ALLOW_MOUNTS)"
    return None


def binds(wanted: Iterable[Mount], allowed: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """As the engine's SDK takes them; what is optional and can't be had is left out."""
    found = ((_source(mount, allowed), mount.target) for mount in wanted)
    return {str(source): {"bind": target, "mode": "rw"} for source, target in found if source is not None}


def _source(mount: Mount, allowed: Sequence[Path]) -> Path | None:
    source = Path(mount.source).resolve()
    within = any(source.is_relative_to(each.resolve()) for each in allowed)
    return source if within and source.exists() else None
