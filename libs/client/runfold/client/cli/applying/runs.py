"""A run: planned, asked about, submitted; an active one of its name gives way first."""

from runfold.client.blocking import Client
from runfold.client.calls import runs as calls
from runfold.client.cli.applying.belongings import belongings
from runfold.client.cli.applying.options import Options
from runfold.client.cli.asking import confirmed
from runfold.client.cli.shown import consoles
from runfold.client.cli.shown.runs import more_offers, offers_table, plan_table
from runfold.client.configuration.documents import Document
from runfold.client.configuration.profiles import profile
from runfold.client.models.runs import Run, RunPlan


def submit(client: Client, document: Document, options: Options) -> Run | None:
    """None where the answer was no, or nothing is new."""
    spec = calls.spec(
        document.configuration,
        **belongings(client, document, options),
        configuration_path=document.path,
        profile=None if options.no_profile else profile(options.named_profile, options.here),
    )
    talk = consoles.talk()
    with talk.status("Planning…"):
        plan = client.runs.plan(spec, max_offers=None if options.verbose else options.max_offers)
    _show(plan)
    current = plan.current_resource
    active = current is not None and not current.final
    if plan.action == "update" and current is not None and _same(plan, current) and not options.force:
        consoles.say(f"{current.name} is {current.status} and nothing changed; --force submits it anew")
        return None
    if not confirmed(_question(plan, active=active), yes=options.yes):
        return None
    if active and plan.action != "update" and current is not None:
        current = stop(client, current)
    return client.runs.apply(spec, current=current, force=options.force)


def stop(client: Client, run: Run) -> Run:
    """The run once it is over."""
    client.runs.stop(run.name)
    with consoles.talk().status(f"Stopping {run.name}…"):
        return client.wait(run)


def _show(plan: RunPlan) -> None:
    talk = consoles.talk()
    talk.print(plan_table(plan), "")
    if offers := plan.job_plans[0].offers:
        talk.print(offers_table(offers))
    else:
        consoles.say("Nothing that there is could take it.", "yellow")
    if more := more_offers(plan):
        consoles.say(more, "dim")
    talk.print()


def _question(plan: RunPlan, *, active: bool) -> str:
    current = plan.current_resource
    if current is None or not active:
        return "Submit it?"
    if plan.action == "update":
        return f"{current.name} is {current.status}. Change it while it runs?"
    return f"{current.name} is {current.status}. Stop it and submit it anew?"


def _same(plan: RunPlan, current: Run) -> bool:
    return plan.effective_run_spec.configuration == current.run_spec.configuration
