"""What the OpenAPI document says is so: schemathesis makes up calls, and every answer keeps to it."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from runfold.gateway.dialects.table import ROUTES
from runfold.gateway.openapi import document
from tests.end_to_end.client import Client
from tests.end_to_end.embedded import TOKEN, Embedded

#: Calls made up for each operation; `just hostile 1000` makes more, of another seed each time.
EXAMPLES = int(os.environ.get("RUNFOLD_TEST_EXAMPLES", "0"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
schema = schemathesis.openapi.from_dict(document(ROUTES))


@pytest.fixture(scope="module")
def client(server: Embedded) -> Client:
    """With something there to be found: a run that waits, one that is over."""
    client = server.start()
    client.submit("true", name="over")
    client.wait_for("over")
    client.submit("true", name="waits", resources={"cpu": "1000.."})
    return client


@schema.parametrize()
@settings(
    max_examples=EXAMPLES or 20,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_keeps_to_the_document(case: "schemathesis.Case[Any]", client: Client) -> None:
    case.path_parameters = {**(case.path_parameters or {}), **_known(case)}
    case.call_and_validate(
        base_url=client.url,
        headers={"Authorization": f"Bearer {TOKEN}"},
        session=client.session,
        checks=CHECKS,
        timeout=60,
        stream=False,
    )


def _known(case: Any) -> dict[str, str]:
    """Most calls are about the project that is there; one that isn't is soon told."""
    return {"project": "main"} if "{project}" in case.operation.path else {}
