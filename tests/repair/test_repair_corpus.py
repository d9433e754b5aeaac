"""Every fault of the corpus is repaired: no difference is left, by the SQL and by the Alembic code alike."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from schema.corpus import Mutation, mutations
from sqlalchemy.dialects import postgresql

from harness.schema import Difference, Schema, diff, read_schema
from harness.schema.repair import Repair, repair

MUTATIONS = mutations()

# What a MetaData can say, and so what a revision is written for. What else there is goes through `op.execute`.
OF_MODELS = {"table", "column", "primary key", "unique constraint", "foreign key", "check constraint", "index", "enum"}
OF_MODELS |= {"exclusion constraint", "sequence", "domain"}

# (kind, object, attribute) of the faults that no operation repairs, each with the reason.
FOR_A_PERSON = {
    ("table", "public.lonely", "column_order"): "PostgreSQL has no way to reorder columns",
    ("table", "public.lonely", "partition_key"): "PostgreSQL has no way to partition a table that is there",
    ("table", "app.listed", "partition_key"): "PostgreSQL has no way to partition a table that is there",
    ("foreign table", "app.remote", "kind"): "rows would have to be copied to or from another server",
}
# Only the other way round.
FOR_A_PERSON_BACK = {
    ("index", "app.customer.customer_name_idx", "valid"): "nobody wants an index that is invalid",
    ("subscription", "more", None): "the connection string, which may hold a password, is not read",
}
# The fault is written into the catalog, so what the operation updates from is not what it says it is.
NOT_TO_BE_PROVED = {("extension", "citext", "version")}


def key(mutation: Mutation) -> tuple[str, str, str | None]:
    return mutation.kind, mutation.object, mutation.attribute


def raw(connection: sa.Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def run_sql(connection: sa.Connection, found: Repair) -> None:
    for operation in found.operations:
        raw(connection).execute(operation.sql.encode())


def run_code(connection: sa.Connection, found: Repair) -> None:
    operations = Operations(MigrationContext.configure(connection))
    exec(found.code, {"op": operations, "sa": sa, "postgresql": postgresql})


def left_over(expected: Schema, connection: sa.Connection) -> list[Difference]:
    """What still differs, but for the place of a column that was added again: the last is all that there is."""
    found = diff(expected, read_schema(raw(connection)), ignore={"order"})
    # A publication lists columns in the order of the table.
    return [one for one in found if (one.object.kind, one.attribute) != ("publication", "tables")]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_the_repair_leaves_no_difference(mutation: Mutation, faulty: sa.Connection, expected: Schema) -> None:
    if raw(faulty).info.server_version // 10000 < mutation.since:
        pytest.skip(f"syntax of PostgreSQL {mutation.since}")
    for run in (run_sql, run_code) if mutation.kind in OF_MODELS else (run_sql,):
        # Not a savepoint: PostgreSQL 18.6 refuses some ALTER DOMAIN in one.
        with faulty.begin() as transaction:
            raw(faulty).execute(mutation.sql.encode())
            actual = read_schema(raw(faulty))
            found = repair(expected, actual, diff(expected, actual))
            if key(mutation) in FOR_A_PERSON:
                assert [fix.automatic for fix in found.fixes] == [False]
                assert found.fixes[0].reason
            elif key(mutation) not in NOT_TO_BE_PROVED:
                assert [fix.reason for fix in found.fixes] == [None]
                run(faulty, found)
                assert left_over(expected, faulty) == [], (found.sql, found.code)
            transaction.rollback()


@pytest.mark.parametrize("mutation", MUTATIONS[::4], ids=str)
def test_the_schemas_exchanged_the_repair_makes_the_fault(
    mutation: Mutation, faulty: sa.Connection, expected: Schema
) -> None:
    if raw(faulty).info.server_version // 10000 < mutation.since:
        pytest.skip(f"syntax of PostgreSQL {mutation.since}")
    with faulty.begin() as transaction:
        raw(faulty).execute(mutation.sql.encode())
        wrong = read_schema(raw(faulty))
        transaction.rollback()
    with faulty.begin() as transaction:
        found = repair(wrong, expected, diff(wrong, expected))
        if key(mutation) in {**FOR_A_PERSON, **FOR_A_PERSON_BACK}:
            assert found.for_a_person
        elif key(mutation) not in NOT_TO_BE_PROVED:
            assert not found.for_a_person
            run_code(faulty, found)
            assert left_over(wrong, faulty) == [], found.code
        transaction.rollback()


def test_nearly_all_are_automatic() -> None:
    keys = [key(mutation) for mutation in MUTATIONS]
    exceptions = {*FOR_A_PERSON, *NOT_TO_BE_PROVED}
    assert exceptions <= set(keys)
    assert sum(one in exceptions for one in keys) <= 0.05 * len(keys)
