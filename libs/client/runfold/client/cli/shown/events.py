"""What happened, a line each."""

from rich.text import Text

from runfold.client.models.events import Event


def line(event: Event) -> Text:
    """As dstack's client has it: `[2026-11-22 15:13:08] [👤admin] [run t1] Run submitted.`"""
    text = Text()
    text.append(f"[{event.recorded_at.astimezone():%Y-%m-%d %H:%M:%S}]", style="dim")
    if event.actor_user:
        text.append(f" [👤{event.actor_user}]", style="magenta")
    targets = ", ".join(f"{target.type} {target.name}" for target in event.targets)
    text.append(f" [{targets}]", style="cyan")
    return text.append(f" {event.message}")
