"""Fingerprints: every fault of the schema room's corpus changes them, and nothing else does that people can see."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from typing import Any

import psycopg
import pytest
from schema.conftest import RICH, create_roles
from schema.corpus import Mutation, mutations

from harness.gate.fleet_fingerprint import own_name, parameters, schemas_query, whole_query
from harness.schema.reading import SESSION, major_version
from harness.server import open_server
from harness.settings import Settings

Connection = psycopg.Connection[Any]
Hashes = dict[str, str]


@pytest.fixture(scope="module")
def two() -> Iterator[tuple[Connection, Connection]]:
    """Two databases with the schema of `rich.sql`, built apart, so that none of their objects share an OID."""
    with open_server(Settings(server=os.environ.get("HARNESS_TEST_SERVER", "embedded"))) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            create_roles(connection)
        with (
            server.create_database("left") as left,
            server.create_database("right") as right,
            left.connect() as one,
            right.connect() as other,
        ):
            other.execute("create table shift (a int, b int); drop table shift")
            for connection in (one, other):
                connection.execute(RICH.encode())
            yield one, other


@pytest.fixture(scope="module")
def untouched(two: tuple[Connection, Connection]) -> Hashes:
    return whole(two[1])


def whole(connection: Connection, ignore: Collection[str] = ()) -> Hashes:
    with connection.transaction(force_rollback=True):
        settle(connection)
        text = whole_query(major_version(connection))
        return dict(psycopg.RawCursor(connection).execute(text.encode(), parameters(ignore)).fetchall())


def of_schemas(connection: Connection, *names: str) -> Hashes:
    with connection.transaction(force_rollback=True):
        settle(connection)
        quoted = [one(connection, "select pg_catalog.quote_ident(%s)", name) for name in names]
        values = (*parameters(()), list(names), [own_name(*pair) for pair in zip(names, quoted, strict=True)])
        text = schemas_query(major_version(connection))
        return dict(psycopg.RawCursor(connection).execute(text.encode(), values).fetchall())


def settle(connection: Connection) -> None:
    for name, value in SESSION.items():
        connection.execute("select pg_catalog.set_config(%s, %s, true)", [name, value])


def one(connection: Connection, query: str, *values: str) -> str:
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return str(row[0])


def test_databases_that_were_built_apart_have_the_same_fingerprint(
    two: tuple[Connection, Connection], untouched: Hashes
) -> None:
    assert whole(two[0]) == untouched
    assert len(untouched) > 25


@pytest.mark.parametrize("mutation", mutations(), ids=str)
def test_every_fault_changes_the_fingerprint(
    mutation: Mutation, two: tuple[Connection, Connection], untouched: Hashes
) -> None:
    connection = two[0]
    if major_version(connection) < mutation.since:
        pytest.skip(f"syntax of PostgreSQL {mutation.since}")
    with connection.transaction(force_rollback=True):
        connection.execute(mutation.sql.encode())
        assert whole(connection) != untouched


@pytest.mark.parametrize(
    ("group", "statement"),
    [
        ("owner", "alter table app.customer owner to harness_owner"),
        ("grants", "grant truncate on app.customer to public"),
        ("grants", "alter default privileges grant truncate on tables to public"),
        ("comment", "comment on table app.customer is 'other words'"),
        (
            "settings",
            "do $$ begin execute format('alter database %I set work_mem = 65536', current_database()); end $$",
        ),
    ],
)
def test_a_group_that_is_left_out_does_not_count(
    two: tuple[Connection, Connection], untouched: Hashes, group: str, statement: str
) -> None:
    connection = two[0]
    before = whole(connection, {group})
    with connection.transaction(force_rollback=True):
        connection.execute(statement.encode())
        assert whole(connection, {group}) == before
        assert whole(connection) != untouched


TENANT = """
create schema {schema};
create type {schema}.state as enum ('on', 'off');
create table {schema}.customer (id serial primary key, state {schema}.state default 'on', parent int
    references {schema}.customer);
create view {schema}.active as select c.id from {schema}.customer as c where c.state = 'on'::{schema}.state;
create function {schema}.total() returns bigint language sql as $$
select count(*) from {schema}.customer; $$;
comment on table {schema}.customer is 'who pays';
grant select on {schema}.customer to public;
"""
NAMES = ("a", "Tenant 7", "tenant.8", 'qu"oted', "table")


def test_tenants_that_differ_by_name_alone_have_the_same_fingerprint(two: tuple[Connection, Connection]) -> None:
    connection = two[0]
    with connection.transaction(force_rollback=True):
        for name in NAMES:
            quoted = psycopg.sql.Identifier(name).as_string(connection)
            connection.execute(TENANT.format(schema=quoted).encode())
        hashes = of_schemas(connection, *NAMES)
        assert set(hashes) == set(NAMES)
        assert len(set(hashes.values())) == 1
        # What names another tenant's objects is not the same as what names one's own, however alike the names are.
        connection.execute("create schema data; create table data.x (id int primary key)")
        connection.execute('create schema "dat""a"; create table "dat""a".x (id int primary key)')
        connection.execute("alter table a.customer add constraint other foreign key (parent) references data.x")
        connection.execute(
            'alter table "table".customer add constraint other foreign key (parent) references "table".customer'
        )
        changed = of_schemas(connection, *NAMES)
        assert len({changed["a"], changed["table"], hashes["a"]}) == 3
        assert {changed[name] for name in NAMES[1:4]} == {hashes["a"]}


@pytest.mark.parametrize(
    "statement",
    [
        "alter table b.customer add column note text",
        "comment on table b.customer is 'other words'",
        "revoke select on b.customer from public",
        "comment on schema b is 'x'",
        "drop view b.active; create view b.active as select c.id from a.customer as c where c.state = 'on'::a.state",
        "create index on b.customer (parent)",
    ],
)
def test_a_fault_in_a_tenant_changes_its_fingerprint_alone(two: tuple[Connection, Connection], statement: str) -> None:
    connection = two[0]
    with connection.transaction(force_rollback=True):
        for name in ("a", "b", "c"):
            connection.execute(TENANT.format(schema=name).encode())
        before = of_schemas(connection, "a", "b", "c")
        connection.execute(statement.encode())
        after = of_schemas(connection, "a", "b", "c")
        assert (after["a"], after["c"]) == (before["a"], before["c"])
        assert after["b"] != before["b"]
