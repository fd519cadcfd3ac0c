"""Which instances a run chose to run on, within its fleets."""

from runfold.contracts.values import InstanceName, Selection
from runfold.domain.instance.state import Instance


def selects(selection: Selection | None, instance: Instance) -> bool:
    if selection is None:
        return True
    most = selection.max_price_micros
    if most is not None and instance.price_micros > most:
        return False
    return selection.instances is None or any(_names(name, instance) for name in selection.instances)


def may_grow(selection: Selection | None) -> bool:
    """Whether a fleet may be asked for an instance more: none that isn't there has one of the names."""
    return selection is None or (not selection.reuse and selection.instances is None)


def _names(name: InstanceName, instance: Instance) -> bool:
    return (
        name.name in (None, instance.name)
        and name.hostname in (None, instance.hostname)
        and name.fleet_id in (None, instance.fleet_id)
        and name.num in (None, instance.num)
    )
