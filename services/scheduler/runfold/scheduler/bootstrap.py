"""The scheduler's wiring."""

from runfold.eventlog.port import EventLog
from runfold.ports import Clock, Ids
from runfold.scheduler.service import Scheduler
from runfold.service.bootstrap import FollowingSettings, follow
from runfold.service.component import Component, Together
from runfold.service.measured import MeasuredLog
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View


class SchedulerSettings(FollowingSettings):
    """Nothing beyond where log and broker are."""

    health_port: int | None = 3201


def build(*, log: EventLog, view: View, clock: Clock, ids: Ids) -> Component:
    """Call it before `view` starts; start what it returns after."""
    return Scheduler(view, MeasuredLog(log, Scheduler.name, view, clock), clock, ids)


async def wire(settings: SchedulerSettings) -> Component:
    """As a process of its own."""
    clock, ids = SystemClock(), SystemIds()
    following = follow(settings, "scheduler")
    scheduler = build(log=following.log, view=following.view, clock=clock, ids=ids)
    return Together("scheduler", *following.parts, scheduler)
