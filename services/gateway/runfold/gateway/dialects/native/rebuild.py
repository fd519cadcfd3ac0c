"""Rebuilding the rows of finished runs from the log, for administrators of the cell."""

from dataclasses import asdict
from typing import Any

import msgspec
from pydantic import BaseModel, Field

from runfold.gateway.ask import Ask
from runfold.gateway.http.call import Answer
from runfold.service.logging import get_logger
from runfold.service.rebuilds import Rebuild

_log = get_logger("runfold.gateway")


class RebuildProgress(BaseModel):
    """The last rebuild, or none where `generation` is 0."""

    generation: int = Field(description="What it fills; counted up with each rebuild.")
    running: bool
    position: int = Field(description="Up to which position the log is in it.")
    head: int = Field(description="Where the log ends now.")
    failure: str | None = Field(description="Why it doesn't get on, until it is tried again.")


async def begin(ask: Ask[Any]) -> Answer:
    """One that runs already is gone on with. What is shown meanwhile comes from the rows that there are."""
    ask.administer()
    rebuild = await ask.parts.rebuilds.begin()
    _log.info("rows are to be rebuilt", generation=rebuild.generation, actor=f"user:{ask.user_id}")
    return _answer(rebuild)


async def progress(ask: Ask[Any]) -> Answer:
    ask.administer()
    return _answer(await ask.parts.rebuilds.progress())


def _answer(rebuild: Rebuild) -> Answer:
    return Answer(msgspec.json.encode(asdict(rebuild)))
