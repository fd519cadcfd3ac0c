"""Users, their tokens, what they are granted and what that allows."""

import pytest

from runfold.contracts import user as e
from runfold.domain.errors import AlreadyExists, Invalid
from runfold.domain.user import decide
from runfold.domain.user.authorize import Operation, allowed, role_in
from runfold.domain.user.state import User
from tests.unit.domain.given import World, given
from tests.unit.domain.things import FOUNDED

BOB = e.UserCreated("bob-id", "bob", "user", email="bob@example.com")


def create(command: e.UserCreated = BOB):  # type: ignore[no-untyped-def]
    return lambda world: decide.create(world.cell.user_named(command.name), command)


def test_a_user_takes_a_free_name() -> None:
    world = given(*FOUNDED).when(create()).then(BOB)
    bob = world.cell.user_named("bob")
    assert bob is not None
    assert (bob.id, bob.email) == ("bob-id", "bob@example.com")


def test_a_name_is_taken_once() -> None:
    given(BOB).when(create()).then_refused(AlreadyExists)


@pytest.mark.parametrize("command", [e.UserCreated("x", "b ob", "user"), e.UserCreated("x", "bob", "king")])
def test_a_malformed_name_or_role_is_refused(command: e.UserCreated) -> None:
    given(*FOUNDED).when(create(command)).then_refused(Invalid)


def test_a_token_finds_its_user_until_it_is_revoked() -> None:
    world = given(BOB, e.TokenIssued("token", "bob-id", "hash")).world
    assert world.cell.user_with_token("hash") is world.cell.users["bob-id"]
    world.happens(e.TokenRevoked("token"), e.TokenRevoked("token"))
    assert world.cell.user_with_token("hash") is None


def test_a_new_token_takes_the_place_of_all_older_ones() -> None:
    new = e.TokenIssued("new", "bob-id", "new hash")
    old = [e.TokenIssued("a", "bob-id", "hash a"), e.TokenIssued("b", "bob-id", "hash b")]
    world = (
        given(BOB, old)
        .when(lambda w: decide.refresh_token(list(w.cell.tokens.values()), new))
        .then(e.TokenRevoked("a"), e.TokenRevoked("b"), new)
    )
    assert list(world.cell.tokens) == ["new"]


def give(role: str):  # type: ignore[no-untyped-def]
    command = e.GrantGiven("new", "bob-id", role, "project:project")
    return lambda world: decide.give(world.cell.users["bob-id"], command)


def test_a_grant_takes_the_place_of_an_older_one_of_the_same_scope() -> None:
    old = e.GrantGiven("old", "bob-id", "user", "project:project")
    elsewhere = e.GrantGiven("other", "bob-id", "user", "project:elsewhere")
    world = (
        given(BOB, old, elsewhere)
        .when(give("admin"))
        .then(e.GrantRevoked("old"), e.GrantGiven("new", "bob-id", "admin", "project:project"))
    )
    assert role_in(world.cell.users["bob-id"], "project") == "admin"
    assert role_in(world.cell.users["bob-id"], "elsewhere") == "user"
    assert list(give("admin")(world)) == []


def test_an_unknown_role_is_refused() -> None:
    given(BOB).when(give("king")).then_refused(Invalid)


def someone(global_role: str = "user", role: str | None = None, scope: str = "project:project") -> User:
    world = World().happens(e.UserCreated("u", "u", global_role))
    if role is not None:
        world.happens(e.GrantGiven("g", "u", role, scope))
    return world.cell.users["u"]


@pytest.mark.parametrize("operation", Operation)
def test_a_global_admin_may_do_everything_everywhere(operation: Operation) -> None:
    assert allowed(someone("admin"), operation)
    assert allowed(someone("admin"), operation, "project")


@pytest.mark.parametrize("operation", Operation)
def test_who_is_not_active_may_do_nothing(operation: Operation) -> None:
    admin = someone("admin", role="admin")
    admin.active = False
    assert not allowed(admin, operation)
    assert not allowed(admin, operation, "project")


@pytest.mark.parametrize("operation", Operation)
def test_who_has_no_grant_may_only_create_projects(operation: Operation) -> None:
    assert allowed(someone(), operation) is (operation is Operation.CREATE_PROJECTS)
    assert not allowed(someone(), operation, "project")


@pytest.mark.parametrize(
    ("role", "denied"),
    [
        (
            "user",
            {
                "manage secrets",
                "manage members",
                "manage admins",
                "manage project",
                "create projects",
                "administer",
            },
        ),
        ("manager", {"manage secrets", "manage admins", "manage project", "create projects", "administer"}),
        ("admin", {"create projects", "administer"}),
        ("of a later version", {str(operation) for operation in Operation}),
    ],
)
def test_a_member_may_what_the_role_in_that_project_says(role: str, denied: set[str]) -> None:
    member = someone(role=role)
    assert {str(o) for o in Operation if not allowed(member, o, "project")} == denied
    assert not any(allowed(member, o, "elsewhere") for o in Operation)


def test_a_grant_of_the_cell_holds_in_every_project() -> None:
    assert allowed(someone(role="user", scope="cell"), Operation.RUN, "anywhere")
    assert role_in(someone(role="user", scope="cell"), "anywhere") is None


def test_a_revoked_grant_allows_nothing() -> None:
    world = World().happens(
        e.UserCreated("u", "u", "user"), e.GrantGiven("g", "u", "admin", "project:project")
    )
    world.happens(e.GrantRevoked("g"), e.GrantRevoked("g"))
    assert not allowed(world.cell.users["u"], Operation.READ, "project")
