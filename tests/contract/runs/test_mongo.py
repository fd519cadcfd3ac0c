"""What the suite for all stores can't see: by what MongoDB finds a page."""

from collections.abc import AsyncIterator

import pytest

from runfold.eventlog.adapters.mongo_documents import Database, connect
from runfold.eventlog.adapters.runs_mongo import MongoRunStore
from tests.contract.runs.given import activate, row


@pytest.fixture
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    where = request.getfixturevalue("mongo_database")
    made = connect(where.url, where.name)
    yield made
    made.client.close()


async def test_a_projects_page_and_one_users_page_each_have_an_index_in_its_order(database: Database) -> None:
    store = MongoRunStore(database)
    await store.prepare()
    number = await activate(store, row("r1"))
    indexes = await database[f"run_rows_{number}"].index_information()
    keys = [[tuple(part) for part in index["key"]] for index in indexes.values()]
    order = [("submitted_at", -1), ("_id", 1)]
    assert [("project_id", 1), *order] in keys
    assert [("project_id", 1), ("user_id", 1), *order] in keys
