"""Whose key opens which job."""

import pytest

from runfold.domain.cell.state import Cell
from runfold.domain.project.state import Project
from runfold.domain.run.state import Run
from runfold.domain.user.state import Grant, User
from runfold.gateway.ssh.access import body_of, opens

ADA, BOB, RUNS = "ssh-ed25519 AAAAada ada", "ssh-ed25519 AAAAbob bob", "ssh-ed25519 AAAArun somebody"


@pytest.fixture
def run() -> Run:
    return Run("run-1", "project-1", "ada", "name", "dstack", "{}", 0, 0)


@pytest.fixture
def cell() -> Cell:
    """Ada is a member; Bob is somebody."""
    ada = User("ada", "ada", "user", 0, ssh_public_key=ADA)
    ada.grants["g"] = Grant("g", "ada", "user", "project:project-1")
    bob = User("bob", "bob", "user", 0, ssh_public_key=BOB)
    project = Project("project-1", "main", "ada", "1", 1, 0)
    return Cell(users={"ada": ada, "bob": bob}, projects={"project-1": project})


def test_a_members_key_opens_it_whatever_its_comment(cell: Cell, run: Run) -> None:
    assert opens("ssh-ed25519 AAAAada", run, None, cell)


def test_somebody_elses_does_not(cell: Cell, run: Run) -> None:
    assert not opens(BOB, run, None, cell)


def test_a_public_project_lets_nobody_in_by_being_public(cell: Cell, run: Run) -> None:
    cell.projects["project-1"].is_public = True
    assert not opens(BOB, run, None, cell)


def test_the_key_that_it_was_submitted_with_opens_it(cell: Cell, run: Run) -> None:
    assert opens(RUNS, run, RUNS, cell)


def test_that_one_does_so_only_as_long_as_its_submitter_may(cell: Cell, run: Run) -> None:
    cell.users["ada"].grants.clear()
    assert not opens(RUNS, run, RUNS, cell)


def test_a_global_administrator_gets_in_everywhere(cell: Cell, run: Run) -> None:
    cell.users["bob"].global_role = "admin"
    assert opens(BOB, run, None, cell)


def test_a_deleted_project_is_closed(cell: Cell, run: Run) -> None:
    cell.projects["project-1"].deleted = True
    assert not opens(ADA, run, None, cell)


@pytest.mark.parametrize("key", [None, "", "ssh-ed25519"])
def test_what_is_no_key_is_none(key: str | None) -> None:
    assert body_of(key) is None
