"""`just numbers FILE...`: writes what `just bench --json FILE` found into the README, between its two marks.

Of several files, the rows of one after the other, and the machine of the first.
"""

import argparse
import re
from pathlib import Path

from tests.bench import report

README = Path(__file__).parents[2] / "README.md"
_BETWEEN = re.compile(r"(<!-- numbers\b.*?-->\n).*?(<!-- /numbers -->\n)", re.DOTALL)


class NoMarks(Exception):
    """There is no place for the numbers."""


def with_numbers(text: str, numbers: str) -> str:
    """`text` with `numbers` in place of those it has; raises NoMarks."""
    written, count = _BETWEEN.subn(lambda marks: f"{marks[1]}\n{numbers}\n\n{marks[2]}", text)
    if count != 1:
        raise NoMarks(f"{count} places for the numbers, not one")
    return written


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("files", type=Path, nargs="+")
    found, *more = [report.read(file) for file in options.parse_args().files]
    for each in more:
        found.rows += each.rows
    README.write_text(with_numbers(README.read_text(), report.markdown(found)))


if __name__ == "__main__":
    main()
