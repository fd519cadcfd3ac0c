"""The wiring of all five services into one process. Nothing in a service knows that it runs in this one."""

from collections.abc import Mapping
from dataclasses import dataclass

from runfold.bus.adapters.in_process import InProcessBus
from runfold.embedded.banner import Banner
from runfold.embedded.data_dir import DataDir
from runfold.embedded.settings import UpSettings
from runfold.eventlog.adapters.archives_sqlite import SqliteArchives
from runfold.eventlog.adapters.keys_sqlite import SqliteKeyStore
from runfold.eventlog.adapters.metrics_sqlite import SqliteMetricsStore
from runfold.eventlog.adapters.output_sqlite import SqliteOutputStore
from runfold.eventlog.adapters.runs_sqlite import SqliteRunStore
from runfold.eventlog.adapters.sqlite import SqliteStore
from runfold.eventlog.writer import Writer
from runfold.executor import bootstrap as executor
from runfold.executor.host import Host
from runfold.executor.runtime import Runtime
from runfold.executor.settings import ExecutorSettings
from runfold.gateway import bootstrap as gateway
from runfold.gateway.secrets import VaultSecrets
from runfold.gateway.settings import GatewaySettings
from runfold.gateway.ssh.host_key import host_key
from runfold.log import bootstrap as log
from runfold.log.deliveries import Deliveries
from runfold.log.settings import RetentionSettings
from runfold.provisioner import bootstrap as provisioner
from runfold.scheduler import bootstrap as scheduler
from runfold.service.component import Component, Opened, Together
from runfold.service.connections import BrokerConnections
from runfold.service.forgetting import Forgetting
from runfold.service.parcels import Parcels
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.settings import load
from runfold.service.system import SystemClock, SystemIds
from runfold.service.vault import Vault
from runfold.service.view import Memory, View


@dataclass(frozen=True, slots=True)
class Parts:
    """Settings of the services that have some of their own."""

    gateway: GatewaySettings
    executor: ExecutorSettings
    retention: RetentionSettings


def parts(settings: UpSettings) -> Parts:
    """Raises SettingsError: some of them come from the environment alone."""
    return Parts(
        load(
            GatewaySettings,
            host=settings.host,
            port=settings.port,
            ssh_port=settings.ssh_port,
            ssh_address=settings.ssh_address,
            admin_token=settings.admin_token,
            tls_cert=settings.tls_cert,
            tls_key=settings.tls_key,
        ),
        load(ExecutorSettings, data_dir=settings.directory / "executor", runtime=settings.runtime),
        load(RetentionSettings),
    )


def wire(
    settings: UpSettings,
    own: Parts,
    data: DataDir,
    *,
    runtimes: Mapping[str, Runtime] | None = None,
    host: Host | None = None,
) -> Component:
    """`own` is what `parts` made of `settings`; `data` is held by this process.

    Without `runtimes` and `host` the executor takes this machine's.
    """
    clock, ids = SystemClock(), SystemIds()
    store = SqliteStore(data.path / "log.db")
    output = SqliteOutputStore(data.path / "output.db")
    runs = SqliteRunStore(data.path / "history.db")
    metrics = SqliteMetricsStore(data.path / "metrics.db")
    keys = SqliteKeyStore(data.path / "keys.db")
    archives = SqliteArchives(data.path / "archives.db")
    master_key = settings.master_key.get_secret_value() if settings.master_key else data.master_key()
    vault = Vault(keys, master_key, ids=ids)
    bus = InProcessBus()
    writer = Writer(store, clock=clock, ids=ids, sole=True)
    view = View(writer, memory=Memory(settings.runs_in_memory))
    rebuilds = StoredRebuilds(runs, writer)
    entrance = gateway.build(
        own.gateway,
        log=writer,
        view=view,
        output=output,
        metrics=metrics,
        runs=runs,
        rebuilds=rebuilds,
        secrets=VaultSecrets(vault),
        dead_letters=bus.dead_letters,
        connections=BrokerConnections(bus),
        archives=archives,
        parcels=Parcels(master_key),
        ssh_host_key=host_key(master_key),
        clock=clock,
        ids=ids,
        untold=data.untold,
    )
    runner = executor.build(own.executor, bus=bus, clock=clock, ids=ids, runtimes=runtimes, host=host)
    return Together(
        "runfold",
        *(Opened(None, each.close) for each in (store, output, runs, metrics, keys, archives)),
        Opened(None, bus.close),
        Forgetting(view, writer, runs, ids),
        view,
        log.build(
            writer=writer,
            view=view,
            output=output,
            runs=runs,
            rebuilds=rebuilds,
            cursors=None,
            vault=vault,
            deliveries=Deliveries(Parcels(master_key), lambda: entrance.reached_at, clock),
            bus=bus,
            clock=clock,
            ids=ids,
            metrics=metrics,
            kept=own.retention.kept,
        ),
        scheduler.build(log=writer, view=view, bus=bus, clock=clock, ids=ids),
        provisioner.build(log=writer, view=view, bus=bus, clock=clock, ids=ids),
        entrance,
        runner,
        Banner(entrance, runner, data.untold, tls=settings.tls_cert is not None),
    )
