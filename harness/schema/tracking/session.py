"""The tracker's session: its settings, and prepared statements that are run several at a time in one message.

Most of the cost of a catalog query is planning it, so each is prepared once. A generic plan has to serve while the
database grows: what is only cheap as long as there is little to read is forbidden, and plans are made anew when there
is twice as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from harness.schema.reading import SCOPE, SESSION, Rows, major_version, numbered, query, scoped_queries

_PLANNING = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
}
_USUAL_PLANNING = {name: "on" for name in _PLANNING if name.startswith("enable_")}
# Objects of a database that makes no difference to a plan.
_FEW = 200

_SETTINGS = {
    **SESSION,
    **_PLANNING,
    # What is read and forgotten need not survive a crash.
    "synchronous_commit": "off",
    # The database may have settings of its own.
    "default_transaction_read_only": "off",
    "statement_timeout": "0",
}


class Scope(NamedTuple):
    """What a statement is confined to, by OID, as `reading.SCOPE` names it."""

    relations: Sequence[int] = ()
    types: Sequence[int] = ()
    routines: Sequence[int] = ()
    classids: Sequence[int] = ()
    objids: Sequence[int] = ()

    def __str__(self) -> str:
        arrays = ("'{" + ",".join(map(str, oids)) + "}'" for oids in self)
        return f"({', '.join(arrays)})"


class Session:
    """A connection of our own, set up for scoped readings.

    Args:
        connection: in autocommit mode.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._version = major_version(connection)
        self._prepared: set[str] = set()
        self._columns: dict[str, tuple[str, ...]] = {}
        self._planned_for = _FEW
        self._set(_SETTINGS, for_transaction=False)

    def run(self, names: Sequence[str], scope: Scope | None = None) -> dict[str, Rows]:
        """Run some statements in one transaction, and give what each returned."""
        for name in names:
            self._prepare(name, scope is not None)
        arguments = "" if scope is None else str(scope)
        script = "; ".join(f"execute harness_{name}{arguments}" for name in names)
        found = {}
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(script.encode(), prepare=False)
            for name in names:
                # Asking psycopg for the columns each time would cost more than reading the rows.
                if name not in self._columns:
                    self._columns[name] = tuple(column.name for column in cursor.description or ())
                found[name] = Rows(self._columns[name], cursor.fetchall())
                cursor.nextset()
        return found

    def expect(self, size: int) -> None:
        """Make new plans if the database has outgrown the old ones; `size` is how many objects it has."""
        if size > 2 * self._planned_for:
            self._connection.execute("discard plans")
            self._planned_for = size

    @contextmanager
    def usual_planning(self) -> Iterator[None]:
        """Let queries that read everything be planned as they are elsewhere."""
        idle = self._connection.info.transaction_status == TransactionStatus.IDLE
        with self._connection.transaction(force_rollback=True):
            if idle:
                self._connection.execute("set transaction isolation level repeatable read, read only")
            self._set(_USUAL_PLANNING, for_transaction=True)
            yield

    def end(self) -> None:
        """Leave the connection as it was."""
        for name in sorted(self._prepared):
            self._connection.execute(f"deallocate harness_{name}".encode())
        self._prepared.clear()
        self._connection.execute("reset all")

    def _prepare(self, name: str, takes_scope: bool) -> None:
        if name not in self._prepared:
            parameters = f"({', '.join(['pg_catalog.oid[]'] * len(SCOPE))})" if takes_scope else ""
            text = query(name, self._version, scoped=True) if name in scoped_queries() else statement(name)
            self._connection.execute(f"prepare harness_{name}{parameters} as ".encode() + text, prepare=False)
            self._prepared.add(name)

    def _set(self, settings: dict[str, str], *, for_transaction: bool) -> None:
        pairs = ", ".join(f"pg_catalog.set_config(%s, %s, {for_transaction})" for _ in settings)
        self._connection.execute(f"select {pairs}".encode(), [part for pair in settings.items() for part in pair])


@cache
def statement(name: str) -> bytes:
    """A statement of the tracker's own."""
    text = (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return numbered(text).encode()
