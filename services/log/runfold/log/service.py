"""What the active log service does: it writes, publishes, tells executors, takes in facts and output."""

from collections.abc import Sequence

from runfold.bus.port import Bus
from runfold.eventlog.cursors import CursorStore
from runfold.eventlog.metrics import MetricsStore
from runfold.eventlog.output import OutputStore
from runfold.eventlog.port import NotActive
from runfold.eventlog.runs import RunStore
from runfold.eventlog.writer import Writer
from runfold.log.assignments import Assignments
from runfold.log.closing import Closing
from runfold.log.deliveries import Deliveries
from runfold.log.facts import Facts
from runfold.log.feed import Feed
from runfold.log.listening import Listening
from runfold.log.metrics import MetricsIntake
from runfold.log.output.intake import Intake
from runfold.log.projector import Projector
from runfold.log.publisher import Publisher
from runfold.log.rebuilder import Rebuilder
from runfold.log.recorder import Recorder
from runfold.log.reports import Reports
from runfold.log.retention import Retention, Rule
from runfold.log.silence import AFTER, Silence
from runfold.log.work import Work
from runfold.ports import Clock, Ids
from runfold.service.measured import MeasuredLog
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.tasks import Tasks
from runfold.service.vault import Vault
from runfold.service.view import View


class LogService:
    """An Activity. Make it before `view` starts; begin it once `view` has."""

    name = "log"

    def __init__(
        self,
        *,
        writer: Writer,
        view: View,
        output: OutputStore,
        runs: RunStore,
        rebuilds: StoredRebuilds,
        cursors: CursorStore | None,
        vault: Vault,
        deliveries: Deliveries,
        bus: Bus,
        clock: Clock,
        ids: Ids,
        rules: Sequence[Rule] = (),
        metrics: MetricsStore | None = None,
        silent_after: int = AFTER,
    ) -> None:
        """`rules` say what expires. Without `cursors` there are no outsiders, whom a broker within the process can't
        have, and nothing is sent to them. Without `metrics` nobody keeps what jobs use. `silent_after`: seconds."""
        self._writer, self._view, self._tasks = writer, view, Tasks()
        recorder = Recorder(MeasuredLog(writer, self.name, view, clock), view, ids)
        self._publisher = Publisher(writer, bus, self._tasks)
        self._feed = (
            Feed(writer, view, recorder, cursors, bus, ids, self._tasks) if cursors is not None else None
        )
        self._work = Work(view, recorder, Assignments(view, vault, deliveries), runs, bus, self._tasks)
        listening = Listening(
            bus,
            clock,
            store_trouble=lambda: self._intake.not_ready(),
            in_hand=lambda attempt_id: self._intake.holds(attempt_id),
        )
        self._closing = Closing(view, recorder, output, self._work, listening, clock, self._tasks)
        self._retention = Retention(rules, clock, ids, self._tasks)
        self._silence = Silence(view, recorder, bus, self._tasks, confirm=self._confirm, after=silent_after)
        reports = Reports(view, recorder, output, self._tasks)
        self._facts = Facts(recorder, reports, self._work, listening, self._silence, bus)
        self._intake = Intake(output, bus, on_stored=self._closing.stored, ids=ids)
        self._projector = Projector(view, writer, runs, rebuilds, ids, self._tasks)
        self._rebuilder = Rebuilder(writer, runs, rebuilds, ids, self._tasks, activated=self._projector.look)
        self._metrics = MetricsIntake(metrics, bus) if metrics is not None else None
        view.listen(writer.observe)

    async def begin(self) -> None:
        await self._writer.start()
        assert self._writer.term is not None
        await self._view.reached(self._writer.term.record.last)
        self._publisher.start()
        if self._feed is not None:
            self._feed.start()
        self._closing.start()
        self._work.start()
        self._silence.start()
        self._retention.start()
        self._projector.start()
        self._rebuilder.start()
        await self._intake.start()
        await self._facts.start()
        if self._metrics is not None:
            await self._metrics.start()

    async def over(self) -> None:
        await self._writer.ended()

    async def end(self) -> None:
        """What came here and isn't durable goes back to the broker, and from there to the active one."""
        if self._metrics is not None:
            await self._metrics.stop()
        await self._facts.stop()
        await self._intake.stop()
        self._work.end()
        await self._tasks.end()
        self._projector.end()
        self._rebuilder.end()
        await self._writer.stop()

    async def _confirm(self) -> None:
        """Raises Unavailable, NotActive."""
        await self._view.fresh()
        if not self._writer.active:
            raise NotActive

    def not_ready(self) -> str | None:
        parts = (
            self._writer,
            self._intake,
            self._feed,
            self._closing,
            self._work,
            self._silence,
            self._projector,
            self._rebuilder,
        )
        reasons = (part.not_ready() for part in parts if part is not None)
        return self._tasks.failed or next((why for why in reasons if why), None)
