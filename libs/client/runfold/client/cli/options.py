"""Options that several commands have."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="The answer as JSON.")]


class Format(StrEnum):
    PLAIN = "plain"
    JSON = "json"


OutputFormat = Annotated[Format, typer.Option("--format", help="--json says the same in short.")]
Project = Annotated[
    str | None,
    typer.Option("--project", metavar="NAME", help="The project; else RUNFOLD_PROJECT, or the default."),
]
RunName = Annotated[str, typer.Argument(metavar="NAME", help="The run's name, as `runfold ps` shows it.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
Detach = Annotated[bool, typer.Option("--detach", "-d", help="Return once it is submitted.")]
Force = Annotated[
    bool, typer.Option("--force", help="Also where nothing changed, or something did meanwhile.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Tell more.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Stay, and show what changes.")]
Job = Annotated[int, typer.Option("--job", min=0, help="Number of the job, where there are several.")]
Replica = Annotated[int, typer.Option("--replica", min=0, help="Number of the replica.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="WHEN", help="Only what is newer: 10s, 5m, 1d, or 2026-09-24T15:30:00Z."),
]

_REACH = "How it is reached"
Ports = Annotated[
    list[str] | None,
    typer.Option(
        "--port",
        "-p",
        metavar="PORT",
        help="A port of the job to have here: 8080, 8000:8080, *:8080; may be repeated.",
        rich_help_panel=_REACH,
    ),
]
Host = Annotated[
    str,
    typer.Option("--host", metavar="ADDRESS", help="Where ports are listened at.", rich_help_panel=_REACH),
]
Identity = Annotated[
    Path | None,
    typer.Option(
        "--ssh-identity",
        metavar="FILE",
        help="A private key of your own, whose public one is known.",
        rich_help_panel=_REACH,
    ),
]

_REPO = "By what its repo is cloned"
GitIdentity = Annotated[
    Path | None,
    typer.Option(
        "--git-identity", metavar="FILE", help="A private key without a passphrase.", rich_help_panel=_REPO
    ),
]
GitToken = Annotated[
    str | None,
    typer.Option(
        "--gh-token",
        "--token",
        "-t",
        metavar="TOKEN",
        help="For HTTPS; GH_TOKEN in the environment is taken for github.com.",
        rich_help_panel=_REPO,
    ),
]

_RESOURCES, _PROFILE = "Resources", "Where it may go"
Cpu = Annotated[
    str | None, typer.Option("--cpu", metavar="SPEC", help="4, 2..8, arm:4..", rich_help_panel=_RESOURCES)
]
Gpu = Annotated[
    str | None,
    typer.Option("--gpu", metavar="SPEC", help="A100, 24GB, A100:40GB:2, 0", rich_help_panel=_RESOURCES),
]
Memory = Annotated[
    str | None, typer.Option("--memory", metavar="RANGE", help="16GB, 8GB..32GB", rich_help_panel=_RESOURCES)
]
Disk = Annotated[
    str | None, typer.Option("--disk", metavar="RANGE", help="100GB..", rich_help_panel=_RESOURCES)
]
Fleets = Annotated[
    list[str] | None,
    typer.Option("--fleet", metavar="NAME", help="Only these fleets.", rich_help_panel=_PROFILE),
]
Backends = Annotated[
    list[str] | None,
    typer.Option("--backend", "-b", metavar="NAME", help="Only these backends.", rich_help_panel=_PROFILE),
]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", "-r", metavar="NAME", help="Only these regions.", rich_help_panel=_PROFILE),
]
InstanceTypes = Annotated[
    list[str] | None,
    typer.Option("--instance-type", metavar="NAME", help="Only these types.", rich_help_panel=_PROFILE),
]
MaxPrice = Annotated[
    float | None,
    typer.Option("--max-price", metavar="PRICE", help="Dollars an hour.", rich_help_panel=_PROFILE),
]
MaxDuration = Annotated[
    str | None,
    typer.Option("--max-duration", metavar="DURATION", help="30m, 2h, off", rich_help_panel=_PROFILE),
]
Spot = Annotated[bool, typer.Option("--spot", help="Only interruptible instances.", rich_help_panel=_PROFILE)]
OnDemand = Annotated[
    bool, typer.Option("--on-demand", help="Only uninterruptible ones.", rich_help_panel=_PROFILE)
]
SpotAuto = Annotated[bool, typer.Option("--spot-auto", help="Either.", rich_help_panel=_PROFILE)]
SpotPolicy = Annotated[
    str | None,
    typer.Option(
        "--spot-policy", metavar="POLICY", help="spot, on-demand or auto.", rich_help_panel=_PROFILE
    ),
]
Reuse = Annotated[
    bool, typer.Option("--reuse", "-R", help="Only instances that there are.", rich_help_panel=_PROFILE)
]
DontDestroy = Annotated[
    bool, typer.Option("--dont-destroy", help="An instance made for it stays.", rich_help_panel=_PROFILE)
]
IdleDuration = Annotated[
    str | None,
    typer.Option(
        "--idle-duration",
        metavar="DURATION",
        help="For how long an instance made for it stays.",
        rich_help_panel=_PROFILE,
    ),
]
Retry = Annotated[
    bool | None,
    typer.Option("--retry/--no-retry", help="Whether it is tried again.", rich_help_panel=_PROFILE),
]
RetryDuration = Annotated[
    str | None,
    typer.Option("--retry-duration", metavar="DURATION", help="And for how long.", rich_help_panel=_PROFILE),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        envvar=["RUNFOLD_PROFILE", "DSTACK_PROFILE"],
        help="Of .dstack/profiles.yml.",
        rich_help_panel=_PROFILE,
    ),
]
NoProfile = Annotated[bool, typer.Option("--no-profile", help="None at all.", rich_help_panel=_PROFILE)]
