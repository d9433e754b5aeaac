"""The corpus: faults in the schema of `rich.sql` and operations that change nothing, kept in `.sql` files.

A fault begins with a line `-- change | kind | object | attribute | since N`: the one difference that must be reported,
and the first major version that knows its syntax. A neutral operation begins with `-- neutral | what it is | since N`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent

_HEAD = re.compile(r"^-- ((?:missing|extra|changed|renamed|neutral) \|.*)$", re.MULTILINE)


class Mutation(NamedTuple):
    """A fault, and what is to be said of it; `object` as `DatabaseObject` prints it."""

    sql: str
    change: str
    kind: str
    object: str
    attribute: str | None
    since: int

    def __str__(self) -> str:
        return f"{self.object} {self.sql.splitlines()[0]}"


class Neutral(NamedTuple):
    """An operation after which the schema is what it was."""

    sql: str
    name: str
    since: int

    def __str__(self) -> str:
        return self.name


def mutations() -> list[Mutation]:
    """Every fault."""
    found = []
    for path in sorted((FOLDER / "mutations").glob("*.sql")):
        for (change, kind, name, *rest), since, sql in _entries(path):
            found.append(Mutation(sql, change, kind, name, rest[0] if rest else None, since))
    return found


def neutrals() -> list[Neutral]:
    """Every neutral operation."""
    return [Neutral(sql, parts[1], since) for parts, since, sql in _entries(FOLDER / "neutral.sql")]


def _entries(path: Path) -> list[tuple[list[str], int, str]]:
    pieces = _HEAD.split(path.read_text(encoding="utf-8"))
    entries = []
    for head, sql in zip(pieces[1::2], pieces[2::2], strict=True):
        parts = head.split(" | ")
        since = 13
        if parts[-1].startswith("since "):
            since = int(parts.pop().removeprefix("since "))
        entries.append((parts, since, sql.strip()))
    return entries
