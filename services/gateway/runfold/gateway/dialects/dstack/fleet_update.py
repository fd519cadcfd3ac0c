"""Whether a fleet becomes what is asked for as it stands, or is made anew (dstack spec, section 5: `apply`)."""

from pydantic import BaseModel

from runfold.gateway.dialects.dstack.configuration.profile import Profile, ProfileParams
from runfold.gateway.dialects.dstack.requests.fleets import FleetSpec, SeenFleet
from runfold.gateway.http.errors import Refused

#: What may change of a fleet's specification; the merged profile only with the configuration that it follows from.
_OF_SPEC = ("configuration", "configuration_path", "merged_profile")
_OF_CONFIGURATION = (
    "nodes",
    "reservation",
    "tags",
    "resources",
    "backends",
    "regions",
    "availability_zones",
    "instance_types",
    "spot_policy",
    "max_price",
)


def merged_profile(spec: FleetSpec) -> Profile:
    """The configuration's values before the profile's, key by key, where they aren't null."""
    own = {name: getattr(spec.configuration, name, None) for name in ProfileParams.model_fields}
    return spec.profile.model_copy(update={name: value for name, value in own.items() if value is not None})


def check_update(current: FleetSpec, new: FleetSpec) -> None:
    """Raises Refused, with the names of the fields where some that changed can't in place."""
    changed = _changed(current, new)
    if merged_profile(current) != merged_profile(new):
        changed.append("merged_profile")
    _check(changed, _OF_SPEC)
    _check(_changed(current.configuration, new.configuration), _OF_CONFIGURATION)


def can_update(current: FleetSpec, new: FleetSpec) -> bool:
    try:
        check_update(current, new)
    except Refused:
        return False
    return True


def check_unchanged(fleet_id: str, current: FleetSpec, seen: SeenFleet | None, *, force: bool) -> None:
    """Raises Refused where the client plans over what isn't so any more."""
    if force:
        return
    if seen is None or str(seen.id) != fleet_id or seen.spec is None or seen.spec.with_defaults() != current:
        raise Refused("Failed to apply plan. Resource has been changed. Try again or use force apply.")


def _changed(current: BaseModel, new: BaseModel) -> list[str]:
    return [name for name in type(current).model_fields if getattr(current, name) != getattr(new, name)]


def _check(changed: list[str], updatable: tuple[str, ...]) -> None:
    if not set(changed) <= set(updatable):
        raise Refused(f"Failed to update fields {changed}. Can only update {list(updatable)}.")
