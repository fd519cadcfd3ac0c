"""The table of dstack's endpoints."""

from runfold.gateway.dialects.dstack.handlers import (
    events,
    files,
    gpus,
    logs,
    metrics,
    plan,
    repos,
    runs,
    runs_list,
    server,
)
from runfold.gateway.dialects.dstack.models import events as happened
from runfold.gateway.dialects.dstack.models import repos as code
from runfold.gateway.dialects.dstack.models import runs as work
from runfold.gateway.dialects.dstack.models.files import FileArchive
from runfold.gateway.dialects.dstack.models.gpus import ListGpusResponse
from runfold.gateway.dialects.dstack.models.metrics import JobMetrics
from runfold.gateway.dialects.dstack.requests.events import ListEventsRequest
from runfold.gateway.dialects.dstack.requests.files import GetFileArchiveByHashRequest, UploadCodeQuery
from runfold.gateway.dialects.dstack.requests.gpus import ListGpusRequest
from runfold.gateway.dialects.dstack.requests.logs import PollLogsRequest
from runfold.gateway.dialects.dstack.requests.metrics import JobMetricsQuery
from runfold.gateway.dialects.dstack.requests.repos import (
    DeleteReposRequest,
    GetRepoRequest,
    SaveRepoCredsRequest,
)
from runfold.gateway.dialects.dstack.requests.runs import (
    ApplyRunPlanRequest,
    DeleteRunsRequest,
    GetRunPlanRequest,
    GetRunRequest,
    ListRunsRequest,
    StopRunsRequest,
)
from runfold.gateway.dialects.dstack.routes import (
    absent,
    auth,
    backends,
    fleets,
    instances,
    projects,
    secrets,
    users,
)
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
    *auth.ROUTES,
    *users.ROUTES,
    *projects.ROUTES,
    Route("POST", f"{P}/repos/list", repos.list_repos, "Repos of a project", list[code.RepoHead]),
    Route("POST", f"{P}/repos/get", repos.get, "A repo", code.RepoHeadWithCreds, takes=GetRepoRequest),
    Route(
        "POST",
        f"{P}/repos/init",
        repos.init,
        "Make a repo known",
        takes=SaveRepoCredsRequest,
        writes=True,
    ),
    Route("POST", f"{P}/repos/delete", repos.delete, "Delete repos", takes=DeleteReposRequest, writes=True),
    Route(
        "POST",
        f"{P}/repos/upload_code",
        files.upload_code,
        "Send changes to a repo along",
        query=UploadCodeQuery,
        upload="file",
        writes=True,
    ),
    Route(
        "POST",
        "/api/files/get_archive_by_hash",
        files.get_archive_by_hash,
        "An archive that was sent already",
        FileArchive,
        takes=GetFileArchiveByHashRequest,
    ),
    Route(
        "POST",
        "/api/files/upload_archive",
        files.upload_archive,
        "Send an archive along",
        FileArchive,
        upload="file",
        writes=True,
    ),
    Route("POST", "/api/runs/list", runs_list.list_runs, "Runs", list[work.Run], takes=ListRunsRequest),
    Route("POST", f"{P}/runs/get_plan", plan.get_plan, "Plan a run", work.RunPlan, takes=GetRunPlanRequest),
    Route("POST", f"{P}/runs/get", runs.get, "A run", work.Run, takes=GetRunRequest),
    Route(
        "POST",
        f"{P}/runs/apply",
        runs.apply,
        "Submit a run",
        work.Run,
        takes=ApplyRunPlanRequest,
        writes=True,
    ),
    Route("POST", f"{P}/runs/stop", runs.stop, "Stop runs", takes=StopRunsRequest, writes=True),
    Route("POST", f"{P}/runs/delete", runs.delete, "Delete runs", takes=DeleteRunsRequest, writes=True),
    Route(
        "POST",
        f"{P}/logs/poll",
        logs.poll,
        "Output of a job",
        work.JobSubmissionLogs,
        takes=PollLogsRequest,
    ),
    *fleets.ROUTES,
    *instances.ROUTES,
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
    *secrets.ROUTES,
    *backends.ROUTES,
    *absent.ROUTES,
]
