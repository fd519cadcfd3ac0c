"""How much a submission has printed, told as soon as it is more: whoever follows output needn't ask again and again."""

import asyncio
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from runfold.domain.errors import NotFound
from runfold.domain.user.authorize import Operation
from runfold.eventlog.port import Unavailable
from runfold.gateway.ask import Ask
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Busy


class OutputQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    beyond: int = Field(0, ge=0, lt=2**63, description="Bytes that are known of already.")
    wait: float = Field(0.0, ge=0, le=30, description="Seconds to wait for more of them, at most.")


class OutputLength(BaseModel):
    bytes: int = Field(description="Printed so far, what has expired since included.")
    over: bool = Field(description="Nothing follows.")


async def length(ask: Ask[Any]) -> Answer:
    """Of a submission that the caller may read."""
    query, attempt_id = ask.query, ask.params["submission"]
    assert isinstance(query, OutputQuery)
    run = await ask.in_time(ask.parts.past.of_attempt(attempt_id))
    if run is None or not ask.may(Operation.READ, ask.cell.projects[run.project_id]):
        raise NotFound("There is no such submission")
    try:
        if query.wait and not ask.parts.following.is_over(attempt_id):
            async with asyncio.timeout(query.wait):
                await ask.parts.following.grown(attempt_id, query.beyond)
    except TimeoutError:
        pass
    # Before it is counted: what is over has printed all it ever does.
    over = ask.parts.following.is_over(attempt_id)
    try:
        stored = await ask.parts.output.stored(attempt_id)
    except Unavailable:
        raise Busy("The output store does not answer; try again") from None
    return Answer(msgspec.json.encode({"bytes": stored, "over": over}))
