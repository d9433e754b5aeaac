"""The SQL of this room, read from the `.sql` files beside it."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from typing_extensions import LiteralString


@cache
def statement(name: str) -> sql.SQL:
    """The statement of `sql/<name>.sql`, with psycopg's `{placeholders}`."""
    text = (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8").strip()
    # Nothing but files of this package is read, so the text is as literal as if it stood here.
    literal: LiteralString = text
    return sql.SQL(literal)
