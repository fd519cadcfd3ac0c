"""`runfold completion`: what a shell needs to complete commands."""

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command()
def completion(shell: Annotated[Shell, typer.Argument(help="Whose.")]) -> None:
    """Print the script that completes commands and options in a shell.

    \b
    runfold completion bash >> ~/.bashrc
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    print(get_completion_script(prog_name="runfold", complete_var="_RUNFOLD_COMPLETE", shell=shell.value))
