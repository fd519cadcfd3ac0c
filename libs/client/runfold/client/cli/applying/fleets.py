"""A fleet: planned, asked about, made or changed."""

from runfold.client.blocking import Client
from runfold.client.calls import fleets as calls
from runfold.client.cli.applying.options import Options
from runfold.client.cli.asking import confirmed
from runfold.client.cli.shown import consoles
from runfold.client.cli.shown.fleets import fleet_plan_table
from runfold.client.cli.shown.runs import offers_table
from runfold.client.configuration.documents import Document
from runfold.client.models.fleets import Fleet, FleetPlan


def make(client: Client, document: Document, options: Options) -> Fleet | None:
    """None where the answer was no, or nothing is new."""
    spec = calls.spec(document.configuration, path=document.path)
    talk = consoles.talk()
    with talk.status("Planning…"):
        plan = client.fleets.plan(spec)
    talk.print(fleet_plan_table(plan), "")
    if plan.offers:
        talk.print(offers_table(plan.offers[: options.max_offers]), "")
    current = plan.current_resource
    if current is not None and _same(plan, current) and not options.force:
        consoles.say(f"fleet {current.name} is as it should be")
        return None
    question = f"Change fleet {current.name}?" if current else "Make the fleet?"
    if not confirmed(question, yes=options.yes):
        return None
    return client.fleets.apply(spec, current=current, force=options.force)


def _same(plan: FleetPlan, current: Fleet) -> bool:
    return (plan.effective_spec or plan.spec).configuration == current.spec.configuration
