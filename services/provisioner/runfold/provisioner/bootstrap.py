"""The provisioner's wiring."""

from typing import Annotated

from annotated_types import Ge

from runfold.bus.port import Bus
from runfold.eventlog.port import EventLog
from runfold.ports import Clock, Ids
from runfold.provisioner.backends.local import LocalBackend
from runfold.provisioner.service import Provisioner
from runfold.service.bootstrap import FollowingSettings, follow
from runfold.service.component import Component, Together
from runfold.service.measured import MeasuredLog
from runfold.service.replica import Replica
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View


class ProvisionerSettings(FollowingSettings):
    """Little beyond where log and broker are."""

    health_port: int | None = 3301
    runs_in_memory: Annotated[int, Ge(0)] = 1_000  #: nobody here asks for what is over


def build(*, log: EventLog, view: View, bus: Bus, clock: Clock, ids: Ids, standby: bool = False) -> Component:
    """Call it before `view` starts; start what it returns after."""
    local = LocalBackend(view)
    measured = MeasuredLog(log, Provisioner.name, view, clock)
    provisioner = Provisioner(view, measured, clock, ids, {local.name: local})
    return Replica(provisioner.name, provisioner, bus, ids, standby=standby, not_ready=view.not_ready)


async def wire(settings: ProvisionerSettings) -> Component:
    """As a process of its own."""
    clock, ids = SystemClock(), SystemIds()
    following = follow(settings, "provisioner")
    provisioner = build(
        log=following.log,
        view=following.view,
        bus=following.bus,
        clock=clock,
        ids=ids,
        standby=settings.standby,
    )
    return Together("provisioner", *following.parts, provisioner)
