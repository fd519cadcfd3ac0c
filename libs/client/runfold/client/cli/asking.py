"""Questions to whoever sits at the terminal, on standard error: standard output is for answers."""

import typer


def confirmed(question: str, *, yes: bool) -> bool:
    """Without an answer it is no."""
    if yes:
        return True
    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:
        typer.echo(err=True)
        return False
