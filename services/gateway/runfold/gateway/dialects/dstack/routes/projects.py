"""Where the calls about projects and their members are."""

from runfold.gateway.dialects.dstack.handlers import members, projects
from runfold.gateway.dialects.dstack.models.people import Project, ProjectsInfoList
from runfold.gateway.dialects.dstack.requests.people import (
    CreateProjectRequest,
    DeleteProjectsRequest,
    ListProjectsRequest,
    MembersRequest,
    RemoveMembersRequest,
    UpdateProjectRequest,
)
from runfold.gateway.http.routes import Route

P = "/api/projects"

ROUTES = [
    Route(
        "POST",
        f"{P}/list",
        projects.list_projects,
        "Projects",
        list[Project] | ProjectsInfoList,
        takes=ListProjectsRequest,
        optional=True,
    ),
    Route(
        "POST",
        f"{P}/create",
        projects.create,
        "Make a project",
        Project,
        takes=CreateProjectRequest,
        writes=True,
    ),
    Route("POST", f"{P}/{{project}}/get", projects.get, "A project", Project),
    Route(
        "POST",
        f"{P}/{{project}}/set_members",
        members.set_members,
        "Set the members",
        Project,
        takes=MembersRequest,
        writes=True,
    ),
    Route(
        "POST",
        f"{P}/{{project}}/add_members",
        members.add_members,
        "Add members",
        Project,
        takes=MembersRequest,
        writes=True,
    ),
    Route(
        "POST",
        f"{P}/{{project}}/remove_members",
        members.remove_members,
        "Remove members",
        Project,
        takes=RemoveMembersRequest,
        writes=True,
    ),
    Route(
        "POST",
        f"{P}/list_only_no_fleets",
        projects.list_only_no_fleets,
        "Projects that may use no fleet",
        list[Project],
    ),
    Route(
        "POST",
        f"{P}/delete",
        projects.delete,
        "Delete projects",
        takes=DeleteProjectsRequest,
        writes=True,
    ),
    Route(
        "POST",
        f"{P}/{{project}}/update",
        projects.update,
        "Change a project",
        Project,
        takes=UpdateProjectRequest,
        writes=True,
    ),
]
