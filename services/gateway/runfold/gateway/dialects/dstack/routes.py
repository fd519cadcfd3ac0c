"""The table of dstack's endpoints."""

from runfold.gateway.dialects.dstack import requests as r
from runfold.gateway.dialects.dstack import requests_repos as rr
from runfold.gateway.dialects.dstack.handlers import (
    events,
    fleets,
    gpus,
    logs,
    members,
    metrics,
    plan,
    projects,
    repos,
    runs,
    runs_list,
    server,
    users,
)
from runfold.gateway.dialects.dstack.models import events as happened
from runfold.gateway.dialects.dstack.models import machines, people
from runfold.gateway.dialects.dstack.models import repos as code
from runfold.gateway.dialects.dstack.models import runs as work
from runfold.gateway.dialects.dstack.models.gpus import ListGpusResponse
from runfold.gateway.dialects.dstack.models.metrics import JobMetrics
from runfold.gateway.dialects.dstack.requests_events import ListEventsRequest
from runfold.gateway.dialects.dstack.requests_gpus import ListGpusRequest
from runfold.gateway.dialects.dstack.requests_metrics import JobMetricsQuery
from runfold.gateway.http.routes import Route

P = "/api/project/{project}"

ROUTES = [
    Route("GET", "/", server.root, "Leads to the documents", media="text/html", open=True),
    Route("GET", "/healthcheck", server.healthcheck, "Is the server up", happened.Health, open=True),
    Route(
        "POST",
        "/api/server/get_info",
        server.get_info,
        "The server's version",
        happened.ServerInfo,
        open=True,
    ),
    Route(
        "POST",
        "/api/auth/list_providers",
        users.list_providers,
        "Services to sign in through: none",
        list[people.AuthProvider],
        open=True,
    ),
    Route("POST", "/api/users/get_my_user", users.get_my_user, "The caller", people.UserWithCreds),
    Route(
        "POST",
        "/api/users/list",
        users.list_users,
        "Users",
        list[people.User] | people.UsersInfoList,
        takes=r.ListUsersRequest,
        optional=True,
    ),
    Route("POST", "/api/users/get_user", users.get_user, "A user", people.UserWithCreds, takes=r.UserRequest),
    Route(
        "POST",
        "/api/users/create",
        users.create,
        "Make a user",
        people.UserWithCreds,
        takes=r.CreateUserRequest,
        writes=True,
    ),
    Route(
        "POST",
        "/api/users/refresh_token",
        users.refresh_token,
        "A new token in place of all older ones",
        people.UserWithCreds,
        takes=r.UserRequest,
        writes=True,
    ),
    Route(
        "POST",
        "/api/projects/list",
        projects.list_projects,
        "Projects",
        list[people.Project] | people.ProjectsInfoList,
        takes=r.ListProjectsRequest,
        optional=True,
    ),
    Route(
        "POST",
        "/api/projects/create",
        projects.create,
        "Make a project",
        people.Project,
        takes=r.CreateProjectRequest,
        writes=True,
    ),
    Route("POST", "/api/projects/{project}/get", projects.get, "A project", people.Project),
    Route(
        "POST",
        "/api/projects/{project}/set_members",
        members.set_members,
        "Set the members",
        people.Project,
        takes=r.MembersRequest,
        writes=True,
    ),
    Route(
        "POST",
        "/api/projects/{project}/add_members",
        members.add_members,
        "Add members",
        people.Project,
        takes=r.MembersRequest,
        writes=True,
    ),
    Route(
        "POST",
        "/api/projects/{project}/remove_members",
        members.remove_members,
        "Remove members",
        people.Project,
        takes=r.RemoveMembersRequest,
        writes=True,
    ),
    Route("POST", f"{P}/repos/list", repos.list_repos, "Repos of a project", list[code.RepoHead]),
    Route("POST", f"{P}/repos/get", repos.get, "A repo", code.RepoHeadWithCreds, takes=rr.GetRepoRequest),
    Route(
        "POST",
        f"{P}/repos/init",
        repos.init,
        "Make a repo known",
        takes=rr.SaveRepoCredsRequest,
        writes=True,
    ),
    Route(
        "POST", f"{P}/repos/delete", repos.delete, "Delete repos", takes=rr.DeleteReposRequest, writes=True
    ),
    Route("POST", "/api/runs/list", runs_list.list_runs, "Runs", list[work.Run], takes=r.ListRunsRequest),
    Route("POST", f"{P}/runs/get_plan", plan.get_plan, "Plan a run", work.RunPlan, takes=r.GetRunPlanRequest),
    Route("POST", f"{P}/runs/get", runs.get, "A run", work.Run, takes=r.GetRunRequest),
    Route(
        "POST",
        f"{P}/runs/apply",
        runs.apply,
        "Submit a run",
        work.Run,
        takes=r.ApplyRunPlanRequest,
        writes=True,
    ),
    Route("POST", f"{P}/runs/stop", runs.stop, "Stop runs", takes=r.StopRunsRequest, writes=True),
    Route("POST", f"{P}/runs/delete", runs.delete, "Delete runs", takes=r.DeleteRunsRequest, writes=True),
    Route(
        "POST",
        f"{P}/logs/poll",
        logs.poll,
        "Output of a job",
        work.JobSubmissionLogs,
        takes=r.PollLogsRequest,
    ),
    Route(
        "POST",
        "/api/fleets/list",
        fleets.list_fleets,
        "Fleets",
        list[machines.Fleet],
        takes=r.ListFleetsRequest,
    ),
    Route(
        "POST",
        f"{P}/fleets/list",
        fleets.list_of_project,
        "Fleets of a project",
        list[machines.Fleet],
        takes=r.ListProjectFleetsRequest,
        optional=True,
    ),
    Route("POST", f"{P}/fleets/get", fleets.get, "A fleet", machines.Fleet, takes=r.GetFleetRequest),
    Route(
        "POST",
        f"{P}/fleets/get_plan",
        fleets.get_plan,
        "Plan a fleet",
        machines.FleetPlan,
        takes=r.GetFleetPlanRequest,
    ),
    Route(
        "POST",
        f"{P}/fleets/apply",
        fleets.apply,
        "Make a fleet",
        machines.Fleet,
        takes=r.ApplyFleetPlanRequest,
        writes=True,
    ),
    Route(
        "POST", f"{P}/fleets/delete", fleets.delete, "Delete fleets", takes=r.DeleteFleetsRequest, writes=True
    ),
    Route(
        "POST",
        "/api/events/list",
        events.list_events,
        "What happened",
        list[happened.Event],
        takes=ListEventsRequest,
    ),
    Route(
        "GET",
        f"{P}/metrics/job/{{run_name}}",
        metrics.of_job,
        "What a job uses",
        JobMetrics,
        query=JobMetricsQuery,
    ),
    Route(
        "POST",
        f"{P}/gpus/list",
        gpus.list_gpus,
        "What could take a run, in groups",
        ListGpusResponse,
        takes=ListGpusRequest,
    ),
]
