"""The executor's wiring: which runtimes, which journal, which host."""

from collections.abc import Mapping

from runfold.bus.port import Bus
from runfold.executor.agent import Agent, Profile
from runfold.executor.host import Host
from runfold.executor.journal import Journal
from runfold.executor.lease import Lease, Leash
from runfold.executor.runtime import Runtime
from runfold.executor.settings import ExecutorSettings
from runfold.ports import Clock, Ids
from runfold.service.component import Component, Opened, Together
from runfold.service.settings import SettingsError
from runfold.service.system import SystemClock, SystemIds

VERSION = "0.1.0"


class Executor:
    """The executor as a component. What needs a running event loop or the disk is made at its start."""

    name = "executor"

    def __init__(
        self,
        settings: ExecutorSettings,
        *,
        bus: Bus,
        clock: Clock,
        ids: Ids,
        runtimes: Mapping[str, Runtime] | None,
        journal: Journal | None,
        host: Host | None,
    ) -> None:
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._ids = ids
        self._runtimes = runtimes
        self._journal = journal
        self._host = host
        self._agent: Agent | None = None

    async def start(self) -> None:
        """Raises IdentityTaken, JournalUnavailable, SettingsError."""
        settings = self._settings
        if self._runtimes is None or self._journal is None or self._host is None:
            _make_directory(settings)
        host = self._host or _host(settings)
        lease = Lease(host)
        leash = Leash(settings.heartbeat, lease.holds)
        profile = Profile(
            settings.name, settings.runtime, settings.fleet, settings.labels, VERSION, settings.address
        )
        self._agent = Agent(
            profile,
            _runtimes(settings, leash) if self._runtimes is None else self._runtimes,
            journal=self._journal or _journal(settings),
            host=host,
            bus=self._bus,
            clock=self._clock,
            ids=self._ids,
            lease=lease,
            metrics_interval=settings.metrics_interval,
        )
        await self._agent.start()

    async def stop(self) -> None:
        if self._agent:
            await self._agent.stop()

    def not_ready(self) -> str | None:
        return self._agent.not_ready() if self._agent else "starting"

    @property
    def runtimes(self) -> tuple[str, ...]:
        """The names of those that can run something at the moment; () before the start."""
        return self._agent.runtimes if self._agent else ()

    @property
    def told(self) -> str:
        """How jobs run here, as the start-up line says it."""
        image = self._settings.default_image
        kinds = {
            "docker": "docker"
            + (f" ({image} for jobs without an image)" if image else " (jobs with an image)"),
            "process": "processes of this host",
        }
        return ", ".join(kinds.get(name, name) for name in self.runtimes) or self._nothing

    @property
    def _nothing(self) -> str:
        """Why there is no runtime: a process can always run, so it's Docker alone that may, and it is away."""
        if self._settings.runtime != "docker":
            return "nothing can run here"
        from runfold.executor.runtimes.docker.engine import address

        where = address(self._settings.docker_host)
        return f"nothing can run here: no Docker engine answers at {where}"


def build(
    settings: ExecutorSettings,
    *,
    bus: Bus,
    clock: Clock,
    ids: Ids,
    runtimes: Mapping[str, Runtime] | None = None,
    journal: Journal | None = None,
    host: Host | None = None,
) -> Executor:
    """Without `runtimes`, `journal` and `host` it takes this machine's, under the data directory of `settings`."""
    return Executor(settings, bus=bus, clock=clock, ids=ids, runtimes=runtimes, journal=journal, host=host)


async def wire(settings: ExecutorSettings) -> Component:
    """As a process of its own: it knows the broker, and nothing else."""
    from runfold.bus.adapters.rabbitmq import RabbitBus

    if settings.amqp_url is None:
        raise SettingsError("RUNFOLD_AMQP_URL is missing: an executor is told its work by a broker")
    bus = RabbitBus(settings.amqp_url.get_secret_value(), name="executor")
    executor = build(settings, bus=bus, clock=SystemClock(), ids=SystemIds())
    return Together("executor", Opened(bus.open, bus.close), executor)


def _make_directory(settings: ExecutorSettings) -> None:
    """Others may pass through it, since jobs may run as another user, and see nothing."""
    settings.directory.mkdir(mode=0o711, parents=True, exist_ok=True)


def _journal(settings: ExecutorSettings) -> Journal:
    from runfold.executor.adapters.sqlite_journal import SqliteJournal

    return SqliteJournal(settings.directory / "journal.db")


def _host(settings: ExecutorSettings) -> Host:
    from runfold.executor.adapters.linux_host import LinuxHost

    return LinuxHost(settings.directory, settings.heartbeat)


def _runtimes(settings: ExecutorSettings, leash: Leash) -> dict[str, Runtime]:
    """Both, whichever is chosen for what comes: the journal may hold attempts of the other one."""
    from runfold.executor.adapters.parcels_http import fetch
    from runfold.executor.runtimes.docker import DockerRuntime
    from runfold.executor.runtimes.process import ProcessRuntime

    docker = DockerRuntime(
        settings.directory / "containers",
        url=settings.docker_host,
        default_image=settings.default_image,
        allow_privileged=settings.allow_privileged,
        allow_mounts=settings.allow_mounts,
        output_limit=settings.output_limit_per_hour,
        leash=leash,
        fetch=fetch,
    )
    try:
        process = ProcessRuntime(
            settings.directory / "attempts",
            user=settings.process_user,
            output_limit=settings.output_limit_per_hour,
            leash=leash,
            fetch=fetch,
        )
    except LookupError as error:
        raise SettingsError(f"RUNFOLD_PROCESS_USER: {error}") from error
    return {"docker": docker, "process": process}
