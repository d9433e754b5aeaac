"""The SQL of this room, read from the `.sql` files beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from typing_extensions import LiteralString

_DIRECTORY = Path(__file__).with_name("sql")


@cache
def statement(name: str) -> sql.SQL:
    """The statement of `sql/<name>.sql`, with psycopg's `{placeholders}` and `%(parameters)s`."""
    text = (_DIRECTORY / f"{name}.sql").read_text(encoding="utf-8").strip()
    # Nothing but files of this package is read, so the text is as literal as if it stood here.
    literal: LiteralString = text
    return sql.SQL(literal)
