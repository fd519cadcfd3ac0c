"""Jobs as containers of a Docker engine."""

from runfold.executor.runtimes.docker.runtime import DockerRuntime

__all__ = ["DockerRuntime"]
