"""The trace context in a message's headers."""

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import get_current_span

from runfold.bus.port import Headers
from runfold.bus.trace import continued, inject

tracer = TracerProvider().get_tracer("tests")
GIVEN = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "vendor=1"}


def test_without_a_span_headers_stay_as_they_are() -> None:
    headers: Headers = {"position": 7}
    assert inject(headers) is headers


def test_a_span_is_named_beside_the_other_headers() -> None:
    with tracer.start_as_current_span("outer") as span:
        headers = inject({"position": 7})
    context = span.get_span_context()
    assert headers["position"] == 7
    assert str(headers["traceparent"]).startswith(f"00-{context.trace_id:032x}-{context.span_id:016x}-")


def test_a_span_inside_continues_the_trace_that_headers_name() -> None:
    with continued(dict(GIVEN)):
        context = get_current_span().get_span_context()
        assert f"{context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
        assert context.trace_state.get("vendor") == "1"
    assert not get_current_span().get_span_context().is_valid


def test_headers_that_name_no_trace_leave_none() -> None:
    with tracer.start_as_current_span("outer"), continued({"traceparent": "nonsense"}):
        assert not get_current_span().get_span_context().is_valid
