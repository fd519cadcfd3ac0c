"""`runfold ps`: what runs."""

from typing import Annotated

import typer

from runfold.client.cli import options as given

app = typer.Typer(add_completion=False)


@app.command()
def ps(
    every: Annotated[
        bool,
        typer.Option("--all", "-a", help="Also finished ones; else those that aren't, or the last that is."),
    ] = False,
    last: Annotated[
        int | None, typer.Option("--last", "-n", min=1, metavar="N", help="The last N, finished or not.")
    ] = None,
    verbose: given.Verbose = False,
    watch: given.Watch = False,
    as_json: given.AsJson = False,
    output: given.OutputFormat = given.Format.PLAIN,
    project: given.Project = None,
) -> None:
    """List runs, newest first.

    \b
    runfold ps
    runfold ps -n 20 -v
    runfold ps --watch --json     a line of JSON for each run, and for each change
    """
    from runfold.client.blocking import Client
    from runfold.client.cli import listing
    from runfold.client.cli.running import awaited

    as_json = as_json or output is given.Format.JSON
    if watch and as_json:
        awaited(project, lambda client: listing.show_lines(client, every=every, last=last))
    elif watch:
        awaited(project, lambda client: listing.show_live(client, every=every, last=last, verbose=verbose))
    else:
        with Client.configured(project) as client:
            found = listing.chosen(client, every=every, last=last)
            listing.show(found, project=client.project, as_json=as_json, verbose=verbose)
