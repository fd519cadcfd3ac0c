"""Offers, each by itself or in groups."""

from collections.abc import Sequence
from typing import Any

import typer

from runfold.client.blocking import Client
from runfold.client.calls import offers as calls
from runfold.client.cli.shown import consoles, json
from runfold.client.cli.shown.offers import groups_table
from runfold.client.cli.shown.runs import offers_table

_FIELDS = ("gpu", "backend", "region", "count")


def grouping(given: Sequence[str]) -> list[str]:
    """What the server groups by besides the GPU, which it always does."""
    fields = [field.strip() for each in given for field in each.split(",")]
    for field in fields:
        if field not in _FIELDS:
            raise typer.BadParameter(f"{field} is none of {', '.join(_FIELDS)}", param_hint="--group-by")
    if "gpu" not in fields:
        raise typer.BadParameter("gpu must be among them", param_hint="--group-by")
    if "region" in fields and "backend" not in fields:
        raise typer.BadParameter("region needs backend beside it", param_hint="--group-by")
    return [field for field in dict.fromkeys(fields) if field != "gpu"]


def show(
    client: Client, most: int, resources: dict[str, Any], profile: dict[str, Any], *, as_json: bool
) -> None:
    call = calls.listed(client.project, resources, max_offers=most, **profile)
    if as_json:
        plan = client.send(call.plain())["job_plans"][0]
        json.whole(
            {"project": client.project, "offers": plan["offers"], "total_offers": plan["total_offers"]}
        )
        return
    found = client.send(call).job_plans[0]
    consoles.answers().print(offers_table(found.offers))
    if found.total_offers != len(found.offers) or not found.offers:
        consoles.say(f"{len(found.offers)} of {found.total_offers} offers are shown", "dim")


def show_groups(
    client: Client, by: Sequence[str], resources: dict[str, Any], profile: dict[str, Any], *, as_json: bool
) -> None:
    call = calls.grouped(client.project, resources, by=by, **profile)
    if as_json:
        json.whole({"project": client.project, **client.send(call.plain())})
    else:
        consoles.answers().print(groups_table(client.send(call)))
