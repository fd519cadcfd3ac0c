"""`runfold offer`: what could take a run."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)


@app.command()
def offer(
    group_by: Annotated[
        list[str] | None,
        typer.Option("--group-by", metavar="FIELD", help="gpu, and besides it backend, region, count."),
    ] = None,
    max_offers: Annotated[int, typer.Option("--max-offers", min=1, max=10000, help="So many at most.")] = 50,
    as_json: given.AsJson = False,
    output: given.OutputFormat = given.Format.PLAIN,
    project: given.Project = None,
    cpu: given.Cpu = None,
    gpu: given.Gpu = None,
    memory: given.Memory = None,
    disk: given.Disk = None,
    fleets: given.Fleets = None,
    backends: given.Backends = None,
    regions: given.Regions = None,
    instance_types: given.InstanceTypes = None,
    max_price: given.MaxPrice = None,
    max_duration: given.MaxDuration = None,
    spot: given.Spot = False,
    on_demand: given.OnDemand = False,
    spot_auto: given.SpotAuto = False,
    spot_policy: given.SpotPolicy = None,
    reuse: given.Reuse = False,
    dont_destroy: given.DontDestroy = False,
    idle_duration: given.IdleDuration = None,
    retry: given.Retry = None,
    retry_duration: given.RetryDuration = None,
) -> None:
    """What could take a run of some resources, the best first. It makes nothing.

    \b
    runfold offer --gpu H100 --max-offers 10
    runfold offer --gpu 0 --memory 16GB.. --fleet local
    runfold offer --group-by gpu,backend
    """
    from runfold.client.blocking import Client
    from runfold.client.cli import offering
    from runfold.client.configuration import overrides

    resources = overrides.resources(cpu=cpu, gpu=gpu, memory=memory, disk=disk)
    profile = overrides.profile(
        fleets=fleets,
        backends=backends,
        regions=regions,
        instance_types=instance_types,
        max_price=max_price,
        max_duration=max_duration,
        spot=spot,
        on_demand=on_demand,
        spot_auto=spot_auto,
        spot_policy=spot_policy,
        reuse=reuse,
        dont_destroy=dont_destroy,
        idle_duration=idle_duration,
        retry=retry,
        retry_duration=retry_duration,
    )
    as_json = as_json or output is given.Format.JSON
    with Client.configured(project) as client:
        if group_by:
            offering.show_groups(client, offering.grouping(group_by), resources, profile, as_json=as_json)
        else:
            offering.show(client, max_offers, resources, profile, as_json=as_json)
