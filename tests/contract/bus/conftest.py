"""Both buses: one suite for them."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.bus.rigs import InProcessRig, KillableRig, RabbitRig, Rig
from tests.servers import Breakable


@pytest.fixture
async def rabbit(amqp_url: str) -> AsyncIterator[RabbitRig]:
    rig = RabbitRig(amqp_url)
    await rig.start()
    yield rig
    await rig.close()


@pytest.fixture
async def in_process() -> AsyncIterator[InProcessRig]:
    rig = InProcessRig()
    yield rig
    await rig.close()


@pytest.fixture
async def killable(breakable_broker: Breakable) -> AsyncIterator[KillableRig]:
    rig = KillableRig(breakable_broker)
    yield rig
    await rig.close()


@pytest.fixture(params=["in_process", "rabbit"])
def rig(request: pytest.FixtureRequest) -> Rig:
    """A broker that connections can be cut off from."""
    made: Rig = request.getfixturevalue(request.param)
    return made


@pytest.fixture(params=["in_process", "killable"])
def mortal_rig(request: pytest.FixtureRequest) -> Rig:
    """A broker that really dies."""
    made: Rig = request.getfixturevalue(request.param)
    return made
