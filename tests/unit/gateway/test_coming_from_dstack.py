"""The page for those who come from dstack says truly what a task can't have yet."""

import re
from pathlib import Path
from typing import Any

import pytest

from runfold.gateway.dialects.dstack.effective import task
from runfold.gateway.dialects.dstack.requests.runs import RunSpec
from runfold.gateway.http.errors import Unsupported

PAGE = Path(__file__).parents[3] / "docs" / "coming-from-dstack.md"
#: One value of each field that makes it be refused.
REFUSED: dict[str, Any] = {"volumes": ["name:/path"], "docker": True, "dstack": True}


def spec(**fields: Any) -> RunSpec:
    return RunSpec.model_validate({"configuration": {"type": "task", "commands": ["true"], **fields}})


def test_the_page_names_each_field_that_is_refused() -> None:
    (named,) = re.findall(r"^- Of a task: (.*)$", PAGE.read_text(), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", named)) == REFUSED.keys()


@pytest.mark.parametrize("name", REFUSED)
def test_each_of_them_is_refused(name: str) -> None:
    with pytest.raises(Unsupported, match=f"`{name}`"):
        task(spec(**{name: REFUSED[name]}))


def test_without_them_nothing_is() -> None:
    assert task(spec()).commands == ["true"]
