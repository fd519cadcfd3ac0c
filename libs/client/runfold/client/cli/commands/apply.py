"""`runfold apply`: from files to runs and fleets."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)


@app.command(no_args_is_help=False)
def apply(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[-- ARGS]", help="What `${{ run.args }}` stands for.")
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="A configuration, a directory of them, or - ; may be repeated. Else the .dstack.yml that is here.",
        ),
    ] = None,
    yes: given.Yes = False,
    detach: given.Detach = False,
    force: given.Force = False,
    verbose: given.Verbose = False,
    name: Annotated[
        str | None, typer.Option("--name", "-n", metavar="NAME", help="In place of the file's.")
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", "-e", metavar="NAME[=VALUE]", help="For the job; may be repeated."),
    ] = None,
    project: given.Project = None,
    cpu: given.Cpu = None,
    gpu: given.Gpu = None,
    memory: given.Memory = None,
    disk: given.Disk = None,
    fleets: given.Fleets = None,
    profile: given.Profile = None,
    no_profile: given.NoProfile = False,
    max_offers: Annotated[
        int, typer.Option("--max-offers", min=1, help="Of the plan, so many are shown.")
    ] = 3,
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
    ports: given.Ports = None,
    host: given.Host = "localhost",
    identity: given.Identity = None,
    git_identity: given.GitIdentity = None,
    git_token: given.GitToken = None,
) -> None:
    """Submit what a file says, and stay with it: its plan, its progress, its output. Ends with status 0 if it is done.

    \b
    runfold apply -f train.dstack.yml
    runfold apply -f train.dstack.yml -y -d         asks nothing, and returns
    runfold apply -f train.dstack.yml -- --lr 0.1   fills in ${{ run.args }}
    runfold apply -f fleet.dstack.yml -f jobs/      a file, and a directory
    runfold apply -f train.dstack.yml --gpu A100:2 -e HF_TOKEN
    """
    from pathlib import Path

    from runfold.client.cli.applying.documents import apply_all
    from runfold.client.cli.applying.options import Options
    from runfold.client.cli.reaching import reach
    from runfold.client.configuration import documents, overrides
    from runfold.client.git import access

    options = Options(
        yes=yes,
        force=force,
        verbose=verbose,
        name=name,
        env=env or (),
        arguments=arguments or (),
        resources=overrides.resources(cpu=cpu, gpu=gpu, memory=memory, disk=disk),
        profile=overrides.profile(
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
        ),
        named_profile=profile,
        no_profile=no_profile,
        max_offers=max_offers,
        reach=reach(ports, host, identity),
        repo_access=access.Given(git_identity, git_token),
    )
    if not apply_all(documents.read(files or (), Path.cwd()), options, project=project, detach=detach):
        raise typer.Exit(1)
