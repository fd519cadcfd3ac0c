"""Users changed and deleted, their keys, and who stays to administer the cell."""

import pytest

from runfold.contracts import user as e
from runfold.contracts.values import Ciphertext
from runfold.domain.errors import AlreadyExists, Invalid
from runfold.domain.user import account, public_keys
from tests.unit.domain.given import World, given

ADMIN = e.UserCreated("admin-id", "admin", "admin")
BOB = e.UserCreated("bob-id", "bob", "user", email="bob@example.com")
OTHER_ADMIN = e.UserCreated("eve-id", "eve", "admin")
LAST = "Cannot remove the last global admin"
KEY = e.PublicKeyAdded("key", "bob-id", "laptop", "ssh-ed25519", "SHA256:x", "ssh-ed25519 AAAA laptop")


def update(command: e.UserUpdated):  # type: ignore[no-untyped-def]
    def decide(world: World) -> list[e.UserEvent]:
        users = world.cell.users
        return account.update(users[command.user_id], command, account.administrators(users.values()))

    return decide


def delete(*ids: str):  # type: ignore[no-untyped-def]
    def decide(world: World) -> list[e.UserEvent]:
        cell = world.cell
        leaving = [cell.users[user_id] for user_id in ids]
        return account.delete(leaving, cell.tokens.values(), account.administrators(cell.users.values()))

    return decide


def test_a_change_names_the_fields_that_were_otherwise() -> None:
    wanted = e.UserUpdated("bob-id", "user", None, active=False)
    told = e.UserUpdated("bob-id", "user", None, active=False, changed=("email", "active"))
    world = given(ADMIN, BOB).when(update(wanted)).then(told)
    assert update(wanted)(world) == []


def test_who_is_inactive_gets_in_by_no_token_until_made_active_again() -> None:
    off, on = e.UserUpdated("bob-id", "user", active=False), e.UserUpdated("bob-id", "user", active=True)
    world = given(BOB, e.TokenIssued("token", "bob-id", "hash"), off).world
    assert world.cell.user_with_token("hash") is None
    world.happens(on)
    assert world.cell.user_with_token("hash") is world.cell.users["bob-id"]


@pytest.mark.parametrize(("role", "active"), [("user", True), ("admin", False)])
def test_the_last_administrator_stays_one(role: str, active: bool) -> None:
    wanted = e.UserUpdated("admin-id", role, active=active)
    given(ADMIN, BOB).when(update(wanted)).then_refused(Invalid, LAST)
    inactive = e.UserUpdated("eve-id", "admin", active=False)
    given(ADMIN, OTHER_ADMIN, inactive).when(update(wanted)).then_refused(Invalid, LAST)
    assert update(wanted)(given(ADMIN, OTHER_ADMIN).world)


def test_an_unknown_role_is_refused() -> None:
    given(ADMIN, BOB).when(update(e.UserUpdated("bob-id", "king"))).then_refused(Invalid, "global role")


def test_who_is_deleted_leaves_no_token_grant_or_name_but_what_they_made() -> None:
    token, grant = e.TokenIssued("token", "bob-id", "hash"), e.GrantGiven("grant", "bob-id", "user", "cell")
    world = (
        given(ADMIN, BOB, token, grant)
        .when(delete("bob-id"))
        .then(e.TokenRevoked("token"), e.GrantRevoked("grant"), e.UserDeleted("bob-id"))
    )
    assert world.cell.user_named("bob") is None
    assert world.cell.users["bob-id"].deleted
    assert not world.cell.users["bob-id"].active


def test_neither_the_founder_nor_the_last_administrator_is_deleted() -> None:
    given(ADMIN, OTHER_ADMIN).when(delete("admin-id")).then_refused(Invalid, "User 'admin' cannot be deleted")
    demoted = e.UserUpdated("admin-id", "user")
    given(ADMIN, OTHER_ADMIN, demoted).when(delete("eve-id")).then_refused(Invalid, LAST)


def test_a_new_key_pair_takes_the_place_of_the_old_one() -> None:
    pair = e.SshKeyReplaced("bob-id", "public", Ciphertext("k", "n", "d"))
    bob = given(BOB, pair).world.cell.users["bob-id"]
    assert (bob.ssh_public_key, bob.ssh_private_key) == ("public", Ciphertext("k", "n", "d"))


def test_a_key_is_added_once_whatever_it_is_named() -> None:
    def add(name: str):  # type: ignore[no-untyped-def]
        command = e.PublicKeyAdded("new", "bob-id", name, KEY.key_type, KEY.fingerprint, KEY.key)
        return lambda world: public_keys.add(world.cell.users["bob-id"], command)

    given(BOB, KEY).when(add("desktop")).then_refused(AlreadyExists)
    given(BOB).when(add("x" * 101)).then_refused(Invalid)
    assert add("laptop")(given(BOB, KEY, e.PublicKeyDeleted("key", "bob-id", KEY.fingerprint)).world)


def test_keys_are_deleted_and_unknown_ones_passed_over() -> None:
    world = (
        given(BOB, KEY)
        .when(lambda w: public_keys.delete(w.cell.users["bob-id"], ["unknown", "key"]))
        .then(e.PublicKeyDeleted("key", "bob-id", KEY.fingerprint))
    )
    assert world.cell.users["bob-id"].public_keys == {}
