"""The gateway as a component."""

from runfold.bus.dead_letters import DeadLetters
from runfold.eventlog.archives import ArchiveStore
from runfold.eventlog.metrics import MetricsReader
from runfold.eventlog.output import OutputReader
from runfold.eventlog.port import EventLog
from runfold.eventlog.runs import RunReader
from runfold.gateway.api import Api
from runfold.gateway.app import HttpPort
from runfold.gateway.ask import Parts
from runfold.gateway.commands import Commands
from runfold.gateway.connections.reach import Reach
from runfold.gateway.connections.tickets import Tickets
from runfold.gateway.dialects.dstack.attach import submitted_key
from runfold.gateway.dialects.table import ROUTES
from runfold.gateway.feed import Feed
from runfold.gateway.first_start import Founded, UntoldToken, found
from runfold.gateway.following import Following
from runfold.gateway.readmodels.ends import Ends
from runfold.gateway.readmodels.history import History
from runfold.gateway.readmodels.past import Past
from runfold.gateway.readmodels.rendered import Rendered
from runfold.gateway.readmodels.unfinished import Unfinished
from runfold.gateway.secrets import Secrets
from runfold.gateway.settings import GatewaySettings
from runfold.gateway.ssh.address import SshAddress
from runfold.gateway.ssh.door import House
from runfold.gateway.ssh.front import FrontDoor
from runfold.gateway.ssh.output import OutputPort
from runfold.gateway.tls import fingerprint
from runfold.ports import Clock, Ids
from runfold.service.address import Address
from runfold.service.connections import Connections
from runfold.service.parcels import Parcels
from runfold.service.rebuilds import Rebuilds
from runfold.service.view import View


class Gateway:
    """Make it before the view starts, since its read models are fed from the first commit on; start it after."""

    name = "gateway"

    def __init__(
        self,
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
    ) -> None:
        self._settings, self._view, self._secrets, self._ids = settings, view, secrets, ids
        self._untold = untold
        self._commands = Commands(log, view, ids)
        rendered, unfinished = Rendered(lambda: view.cell), Unfinished()
        history, ends, past = History(lambda: view.cell), Ends(), Past(view, runs)
        for listener in (rendered.changed, unfinished.changed, history.changed, ends.changed):
            view.listen(listener)
        self.feed = Feed(log, view)
        self._tickets = Tickets(ids)
        reach = Reach(lambda: view.cell, self._tickets, connections, self._reached_at)
        following = Following(lambda: view.cell, output, ends)
        house = House(lambda: view.cell, past, reach, OutputPort(following), submitted_key)
        self._front = FrontDoor(settings, house, ssh_host_key)
        view.listen(self._front.changed)
        self.api = Api(
            Parts(
                settings=settings,
                view=view,
                commands=self._commands,
                output=output,
                metrics=metrics,
                past=past,
                rebuilds=rebuilds,
                secrets=secrets,
                clock=clock,
                ids=ids,
                rendered=rendered,
                unfinished=unfinished,
                history=history,
                feed=self.feed,
                dead_letters=dead_letters,
                archives=archives,
                parcels=parcels,
                following=following,
                ssh=lambda: self._front.address,
            ),
            ROUTES,
        )
        self._port = HttpPort(self.api, settings, clock, ids, self._tickets)
        #: Set by a first start, or by the next one where it didn't come to show the token to the user.
        self.founded: Founded | None = None

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens; None before it does."""
        return self._port.address

    @property
    def ssh_address(self) -> SshAddress | None:
        """Where its SSH front door is; None where it has none."""
        return self._front.address

    async def start(self) -> None:
        """Founds the cell where nobody has, once nothing else can fail; raises CannotListen, CannotListenForSsh."""
        await self._port.start()
        await self._front.start()
        given = self._settings.admin_token
        self.founded = await found(
            self._view,
            self._commands,
            self._secrets,
            self._ids,
            given.get_secret_value() if given else None,
            self._untold,
        )
        self._port.serve()

    async def stop(self) -> None:
        self.feed.stop()
        await self._front.stop()
        await self._tickets.close()
        await self._port.stop()

    @property
    def reached_at(self) -> Address | None:
        """Where executors reach it; None before it listens."""
        return self._reached_at() if self._port.address is not None else None

    def _reached_at(self) -> Address:
        """Once it listens."""
        settings = self._settings
        mark = fingerprint(settings.tls_cert) if settings.tls_cert else None
        if settings.gateway_url is not None:
            return Address(settings.gateway_url.rstrip("/"), mark)
        assert self._port.address is not None
        host, port = self._port.address
        return Address(f"{'https' if mark else 'http'}://{_named(host)}:{port}", mark)

    def not_ready(self) -> str | None:
        return self._view.not_ready()


def _named(host: str) -> str:
    """An address that one can connect to, for one that listens at it."""
    every = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    return every.get(host, f"[{host}]" if ":" in host else host)
