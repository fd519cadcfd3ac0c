"""Whether an assignment can be taken: which runtime gives what it asks for, and whether it fits beside the others."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Literal

from runfold.contracts.executor import Assignment
from runfold.contracts.values import Quantities
from runfold.executor.holdings import QUANTITIES, Holdings
from runfold.executor.ledger import Admission, Admitted, Refused
from runfold.executor.runtime import Runtime

#: It names directories and containers.
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")

Choice = Literal["auto", "docker", "process"]


class Admissions:
    """`capacity` is the whole host's; `held` is what is taken of it."""

    def __init__(self, choice: Choice, capacity: Callable[[], Quantities], held: Holdings) -> None:
        self._choice = choice
        self._capacity = capacity
        self._held = held
        #: What can run something at the moment, by name.
        self.runtimes: dict[str, Runtime] = {}

    async def probe(self, runtimes: Mapping[str, Runtime]) -> tuple[str, ...]:
        """The names of those that are allowed and answer; from now on they are admitted to."""
        allowed = {name: runtime for name, runtime in runtimes.items() if self._choice in ("auto", name)}
        answers = await asyncio.gather(*(runtime.probe() for runtime in allowed.values()))
        self.runtimes = {
            name: runtime for (name, runtime), good in zip(allowed.items(), answers, strict=True) if good
        }
        return tuple(self.runtimes)

    def __call__(self, assignment: Assignment) -> Admission:
        if not _ID.fullmatch(assignment.attempt_id):
            return Refused("executor_error", "an attempt's id is letters, digits and hyphens")
        if lacking := self._lacking(assignment):
            return Refused("failed_to_start_due_to_no_capacity", lacking)
        name = self._choose(assignment)
        runtime = self.runtimes.get(name)
        if runtime is None:
            return Refused(
                "failed_to_start_due_to_no_capacity", f"the {name} runtime isn't available on this host"
            )
        if reason := runtime.refusal(assignment) or self._port_taken(assignment, name):
            return Refused("creating_container_error", reason)
        return Admitted(name)

    def _choose(self, assignment: Assignment) -> str:
        """A job with an image needs docker; one without gets docker's default image, else a process."""
        if self._choice != "auto":
            return self._choice
        if assignment.spec.image:
            return "docker"
        docker = self.runtimes.get("docker")
        if docker and ("process" not in self.runtimes or docker.refusal(assignment) is None):
            return "docker"
        return "process"

    def _lacking(self, assignment: Assignment) -> str | None:
        capacity = self._capacity()
        for name in QUANTITIES:
            asked = getattr(assignment.spec.requests, name)
            free = max(getattr(capacity, name) - self._held.taken[name], 0)
            if asked > free:
                return f"{name}: {asked} asked for, {free} free"
        return None

    def _port_taken(self, assignment: Assignment, runtime: str) -> str | None:
        """Processes share the host's ports, and so do containers on its network; others have ports of their own."""
        if runtime == "docker" and not assignment.spec.host_network:
            return None
        clash = [port for port in assignment.spec.ports if self._held.has_port(runtime, port)]
        return f"port {clash[0]} of the host is taken by another job" if clash else None
