"""The log service's wiring."""

from functools import partial

from aiohttp import web

from runfold.bus.port import Bus
from runfold.eventlog.cursors import CursorStore
from runfold.eventlog.metrics import MetricsStore
from runfold.eventlog.output import OutputStore
from runfold.eventlog.runs import RunStore
from runfold.eventlog.writer import Writer
from runfold.log.deliveries import Deliveries
from runfold.log.retention import FOR_EVER, Kept, rules
from runfold.log.service import LogService
from runfold.log.settings import LogSettings
from runfold.log.silence import AFTER
from runfold.ports import Clock, Ids
from runfold.ports.backoff import Backoff
from runfold.service.address import Address
from runfold.service.component import Component, Opened, Together
from runfold.service.connections import BrokerConnections
from runfold.service.forgetting import Forgetting
from runfold.service.parcels import Parcels
from runfold.service.rebuilds import StoredRebuilds
from runfold.service.replica import Replica
from runfold.service.system import SystemClock, SystemIds
from runfold.service.vault import Vault
from runfold.service.view import Memory, View


def build(
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
    metrics: MetricsStore | None = None,
    kept: Kept = FOR_EVER,
    silent_after: int = AFTER,
    standby: bool = False,
) -> Component:
    """Call it before `view` starts; start what it returns, which starts `writer` when its turn comes, after that.
    Without `metrics` nobody keeps what jobs use."""
    service = LogService(
        writer=writer,
        view=view,
        output=output,
        runs=runs,
        rebuilds=rebuilds,
        cursors=cursors,
        vault=vault,
        deliveries=deliveries,
        bus=bus,
        clock=clock,
        ids=ids,
        rules=rules(kept, view, output, metrics, vault),
        metrics=metrics,
        silent_after=silent_after,
    )
    return Replica(service.name, service, bus, ids, standby=standby, not_ready=view.not_ready)


async def wire(settings: LogSettings) -> Component:
    """As a process of its own: MongoDB, RabbitMQ, and the HTTP face for the other services."""
    from runfold.bus.adapters.rabbitmq import RabbitBus
    from runfold.eventlog.adapters.archives_mongo import MongoArchives
    from runfold.eventlog.adapters.cursors_mongo import MongoCursorStore
    from runfold.eventlog.adapters.keys_mongo import MongoKeyStore
    from runfold.eventlog.adapters.metrics_mongo import MongoMetricsStore
    from runfold.eventlog.adapters.mongo import MongoStore
    from runfold.eventlog.adapters.mongo_documents import connect, prepare
    from runfold.eventlog.adapters.output_mongo import MongoOutputStore
    from runfold.eventlog.adapters.runs_mongo import MongoRunStore
    from runfold.log.http import archives as archives_face
    from runfold.log.http import connections as connections_face
    from runfold.log.http import dead_letters as dead_letters_face
    from runfold.log.http import eventlog as eventlog_face
    from runfold.log.http import keys as keys_face
    from runfold.log.http import metrics as metrics_face
    from runfold.log.http import output as output_face
    from runfold.log.http import rebuilds as rebuilds_face
    from runfold.log.http import runs as runs_face
    from runfold.log.http.server import Server
    from runfold.log.http.tokens import Tokens

    clock, ids = SystemClock(), SystemIds()
    url, name = settings.mongo_url.get_secret_value(), settings.mongo_database
    store, database = MongoStore.connect(url, name), connect(url, name)
    output, keys, archives = MongoOutputStore(database), MongoKeyStore(database), MongoArchives(database)
    metrics, cursors, runs = MongoMetricsStore(database), MongoCursorStore(database), MongoRunStore(database)
    writer = Writer(store, clock=clock, ids=ids, service_address=settings.address)
    bus = RabbitBus(settings.amqp_url.get_secret_value(), name="log")
    view = View(writer, memory=Memory(settings.runs_in_memory))
    rebuilds = StoredRebuilds(runs, writer)
    service = build(
        writer=writer,
        view=view,
        output=output,
        runs=runs,
        rebuilds=rebuilds,
        cursors=cursors,
        vault=Vault(keys, settings.master_key.get_secret_value(), ids=ids),
        deliveries=Deliveries(
            Parcels(settings.master_key.get_secret_value()), lambda: Address(settings.gateway_url), clock
        ),
        bus=bus,
        clock=clock,
        ids=ids,
        metrics=metrics,
        kept=settings.kept,
        silent_after=int(settings.log_silent_after.total_seconds()),
        standby=settings.standby,
    )
    tokens = Tokens({name: token.get_secret_value() for name, token in settings.log_tokens.items()})
    routes: list[web.RouteDef] = [
        *eventlog_face.routes(writer, tokens, clock),
        *output_face.routes(output, tokens),
        *runs_face.routes(runs, tokens),
        *rebuilds_face.routes(rebuilds, tokens),
        *keys_face.routes(keys, tokens),
        *archives_face.routes(archives, tokens),
        *metrics_face.routes(metrics, tokens),
        *dead_letters_face.routes(bus.dead_letters, tokens),
        *connections_face.routes(BrokerConnections(bus), tokens),
    ]
    return Together(
        "log",
        Opened(None, store.close),
        Opened(
            partial(prepare, (output, keys, archives, metrics, cursors, runs), Backoff(ids, most=2.0)),
            output.close,
        ),
        Opened(bus.open, bus.close),
        Forgetting(view, writer, runs, ids),
        view,
        # Before it takes over: whoever reads the address in its term finds somebody there.
        Server(routes, settings.log_host, settings.log_port),
        service,
    )
