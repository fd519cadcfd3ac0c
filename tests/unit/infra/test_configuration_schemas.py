"""The schemas that ship with the client are those of the API's document."""

import json
from pathlib import Path

from infra.lib.configuration_schemas import SOURCE, schemas

COMMITTED = Path(__file__).parents[3] / "libs/client/runfold/client/configuration/schemas.json"


def test_they_are_up_to_date() -> None:
    assert json.loads(COMMITTED.read_text()) == schemas(json.loads(SOURCE.read_text())), (
        "run: infra/run just contracts"
    )
