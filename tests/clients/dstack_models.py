"""Takes answers, `[[what, model, body], …]`, for what dstack's client takes them; prints why one can't be, as JSON.

Runs where dstack's client is installed.
"""

import importlib
import json
import sys
from types import GenericAlias
from typing import Any

from dstack._internal.core.models.common import validate_extra_ignore
from pydantic import ValidationError


def main() -> None:
    mistaken = {}
    for what, model, body in json.load(sys.stdin):
        try:
            validate_extra_ignore(_type(model), body)
        except ValidationError as error:
            mistaken[what] = str(error)
    print(json.dumps(mistaken))


def _type(model: str) -> Any:
    """`[runs:Run]` is a list of runs."""
    module, _, name = model.strip("[]").partition(":")
    one = getattr(importlib.import_module(f"dstack._internal.core.models.{module}"), name)
    return GenericAlias(list, one) if model.startswith("[") else one


if __name__ == "__main__":
    main()
