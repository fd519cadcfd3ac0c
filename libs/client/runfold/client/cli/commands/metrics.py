"""`runfold metrics`: what a run uses."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)


@app.command()
def metrics(
    name: given.RunName,
    watch: given.Watch = False,
    job: Annotated[int | None, typer.Option("--job", min=0, help="Only this job.")] = None,
    replica: Annotated[int | None, typer.Option("--replica", min=0, help="Only this replica.")] = None,
    as_json: given.AsJson = False,
    project: given.Project = None,
) -> None:
    """CPU, memory and GPUs that the jobs of a run use, by their latest sample.

    \b
    runfold metrics train
    runfold metrics train -w
    """
    from runfold.client.blocking import Client
    from runfold.client.cli import measuring

    with Client.configured(project) as client:
        if watch:
            measuring.watch(client, name, job, replica)
        elif as_json:
            measuring.show_json(client, name, job, replica)
        else:
            measuring.show(client, name, job, replica)
