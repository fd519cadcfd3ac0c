"""The dialects, one package each: they translate, and hold no state and no rules of their own.

Whose path is whose decides the shape of every refusal, also of unknown paths.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runfold.domain.errors import DomainError
from runfold.gateway.dialects.dstack import errors as dstack
from runfold.gateway.dialects.native import errors as native
from runfold.gateway.dialects.runai import errors as runai
from runfold.gateway.dialects.tork import errors as tork
from runfold.gateway.http.call import JSON, Answer
from runfold.gateway.http.errors import Refused


@dataclass(frozen=True, slots=True)
class Dialect:
    name: str
    refuse: Callable[[Refused | DomainError], Answer]
    refusals: Callable[[int], dict[str, Any]]  #: the JSON Schema of a refusal, by its status
    media: str = JSON  #: of a refusal


DSTACK = Dialect("dstack", dstack.refuse, dstack.refusals)
NATIVE = Dialect("native", native.refuse, native.refusals, native.PROBLEM)
RUNAI = Dialect("runai", runai.refuse, runai.refusals)
TORK = Dialect("tork", tork.refuse, tork.refusals)

#: The first prefix that fits decides.
_PREFIXES = (
    ("/api/runfold", NATIVE),
    ("/api/v1", RUNAI),
    ("/api/v2", RUNAI),
    ("/v1/k8s", RUNAI),
    ("/auth/realms", RUNAI),
    ("/jobs", TORK),
    ("/tasks", TORK),
    ("/queues", TORK),
    ("/nodes", TORK),
    ("/scheduled-jobs", TORK),
    ("/users", TORK),
    ("/health", TORK),
    ("/metrics", TORK),
)


def owner(path: str) -> Dialect:
    """Whose path it is; what is nobody's is dstack's, as the rest of /api and / are."""
    for prefix, dialect in _PREFIXES:
        if path == prefix or path.startswith(prefix + "/"):
            return dialect
    return DSTACK
