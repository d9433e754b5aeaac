"""The live database as it is at one moment: which revisions it stands at, and its schema. All of it is only read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from harness.comparison.address import Address
from harness.comparison.session import LiveSession, Whereabouts, read_whereabouts
from harness.environment import Configured
from harness.findings import VerdictError
from harness.gate.path import SearchPath, read_path
from harness.gate.statements import statement
from harness.schema import Schema, UnreadableError, read_schema

APPLICATION = "harness gate"


@dataclass(frozen=True)
class VersionTable:
    """A table that has the column of Alembic's version tables.

    Attributes:
        owner: the role that owns it: most likely the one that deploys.
        readable: whether the role of the session may read it.
        rows: the revisions in it, also the same twice; None if it was not read.
    """

    schema: str
    name: str
    owner: str
    readable: bool
    rows: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Live:
    """What was read of a live database.

    Attributes:
        name: where it is, without the password.
        version: of the server, as in `15.18`.
        whereabouts: which database it is.
        standby: whether the server is a read-only replica.
        role: the role of the session.
        roles: the names of all roles of the server.
        tables: the version tables that `env.py` configures and that are there.
        missing: those that it configures and that are not there, by name.
        lookalikes: other tables that look like version tables.
        schema: the schema, without the version tables; the error if the role may not read all of it.
        unread: parts of the catalog that were left out, since the role may not read them.
        path: where names without a schema lead the role that deploys; None if to `public`.
    """

    name: str
    version: str
    whereabouts: Whereabouts
    standby: bool
    role: str
    roles: frozenset[str]
    tables: tuple[VersionTable, ...]
    missing: tuple[str, ...]
    lookalikes: tuple[VersionTable, ...]
    schema: Schema | UnreadableError
    unread: tuple[str, ...] = ()
    path: SearchPath | None = None

    @property
    def major(self) -> str:
        """The major version of the server."""
        return self.version.partition(".")[0]

    @property
    def deployer(self) -> str:
        """The role that, as far as one can see, runs the migrations: who owns the version table, else most of the
        rest.
        """
        return _deployer(self.tables, self.schema, self.role)


def read_live(
    address: Address, configured: Sequence[Configured], *, timeout: float, skip_unreadable: bool = False
) -> Live:
    """Read a live database, in one session and one transaction.

    Args:
        address: where it is.
        configured: what `env.py` said of the version tables.
        timeout: seconds for which one statement may run.
        skip_unreadable: leave out of the schema what the role may not read.

    Raises:
        UsageError: the server is too old.
        VerdictError: the database cannot be reached, breaks off, or keeps us waiting for too long.
    """
    with (
        LiveSession(address, application=APPLICATION, timeout=timeout) as session,
        session.reading() as connection,
    ):
        row = connection.execute(statement("facts")).fetchone()
        assert row is not None
        standby, role, roles = row
        candidates = _candidates(connection)
        chosen, missing = _choose(candidates, configured, session.search_path)
        schema, unread = _read_schema(connection, skip_unreadable)
        if isinstance(schema, Schema):
            schema = without_tables(schema, chosen)
        path = read_path(
            connection,
            _deployer(chosen, schema, role),
            versions_in=_led_to(chosen, configured),
            inhabited=_inhabited(schema),
        )
        return Live(
            name=address.name,
            version=session.version,
            whereabouts=read_whereabouts(connection),
            standby=standby,
            role=role,
            roles=frozenset(roles),
            tables=tuple(_with_rows(connection, table) for table in chosen),
            missing=missing,
            lookalikes=tuple(table for table in candidates if table not in chosen),
            schema=schema,
            unread=unread,
            path=path,
        )


def _deployer(tables: Sequence[VersionTable], schema: Schema | UnreadableError, role: str) -> str:
    if tables:
        return tables[0].owner
    if isinstance(schema, Schema):
        owners = (item.attributes.get("owner") for item in schema.objects.values())
        for owner, _ in Counter(str(owner) for owner in owners if owner is not None).most_common(1):
            return owner
    return role


def _led_to(tables: Sequence[VersionTable], configured: Sequence[Configured]) -> str | None:
    """The schema of a version table of which `env.py` does not say the schema."""
    names = {one.version_table for one in configured if one.version_table_schema is None}
    return next((table.schema for table in tables if table.name in names), None)


def _inhabited(schema: Schema | UnreadableError) -> frozenset[str]:
    if not isinstance(schema, Schema):
        return frozenset()
    return frozenset(identity.schema for identity in schema.objects if identity.kind == "table")


def without_tables(schema: Schema, tables: Iterable[VersionTable]) -> Schema:
    """A schema without the version tables: which Alembic made them, and how wide, says nothing of the history."""
    names = {(table.schema, table.name) for table in tables}
    return schema.without(
        lambda item: item.identity.kind == "table" and (item.identity.schema, item.identity.name) in names
    )


def version_tables(
    connection: Connection[Any], configured: Sequence[Configured], search_path: Collection[str]
) -> tuple[VersionTable, ...]:
    """The version tables that `env.py` configures, with their rows, in the database that a connection is open to."""
    found, _ = _choose(_candidates(connection), configured, search_path)
    return tuple(_with_rows(connection, table) for table in found)


def _candidates(connection: Connection[Any]) -> list[VersionTable]:
    return [VersionTable(*entry) for entry in connection.execute(statement("version_tables")).fetchall()]


def _choose(
    candidates: Sequence[VersionTable], configured: Sequence[Configured], search_path: Collection[str]
) -> tuple[tuple[VersionTable, ...], tuple[str, ...]]:
    chosen: list[VersionTable] = []
    missing: list[str] = []
    for schema, name in dict.fromkeys((one.version_table_schema, one.version_table) for one in configured):
        called = [table for table in candidates if table.name == name]
        if schema is not None:
            found = [table for table in called if table.schema == schema]
        else:
            found = [table for place in search_path for table in called if table.schema == place]
            # The role that deploys may have another search path than ours: the only one there is must be it.
            found = found or (called if len(called) == 1 else [])
        chosen += [table for table in found[:1] if table not in chosen]
        missing += [] if found else [".".join(part for part in (schema, name) if part)]
    return tuple(chosen), tuple(missing)


def _with_rows(connection: Connection[Any], table: VersionTable) -> VersionTable:
    if not table.readable:
        return table
    query = statement("version_rows").format(table=sql.Identifier(table.schema, table.name))
    rows = tuple(str(row[0]) for row in connection.execute(query).fetchall())
    return VersionTable(table.schema, table.name, table.owner, table.readable, rows)


def _read_schema(
    connection: Connection[Any], skip_unreadable: bool
) -> tuple[Schema | UnreadableError, tuple[str, ...]]:
    unread: list[str] = []
    while True:
        try:
            return read_schema(connection, leave_out=unread), tuple(unread)
        except UnreadableError as error:
            # What follows still has its say; the part that needs the schema tells this error.
            if not skip_unreadable or error.part in unread:
                return error, ()
            unread.append(error.part)


def require_readable(table: VersionTable, live: Live) -> tuple[str, ...]:
    """The rows of a version table.

    Raises:
        VerdictError: the role may not read it.
    """
    if table.rows is None:
        name = sql.Identifier(table.schema, table.name).as_string(None)
        usage = sql.Identifier(table.schema).as_string(None)
        role = sql.Identifier(live.role).as_string(None)
        raise VerdictError(
            f"The role {live.role} may not read the version table {table} of {live.name}.",
            f"Let it: grant usage on schema {usage} to {role}; grant select on {name} to {role}; "
            "or say with --from at which revision the database stands.",
        )
    return table.rows
