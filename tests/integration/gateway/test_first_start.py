"""The first start makes what every later one finds."""

import asyncio
from hashlib import sha256

import pytest

from tests.integration.gateway.world import ADMIN, Storage, a_world


async def test_it_makes_the_first_user_project_token_and_fleet() -> None:
    async with a_world() as world:
        (admin,) = world.cell.users.values()
        (project,) = world.cell.projects.values()
        (fleet,) = world.cell.fleets.values()

        assert (admin.name, admin.global_role) == ("admin", "admin")
        assert (project.name, project.department, project.serial) == ("main", "1", 1)
        assert (fleet.name, fleet.project_id, fleet.spec.idle_duration) == ("local", None, None)
        assert list(world.cell.tokens_by_sha256) == [sha256(ADMIN.encode()).hexdigest()]
        assert world.gateway.founded is not None
        assert not world.gateway.founded.made


async def test_a_token_that_was_not_given_is_made_and_works() -> None:
    async with a_world(admin_token=None) as world:
        founded = world.gateway.founded
        assert founded is not None
        assert founded.made
        me = await world.post("/api/users/get_my_user", token=founded.token)
        assert me.body["username"] == "admin"
        stored = b"".join(bytes(commit.body) for commit in await world.storage.store.read(0, 100))
        assert founded.token.encode() not in stored
        assert b"PRIVATE KEY" not in stored


async def test_a_second_start_founds_nothing_and_its_token_counts_for_nothing() -> None:
    storage = Storage()
    async with a_world(storage) as first:
        cell_id = first.cell.id
    async with a_world(storage, admin_token="another") as second:
        assert second.gateway.founded is None
        assert second.cell.id == cell_id
        assert (await second.post("/api/users/get_my_user", token="another")).status == 403
        assert (await second.post("/api/users/get_my_user")).status == 200


async def test_gateways_that_start_together_found_one_cell() -> None:
    async with a_world() as near:
        storage = Storage()
        async with a_world(storage) as first:
            others = [a_world(storage, log=first.writer, admin_token=f"token-{n}") for n in range(3)]
            worlds = await asyncio.gather(*(other.__aenter__() for other in others))
            assert [world.gateway.founded for world in worlds] == [None] * 3
            assert len(first.cell.users) == 1
            for other in reversed(others):
                await other.__aexit__(None, None, None)
        assert near.cell.id != first.cell.id


class Shelf:
    """Where a token lies that nobody was shown."""

    def __init__(self) -> None:
        self.token: str | None = None

    def read(self) -> str | None:
        return self.token

    def keep(self, token: str) -> None:
        self.token = token


async def test_a_made_token_is_still_known_after_a_start_that_ended_before_it_was_shown() -> None:
    storage, shelf = Storage(), Shelf()
    async with a_world(storage, untold=shelf, admin_token=None) as first:
        made = first.gateway.founded
    async with a_world(storage, untold=shelf, admin_token=None) as second:
        assert made is not None
        assert second.gateway.founded == made
        assert (await second.post("/api/users/get_my_user", token=made.token)).status == 200


async def test_a_token_that_founded_nothing_is_never_shown() -> None:
    storage, shelf = Storage(), Shelf()
    async with a_world(storage):
        shelf.keep("of-a-start-that-failed")
    async with a_world(storage, untold=shelf, admin_token=None) as later:
        assert later.gateway.founded is None


async def test_a_start_whose_port_is_taken_founds_nothing() -> None:
    storage, shelf = Storage(), Shelf()
    async with a_world() as other:
        assert other.gateway.address is not None
        with pytest.raises(OSError, match=r"in use: give another --port \(RUNFOLD_PORT\)"):
            async with a_world(storage, untold=shelf, admin_token=None, port=other.gateway.address[1]):
                pass
        assert b"CellFounded" in await _written(other.storage)
    assert b"CellFounded" not in await _written(storage)
    assert shelf.token is None


async def _written(storage: Storage) -> bytes:
    return b"".join(bytes(commit.body) for commit in await storage.store.read(0, 100))
