"""The provisioner's wiring."""

from runfold.eventlog.port import EventLog
from runfold.ports import Clock, Ids
from runfold.provisioner.backends.local import LocalBackend
from runfold.provisioner.service import Provisioner
from runfold.service.bootstrap import FollowingSettings, follow
from runfold.service.component import Component, Together
from runfold.service.measured import MeasuredLog
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View


class ProvisionerSettings(FollowingSettings):
    """Nothing beyond where log and broker are."""

    health_port: int | None = 3301


def build(*, log: EventLog, view: View, clock: Clock, ids: Ids) -> Component:
    """Call it before `view` starts; start what it returns after."""
    local = LocalBackend(view)
    measured = MeasuredLog(log, Provisioner.name, view, clock)
    return Provisioner(view, measured, clock, ids, {local.name: local})


async def wire(settings: ProvisionerSettings) -> Component:
    """As a process of its own."""
    clock, ids = SystemClock(), SystemIds()
    following = follow(settings, "provisioner")
    provisioner = build(log=following.log, view=following.view, clock=clock, ids=ids)
    return Together("provisioner", *following.parts, provisioner)
