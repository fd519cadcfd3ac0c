"""`runfold skill`: how a program that writes programs uses all this."""

import typer

app = typer.Typer(add_completion=False)


@app.command()
def skill() -> None:
    """Print a guide for AI agents: how to submit, watch and judge runs without a terminal.

    \b
    runfold skill > SKILL.md
    """
    from importlib.resources import files

    print(files("runfold.client").joinpath("skill.md").read_text(encoding="utf-8"), end="")
