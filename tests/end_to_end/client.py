"""What a user does over REST, in a few words. The event stream says when a state is reached."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import requests

JSON = dict[str, Any]
FINAL = {"terminated", "failed", "done"}


class Client:
    def __init__(self, url: str, token: str, project: str = "main") -> None:
        self.url, self.project = url, project
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, body: JSON | None = None, **headers: str) -> requests.Response:
        return self.session.post(f"{self.url}{path}", json=body, headers=headers, timeout=30)

    def in_project(self, path: str, body: JSON | None = None, **headers: str) -> JSON:
        """The answer's body; an error answer is an AssertionError."""
        response = self.post(f"/api/project/{self.project}/{path}", body, **headers)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response.json()  # type: ignore[no-any-return]

    def submit(self, *commands: str, name: str | None = None, **configuration: Any) -> JSON:
        spec = {"run_name": name, "configuration": {"type": "task", "commands": [*commands], **configuration}}
        return self.in_project("runs/apply", {"plan": {"run_spec": spec}, "force": False})

    def insist(self, *commands: str, name: str) -> JSON:
        """Submits with an Idempotency-Key, again for as long as the answer is 503 or none, as a careful client does."""
        spec = {"run_name": name, "configuration": {"type": "task", "commands": [*commands]}}
        for _ in range(60):
            try:
                body = {"plan": {"run_spec": spec}, "force": False}
                answer = self.post(
                    f"/api/project/{self.project}/runs/apply", body, **{"Idempotency-Key": name}
                )
            except requests.ConnectionError:
                time.sleep(0.5)
                continue
            if answer.status_code != requests.codes.service_unavailable:
                assert answer.status_code == requests.codes.ok, answer.text
                return answer.json()  # type: ignore[no-any-return]
        raise AssertionError(f"{name} is never accepted")

    def get(self, name: str) -> JSON:
        return self.in_project("runs/get", {"run_name": name})

    def runs(self, name: str) -> list[JSON]:
        """Those of the newest hundred that have this name: none, or one."""
        found = self.post("/api/runs/list", {"project_name": self.project}).json()
        return [run for run in found if run["run_spec"]["run_name"] == name]

    def stop(self, name: str, *, abort: bool = False) -> None:
        self.in_project("runs/stop", {"runs_names": [name], "abort": abort})

    def output(self, run: JSON, job: int = 0) -> bytes:
        """All of the latest attempt's output, read page by page as `dstack logs` does."""
        submission = run["jobs"][job]["job_submissions"][-1]["id"]
        body = {"run_name": run["run_spec"]["run_name"], "job_submission_id": submission, "limit": 1000}
        pages, token = [], None
        while True:
            answer = self.in_project("logs/poll", {**body, "next_token": token})
            pages += [base64.b64decode(event["message"]) for event in answer["logs"]]
            if (token := answer["next_token"]) is None:
                return b"".join(pages)

    def metrics(self, name: str, **query: Any) -> dict[str, list[int]]:
        """The values by their names, newest first."""
        url = f"{self.url}/api/project/{self.project}/metrics/job/{name}"
        answer = self.session.get(url, params=query, timeout=30)
        assert answer.status_code == 200, answer.text
        return {each["name"]: each["values"] for each in answer.json()["metrics"]}

    def follow_until(self, run: JSON, wanted: bytes) -> None:
        """Reads the latest attempt's output again and again, as `dstack logs` does, until `wanted` is in it."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if wanted in self.output(run):
                return
            time.sleep(0.05)
        raise AssertionError(f"{wanted!r} never came")

    def events(self, *types: str, after: int = 0) -> Iterator[JSON]:
        """Events as they come, each as CloudEvents JSON; ends when the server does."""
        query = {"after": str(after), "types": ",".join(types)}
        with self.session.get(
            f"{self.url}/api/runfold/v1/events",
            params=query,
            headers={"Accept": "text/event-stream"},
            stream=True,
            timeout=60,
        ) as response:
            assert response.status_code == 200, response.text
            for line in response.iter_lines(chunk_size=1):
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])

    def history(self, *types: str) -> list[JSON]:
        """All events of these types so far (of all types, without any), page by page."""
        events, query = [], {"after": "0", "limit": "1000", **({"types": ",".join(types)} if types else {})}
        while True:
            answer = self.session.get(f"{self.url}/api/runfold/v1/events", params=query, timeout=30)
            page = answer.json()
            events += page["events"]
            if not page["more"]:
                return events
            query["after"] = str(page["next"])

    def last_position(self) -> int:
        """Of the newest event: what comes after it is new."""
        return int(self.history()[-1]["position"])

    def wait_for(self, *names: str) -> dict[str, JSON]:
        """The runs of these names, once all of them are final."""
        waiting = {name: self.get(name) for name in names}
        ids = {run["id"]: name for name, run in waiting.items() if run["status"] not in FINAL}
        if ids:
            for event in self.events("run.RunFinished"):
                ids.pop(event["data"]["run_id"], None)
                if not ids:
                    break
        return {name: self.get(name) for name in names}
