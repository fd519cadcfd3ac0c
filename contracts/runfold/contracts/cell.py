"""The cell as a whole: founded once; its active services begin terms."""

from pydantic.dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellFounded:
    """The first gateway made user `admin`, project `main` and fleet `local`; happens once."""

    cell_id: str
    version: str


@dataclass(frozen=True, slots=True)
class TermBegan:
    """A replica of `service` became its active one; every older replica's appends fail from here on."""

    service: str
    term_id: str
    address: str | None = None  #: base URL of its internal API, where it has one


CellEvent = CellFounded | TermBegan
