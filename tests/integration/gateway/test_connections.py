"""Connections that executors open: by a ticket that is good once, and only while somebody waits for it."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from runfold.contracts.connection import DATA, Dial, Ended, Execute, Opened, Refused
from runfold.contracts.executor import ConnectionRequested
from runfold.gateway.connections.reach import Reach, Unreachable
from runfold.gateway.connections.tickets import PATH, Tickets
from runfold.service.address import Address
from runfold.service.line import Line, dial
from runfold.service.system import SystemIds
from tests.integration.gateway.world import World


class Executor:
    """Dials whenever it is asked to, and answers what it was made for."""

    def __init__(self, answer: Opened | Refused | None) -> None:
        self._answer = answer
        self.asked: list[ConnectionRequested] = []
        self.heard: list[object] = []
        self._dialled: list[asyncio.Task[None]] = []

    async def request(self, host_id: str, wanted: ConnectionRequested) -> bool:
        self.asked.append(wanted)
        if self._answer is None:
            return False
        self._dialled.append(asyncio.create_task(self._dial(wanted.url)))
        return True

    async def _dial(self, url: str) -> None:
        async with dial(url, None) as line:
            self.heard.append(await line.hear())
            assert self._answer is not None
            await line.say(self._answer)
            while isinstance(heard := await line.hear(), tuple):
                await line.send(DATA, heard[1].upper())


@pytest.fixture
async def tickets() -> Tickets:
    return Tickets(SystemIds())


@pytest.fixture
async def url(tickets: Tickets) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get(PATH, tickets.redeem, allow_head=False)
    server = TestServer(app)
    async with server:
        yield str(server.make_url("")).rstrip("/")
        await tickets.close()


def reach(world: World, tickets: Tickets, executor: Executor, url: str) -> Reach:
    return Reach(lambda: world.cell, tickets, executor, lambda: Address(url))


async def test_what_was_asked_for_is_open_both_ways(world: World, tickets: Tickets, url: str) -> None:
    executor = Executor(Opened())
    await world.start_of("running")
    line = await reach(world, tickets, executor, url).open(world.job("running").attempt.id, Dial(80))
    await line.send(DATA, b"hello")
    assert await line.hear() == (DATA, b"HELLO")
    await line.close()
    assert executor.heard == [Dial(80)]


async def test_a_ticket_is_good_once(world: World, tickets: Tickets, url: str) -> None:
    executor = Executor(Opened())
    await world.start_of("running")
    line = await reach(world, tickets, executor, url).open(world.job("running").attempt.id, Dial(80))
    with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
        async with dial(executor.asked[0].url, None):
            pass
    await line.close()


async def test_one_that_nobody_waits_for_any_more_is_none(tickets: Tickets, url: str) -> None:
    async with tickets.issue() as (ticket, _):
        pass
    with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
        async with dial(url + PATH.format(ticket=ticket), None):
            pass


async def test_what_the_executor_refuses_is_said(world: World, tickets: Tickets, url: str) -> None:
    await world.start_of("running")
    with pytest.raises(Unreachable, match="nothing answers at port 80"):
        await reach(world, tickets, Executor(Refused("nothing answers at port 80")), url).open(
            world.job("running").attempt.id, Dial(80)
        )


async def test_a_host_that_is_not_connected_is_not_waited_for(
    world: World, tickets: Tickets, url: str
) -> None:
    await world.start_of("running")
    with pytest.raises(Unreachable, match="not connected"):
        await reach(world, tickets, Executor(None), url).open(world.job("running").attempt.id, Execute())


async def test_a_job_that_does_not_run_is_not_asked_for(world: World, tickets: Tickets, url: str) -> None:
    executor = Executor(Opened())
    await world.submit("waits")
    with pytest.raises(Unreachable, match="the job waits"):
        await reach(world, tickets, executor, url).open(world.job("waits").attempt.id, Execute())
    assert executor.asked == []


async def test_a_line_says_nothing_of_what_it_does_not_know(tickets: Tickets, url: str) -> None:
    async with tickets.issue() as (ticket, take), aiohttp.ClientSession() as client:
        socket = await client.ws_connect(url + PATH.format(ticket=ticket))
        line: Line = await take()
        await socket.send_str('{"type": "Unheard", "data": {}}')
        assert await line.hear() is None
        await line.say(Ended())
        assert (await socket.receive_json())["type"] == "Ended"
        assert (await asyncio.gather(line.hear(), socket.close()))[0] is None
        await line.close()


async def test_a_line_that_came_and_that_nobody_took_is_closed(tickets: Tickets, url: str) -> None:
    async with aiohttp.ClientSession() as client:
        async with tickets.issue() as (ticket, _):
            socket = await client.ws_connect(url + PATH.format(ticket=ticket))
            ended = asyncio.create_task(socket.receive())
        assert (await asyncio.wait_for(ended, 10)).type is aiohttp.WSMsgType.CLOSE
