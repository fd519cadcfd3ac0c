"""The gateway's wiring."""

import sys
from collections.abc import Awaitable, Callable

from pydantic import SecretStr

from runfold.bus.dead_letters import DeadLetters
from runfold.eventlog.archives import ArchiveStore
from runfold.eventlog.metrics import MetricsReader
from runfold.eventlog.output import OutputReader
from runfold.eventlog.port import EventLog
from runfold.eventlog.runs import RunReader
from runfold.gateway.first_start import UntoldToken
from runfold.gateway.gateway import Gateway
from runfold.gateway.secrets import Secrets, VaultSecrets
from runfold.gateway.settings import GatewaySettings
from runfold.gateway.ssh.host_key import host_key
from runfold.ports import Clock, Ids
from runfold.service.bootstrap import FollowingSettings, follow
from runfold.service.component import Component, Opened, Together
from runfold.service.connections import Connections
from runfold.service.forgetting import Forgetting
from runfold.service.measured import MeasuredLog
from runfold.service.parcels import Parcels
from runfold.service.rebuilds import Rebuilds
from runfold.service.system import SystemClock, SystemIds
from runfold.service.vault import Vault
from runfold.service.view import View


class RemoteGatewaySettings(GatewaySettings, FollowingSettings):
    """Of the gateway as a process of its own."""

    health_port: int | None = 3001
    master_key: SecretStr  #: base64 of 32 bytes, the log service's


def build(
    settings: GatewaySettings,
    *,
    log: EventLog,
    view: View,
    output: OutputReader,
    metrics: MetricsReader,
    runs: RunReader,
    rebuilds: Rebuilds,
    secrets: Secrets,
    dead_letters: DeadLetters,
    connections: Connections,
    archives: ArchiveStore,
    parcels: Parcels,
    ssh_host_key: str,
    clock: Clock,
    ids: Ids,
    untold: UntoldToken | None = None,
) -> Gateway:
    """Call it before `view` starts; start what it returns after."""
    return Gateway(
        settings,
        log=MeasuredLog(log, Gateway.name, view, clock),
        view=view,
        output=output,
        metrics=metrics,
        runs=runs,
        rebuilds=rebuilds,
        secrets=secrets,
        dead_letters=dead_letters,
        connections=connections,
        archives=archives,
        parcels=parcels,
        ssh_host_key=ssh_host_key,
        clock=clock,
        ids=ids,
        untold=untold,
    )


async def wire(settings: RemoteGatewaySettings) -> Component:
    """As a process of its own: everything it reads comes from the log service."""
    from runfold.eventlog.adapters.archives_remote import RemoteArchives
    from runfold.eventlog.adapters.keys_remote import RemoteKeyStore
    from runfold.eventlog.adapters.metrics_remote import RemoteMetrics
    from runfold.eventlog.adapters.output_remote import RemoteOutput
    from runfold.eventlog.adapters.runs_remote import RemoteRuns
    from runfold.service.adapters.connections_remote import RemoteConnections
    from runfold.service.adapters.dead_letters_remote import RemoteDeadLetters
    from runfold.service.adapters.rebuilds_remote import RemoteRebuilds

    clock, ids = SystemClock(), SystemIds()
    urls, token = list(settings.log_urls), settings.log_token.get_secret_value()
    output, keys = RemoteOutput(urls, token), RemoteKeyStore(urls, token)
    metrics = RemoteMetrics(urls, token)
    archives = RemoteArchives(urls, token)
    runs, rebuilds = RemoteRuns(urls, token), RemoteRebuilds(urls, token)
    dead_letters, connections = RemoteDeadLetters(urls, token), RemoteConnections(urls, token)
    vault = Vault(keys, settings.master_key.get_secret_value(), ids=ids)
    following = follow(settings, "gateway", rows=True)
    gateway = build(
        settings,
        log=following.log,
        view=following.view,
        output=output,
        metrics=metrics,
        runs=runs,
        rebuilds=rebuilds,
        secrets=VaultSecrets(vault),
        dead_letters=dead_letters,
        connections=connections,
        archives=archives,
        parcels=Parcels(settings.master_key.get_secret_value()),
        ssh_host_key=host_key(settings.master_key.get_secret_value()),
        clock=clock,
        ids=ids,
    )
    remotes = (archives, output, metrics, keys, runs, rebuilds, dead_letters, connections)
    closers = [Opened(None, each.close) for each in remotes]
    forgetting = Forgetting(following.view, following.log, runs, ids)
    return Together(
        "gateway", *closers, forgetting, *following.parts, gateway, Opened(_teller(gateway), None)
    )


def _teller(gateway: Gateway) -> Callable[[], Awaitable[None]]:
    async def tell() -> None:
        """A token that was made is shown once, to who started this, and never logged."""
        if gateway.founded is not None and gateway.founded.made:
            print(f"The token of user admin is {gateway.founded.token}", file=sys.stderr, flush=True)

    return tell
