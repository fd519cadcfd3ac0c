"""Writes what is generated from the contracts: JSON Schemas and asyncapi.yaml; `--check` compares instead.

Usage: python -m runfold.contracts.generate [--check] [DIRECTORY], where DIRECTORY is the repository's contracts/.
"""

import sys
from pathlib import Path

from runfold.contracts.asyncapi import document
from runfold.contracts.schemas import documents
from runfold.contracts.text import as_json, as_yaml


def generated() -> dict[str, str]:
    """Path below contracts/ -> text."""
    files = {f"schemas/{name}.json": as_json(schema) for name, schema in documents().items()}
    return {**files, "asyncapi.yaml": as_yaml(document())}


def stale(root: Path) -> list[str]:
    """Paths whose file isn't as generated: changed, missing, or left over."""
    wanted = generated()
    present = {f"schemas/{path.name}" for path in (root / "schemas").glob("*.json")}
    return sorted(
        path
        for path in wanted.keys() | present
        if path not in wanted or not (root / path).is_file() or (root / path).read_text() != wanted[path]
    )


def write(root: Path) -> None:
    wanted = generated()
    (root / "schemas").mkdir(exist_ok=True)
    for path in stale(root):
        if path in wanted:
            (root / path).write_text(wanted[path])
        else:
            (root / path).unlink()


def main(arguments: list[str]) -> int:
    where = [argument for argument in arguments if argument != "--check"]
    root = Path(where[0]) if where else Path(__file__).parents[2]
    if "--check" not in arguments:
        write(root)
        return 0
    differing = stale(root)
    for path in differing:
        print(f"{root / path} is not as the code says; `just contracts` writes it", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
