"""What `delete` and `fleet delete` do."""

from collections.abc import Sequence

from runfold.client.blocking import Client
from runfold.client.cli.asking import confirmed
from runfold.client.cli.named import fleet_named, run_named


def delete_run(client: Client, name: str, *, yes: bool) -> None:
    run = run_named(client, name)
    if confirmed(f"Delete run {run.name}?", yes=yes):
        client.runs.delete(run.name)
        print(f"run {run.name} is deleted")


def delete_fleet(client: Client, name: str, *, yes: bool) -> None:
    fleet = fleet_named(client, name)
    if confirmed(f"Delete fleet {fleet.name} and its {len(fleet.instances)} instances?", yes=yes):
        client.fleets.delete(fleet.name)
        print(f"fleet {fleet.name} is being deleted")


def delete_instances(client: Client, name: str, numbers: Sequence[int], *, yes: bool) -> None:
    fleet = fleet_named(client, name)
    told = ", ".join(map(str, numbers))
    if confirmed(f"Delete instance {told} of fleet {fleet.name}?", yes=yes):
        client.fleets.delete_instances(fleet.name, numbers)
        print(f"instance {told} of fleet {fleet.name} is being deleted")
