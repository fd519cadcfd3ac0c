"""A fresh gateway for each test."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from tests.integration.gateway.world import World, a_world


@pytest_asyncio.fixture
async def world() -> AsyncGenerator[World]:
    async with a_world() as made:
        yield made
