"""From dstack's fleet configuration to core's fleet, and back for fleets that weren't made here."""

from runfold.contracts.fleet import FleetSpec
from runfold.contracts.values import Idle, Quantities
from runfold.domain.errors import Invalid
from runfold.domain.fleet.state import Fleet
from runfold.gateway.dialects.dstack.configuration.fleet import FleetConfiguration, FleetNodes
from runfold.gateway.dialects.dstack.configuration.profile import Profile
from runfold.gateway.dialects.dstack.job_spec import bounded, idle, requested
from runfold.gateway.dialects.dstack.requests import fleets as requests
from runfold.gateway.http.errors import Refused, Unsupported

IDLE_DURATION = 3 * 24 * 3600  #: seconds
BACKENDS = ("remote", "local")


def fleet_spec(spec: requests.FleetSpec) -> FleetSpec:
    """Raises Refused, Unsupported, Invalid."""
    configuration = spec.configuration
    if configuration.ssh_config is not None:
        raise Unsupported("SSH fleets are")
    if configuration.nodes is None:
        raise Refused("No ssh_config or nodes specified")
    _check_backends(configuration)
    nodes, resources, asked = configuration.nodes, configuration.resources, _asked(spec)
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


def _check_backends(configuration: FleetConfiguration) -> None:
    wanted = configuration.backends
    if wanted is not None and not any(name in BACKENDS for name in wanted):
        raise Invalid(f"Backends {', '.join(wanted)[:200]} are not configured", field="backends")
    if configuration.spot_policy == "spot" or configuration.reservation is not None:
        raise Invalid("No configured backend has spot or reserved instances", field="spot_policy")


def _asked(spec: requests.FleetSpec) -> Idle | None:
    """The configuration's before the profile's."""
    own = spec.configuration.idle_duration
    return idle(spec.profile.idle_duration if own is None else own)
