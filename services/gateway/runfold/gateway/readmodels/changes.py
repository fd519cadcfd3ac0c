"""What happened to one thing, in a few words: it was made, or stands elsewhere than before.

Structs, since there are several of each for every event.
"""

import msgspec


class Target(msgspec.Struct, frozen=True, gc=False):
    kind: str  #: user, project, run, job, fleet, instance or secret
    id: str
    name: str


class Change(msgspec.Struct, frozen=True, gc=False):
    """One thing that happened: `before` and `after` are statuses."""

    what: str
    targets: tuple[Target, ...]
    project_id: str | None
    run_id: str | None = None  #: of the run that it happened within
    fleet_id: str | None = None  #: of the fleet that it happened within
    before: str | None = None
    after: str | None = None
    reason: str | None = None
    message: str | None = None
    by_user: bool = True  #: its actor is the event's, else the system
