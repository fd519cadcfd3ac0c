"""What a user writes with a generated client: a task from plan to deletion, and a fleet; prints what it saw as JSON.

Runs in the generator's environment. Each answer is of the class that the document promises, or the program fails.
"""

import base64
import json
import os
import time
from typing import Any, TypeVar

from runfold_client import AuthenticatedClient
from runfold_client.api.dstack import (
    post_api_events_list,
    post_api_project_project_fleets_apply,
    post_api_project_project_fleets_delete,
    post_api_project_project_fleets_get,
    post_api_project_project_fleets_get_plan,
    post_api_project_project_fleets_list,
    post_api_project_project_logs_poll,
    post_api_project_project_runs_apply,
    post_api_project_project_runs_delete,
    post_api_project_project_runs_get,
    post_api_project_project_runs_get_plan,
    post_api_project_project_runs_stop,
    post_api_projects_create,
    post_api_projects_list,
    post_api_projects_project_get,
    post_api_runs_list,
    post_api_server_get_info,
    post_api_users_get_my_user,
)
from runfold_client.api.native import get_api_runfold_v1_events
from runfold_client.models import (
    ApplyFleetPlanInput,
    ApplyFleetPlanRequest,
    ApplyRunPlanInput,
    ApplyRunPlanRequest,
    CreateProjectRequest,
    DeleteFleetsRequest,
    DeleteRunsRequest,
    Event,
    EventsPage,
    Fleet,
    FleetConfigurationInput,
    FleetNodesInput,
    FleetNodesOutput,
    FleetPlan,
    FleetSpecInput,
    GetFleetPlanRequest,
    GetFleetRequest,
    GetRunPlanRequest,
    GetRunRequest,
    JobSubmission,
    JobSubmissionLogs,
    ListEventsRequest,
    ListProjectFleetsRequest,
    ListProjectsRequest,
    ListRunsRequest,
    PollLogsRequest,
    Profile,
    Project,
    Run,
    RunPlan,
    RunSpec,
    RunStatus,
    ServerInfo,
    StopRunsRequest,
    TaskConfiguration,
    UserWithCreds,
)

T = TypeVar("T")

PROJECT = "main"
FINAL = {RunStatus.TERMINATED, RunStatus.FAILED, RunStatus.DONE}


def main() -> None:
    client = AuthenticatedClient(
        base_url=os.environ["RUNFOLD_TEST_URL"], token=os.environ["RUNFOLD_TEST_TOKEN"]
    )
    found = {**_people(client), "task": _task(client), "stopped": _stopped(client), "fleet": _fleet(client)}
    print(json.dumps(found))


def _people(client: AuthenticatedClient) -> dict[str, Any]:
    info = a(ServerInfo, post_api_server_get_info.sync(client=client))
    me = a(UserWithCreds, post_api_users_get_my_user.sync(client=client))
    body = CreateProjectRequest(project_name="made")
    made = a(Project, post_api_projects_create.sync(client=client, body=body))
    projects = post_api_projects_list.sync(client=client, body=ListProjectsRequest())
    main_project = a(Project, post_api_projects_project_get.sync(PROJECT, client=client))
    return {
        "version": info.server_version,
        "user": me.username,
        "role": me.global_role,
        "made": made.project_name,
        "projects": [project.project_name for project in some(Project, projects)],
        "owner": main_project.owner.username,
    }


def _task(client: AuthenticatedClient) -> dict[str, Any]:
    """From plan to deletion."""
    spec = RunSpec(
        configuration=TaskConfiguration(commands=["echo Start", "sleep 1", "echo Finish"]),
        run_name="first",
        ssh_key_pub="ssh-ed25519 AAAA newcomer",
    )
    plan = a(
        RunPlan,
        post_api_project_project_runs_get_plan.sync(
            PROJECT, client=client, body=GetRunPlanRequest(run_spec=spec)
        ),
    )
    submitted = _apply(client, spec)
    run = _final(client, "first")
    logs = _logs(client, run)
    listed = post_api_runs_list.sync(client=client, body=ListRunsRequest(project_name=PROJECT))
    told = post_api_events_list.sync(client=client, body=ListEventsRequest(target_runs=[run.id]))
    page = a(EventsPage, get_api_runfold_v1_events.sync(client=client, types="run.RunFinished"))
    post_api_project_project_runs_delete.sync(
        PROJECT, client=client, body=DeleteRunsRequest(runs_names=["first"])
    )
    gone = post_api_project_project_runs_get.sync_detailed(
        PROJECT, client=client, body=GetRunRequest(run_name="first")
    )
    return {
        "action": plan.action,
        "offers": plan.job_plans[0].total_offers,
        "same": submitted.id == run.id,
        "status": run.status,
        "exit_status": _latest(run).exit_status,
        "output": logs,
        "listed": [each.run_spec.run_name for each in some(Run, listed)],
        "told": [event.message for event in some(Event, told)],
        "finished": [event["data"]["run_id"] == str(run.id) for event in page.events],
        "gone": [gone.status_code, type(gone.parsed).__name__],
    }


def _stopped(client: AuthenticatedClient) -> dict[str, Any]:
    """A run that would go on for ever."""
    configuration = TaskConfiguration(commands=["sleep 1000"])
    _apply(client, RunSpec(configuration=configuration, run_name="endless"))
    post_api_project_project_runs_stop.sync(
        PROJECT, client=client, body=StopRunsRequest(runs_names=["endless"], abort=True)
    )
    run = _final(client, "endless")
    return {"status": run.status, "reason": run.termination_reason}


def _fleet(client: AuthenticatedClient) -> dict[str, Any]:
    """From plan to deletion."""
    configuration = FleetConfigurationInput(name="mine", nodes=FleetNodesInput(min_=0, target=0, max_=1))
    spec = FleetSpecInput(configuration=configuration, profile=Profile(name="default"))
    plan = a(
        FleetPlan,
        post_api_project_project_fleets_get_plan.sync(
            PROJECT, client=client, body=GetFleetPlanRequest(spec=spec)
        ),
    )
    body = ApplyFleetPlanRequest(plan=ApplyFleetPlanInput(spec=spec), force=False)
    made = a(Fleet, post_api_project_project_fleets_apply.sync(PROJECT, client=client, body=body))
    same = a(
        Fleet,
        post_api_project_project_fleets_get.sync(PROJECT, client=client, body=GetFleetRequest(name="mine")),
    )
    nodes = a(FleetNodesOutput, same.spec.configuration.nodes)
    listed = post_api_project_project_fleets_list.sync(
        PROJECT, client=client, body=ListProjectFleetsRequest()
    )
    deleted = post_api_project_project_fleets_delete.sync_detailed(
        PROJECT, client=client, body=DeleteFleetsRequest(names=["mine"])
    )
    return {
        "action": plan.action,
        "same": made.id == same.id,
        "status": same.status,
        "nodes": [nodes.min_, nodes.max_],
        "listed": [fleet.name for fleet in some(Fleet, listed)],
        "deleted": deleted.status_code,
    }


def _apply(client: AuthenticatedClient, spec: RunSpec) -> Run:
    body = ApplyRunPlanRequest(plan=ApplyRunPlanInput(run_spec=spec), force=False)
    return a(Run, post_api_project_project_runs_apply.sync(PROJECT, client=client, body=body))


def _final(client: AuthenticatedClient, name: str) -> Run:
    """Asks until it is over, as the API's first page does."""
    body = GetRunRequest(run_name=name)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        run = a(Run, post_api_project_project_runs_get.sync(PROJECT, client=client, body=body))
        if run.status in FINAL:
            return run
        time.sleep(0.2)
    raise TimeoutError(f"{name} doesn't end")


def _logs(client: AuthenticatedClient, run: Run) -> str:
    body = PollLogsRequest(run_name=run.run_spec.run_name, job_submission_id=_latest(run).id)
    logs = a(JobSubmissionLogs, post_api_project_project_logs_poll.sync(PROJECT, client=client, body=body))
    return b"".join(base64.b64decode(event.message) for event in logs.logs).decode()


def _latest(run: Run) -> JobSubmission:
    return a(JobSubmission, run.latest_job_submission)


def a(promised: type[T], answer: object) -> T:
    """`answer`, if it is what the document promises; refusals are of other classes."""
    if not isinstance(answer, promised):
        raise TypeError(f"not a {promised.__name__}: {answer}")
    return answer


def some(promised: type[T], answer: object) -> list[T]:
    return [a(promised, each) for each in a(list, answer)]


if __name__ == "__main__":
    main()
