"""`python -m runfold.executor`."""

from runfold.executor.bootstrap import wire
from runfold.executor.settings import ExecutorSettings
from runfold.service.serve import main

main("executor", ExecutorSettings, wire)
