"""Inside: which model it is that `metadata.create_all` fails on, and which part of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.environment.records import to_json

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table
    from sqlalchemy.engine import Connection, Engine

    from harness.environment.inside import Inside

_UNDEFINED_TABLE = "42P01"


def culprits(inside: Inside, engine: Engine, several: Sequence[MetaData]) -> list[dict[str, Any]]:
    """Create the tables one by one and tell which ones cannot be made, whatever becomes of the others.

    Nothing of it stays: all is done in one transaction that is rolled back.

    Returns:
        for each: `table`, its key in the MetaData; `part`, the name of the column, index or constraint, None if it
        cannot be told; `failure`, a `Failure`.
    """
    found: list[dict[str, Any]] = []
    with engine.connect() as connection, connection.begin() as transaction:
        broken: set[Table] = set()
        for table in _in_order(several):
            error = _attempt(connection, table, keep=True)
            if error is None:
                continue
            failure = inside.describe(error)
            waiting = failure.sqlstate == _UNDEFINED_TABLE and bool(table.foreign_keys)
            broken.add(table)
            if waiting and not broken.isdisjoint(set(_targets(table)) - {table}):
                continue  # a consequence
            if waiting and _in_cycle(table):
                continue  # create_all would add its foreign keys later
            found.append(
                {"table": table.key, "part": _part(connection, table, failure.sql or ""), "failure": to_json(failure)}
            )
        transaction.rollback()
    return found


def _in_order(several: Sequence[MetaData]) -> Iterator[Table]:
    from sqlalchemy import schema

    for metadata in several:
        try:
            ordered = list(schema.sort_tables(metadata.tables.values()))
        except Exception:  # a foreign key to a table that is not there: its own table will say so
            ordered = list(metadata.tables.values())
        yield from ordered


def _attempt(connection: Connection, table: Table, *, keep: bool = False) -> Exception | None:
    savepoint = connection.begin_nested()
    try:
        table.create(connection, checkfirst=True)
    except Exception as error:
        savepoint.rollback()
        return error
    if keep:
        savepoint.commit()
    else:
        savepoint.rollback()
    return None


def _targets(table: Table) -> Iterator[Table]:
    """The tables that foreign keys point at, as far as the MetaData has them."""
    for key in table.foreign_keys:
        target = table.metadata.tables.get(key.target_fullname.rpartition(".")[0])
        if target is not None:
            yield target


def _in_cycle(table: Table) -> bool:
    seen: set[Table] = set()
    pending = [table]
    while pending:
        for target in _targets(pending.pop()):
            if target is table:
                return True
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return False


def _part(connection: Connection, table: Table, statement: str) -> str | None:
    """The column that cannot be made even alone, else the index of the statement, else the constraint.

    A constraint without a name is known by its column, if it has but one.
    """
    from sqlalchemy import Column, MetaData, Table
    from sqlalchemy.schema import CheckConstraint, ForeignKeyConstraint, UniqueConstraint

    known = set(_targets(table))
    for key in table.foreign_keys:
        if table.metadata.tables.get(key.target_fullname.rpartition(".")[0]) not in known:
            return str(key.parent.name)
    plain = [column for column in table.columns if column.computed is None]
    for column in plain:
        if _attempt(connection, Table(table.name, MetaData(), column._copy(), schema=table.schema)):
            return column.name
    preparer = connection.dialect.identifier_preparer
    for index in table.indexes:
        if f" {preparer.format_index(index)} ON " in statement:
            return str(index.name)
    for constraint in table.constraints:
        if not isinstance(constraint, (CheckConstraint, UniqueConstraint, ForeignKeyConstraint)):
            continue
        metadata = MetaData()
        columns: list[Column[Any]] = [Column(column.name, column.type) for column in plain]
        alone = Table(table.name, metadata, *columns, schema=table.schema)
        for target in known - {table}:
            target.to_metadata(metadata)
        alone.append_constraint(constraint._copy(target_table=alone))
        if _attempt(connection, alone):
            names = [str(column.name) for column in constraint.columns]
            return str(constraint.name) if constraint.name is not None else names[0] if len(names) == 1 else None
    return None
