"""The sign of the active replica: one connection has it, and only its end or a release frees it."""

import pytest

from runfold.bus.port import Bus, BusUnavailable
from runfold.bus.topology import active
from tests.contract.bus.rigs import Rig
from tests.contract.bus.waiting import until

SIGN = active("scheduler")


async def test_one_connection_has_a_sign_however_often_it_asks(rig: Rig) -> None:
    one, other = await rig.connect(), await rig.connect()
    assert await one.hold(SIGN)
    assert await one.hold(SIGN)
    assert not await other.hold(SIGN)
    assert await other.hold(active("provisioner"))


async def test_a_released_sign_is_free(rig: Rig) -> None:
    one, other = await rig.connect(), await rig.connect()
    assert await one.hold(SIGN)
    await one.release(SIGN)
    assert await other.hold(SIGN)


async def test_who_does_not_have_a_sign_can_not_release_it(rig: Rig) -> None:
    one, other = await rig.connect(), await rig.connect()
    assert await one.hold(SIGN)
    await other.release(SIGN)
    assert not await other.hold(SIGN)


async def test_a_sign_ends_with_its_connection(rig: Rig) -> None:
    one, other = await rig.connect(), await rig.connect()
    assert await one.hold(SIGN)
    await one.close()

    async def held() -> bool:
        return await other.hold(SIGN)

    await until(held)


async def test_a_lost_sign_goes_to_the_first_who_asks_once_the_broker_is_back(rig: Rig) -> None:
    one, other = await rig.connect(), await rig.connect()
    assert await one.hold(SIGN)
    await rig.lose()
    await until(lambda: not one.connected and not other.connected)
    with pytest.raises(BusUnavailable):
        await other.hold(SIGN)

    await rig.mend()
    await until(lambda: other.connected)

    # A broker may find out late that a connection is gone.
    await until(lambda: _hold(other))
    assert not await _hold(one)


async def _hold(bus: Bus) -> bool:
    try:
        return await bus.hold(SIGN)
    except BusUnavailable:
        return False
