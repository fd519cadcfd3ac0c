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
    FleetPlan,
    FleetSpecInput,
    GetFleetPlanRequest,
    GetFleetRequest,
    GetRunPlanRequest,
    GetRunRequest,
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
