"""One trace from the publisher to the handler."""

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import get_current_span

from runfold.bus.port import Message
from runfold.bus.topology import FACTS, Exchange
from tests.contract.bus.inbox import Inbox
from tests.contract.bus.rigs import Rig

tracer = TracerProvider().get_tracer("tests")


async def test_a_handler_continues_the_publishers_trace(rig: Rig) -> None:
    bus, inbox, seen = await rig.connect(), Inbox(), list[int]()

    async def handle(message: Message) -> None:
        seen.append(get_current_span().get_span_context().trace_id)
        await inbox(message)

    await bus.consume(FACTS, handle)
    with tracer.start_as_current_span("publishing") as span:
        await bus.publish(Exchange.FACTS, "log", Message(b"in the span"))
    await bus.publish(Exchange.FACTS, "log", Message(b"outside"))
    await inbox.holds(2)
    assert seen == [span.get_span_context().trace_id, 0]


async def test_a_traceparent_given_is_kept(rig: Rig) -> None:
    bus, inbox = await rig.connect(), Inbox()
    await bus.consume(FACTS, inbox)
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with tracer.start_as_current_span("another"):
        await bus.publish(Exchange.FACTS, "log", Message(b"", {"traceparent": given}))
    await inbox.holds(1)
    assert inbox.messages[0].headers == {"traceparent": given}
