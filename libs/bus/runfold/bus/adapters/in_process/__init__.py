"""A broker within the process: what the embedded server and the simulation run on."""

from runfold.bus.adapters.in_process.broker import InProcessBroker
from runfold.bus.adapters.in_process.bus import InProcessBus

__all__ = ["InProcessBroker", "InProcessBus"]
