"""All documents of one `runfold apply`: first submitted, one after the other, then stayed with."""

from collections.abc import Sequence

from runfold.client.blocking import Client
from runfold.client.cli.applying import fleets, runs
from runfold.client.cli.applying.following import follow
from runfold.client.cli.applying.options import Options
from runfold.client.cli.shown import consoles
from runfold.client.configuration.documents import Document
from runfold.client.configuration.errors import InvalidConfiguration
from runfold.client.models.runs import Run

NOT_YET = {"volume", "gateway"}


def apply_all(documents: Sequence[Document], options: Options, *, project: str | None, detach: bool) -> bool:
    """Whether all of it is done, or submitted where nobody stays."""
    filled = [options.filled(document) for document in documents]
    for document in filled:
        if document.type in NOT_YET:
            raise InvalidConfiguration(f"{document.path}: a {document.type} is not yet supported")
    with Client.configured(project) as client:
        submitted = [run for each in filled if (run := _apply(client, each, options)) is not None]
    if detach:
        return True
    done = [follow(run, project=project, reach=options.reach) for run in submitted]
    return all(done)


def _apply(client: Client, document: Document, options: Options) -> Run | None:
    if document.type == "fleet":
        if (fleet := fleets.make(client, document, options)) is not None:
            consoles.say(f"fleet {fleet.name} is {fleet.status}")
        return None
    if (run := runs.submit(client, document, options)) is not None:
        consoles.say(f"{run.name} is submitted")
    return run
