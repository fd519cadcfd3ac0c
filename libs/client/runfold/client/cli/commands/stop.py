"""`runfold stop`."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)


@app.command()
def stop(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of runs.")],
    abort: Annotated[bool, typer.Option("--abort", "-x", help="At once, without grace.")] = False,
    yes: given.Yes = False,
    project: given.Project = None,
) -> None:
    """Stop runs: their jobs are asked to end, and killed after their grace.

    \b
    runfold stop hello
    runfold stop hello other -x -y
    """
    from runfold.client.blocking import Client
    from runfold.client.cli.asking import confirmed
    from runfold.client.cli.named import run_named

    with Client.configured(project) as client:
        active = []
        for run in [run_named(client, name) for name in names]:
            if run.final:
                print(f"{run.name} is over already: {run.status}")
            else:
                active.append(run.name)
        if active and confirmed(f"{'Abort' if abort else 'Stop'} {', '.join(active)}?", yes=yes):
            client.runs.stop(*active, abort=abort)
            print(f"{', '.join(active)}: {'aborting' if abort else 'stopping'}")
