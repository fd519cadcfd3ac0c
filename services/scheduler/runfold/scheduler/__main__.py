"""`python -m runfold.scheduler`."""

from runfold.scheduler.bootstrap import SchedulerSettings, wire
from runfold.service.serve import main

main("scheduler", SchedulerSettings, wire)
