"""What is refused, on a server that has a user and a project."""

from tests.clients.conversation import JSON, Answer, Conversation
from tests.end_to_end.client import Client

NOBODY = "184572a7-5955-49dc-9a69-2e978cc52a30"  #: the id of nothing
TASK: JSON = {"type": "task", "commands": ["true"]}


def answers(client: Client) -> dict[str, Answer]:
    """Each by what was wrong."""
    talk = Conversation(client)
    _of_tokens(talk)
    _of_people(talk)
    _of_runs(talk)
    _of_things(talk)
    _of_bodies(talk)
    return talk.answers


def _of_tokens(talk: Conversation) -> None:
    content = {"Content-Type": "application/json"}
    talk.say("no token", "runs/get", b"{}", **content)
    talk.say("wrong token", "runs/get", b"{}", **content, Authorization="Bearer wrong")
    talk.say("no bearer", "runs/get", b"{}", **content, Authorization="wrong")


def _of_people(talk: Conversation) -> None:
    eve: JSON = {"username": "eve", "global_role": "user"}
    talk.ask("unknown project", "/api/project/nowhere/runs/get", {"run_name": "any"})
    talk.ask("project twice", "/api/projects/create", {"project_name": "main"})
    talk.ask("project's bad name", "/api/projects/create", {"project_name": "a b"})
    talk.ask("user", "/api/users/create", eve)
    talk.ask("user twice", "/api/users/create", eve)
    talk.ask("user's bad name", "/api/users/create", {**eve, "username": "a b"})


def _of_runs(talk: Conversation) -> None:
    bad = {"configuration": TASK, "run_name": "Bad_Name"}
    waits = {"configuration": {**TASK, "retry": True, "resources": {"gpu": "H100:8"}}, "run_name": "waits"}
    other = {"configuration": {**TASK, "commands": ["false"]}, "run_name": "waits"}
    talk.ask("unknown run", "runs/get", {"run_name": "nobody"})
    talk.ask("unknown run's id", "runs/get", {"id": NOBODY})
    talk.ask("no run", "runs/get", {})
    talk.ask("run's bad name", "runs/apply", {"plan": {"run_spec": bad}, "force": False})
    talk.ask("active run", "runs/apply", {"plan": {"run_spec": waits}, "force": False})
    talk.ask("active run overridden", "runs/apply", {"plan": {"run_spec": other}, "force": True})
    talk.ask("active run deleted", "runs/delete", {"runs_names": ["waits"]})
    talk.ask("stopped nobody", "runs/stop", {"runs_names": ["nobody"], "abort": False})
    talk.ask("deleted nobody", "runs/delete", {"runs_names": ["nobody"]})
    talk.ask("nobody's output", "logs/poll", {"run_name": "nobody", "job_submission_id": NOBODY})
    talk.fetch("nobody's metrics", "metrics/job/nobody")


def _of_things(talk: Conversation) -> None:
    talk.ask("unknown fleet", "fleets/get", {"name": "nobody"})
    talk.ask("no fleet", "fleets/get", {})
    talk.ask("deleted no fleet", "fleets/delete", {"names": ["nobody"]})
    talk.ask("unknown instance", "instances/get", {"id": NOBODY})
    talk.ask("unknown secret", "secrets/get", {"name": "nobody"})
    talk.ask("unknown volume", "volumes/get", {"name": "nobody"})
    talk.ask("unknown gateway", "gateways/get", {"name": "nobody"})
    talk.ask("unknown repo", "repos/get", {"repo_id": "nobody"})
    talk.ask("unknown archive", "/api/files/get_archive_by_hash", {"hash": "0" * 64})
    talk.ask("exports", "exports/list")
    talk.ask("unknown call", "/api/nothing")


def _of_bodies(talk: Conversation) -> None:
    token = {"Authorization": str(talk.client.session.headers["Authorization"])}
    as_json = {**token, "Content-Type": "application/json"}
    talk.ask("too many", "/api/runs/list", {"limit": 101})
    talk.ask("none at all", "/api/events/list", {"limit": 0})
    for half in ({"repo_id": "x"}, {"repo_data": {"repo_type": "virtual"}}):
        (given,) = half
        talk.ask(f"{given} alone", "runs/get_plan", {"run_spec": {**half, "configuration": TASK}})
    talk.say("no JSON", "runs/get", b"{", **as_json)
    talk.say("no body", "runs/get", None, **as_json)
