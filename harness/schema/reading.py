"""Reading a database's catalog: one transaction, one query an object kind, whatever the size of the database."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from harness.findings import UsageError, VerdictError
from harness.schema.model import Identity, Schema, SchemaObject, Value

OLDEST = 13

# What the deparsers of the server depend on. The same everywhere, or the same object would be printed in two ways.
SESSION = {
    "search_path": "",
    "client_encoding": "UTF8",
    "timezone": "UTC",
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    # A backslash in a literal, of ours or of theirs, is one.
    "standard_conforming_strings": "on",
    # Catalog queries look expensive to the planner, and would spend most of their time in the compiler.
    "jit": "off",
}

# Columns that every query of an object kind begins with; what follows are attributes.
HEAD = ("kind", "schema", "table", "name", "signature", "classid", "objid", "objsubid")

# Queries that add to the objects of all the others.
ACROSS = ("comments", "grants", "dependencies")

_MARK = re.compile(
    r"^(?P<line>.*?)\s*--(?: since (?P<since>\d+))?(?: until (?P<until>\d+))?(?: (?P<reading>whole|scoped))?$"
)

# What a scoped reading is confined to, as arrays of OIDs: relations, types and routines, and the addresses of these and
# of all that belongs to them.
SCOPE = ("relations", "types", "routines", "classids", "objids")
_SCOPE = re.compile(rf"(?<!:):({'|'.join(SCOPE)})\b")


class Address(NamedTuple):
    """How the catalogs of one database point at an object; it does not leave this room."""

    classid: int
    objid: int
    objsubid: int


class UnreadableError(VerdictError):
    """The role may not read a part of the catalog; `part` is its name, as `read_schema` takes it to leave it out."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(
            f"The role may not read the {part.replace('_', ' ')} of the database: {reason}.",
            "Use a role that may read the catalog, which PostgreSQL allows to everybody unless it was revoked.",
        )
        self.part = part


def read_schema(connection: psycopg.Connection[Any], *, leave_out: Collection[str] = ()) -> Schema:
    """The schema of the database that a connection is open to.

    Reads in one REPEATABLE READ, read-only transaction that is rolled back, with session settings of its own, so that
    nothing of the connection is changed. If the connection is in a transaction already, reads inside it, under a
    savepoint, and what it has not committed is seen. Every role may read all that is read.

    Args:
        connection: to a PostgreSQL of version 13 or later, with any row factory, in autocommit mode or not.
        leave_out: parts of the catalog not to read, as an `UnreadableError` names them. Two schemas are only to be
            compared if the same parts were left out of both.

    Returns:
        every object of the database but the server's own, an extension's members, and temporary ones.

    Raises:
        UsageError: the server is too old.
        UnreadableError: the role was denied a part of the catalog, which everybody may read by default.
        VerdictError: the catalog holds text that is not UTF-8.
        psycopg.Error: the connection is broken, or the server refuses.
    """
    catalog = read_catalog(connection, leave_out=leave_out)
    return Schema(catalog.values(), major_version(connection))


def major_version(connection: psycopg.Connection[Any]) -> int:
    """The major version of the server that a connection is open to."""
    return connection.info.server_version // 10000


def read_catalog(
    connection: psycopg.Connection[Any], *, leave_out: Collection[str] = ()
) -> dict[Address, SchemaObject]:
    """What `read_schema` reads, each object under its address."""
    version = major_version(connection)
    if version < OLDEST:
        raise UsageError(
            f"The server runs PostgreSQL {version}, and a schema can be read from version {OLDEST} on.",
            "Use a newer server.",
        )
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    with (
        connection.transaction(force_rollback=True),
        connection.cursor(row_factory=tuple_row) as cursor,
    ):
        if idle:
            cursor.execute("set transaction isolation level repeatable read, read only")
        pairs = ", ".join("pg_catalog.set_config(%s, %s, true)" for _ in SESSION)
        cursor.execute(f"select {pairs}".encode(), [part for pair in SESSION.items() for part in pair])
        return dict(_objects(cursor, version, frozenset(leave_out)))


class Rows(NamedTuple):
    """What a query gave: the names of its columns, and its rows."""

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def _objects(
    cursor: psycopg.Cursor[tuple[Any, ...]], version: int, leave_out: frozenset[str]
) -> Iterator[tuple[Address, SchemaObject]]:
    names = (name for name in (*ACROSS, *object_queries()) if name not in leave_out)
    return assemble({name: _rows(cursor, name, version) for name in names})


def assemble(
    parts: Mapping[str, Rows], known: Mapping[Address, SchemaObject] = MappingProxyType({})
) -> Iterator[tuple[Address, SchemaObject]]:
    """The objects that the rows of some queries describe, each with its address.

    Args:
        parts: what was read, by the name of the query.
        known: objects that were not read but may be used by those that were.
    """
    more: defaultdict[Address, list[tuple[str, Value]]] = defaultdict(list)
    for classid, objid, objsubid, name, text in _rows_of(parts, "comments"):
        more[Address(classid, objid, objsubid)].append((name, text))
    for classid, objid, objsubid, name, lines in _rows_of(parts, "grants"):
        more[Address(classid, objid, objsubid)].append((name, tuple(lines)))
    identities: dict[Address, Identity] = {}
    attributes: dict[Address, dict[str, Value]] = {}
    for query_name, part in parts.items():
        if query_name in ACROSS:
            continue
        names = part.names[len(HEAD) :]
        for row in part.rows:
            kind, schema, table, own_name, signature, classid, objid, objsubid = row[:8]
            address = Address(classid, objid, objsubid)
            identities[address] = Identity(kind, schema or "", table or "", own_name, signature or "")
            found: dict[str, Value] = {
                attribute: tuple(value) if value.__class__ is list else value
                for attribute, value in zip(names, row[8:], strict=True)
                if value is not None and value != []
            }
            found.update(more.get(address, ()))
            attributes[address] = found
    uses: defaultdict[Address, list[Identity]] = defaultdict(list)
    for row in _rows_of(parts, "dependencies"):
        # The columns of a view are no objects: what stands on one stands on the view.
        for address in (Address(*row[3:6]), Address(row[3], row[4], 0)):
            used = identities.get(address) or (known[address].identity if address in known else None)
            if used is not None:
                uses[Address(*row[:3])].append(used)
                break
    for address, identity in identities.items():
        yield address, SchemaObject(identity, MappingProxyType(attributes[address]), tuple(uses.get(address, ())))


def _rows_of(parts: Mapping[str, Rows], name: str) -> list[tuple[Any, ...]]:
    return parts[name].rows if name in parts else []


def _rows(cursor: psycopg.Cursor[tuple[Any, ...]], name: str, version: int) -> Rows:
    # Not prepared: a pooler between us and the server may not know of it.
    try:
        rows = cursor.execute(query(name, version), prepare=False).fetchall()
    except psycopg.errors.InsufficientPrivilege as error:
        raise UnreadableError(name, str(error.diag.message_primary)) from error
    except (UnicodeDecodeError, psycopg.errors.CharacterNotInRepertoire) as error:
        # A database in SQL_ASCII takes any bytes, and PostgreSQL 13 writes some when a driver that prepares its
        # statements, as asyncpg does, makes the same domain with a check twice.
        raise VerdictError(
            f"The catalog of the database holds text that is not UTF-8, among its {name.replace('_', ' ')}: "
            f"{str(error).splitlines()[0]}.",
            "Rename what has such a name; in psql, \\encoding sql_ascii shows it as it is.",
        ) from error
    return Rows(tuple(column.name for column in cursor.description or ()), rows)


@cache
def object_queries() -> tuple[str, ...]:
    """The names of the queries that read one object kind each, sorted."""
    names = (entry.name for entry in (resources.files(__package__) / "sql").iterdir())
    return tuple(sorted({name[:-4] for name in names if name.endswith(".sql")} - set(ACROSS)))


@cache
def query(name: str, version: int, *, scoped: bool = False) -> bytes:
    """The text of a query for a major version of the server.

    A line that ends in `-- since N` is for version N and later, one that ends in `-- until N` for N and earlier. One
    that ends in `-- scoped` is for reading only some objects, and there `:name` stands for the parameter that `SCOPE`
    names; one that ends in `-- whole` is for reading all.
    """
    text = (resources.files(__package__) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return _chosen(text, version, scoped)


@cache
def scoped_queries() -> frozenset[str]:
    """The names of the queries that can read only some objects."""
    return frozenset(
        name for name in (*ACROSS, *object_queries()) if query(name, OLDEST) != query(name, OLDEST, scoped=True)
    )


def numbered(text: str) -> str:
    """A text with `:name` for what a reading is confined to, as the server takes its parameters."""
    return _SCOPE.sub(lambda match: f"${SCOPE.index(match[1]) + 1}::pg_catalog.oid[]", text)


def _chosen(text: str, version: int, scoped: bool) -> bytes:
    lines = []
    for line in text.splitlines():
        mark = _MARK.match(line)
        if mark is None:
            lines.append(line)
        elif int(mark["since"] or 0) <= version <= int(mark["until"] or version) and mark["reading"] in (
            None,
            "scoped" if scoped else "whole",
        ):
            lines.append(mark["line"])
    return (numbered("\n".join(lines)) if scoped else "\n".join(lines)).encode()
