"""From dstack's fleet configuration to core's fleet, and back for fleets that weren't made here."""

from collections.abc import Collection

from runfold.contracts.fleet import FleetSpec
from runfold.contracts.values import Idle, Quantities
from runfold.domain.errors import Invalid
from runfold.domain.fleet.state import Fleet
from runfold.gateway.dialects.dstack.configuration.fleet import FleetConfiguration, FleetNodes
from runfold.gateway.dialects.dstack.configuration.profile import Profile, ProfileParams
from runfold.gateway.dialects.dstack.fleet_update import merged_profile
from runfold.gateway.dialects.dstack.job_spec import bounded, idle, requested
from runfold.gateway.dialects.dstack.requests import fleets as requests
from runfold.gateway.dialects.dstack.responses.hardware import INSTANCE_TYPE, REGION
from runfold.gateway.http.errors import Refused, Unsupported

IDLE_DURATION = 3 * 24 * 3600  #: seconds
BACKENDS = ("remote", "local")


def fleet_spec(spec: requests.FleetSpec) -> FleetSpec:
    """Raises Refused, Unsupported, Invalid."""
    configuration = spec.configuration
    _check_kind(configuration)
    profile = merged_profile(spec)
    _check_profile(profile)
    nodes, resources, asked = configuration.nodes, configuration.resources, idle(profile.idle_duration)
    assert nodes is not None
    return FleetSpec(
        backend="local",
        nodes_min=bounded(nodes.min, "nodes"),
        nodes_target=bounded(nodes.target, "nodes"),
        nodes_max=None if nodes.max is None else bounded(nodes.max, "nodes"),
        idle_duration=(asked or Idle(IDLE_DURATION)).seconds,
        requires=requested(resources, Quantities()) if resources else Quantities(),
        blocks=None if configuration.blocks == "auto" else bounded(configuration.blocks, "blocks"),
        idle_asked=asked is not None,
    )


def shown(fleet: Fleet) -> str:
    """The document it was made of, or one that says the same."""
    if fleet.request is not None:
        return fleet.request
    spec = fleet.spec
    configuration = FleetConfiguration(
        name=fleet.name,
        nodes=FleetNodes(min=spec.nodes_min, target=spec.nodes_target, max=spec.nodes_max),
        blocks="auto" if spec.blocks is None else spec.blocks,
        idle_duration=-1 if spec.idle_duration is None else spec.idle_duration,
    )
    return requests.FleetSpec(configuration=configuration, profile=Profile()).model_dump_json()


def document(fleet: Fleet) -> requests.FleetSpec:
    """The same, read."""
    return requests.FleetSpec.model_validate_json(shown(fleet)).with_defaults()


def _check_kind(configuration: FleetConfiguration) -> None:
    if configuration.ssh_config is not None and configuration.nodes is not None:
        raise Refused("ssh_config and nodes are mutually exclusive")
    if configuration.ssh_config is not None:
        raise Unsupported("SSH fleets are")
    if configuration.nodes is None:
        raise Refused("No ssh_config or nodes specified")
    if configuration.env:
        raise Refused("Backend fleet configuration does not support the following fields: ['env']")


def _check_profile(profile: ProfileParams) -> None:
    """Refuses at once a fleet that could never have an instance. Raises Invalid."""
    _check_among("Backends", "backends", profile.backends, BACKENDS)
    _check_among("Regions", "regions", profile.regions, (REGION,))
    _check_among("Availability zones", "availability_zones", profile.availability_zones, ())
    _check_among("Instance types", "instance_types", profile.instance_types, (INSTANCE_TYPE,))
    if profile.spot_policy == "spot" or profile.reservation is not None:
        raise Invalid("No configured backend has spot or reserved instances", field="spot_policy")


def _check_among(what: str, field: str, wanted: list[str] | None, known: Collection[str]) -> None:
    if wanted is not None and not any(name in known for name in wanted):
        raise Invalid(f"{what} {', '.join(wanted)[:200]} are not configured", field=field)
