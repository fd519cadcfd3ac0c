"""The scheduler's wiring."""

from runfold.bus.port import Bus
from runfold.eventlog.port import EventLog
from runfold.ports import Clock, Ids
from runfold.scheduler.service import Scheduler
from runfold.service.bootstrap import FollowingSettings, follow
from runfold.service.component import Component, Together
from runfold.service.measured import MeasuredLog
from runfold.service.replica import Replica
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View


class SchedulerSettings(FollowingSettings):
    """Nothing beyond where log and broker are."""

    health_port: int | None = 3201


def build(*, log: EventLog, view: View, bus: Bus, clock: Clock, ids: Ids, standby: bool = False) -> Component:
    """Call it before `view` starts; start what it returns after."""
    scheduler = Scheduler(view, MeasuredLog(log, Scheduler.name, view, clock), clock, ids)
    return Replica(scheduler.name, scheduler, bus, ids, standby=standby, not_ready=view.not_ready)


async def wire(settings: SchedulerSettings) -> Component:
    """As a process of its own."""
    clock, ids = SystemClock(), SystemIds()
    following = follow(settings, "scheduler")
    scheduler = build(
        log=following.log,
        view=following.view,
        bus=following.bus,
        clock=clock,
        ids=ids,
        standby=settings.standby,
    )
    return Together("scheduler", *following.parts, scheduler)
