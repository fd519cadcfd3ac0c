"""`runfold up`: everything in one process, until Ctrl-C."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from runfold.embedded.bootstrap import Parts
    from runfold.embedded.data_dir import DataDir
    from runfold.embedded.settings import UpSettings
    from runfold.service.component import Component

USAGE = 2
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the API.", show_default="3000")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where everything is kept.", show_default="~/.runfold/server")
    ] = None,
    admin_token: Annotated[
        str | None,
        typer.Option(
            help="Token of user admin, at the first start; else one is made. Others on this machine see options "
            "in the list of processes: rather set RUNFOLD_ADMIN_TOKEN."
        ),
    ] = None,
    runtime: Annotated[
        str | None, typer.Option(help="What runs jobs: auto, docker or process.", show_default="auto")
    ] = None,
    allow_host_processes: Annotated[
        bool | None,
        typer.Option("--allow-host-processes", help="Let others than this machine start processes on it."),
    ] = None,
    ssh_port: Annotated[
        str | None,
        typer.Option(help="Port of SSH into what runs, or off.", show_default="3022, where that is free"),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate (PEM): serve HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
) -> None:
    """Start Runfold on this machine: API, scheduler, provisioner, log and an executor in one process.

    \b
    runfold up --port 3000 --data-dir ~/.runfold/server

    Every option can also be given as RUNFOLD_<OPTION>: RUNFOLD_ADMIN_TOKEN is better than --admin-token.
    """
    # Not at the top: `runfold --help` reads this docstring too, and shall not wait for a server's modules.
    from runfold.embedded.bootstrap import parts
    from runfold.embedded.data_dir import DataDir, InUse
    from runfold.embedded.settings import UpSettings
    from runfold.service import logging, serve
    from runfold.service.settings import SettingsError, load

    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "data_dir": data_dir,
        "admin_token": admin_token,
        "runtime": runtime,
        "allow_host_processes": allow_host_processes,
        "ssh_port": ssh_port,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
    }
    try:
        settings = load(UpSettings, **{name: value for name, value in options.items() if value is not None})
        own = parts(settings)
    except SettingsError as error:
        _refuse(_by_option(str(error), options))
    if settings.host not in _LOOPBACK and settings.runtime != "docker" and not settings.allow_host_processes:
        _refuse(
            f"listening on {settings.host} would let others start processes on this machine: "
            "give --runtime docker, or --allow-host-processes if that is wanted"
        )
    logging.configure("up", level=settings.log_level, form=settings.log_format)
    data = DataDir(settings.directory)
    try:
        data.acquire()
    except (InUse, OSError) as error:
        _refuse(str(error))
    try:
        sys.exit(serve.run("up", settings, lambda: _wire(settings, own, data)))
    finally:
        data.release()


async def _wire(settings: "UpSettings", own: "Parts", data: "DataDir") -> "Component":
    from runfold.embedded.bootstrap import wire

    return wire(settings, own, data)


def _by_option(told: str, options: Iterable[str]) -> str:
    """Settings are told of by their variables; here, their options go before those."""
    for name in options:
        variable = f"RUNFOLD_{name.upper()}"
        told = told.replace(f"{variable}: ", f"--{name.replace('_', '-')} ({variable}): ")
    return told


def _refuse(why: str) -> NoReturn:
    print(f"runfold up: {why}", file=sys.stderr)
    sys.exit(USAGE)
