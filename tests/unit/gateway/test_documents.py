"""The documents are valid, whole, and what lies in the repository."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from runfold.gateway.dialects.table import ROUTES
from runfold.gateway.docs_page import page
from runfold.gateway.openapi import document

COMMITTED = Path(__file__).parents[3] / "contracts" / "openapi.json"


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return document(ROUTES)


def test_the_committed_document_is_the_generated_one(whole: dict[str, Any]) -> None:
    assert json.loads(COMMITTED.read_text()) == json.loads(json.dumps(whole)), (
        "run: infra/run python -m runfold.gateway.openapi > contracts/openapi.json"
    )


def test_the_document_is_valid_openapi(whole: dict[str, Any]) -> None:
    validate(whole)


def test_every_route_is_in_it_and_every_reference_leads_somewhere(whole: dict[str, Any]) -> None:
    operations = [(method.upper(), path) for path, methods in whole["paths"].items() for method in methods]
    assert sorted(operations) == sorted((route.method, route.path) for route in ROUTES)
    names = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(whole))
    assert set(names) <= set(whole["components"]["schemas"])


def test_it_can_be_had_for_one_dialect() -> None:
    native = document(ROUTES, "native")
    assert "/api/runfold/v1/events" in native["paths"]
    assert all(path.startswith("/api/runfold/v1/") for path in native["paths"])
    validate(native)


def test_the_page_names_every_path_and_loads_nothing(whole: dict[str, Any]) -> None:
    html = page(whole)
    for path in whole["paths"]:
        assert f"<code>{path}</code>" in html
    assert "<script" not in html
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", html)
    assert "url(" not in html
    assert "@import" not in html


def test_links_within_the_page_lead_somewhere(whole: dict[str, Any]) -> None:
    html = page(whole)
    targets = set(re.findall(r'href="#([^"]+)"', html))
    assert targets
    assert targets <= set(re.findall(r'id="([^"]+)"', html))
