"""A deletion says whose name it frees; before it did, only the streams that it touches told."""

from dataclasses import replace

from runfold.contracts.run import RunDeleted
from runfold.domain import streams


def named(event: RunDeleted, touched: tuple[str, ...]) -> RunDeleted:
    """With project and name, of any version."""
    if event.name:
        return event
    project_id, name = streams.named_run(touched)
    return replace(event, project_id=project_id, name=name)
