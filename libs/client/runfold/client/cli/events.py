"""Lists of events: what there is, and what comes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import typer

from runfold.client.blocking import Client
from runfold.client.calls.events import PAGE
from runfold.client.cli.named import fleet_named, run_named
from runfold.client.cli.shown import consoles, json
from runfold.client.cli.shown.events import line
from runfold.client.models.events import Event

Kind = tuple[str, str]  #: `target` or `within`, and of what


def filters(client: Client, names: Mapping[Kind, Sequence[str]]) -> dict[str, list[str]]:
    """By ids, as the server takes them; the whole project where nothing is named."""
    for word in ("target", "within"):
        if len([kind for kind in names if kind[0] == word]) > 1:
            raise typer.BadParameter(f"only one --{word}-… can be given")
    found = {
        f"{word}_{what}s": [_id(client, what, name) for name in given]
        for (word, what), given in names.items()
    }
    return found or {"within_projects": [client.projects.get().project_id]}


def _id(client: Client, what: str, name: str) -> str:
    match what:
        case "run":
            return run_named(client, name).id
        case "fleet":
            return fleet_named(client, name).id
        case _:
            return client.secrets.get(name).id


class Listing:
    """Remembers what it showed last: what comes after that is new."""

    def __init__(
        self, client: Client, filters: Mapping[str, Sequence[str]], types: Sequence[str], *, as_json: bool
    ) -> None:
        self._client, self._filters, self._types, self._as_json = client, filters, types, as_json
        self._console = consoles.answers()
        self._last: Event | None = None
        self._began = datetime.now(UTC)
        self._position = client.events.happened().next

    def show(self, since: datetime | None) -> None:
        """The last page, oldest first; or all that is newer than `since`."""
        if since is None:
            newest = self._client.events.list(include_types=self._types, filters=self._filters)
            self._tell(reversed(newest))
        else:
            self._tell(self._newer(since))

    def watch(self) -> None:
        """Until Ctrl-C. The event stream says when there is something new, the list says it in words."""
        for _ in self._client.events.follow(after=self._position):
            self._tell(self._newer(self._began))

    def _newer(self, since: datetime) -> Iterator[Event]:
        while True:
            page = self._client.events.list(
                ascending=True,
                after=self._last,
                since=since,
                include_types=self._types,
                filters=self._filters,
            )
            yield from page
            if len(page) < PAGE:
                return

    def _tell(self, events: Iterator[Event]) -> None:
        for event in events:
            self._last = event
            if self._as_json:
                json.line(event)
            else:
                self._console.print(line(event), soft_wrap=True)
