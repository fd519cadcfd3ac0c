"""What users do while services die: they submit, stop, and ask again until they are answered."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.chaos.calls import Need
from tests.end_to_end.client import JSON, Client

#: Seconds until a user gives up.
PATIENCE = 90.0
_PAUSE = 0.2
_REBUILD = "/api/runfold/v1/rebuild"
_DEAD_LETTERS = "/api/runfold/v1/dead-letters"
_COUNTED = "for i in 1 2 3; do echo $i; sleep 0.1; done"
#: Longer than any test: it ends because somebody stops it.
_ENDLESS = "echo endless; exec sleep 3600"


@dataclass(slots=True)
class Wish:
    """A run that was accepted, and what has to become of it."""

    project: str
    name: str
    run_id: str
    status: str
    output: bytes | None
    commands: tuple[str, ...]
    configuration: dict[str, Any]
    marked: bool  #: it notes each start of its own


class Insistent(Client):
    """Asks again, with the same Idempotency-Key, for as long as nobody answers or the answer is 503."""

    def post(self, path: str, body: JSON | None = None, **headers: str) -> requests.Response:
        return _insist(path, lambda: Client.post(self, path, body, **headers))

    def ask(self, method: str, path: str) -> requests.Response:
        """For what may be asked for twice without a key."""
        return _insist(path, lambda: self.session.request(method, f"{self.url}{path}", timeout=30))


def _insist(path: str, ask: Callable[[], requests.Response]) -> requests.Response:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            answer = ask()
        except (requests.ConnectionError, requests.Timeout) as error:
            if time.monotonic() > deadline:
                raise AssertionError(f"{path} isn't answered for {PATIENCE:g} s: {error}") from error
        else:
            if answer.status_code != requests.codes.service_unavailable or time.monotonic() > deadline:
                return answer
        time.sleep(_PAUSE)


class Users:
    """One after the other, each with a name of its own for what it submits."""

    def __init__(self, url: str, token: str, marks: Path, image: str | None = None) -> None:
        """Tasks note their starts in files of `marks`; `image` is for those that run in containers."""
        self._url, self._token, self._marks, self._image = url, token, marks, image
        self.client = Insistent(url, token)
        self.wishes: list[Wish] = []
        self.send_garbage: Callable[[], None] = lambda: None
        self._number = 0
        self._settled = 0
        self._endless: list[Wish] = []
        self._fleets: list[str] = []

    def act(self, need: Need) -> None:
        """What brings about `need`; each time anew."""
        self._number += 1
        number = self._number
        match need:
            case Need.TASK:
                self._task(f"task-{number}")
                self._stop_endless()
                self._endless.append(self._task(f"endless-{number}", _ENDLESS, status="terminated"))
            case Need.CONTAINER:
                self._contained(f"contained-{number}", _COUNTED)
                self._stop_endless()
                self._endless.append(self._contained(f"endless-{number}", _ENDLESS, status="terminated"))
            case Need.SECRET:
                project = f"project-{number}"
                self._key("projects/create", {"project_name": project, "is_public": False}, project)
                auth = {"username": "somebody", "password": f"secret-{number}"}
                self._contained(f"secret-{number}", _COUNTED, project=project, registry_auth=auth)
            case Need.FLEET:
                self._fleet(f"fleet-{number}")
            case Need.GARBAGE:
                self.send_garbage()
            case Need.REBUILD:
                self._task(f"task-{number}")
                rebuilt = self.client.post(_REBUILD)
                assert rebuilt.status_code == requests.codes.ok, rebuilt.text
            case Need.BURIED:
                self.send_garbage()
                self._dig()

    def settle(self) -> None:
        """Returns once all that was asked for is done."""
        self._stop_endless()
        for fleet in self._fleets:
            self._delete(fleet)
        self._fleets.clear()
        for wish in self.wishes[self._settled :]:
            self._client(wish.project).wait_for(wish.name)
        self._settled = len(self.wishes)

    def shown(self, wish: Wish) -> JSON:
        """The run as the gateway shows it."""
        return self._client(wish.project).get(wish.name)

    def output(self, wish: Wish, run: JSON) -> bytes:
        """What it printed, as the gateway shows it."""
        return self._client(wish.project).output(run)

    def repeat(self, wish: Wish) -> str:
        """The id of the run that the same request is answered with once more."""
        return str(self._apply(wish.project, wish.name, wish.commands, wish.configuration)["id"])

    def dead_letters(self) -> list[JSON]:
        """What administrators are shown of messages that nobody could handle."""
        queues = self.client.ask("GET", f"{_DEAD_LETTERS}?limit=100").json()["queues"]
        return [{**letter, "queue": queue["queue"]} for queue in queues for letter in queue["letters"]]

    def _dig(self) -> None:
        replayed = self.client.post(f"{_DEAD_LETTERS}/log.facts/replay")
        assert replayed.status_code == requests.codes.ok, replayed.text
        for letter in self.dead_letters():
            gone = self.client.ask("DELETE", f"{_DEAD_LETTERS}/{letter['queue']}/{letter['id']}")
            # Of two that say the same, or after an answer that got lost, there may be none left.
            assert gone.status_code in (requests.codes.ok, requests.codes.not_found), gone.text

    def _task(self, name: str, command: str = _COUNTED, *, status: str = "done") -> Wish:
        mark = f"echo $RUNFOLD_ATTEMPT_ID >> {self._marks / name}"
        return self._wish("main", name, (mark, command), {}, status, marked=True)

    def _contained(
        self, name: str, command: str, *, status: str = "done", project: str = "main", **more: Any
    ) -> Wish:
        assert self._image is not None, "these users have no image"
        configuration = {"image": self._image, "shell": "sh", **more}
        return self._wish(project, name, (command,), configuration, status, marked=False)

    def _wish(
        self,
        project: str,
        name: str,
        commands: tuple[str, ...],
        configuration: dict[str, Any],
        status: str,
        *,
        marked: bool,
    ) -> Wish:
        run_id = str(self._apply(project, name, commands, configuration)["id"])
        output = b"1\n2\n3\n" if status == "done" else None
        wish = Wish(project, name, run_id, status, output, commands, configuration, marked)
        self.wishes.append(wish)
        return wish

    def _apply(
        self, project: str, name: str, commands: tuple[str, ...], configuration: dict[str, Any]
    ) -> JSON:
        spec = {"run_name": name, "configuration": {"type": "task", "commands": [*commands], **configuration}}
        body = {"plan": {"run_spec": spec}, "force": False}
        return self._key(f"project/{project}/runs/apply", body, name)

    def _stop_endless(self) -> None:
        for wish in self._endless:
            self._client(wish.project).stop(wish.name)
        self._endless.clear()

    def _fleet(self, name: str) -> None:
        for other in self._fleets:
            self._delete(other)
        configuration = {
            "type": "fleet",
            "name": name,
            "nodes": 1,
            "resources": {"cpu": "1..", "memory": "0.1GB.."},
        }
        spec = {"configuration": configuration, "profile": {}}
        self._key("project/main/fleets/apply", {"plan": {"spec": spec}, "force": False}, name)
        self._fleets = [name]

    def _delete(self, fleet: str) -> None:
        self._key("project/main/fleets/delete", {"names": [fleet]}, f"delete-{fleet}")

    def _key(self, path: str, body: JSON, key: str) -> JSON:
        answer = self.client.post(f"/api/{path}", body, **{"Idempotency-Key": key})
        assert answer.status_code == requests.codes.ok, f"{path}: {answer.status_code} {answer.text}"
        decoded: JSON = answer.json() if answer.content else {}
        return decoded

    def _client(self, project: str) -> Client:
        return self.client if project == "main" else Insistent(self._url, self._token, project)
