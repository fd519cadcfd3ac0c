"""Runs and their plans."""

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table

from runfold.client.cli.shown import words
from runfold.client.cli.shown.tables import Cell, status, table
from runfold.client.models.machines import Offer
from runfold.client.models.runs import Job, JobSubmission, Run, RunPlan


def runs_table(runs: Iterable[Run], now: datetime, *, verbose: bool = False) -> Table:
    """One line for each run, and one for each job where there are several, or one asks for more."""
    more = ("fleet", "instance", "resources", "reason") if verbose else ()
    rows = [row for run in runs for row in _rows(run, now, verbose)]
    return table(("name", "user", "status", "price", "submitted", *more), rows, right=("price",))


def offers_table(offers: Iterable[Offer]) -> Table:
    columns = ("#", "backend", "region", "instance", "resources", "spot", "price", "availability")
    return table(
        columns, [_offer(number, offer) for number, offer in enumerate(offers, 1)], right=("#", "price")
    )


def plan_table(plan: RunPlan) -> Table:
    """What it asks for, by name and value."""
    configuration = plan.effective_run_spec.configuration
    told = {
        "project": plan.project_name,
        "user": plan.user,
        "run": configuration.get("name") or plan.run_spec.run_name or "(a name is made up)",
        "type": configuration.get("type"),
        "image": configuration.get("image"),
        "nodes": configuration.get("nodes") if configuration.get("nodes") not in (None, 1) else None,
        "resources": words.asked(configuration.get("resources")),
        "fleets": ", ".join(_reference(each) for each in configuration.get("fleets") or ()),
        "max price": words.price(price) if (price := configuration.get("max_price")) else None,
        "max duration": _duration(configuration.get("max_duration")),
        "spot policy": configuration.get("spot_policy"),
        "retry": "yes" if configuration.get("retry") else None,
        "schedule": _schedule(configuration.get("schedule")),
    }
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    for name, value in told.items():
        if value:
            made.add_row(name, str(value), style=None)
    return made


def more_offers(plan: RunPlan) -> str | None:
    """How many there are besides those shown."""
    first = plan.job_plans[0]
    more = first.total_offers - len(first.offers)
    return f"{more} more could take it; -v shows all" if more > 0 else None


def _rows(run: Run, now: datetime, verbose: bool) -> Iterable[list[Cell]]:
    yield _row(run, now, verbose)
    if len(run.jobs) > 1:
        yield from (_job_row(job, now, verbose) for job in run.jobs)


def _row(run: Run, now: datetime, verbose: bool) -> list[Cell]:
    latest = run.latest_job_submission
    told = latest.status_message if run.final and latest else run.status_message
    row: list[Cell] = [
        run.name,
        run.user,
        status(run.status, told or None),
        words.price(_price(latest)),
        words.ago(run.submitted_at, now),
    ]
    return row + (_more(run.fleet.name if run.fleet else "-", latest) if verbose else [])


def _job_row(job: Job, now: datetime, verbose: bool) -> list[Cell]:
    latest = job.latest
    named = f"  job={job.job_spec.job_num}" + (f" replica={r}" if (r := job.job_spec.replica_num) else "")
    row: list[Cell] = [
        named,
        "",
        status(latest.status, latest.status_message or None) if latest else "-",
        words.price(_price(latest)),
        words.ago(latest.submitted_at if latest else None, now),
    ]
    return row + (_more("", latest) if verbose else [])


def _more(fleet: str, latest: JobSubmission | None) -> list[Cell]:
    data = latest.job_provisioning_data if latest else None
    return [
        fleet,
        (data.hostname or data.instance_type.name) if data else "-",
        words.host(data.instance_type.resources) if data else "-",
        (latest.termination_reason or "-") if latest else "-",
    ]


def _price(latest: JobSubmission | None) -> float | None:
    data = latest.job_provisioning_data if latest else None
    return data.price if data else None


def _offer(number: int, offer: Offer) -> list[Cell]:
    resources = offer.instance.resources
    return [
        str(number),
        offer.backend,
        offer.region,
        offer.instance.name,
        words.host(resources),
        "yes" if resources.spot else "no",
        words.price(offer.price),
        status(offer.availability, offer.availability.replace("_", " ")),
    ]


def _reference(fleet: object) -> str:
    if not isinstance(fleet, dict):
        return str(fleet)
    return f"{fleet['project']}/{fleet['name']}" if fleet.get("project") else str(fleet.get("name"))


def _duration(value: object) -> str | None:
    return words.span(value) if isinstance(value, int) else None


def _schedule(value: object) -> str | None:
    cron = value.get("cron") if isinstance(value, dict) else None
    return ", ".join([cron] if isinstance(cron, str) else cron) if cron else None
