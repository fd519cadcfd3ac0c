"""Whatever dstack's clients ask for, from an empty server on, but for what only a run that runs has."""

from tests.clients.conversation import JSON, Answer, Conversation
from tests.end_to_end.client import Client

TASK: JSON = {"type": "task", "commands": ["true"], "image": "scratch", "resources": {"gpu": "H100:8"}}
FLEET: JSON = {
    "configuration": {"type": "fleet", "name": "own", "nodes": "0..1", "resources": {"gpu": 0}},
    "profile": {"name": "default"},
}


def answers(client: Client, public_key: str) -> dict[str, Answer]:
    """Each by what was asked."""
    talk = Conversation(client)
    _server(talk)
    _people(talk, public_key)
    _projects(talk)
    _fleets(talk)
    _runs(talk)
    _things(talk)
    return talk.answers


def _server(talk: Conversation) -> None:
    talk.ask("server", "/api/server/get_info", model="server:ServerInfo")
    talk.ask("providers", "/api/auth/list_providers", model="[auth:OAuthProviderInfo]")


def _people(talk: Conversation, public_key: str) -> None:
    bob: JSON = {"username": "bob"}
    talk.ask("me", "/api/users/get_my_user", model="users:UserWithCreds")
    talk.ask("user made", "/api/users/create", {**bob, "global_role": "user"}, "users:UserWithCreds")
    talk.ask(
        "user changed",
        "/api/users/update",
        {**bob, "global_role": "user", "email": "b@c.example", "active": True},
        "users:User",
    )
    talk.ask("user", "/api/users/get_user", bob, "users:UserWithCreds")
    talk.ask("users", "/api/users/list", model="[users:User]")
    talk.ask("users counted", "/api/users/list", {"return_total_count": True}, "users:UsersInfoList")
    talk.ask("new token", "/api/users/refresh_token", bob, "users:UserWithCreds")
    talk.ask("new keys", "/api/users/refresh_ssh_key", bob, "users:UserWithCreds")
    talk.ask(
        "key added", "/api/users/public_keys/add", {"name": "own", "key": public_key}, "keys:PublicKeyInfo"
    )
    talk.ask("keys", "/api/users/public_keys/list", model="[keys:PublicKeyInfo]")


def _projects(talk: Conversation) -> None:
    bob: JSON = {"username": "bob", "project_role": "user"}
    member, all_members = (
        {"members": [bob]},
        {"members": [{"username": "admin", "project_role": "admin"}, bob]},
    )
    talk.ask("project made", "/api/projects/create", {"project_name": "made"}, "projects:Project")
    talk.ask("members added", "/api/projects/made/add_members", member, "projects:Project")
    talk.ask("members set", "/api/projects/made/set_members", all_members, "projects:Project")
    talk.ask("members gone", "/api/projects/made/remove_members", {"usernames": ["bob"]}, "projects:Project")
    talk.ask("project changed", "/api/projects/made/update", {"is_public": True}, "projects:Project")
    talk.ask("project", "/api/projects/main/get", model="projects:Project")
    talk.ask("projects", "/api/projects/list", model="[projects:Project]")
    talk.ask(
        "projects counted", "/api/projects/list", {"return_total_count": True}, "projects:ProjectsInfoList"
    )
    talk.ask("projects without fleets", "/api/projects/list_only_no_fleets", model="[projects:Project]")
    talk.ask("project deleted", "/api/projects/delete", {"projects_names": ["made"]})


def _fleets(talk: Conversation) -> None:
    talk.ask("fleet's plan", "fleets/get_plan", {"spec": FLEET}, "fleets:FleetPlan")
    talk.ask("fleet made", "fleets/apply", {"plan": {"spec": FLEET}, "force": False}, "fleets:Fleet")
    talk.ask("fleet's second plan", "fleets/get_plan", {"spec": FLEET}, "fleets:FleetPlan")
    talk.ask("fleet", "fleets/get", {"name": "own"}, "fleets:Fleet")
    talk.ask("project's fleets", "fleets/list", model="[fleets:Fleet]")
    talk.ask("all fleets", "/api/fleets/list", {"project_name": "main"}, "[fleets:Fleet]")
    talk.ask("instances", "/api/instances/list", {}, "[instances:Instance]")


def _runs(talk: Conversation) -> None:
    """Of a task that fits nowhere, as the original can run none."""
    spec: JSON = {"run_name": "asks-much", "configuration": TASK, "repo_id": "none"}
    spec["repo_data"] = {"repo_type": "virtual"}
    talk.ask(
        "repo known",
        "repos/init",
        {"repo_id": "none", "repo_info": {"repo_type": "virtual"}, "repo_creds": None},
    )
    talk.ask("repos", "repos/list", model="[repos:RepoHead]")
    talk.ask("run's plan", "runs/get_plan", {"run_spec": spec, "max_offers": 3}, "runs:RunPlan")
    made = talk.ask("run made", "runs/apply", {"plan": {"run_spec": spec}, "force": False}, "runs:Run")
    talk.ask("run", "runs/get", {"run_name": "asks-much"}, "runs:Run")
    talk.ask("run by id", "runs/get", {"id": made["id"]}, "runs:Run")
    talk.ask("runs", "/api/runs/list", {"project_name": "main"}, "[runs:Run]")
    talk.ask("groups of offers", "gpus/list", {"run_spec": spec, "group_by": ["backend"]})
    asked = {"run_name": "asks-much", "job_submission_id": made["latest_job_submission"]["id"]}
    talk.ask("output", "logs/poll", asked, "logs:JobSubmissionLogs")
    told = {"target_runs": [made["id"]], "limit": 1, "ascending": True}
    talk.ask("events", "/api/events/list", told, "[events:Event]")


def _things(talk: Conversation) -> None:
    secret: JSON = {"name": "key", "value": "hidden"}
    talk.ask("secret made", "secrets/create_or_update", secret, "secrets:Secret")
    talk.ask("secret", "secrets/get", {"name": "key"}, "secrets:Secret")
    talk.ask("secrets", "secrets/list", model="[secrets:Secret]")
    talk.ask("secret deleted", "secrets/delete", {"secrets_names": ["key"]})
    talk.ask("volumes", "volumes/list", model="[volumes:Volume]")
    talk.ask("all volumes", "/api/volumes/list", {}, "[volumes:Volume]")
    talk.ask("gateways", "gateways/list", model="[gateways:Gateway]")
    talk.ask("templates", "templates/list", model="[templates:UITemplate]")
