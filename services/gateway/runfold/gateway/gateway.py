"""The gateway as a component."""

from runfold.bus.dead_letters import DeadLetters
from runfold.eventlog.metrics import MetricsReader
from runfold.eventlog.output import OutputReader
from runfold.eventlog.port import EventLog
from runfold.eventlog.runs import RunReader
from runfold.gateway.api import Api
from runfold.gateway.app import HttpPort
from runfold.gateway.ask import Parts
from runfold.gateway.commands import Commands
from runfold.gateway.dialects.table import ROUTES
from runfold.gateway.feed import Feed
from runfold.gateway.first_start import Founded, UntoldToken, found
from runfold.gateway.readmodels.history import History
from runfold.gateway.readmodels.past import Past
from runfold.gateway.readmodels.rendered import Rendered
from runfold.gateway.readmodels.unfinished import Unfinished
from runfold.gateway.secrets import Secrets
from runfold.gateway.settings import GatewaySettings
from runfold.ports import Clock, Ids
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
        clock: Clock,
        ids: Ids,
        untold: UntoldToken | None = None,
    ) -> None:
        self._settings, self._view, self._secrets, self._ids = settings, view, secrets, ids
        self._untold = untold
        self._commands = Commands(log, view, ids)
        rendered, unfinished = Rendered(lambda: view.cell), Unfinished()
        history = History(lambda: view.cell)
        for listener in (rendered.changed, unfinished.changed, history.changed):
            view.listen(listener)
        self.feed = Feed(log, view)
        self.api = Api(
            Parts(
                settings=settings,
                view=view,
                commands=self._commands,
                output=output,
                metrics=metrics,
                past=Past(view, runs),
                rebuilds=rebuilds,
                secrets=secrets,
                clock=clock,
                ids=ids,
                rendered=rendered,
                unfinished=unfinished,
                history=history,
                feed=self.feed,
                dead_letters=dead_letters,
            ),
            ROUTES,
        )
        self._port = HttpPort(self.api, settings, clock, ids)
        #: Set by a first start, or by the next one where it didn't come to show the token to the user.
        self.founded: Founded | None = None

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens; None before it does."""
        return self._port.address

    async def start(self) -> None:
        """Founds the cell where nobody has, once nothing else can fail; raises CannotListen."""
        await self._port.start()
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
        await self._port.stop()

    def not_ready(self) -> str | None:
        return self._view.not_ready()
