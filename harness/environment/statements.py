"""Inside: the SQL of this room, read from the `.sql` files beside it, for whatever driver `env.py` uses."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_DIRECTORY = Path(__file__).with_name("sql")


@cache
def statement(name: str) -> str:
    """The statement of `sql/<name>.sql`."""
    return (_DIRECTORY / f"{name}.sql").read_text(encoding="utf-8").strip()
