"""The same calls to any server that speaks dstack's API, and what it answered to each."""

from dataclasses import dataclass
from typing import Any

import requests

from tests.clients.installed import VERSION
from tests.end_to_end.client import Client

JSON = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """`model` is what dstack's client takes the body for: a class of its core models, `[]` around it for a list."""

    status: int
    body: Any
    model: str | None


class Conversation:
    """Speaks as the client of that version does: to others the original answers as it did long ago."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.session.headers["X-API-VERSION"] = VERSION
        self.answers: dict[str, Answer] = {}

    def ask(self, what: str, path: str, body: JSON | None = None, model: str | None = None) -> Any:
        """The body of the answer to `path`, in the project where that doesn't begin with a slash."""
        return self._keep(what, self.client.post(self._whole(path), body), model)

    def fetch(self, what: str, path: str, model: str | None = None) -> Any:
        """The same of a call that has no body, and isn't a POST."""
        response = self.client.session.get(f"{self.client.url}{self._whole(path)}", timeout=30)
        return self._keep(what, response, model)

    def say(self, what: str, path: str, content: bytes | None = None, **headers: str) -> None:
        """What a careless program sends: any bytes and headers, without a token but for what these say."""
        url = f"{self.client.url}{self._whole(path)}"
        self._keep(what, requests.post(url, data=content, headers=headers, timeout=30), None)

    def _whole(self, path: str) -> str:
        return path if path.startswith("/") else f"/api/project/{self.client.project}/{path}"

    def _keep(self, what: str, response: requests.Response, model: str | None) -> Any:
        assert what not in self.answers, f"two calls are named {what}"
        self.answers[what] = Answer(response.status_code, response.json(), model)
        return response.json()
