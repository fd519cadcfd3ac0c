"""Names become free, for whoever takes them next."""

from runfold.domain.cell.state import Cell


def free_name(state: Cell, stream: str, holder: str) -> None:
    """Unless somebody else has taken it since."""
    if state.names.get(stream) == holder:
        del state.names[stream]
