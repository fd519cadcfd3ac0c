"""`python -m runfold.log`."""

from runfold.log.bootstrap import wire
from runfold.log.settings import LogSettings
from runfold.service.serve import main

main("log", LogSettings, wire)
