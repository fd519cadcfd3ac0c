"""Fleets, their instances and their plans."""

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table

from runfold.client.cli.shown import words
from runfold.client.cli.shown.tables import Cell, status, table
from runfold.client.models.fleets import Fleet, FleetPlan, Instance


def fleets_table(fleets: Iterable[Fleet], now: datetime, *, verbose: bool = False) -> Table:
    """One line for each fleet, and one for each of its instances."""
    more = ("hostname", "reason") if verbose else ()
    columns = ("name", "nodes", "backend", "resources", "price", "status", "created", *more)
    return table(columns, [row for fleet in fleets for row in _rows(fleet, now, verbose)], right=("price",))


def fleet_plan_table(plan: FleetPlan) -> Table:
    configuration = (plan.effective_spec or plan.spec).configuration
    told = {
        "project": plan.project_name,
        "user": plan.user,
        "fleet": configuration.get("name") or "(a name is made up)",
        "nodes": words.bounds(configuration.get("nodes")) or "-",
        "resources": words.asked(configuration.get("resources")),
        "action": "make"
        if plan.current_resource is None
        else f"change, it is {plan.current_resource.status}",
    }
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    for name, value in told.items():
        made.add_row(name, str(value))
    return made


def _rows(fleet: Fleet, now: datetime, verbose: bool) -> Iterable[list[Cell]]:
    configuration = fleet.spec.configuration
    row: list[Cell] = [
        fleet.name,
        words.bounds(configuration.get("nodes")) or "-",
        "-",
        words.asked(configuration.get("resources")),
        "-",
        status(fleet.status),
        words.ago(fleet.created_at, now),
    ]
    yield row + (["-", fleet.status_message or "-"] if verbose else [])
    yield from (_instance(instance, now, verbose) for instance in fleet.instances)


def _instance(instance: Instance, now: datetime, verbose: bool) -> list[Cell]:
    kind = instance.instance_type
    row: list[Cell] = [
        f"  instance={instance.instance_num}",
        "",
        instance.backend or "-",
        words.host(kind.resources) if kind else "-",
        words.price(instance.price),
        status(instance.status, _told(instance)),
        words.ago(instance.created, now),
    ]
    return row + ([instance.hostname or "-", instance.termination_reason or "-"] if verbose else [])


def _told(instance: Instance) -> str:
    if instance.unreachable:
        return f"{instance.status} (unreachable)"
    blocks = instance.total_blocks or 1
    return f"{instance.status} {instance.busy_blocks}/{blocks}" if blocks > 1 else instance.status
