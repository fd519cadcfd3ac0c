"""The scheduler's wiring."""

from datetime import timedelta
from typing import Annotated

from annotated_types import Ge
from pydantic import BeforeValidator

from runfold.bus.port import Bus
from runfold.eventlog.port import EventLog
from runfold.ports import Clock, Ids
from runfold.scheduler.service import Scheduler
from runfold.service.bootstrap import FollowingSettings, follow
from runfold.service.component import Component, Together
from runfold.service.measured import MeasuredLog
from runfold.service.replica import Replica
from runfold.service.settings import Duration
from runfold.service.system import SystemClock, SystemIds
from runfold.service.view import View

#: Executors are heard every 30 seconds: one that is only late isn't cut off.
LEAST = timedelta(seconds=60)


def _stop_after(value: object) -> object:
    return None if value == "off" else value


StopAfter = Annotated[Annotated[Duration, Ge(LEAST)] | None, BeforeValidator(_stop_after)]


class SchedulerSettings(FollowingSettings):
    health_port: int | None = 3201
    runs_in_memory: Annotated[int, Ge(0)] = 1_000  #: nobody here asks for what is over
    #: How long a host may be cut off until it stops what is to be tried again elsewhere; None is for ever.
    stop_after: StopAfter = timedelta(minutes=2)


def build(
    *,
    log: EventLog,
    view: View,
    bus: Bus,
    clock: Clock,
    ids: Ids,
    stop_after: int | None = None,
    standby: bool = False,
) -> Component:
    """Call it before `view` starts; start what it returns after. `stop_after` in seconds; without it nothing that a
    host runs is stopped for its being cut off, nor begun elsewhere."""
    scheduler = Scheduler(view, MeasuredLog(log, Scheduler.name, view, clock), clock, ids, stop_after)
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
        stop_after=int(settings.stop_after.total_seconds()) if settings.stop_after else None,
        standby=settings.standby,
    )
    return Together("scheduler", *following.parts, scheduler)
