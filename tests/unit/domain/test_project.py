"""Projects, their secrets, and names in general."""

import pytest

from runfold.contracts import project as e
from runfold.contracts.values import Ciphertext
from runfold.domain import names
from runfold.domain.errors import AlreadyExists, Invalid, NotFound, StillActive
from runfold.domain.project import decide, secrets
from tests.unit.domain.given import World, given
from tests.unit.domain.things import FOUNDED

VALUE = Ciphertext("key", "nonce", "data")
STORED = e.SecretStored("secret", "project", "TOKEN", VALUE)
NIGHT = e.ProjectCreated("night", "Night_Shift-1", "user")


def create(world: World) -> list[e.ProjectEvent]:
    return decide.create(world.cell.project_named(NIGHT.name), NIGHT)


def test_a_project_takes_a_free_name_and_sits_in_a_department() -> None:
    world = given(*FOUNDED).when(create).then(NIGHT)
    project = world.cell.project_named(NIGHT.name)
    assert project is world.cell.projects["night"]
    assert project.department == "1"


def test_a_name_is_taken_once() -> None:
    given(*FOUNDED, NIGHT).when(create).then_refused(AlreadyExists)


def test_the_name_of_a_deleted_project_is_free() -> None:
    given(*FOUNDED, NIGHT, e.ProjectDeleted("night")).when(create).then(NIGHT)


def test_a_project_is_published_and_withdrawn() -> None:
    def update(is_public: bool | None):  # type: ignore[no-untyped-def]
        return lambda world: decide.update(world.cell.projects["project"], is_public)

    public = e.ProjectUpdated("project", is_public=True)
    world = given(*FOUNDED).when(update(True)).then(public)
    assert world.cell.projects["project"].is_public
    given(*FOUNDED, public).when(update(True)).then_nothing()
    given(*FOUNDED, public).when(update(None)).then_nothing()
    given(*FOUNDED, public).when(update(False)).then(e.ProjectUpdated("project", is_public=False))


def test_a_project_is_deleted_when_it_holds_nothing() -> None:
    def delete(runs: list[str], fleets: list[str]):  # type: ignore[no-untyped-def]
        return lambda world: decide.delete(world.cell.projects["project"], runs, fleets)

    given(*FOUNDED).when(delete(["a"], [])).then_refused(StillActive, "active runs")
    given(*FOUNDED).when(delete([], ["b"])).then_refused(StillActive, "active fleets")
    given(*FOUNDED).when(delete([], [])).then(e.ProjectDeleted("project"))


@pytest.mark.parametrize("name", ["", "a b", "a/b", "é", "x" * 51])
def test_a_malformed_name_is_refused(name: str) -> None:
    given(*FOUNDED).when(lambda _: decide.create(None, e.ProjectCreated("x", name, "user"))).then_refused(
        Invalid, "Project name should match"
    )


def test_a_secret_keeps_its_id_when_its_value_is_replaced() -> None:
    new = Ciphertext("key", "nonce", "new")

    def store(world: World) -> list[e.SecretStored]:
        return secrets.store(world.cell.projects["project"], "TOKEN", new, "new-id")

    given(*FOUNDED).when(store).then(e.SecretStored("new-id", "project", "TOKEN", new))
    world = given(*FOUNDED, STORED).when(store).then(e.SecretStored("secret", "project", "TOKEN", new))
    assert world.cell.secrets_of("project") == {"TOKEN": new}
    assert store(world) == []


def test_secrets_are_deleted_together_and_once() -> None:
    def delete(world: World) -> list[e.SecretDeleted]:
        return secrets.delete(world.cell.projects["project"], ["TOKEN", "OTHER"])

    other = e.SecretStored("other", "project", "OTHER", VALUE)
    gone = [e.SecretDeleted("secret", "project", "TOKEN"), e.SecretDeleted("other", "project", "OTHER")]
    given(*FOUNDED, STORED).when(delete).then_refused(NotFound, "Secrets not found: OTHER")
    given(*FOUNDED, STORED, other).when(delete).then(*gone)
    given(*FOUNDED, STORED, other, *gone).when(delete).then_refused(NotFound, "TOKEN, OTHER")


@pytest.mark.parametrize(
    ("name", "value"), [("a b", "x"), ("", "x"), ("x" * 201, "x"), ("TOKEN", "x" * 5001)]
)
def test_a_malformed_name_and_an_endless_value_are_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid):
        secrets.check(name, value)


@pytest.mark.parametrize("random", [0, 1, 2**32, 2**128 - 1])
def test_a_name_made_up_is_a_valid_one(random: int) -> None:
    assert names.check(names.made_up(random), names.RESOURCE)


def test_names_made_up_differ_with_their_random_number() -> None:
    made = {names.made_up(random) for random in range(100_000)}
    assert len(made) == 100_000


def test_a_trailing_newline_is_no_part_of_a_name() -> None:
    with pytest.raises(Invalid):
        names.check("main\n", names.PROJECT)


def test_a_repo_that_is_said_again_is_no_news() -> None:
    repo = e.RepoInitialized("project", "code", "user", "virtual")

    def init(world: World) -> list[e.ProjectEvent]:
        return decide.init_repo(world.cell.projects["project"], repo)

    given(*FOUNDED).when(init).then(repo)
    given(*FOUNDED, repo).when(init).then_nothing()
    given(*FOUNDED, repo, e.RepoDeleted("project", "code")).when(init).then(repo)


def test_what_a_user_clones_by_is_replaced_by_the_next_word_alone() -> None:
    def cloned_by(user: str, creds: e.RepoCreds | None) -> e.RepoInitialized:
        return e.RepoInitialized("project", "code", user, "remote", "code", creds=creds)

    creds, others = e.RepoCreds("https://host/code", oauth_token=VALUE), e.RepoCreds("ssh://host/code")
    told = given(*FOUNDED, cloned_by("user", creds), cloned_by("other", others), cloned_by("user", None))

    assert told.world.cell.projects["project"].repos["code"].creds == {"other": others}


@pytest.mark.parametrize("repo_id", ["", "x" * 1025])
def test_a_repo_whose_id_is_none_or_endless_is_refused(repo_id: str) -> None:
    given(*FOUNDED).when(
        lambda w: decide.init_repo(
            w.cell.projects["project"], e.RepoInitialized("project", repo_id, "user", "virtual")
        )
    ).then_refused(Invalid, "`repo_id`")
