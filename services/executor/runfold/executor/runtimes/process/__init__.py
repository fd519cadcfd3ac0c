"""Jobs as processes of the host, each under a small supervisor that outlives the executor."""

from runfold.executor.runtimes.process.runtime import ProcessRuntime

__all__ = ["ProcessRuntime"]
