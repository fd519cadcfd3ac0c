"""A gateway over a real log in memory, called without a socket; what the other services do is appended by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from runfold.bus.adapters.in_process import InProcessBus
from runfold.contracts import fleet, instance, job, run, user
from runfold.contracts.envelope import Context, record
from runfold.contracts.executor import OutputChunk
from runfold.contracts.registry import Event
from runfold.contracts.values import Quantities
from runfold.domain.cell.state import Cell
from runfold.domain.cell.touch import new_events
from runfold.domain.instance.blocks import reserved
from runfold.domain.job.state import Job
from runfold.domain.project.state import Project
from runfold.domain.run.encoding import VERSION
from runfold.domain.run.state import Run
from runfold.eventlog.adapters.archives_memory import MemoryArchives
from runfold.eventlog.adapters.keys_memory import MemoryKeyStore
from runfold.eventlog.adapters.memory import MemoryStore
from runfold.eventlog.adapters.metrics_memory import MemoryMetricsStore
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.adapters.runs_memory import MemoryRunStore
from runfold.eventlog.metrics import MetricsStore
from runfold.eventlog.port import Append, EventLog
from runfold.eventlog.writer import Writer
from runfold.gateway.bootstrap import build
from runfold.gateway.first_start import UntoldToken
from runfold.gateway.gateway import Gateway
from runfold.gateway.http.call import Answer, Call
from runfold.gateway.secrets import VaultSecrets
from runfold.gateway.settings import GatewaySettings
from runfold.gateway.ssh.host_key import host_key
from runfold.log.projector import advance
from runfold.service.connections import BrokerConnections
from runfold.service.parcels import Parcels
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.run_rows import batches
from runfold.service.system import SystemIds
from runfold.service.vault import Vault
from runfold.service.view import Memory, View
from tests.faulty_store import FaultyStore

ADMIN = "token-of-the-admin"
GIB = 1024**3
START = 1_700_000_000_000_000
MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class StepClock:
    """A millisecond later each time it is looked at."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> int:
        self.time += 1000
        return self.time


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Storage:
    """What outlives a gateway."""

    store: FaultyStore = field(default_factory=lambda: FaultyStore(MemoryStore()))
    output: MemoryOutputStore = field(default_factory=MemoryOutputStore)
    metrics: MetricsStore = field(default_factory=MemoryMetricsStore)
    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    archives: MemoryArchives = field(default_factory=MemoryArchives)
    runs: MemoryRunStore = field(default_factory=MemoryRunStore)
    clock: StepClock = field(default_factory=StepClock)
    ids: SystemIds = field(default_factory=SystemIds)


class World:
    def __init__(
        self, storage: Storage, writer: Writer, view: View, gateway: Gateway, bus: InProcessBus
    ) -> None:
        self.storage, self.writer, self.view, self.gateway, self.bus = storage, writer, view, gateway, bus

    @property
    def cell(self) -> Cell:
        return self.view.cell

    @property
    def project(self) -> Project:
        found = self.cell.project_named("main")
        assert found is not None
        return found

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = ADMIN,
        raw: bytes | None = None,
        query: dict[str, str] | None = None,
        **headers: str,
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        return await self.gateway.api.answer(
            Call(method, path, sent, query or {}, content, self.storage.ids.uuid4())
        )

    async def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        answer = await self.call("POST", path, body, **options)
        return Reply(answer.status, json.loads(answer.body), dict(answer.headers))

    async def get(self, path: str, **options: Any) -> Reply:
        answer = await self.call("GET", path, **options)
        return Reply(answer.status, json.loads(answer.body), dict(answer.headers))

    async def in_main(self, path: str, body: Any = None, **options: Any) -> Reply:
        return await self.post(f"/api/project/main/{path}", body, **options)

    async def submit(self, name: str | None = None, /, *commands: str, **options: Any) -> Reply:
        """A task; options beyond the call's own are its configuration's."""
        call_options = {k: options.pop(k) for k in ("token", "idempotency_key") if k in options}
        configuration = {"type": "task", "commands": list(commands) or ["true"], **options}
        spec = {"run_name": name, "configuration": configuration}
        return await self.in_main("runs/apply", {"plan": {"run_spec": spec}, "force": False}, **call_options)

    async def happen(self, *events: Event, actor: str = "service:test") -> None:
        """As another service would append them."""
        new = new_events(events, self.cell)
        ids = self.storage.ids
        records = tuple(record(item, ids.uuid7(), Context(actor, ids.uuid4())) for item in new)
        done = await self.writer.append(Append(ids.uuid7(), records))
        await self.view.reached(done.last)

    async def join(self, name: str, role: str | None = None, global_role: str = "user") -> str:
        """A user with a role in project main; the token."""
        ids, token = self.storage.ids, f"token-of-{name}"
        user_id = ids.uuid4()
        events: list[Event] = [
            user.UserCreated(user_id, name, global_role),
            user.TokenIssued(ids.uuid7(), user_id, sha256(token.encode()).hexdigest()),
        ]
        if role is not None:
            events.append(user.GrantGiven(ids.uuid7(), user_id, role, f"project:{self.project.id}"))
        await self.happen(*events)
        return token

    async def add_host(
        self,
        name: str = "host-1",
        cpu: int = 8,
        gib: int = 32,
        gpu: int = 0,
        fleet_name: str = "local",
        blocks: int = 1,
    ) -> str:
        """A host with an executor, and an instance of a fleet on it; the instance's id."""
        ids = self.storage.ids
        of = self.cell.fleet_named(self.project.id, fleet_name)
        assert of is not None
        capacity = Quantities(cpu * 1000, gib * GIB, gpu * 1000, 100 * GIB)
        host_id, instance_id = ids.uuid7(), ids.uuid7()
        await self.happen(
            instance.ExecutorJoined(host_id, name, capacity, ("docker", "process"), "local"),
            instance.InstanceRequested(
                instance_id, of.id, of.nums, f"{of.name}-{of.nums}", "local", project_id=of.project_id
            ),
        )
        await self.happen(
            instance.InstanceProvisioned(instance_id, of.id, host_id, name, capacity, "local", blocks=blocks)
        )
        return instance_id

    def run(self, name: str) -> Run:
        found = self.cell.run_named(self.project.id, name)
        assert isinstance(found, Run)
        return found

    def job(self, name: str) -> Job:
        return self.run(name).jobs[0]

    async def place(self, name: str, instance_id: str) -> None:
        """All of its jobs."""
        on = self.cell.instances[instance_id]
        host_id = on.host_id
        assert host_id is not None
        await self.happen(
            *(
                job.JobPlaced(
                    each.id,
                    each.run_id,
                    each.attempt.id,
                    instance_id,
                    host_id,
                    reserved(each.spec.requests, on),
                )
                for each in self.run(name).jobs
            )
        )

    async def start(self, name: str, instance_id: str) -> None:
        await self.place(name, instance_id)
        known = self.job(name)
        await self.happen(
            job.AttemptStarted(known.id, known.attempt.id, self.storage.clock.now(), {80: 8080})
        )

    async def start_of(self, name: str) -> None:
        """A run that is submitted, placed on a host of its own, and running."""
        host = await self.add_host(f"host-of-{name}")
        await self.submit(name, "sleep 60")
        await self.start(name, host)

    async def finish(
        self, name: str, status: str = "done", reason: str = "done_by_runner", exit_status: int | None = 0
    ) -> None:
        known = self.job(name)
        now, attempt = self.storage.clock.now(), known.attempt.id
        run_end = ("done", "all_jobs_done") if status == "done" else ("failed", "job_failed")
        if known.attempt.placed_at is not None:
            await self.happen(job.AttemptExited(known.id, attempt, reason, now, exit_status))
        await self.happen(
            job.JobFinished(known.id, known.run_id, attempt, status, reason, exit_status),
            run.RunFinished(known.run_id, *run_end),
        )

    async def leave_memory(self) -> None:
        """All that is finished lies in rows alone, as log service and gateway have it in their own time."""
        await self.write_rows()
        self.view.in_rows(self.cell.position)

    async def write_rows(self) -> None:
        runs = self.storage.runs
        if (active := (await runs.generations()).active) is None:
            building = (await runs.generations()).wanting(VERSION)
            assert await runs.replace(building) and await runs.replace(building.activated())
            active = building.activated().active
        assert active is not None
        for batch in batches(self.cell, active.position):
            await runs.write(active.number, batch.rows, batch.deletions)
        await advance(runs, active.number, self.view.log_id, self.cell.position)

    async def print(self, name: str, *chunks: bytes) -> str:
        """The attempt whose output it is."""
        attempt, offset = self.job(name).attempt.id, 0
        for chunk in chunks:
            now = self.storage.clock.now()
            await self.storage.output.append([OutputChunk(attempt, offset, now, chunk)])
            offset += len(chunk)
        return attempt

    async def make_fleet(self, name: str, *, project_id: str | None = None) -> str:
        fleet_id = self.storage.ids.uuid4()
        await self.happen(fleet.FleetCreated(fleet_id, name, fleet.FleetSpec(), project_id))
        return fleet_id


@asynccontextmanager
async def a_world(
    storage: Storage | None = None,
    *,
    log: EventLog | None = None,
    untold: UntoldToken | None = None,
    **settings: Any,
) -> AsyncGenerator[World]:
    """Over `storage` as it was left, with a writer of its own; or a further gateway over another one's `log`."""
    storage = storage or Storage()
    writer = Writer(storage.store, clock=storage.clock, ids=storage.ids, sole=True)
    if log is None:
        await writer.start()
    followed = log or writer
    view, bus = View(followed, memory=Memory(0)), InProcessBus()
    gateway = build(
        GatewaySettings(**{"port": 0, "ssh_port": "off", "admin_token": ADMIN, **settings}),
        log=followed,
        view=view,
        output=storage.output,
        metrics=storage.metrics,
        runs=storage.runs,
        rebuilds=StoredRebuilds(storage.runs, followed),
        secrets=VaultSecrets(Vault(storage.keys, MASTER_KEY, ids=storage.ids)),
        dead_letters=bus.dead_letters,
        connections=BrokerConnections(bus),
        archives=storage.archives,
        parcels=Parcels(MASTER_KEY),
        ssh_host_key=host_key(MASTER_KEY),
        clock=storage.clock,
        ids=storage.ids,
        untold=untold,
    )
    try:
        await view.start()
        await gateway.start()
        yield World(storage, writer, view, gateway, bus)
    finally:
        await bus.close()
        await gateway.stop()
        await view.stop()
        if log is None:
            await writer.stop()
