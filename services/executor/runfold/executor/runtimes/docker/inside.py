"""Connections to what listens in a container, also where that is on the container's loopback alone."""

import asyncio
import ctypes
import os
import socket
import threading
from pathlib import Path
from typing import Any

from runfold.executor.runtime import NOT_RUNNING, Unreachable
from runfold.executor.runtimes.tcp import PATIENCE, TcpSession, connect, over

_NEW_NET = 0x40000000  #: CLONE_NEWNET
_libc = ctypes.CDLL(None, use_errno=True)


async def dial(found: dict[str, Any], port: int) -> TcpSession:
    """`found` is what the engine tells of the container. Raises Unreachable.

    From within its network where this process may go there, which takes root; else by its address, where only what
    listens on that is heard.
    """
    state = found["State"]
    if not state["Running"]:
        raise Unreachable(NOT_RUNNING)
    namespace = Path(f"/proc/{state['Pid']}/ns/net")
    if _may_enter(namespace):
        try:
            return await over(await _in_thread(namespace, port))
        except PermissionError:
            pass
        except OSError as error:
            raise Unreachable(
                f"nothing answers at port {port} of the job: {error.strerror or error}"
            ) from error
    for network in found["NetworkSettings"]["Networks"].values():
        if network["IPAddress"]:
            return await connect(port, network["IPAddress"])
    raise Unreachable("the job's container has no network")


def _may_enter(namespace: Path) -> bool:
    return os.geteuid() == 0 and namespace.exists()


async def _in_thread(namespace: Path, port: int) -> socket.socket:
    """In a thread that ends with it, since a thread that has changed its network stays there."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[socket.socket] = loop.create_future()

    def go() -> None:
        try:
            connected = _connect_inside(namespace, port)
        except OSError as error:
            loop.call_soon_threadsafe(_settle, done, None, error)
        else:
            loop.call_soon_threadsafe(_settle, done, connected, None)

    threading.Thread(target=go, name="docker-dial", daemon=True).start()
    return await done


def _settle(
    done: "asyncio.Future[socket.socket]", connected: socket.socket | None, error: OSError | None
) -> None:
    if error is not None and not done.done():
        done.set_exception(error)
    elif connected is not None and not done.done():
        done.set_result(connected)
    elif connected is not None:
        connected.close()


def _connect_inside(namespace: Path, port: int) -> socket.socket:
    with namespace.open("rb") as there:
        if _libc.setns(there.fileno(), _NEW_NET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
