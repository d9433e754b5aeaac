"""Operations after which the schema is what it was give no difference, and the same digest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.schema import Schema, diff, read_schema
from harness.server import Server

from .conftest import RICH, Connection
from .corpus import Neutral, neutrals

NEUTRALS = neutrals()


@pytest.mark.parametrize("neutral", NEUTRALS, ids=str)
def test_no_difference(neutral: Neutral, rich: Connection, expected: Schema) -> None:
    if rich.info.server_version // 10000 < neutral.since:
        pytest.skip(f"syntax of PostgreSQL {neutral.since}")
    with rich.transaction(force_rollback=True):
        rich.execute(neutral.sql.encode())
        actual = read_schema(rich)
    assert diff(expected, actual) == []
    assert diff(actual, expected) == []


def test_the_corpus_is_large() -> None:
    assert len(NEUTRALS) >= 60


@pytest.fixture(scope="module")
def own(server: Server) -> Iterator[Connection]:
    """A database for what cannot be done in a transaction."""
    database = server.create_database("own")
    with database.connect() as connection:
        connection.execute(RICH.encode())
        yield connection
    database.drop()


@pytest.mark.parametrize(
    "statements",
    [
        ["vacuum full"],
        ["vacuum (analyze, freeze) app.customer"],
        ["cluster app.wide using wide_ab_key", "alter table app.wide set without cluster"],
        ["reindex table concurrently app.customer"],
        [
            "drop index concurrently app.order_status_idx",
            'create index concurrently order_status_idx on app."Order" (status)',
        ],
        [
            "alter table app.event detach partition app.event_2025",
            "alter table app.event attach partition app.event_2025 for values from ('2025-01-01') to ('2026-01-01')",
        ],
        ["refresh materialized view concurrently app.revenue"],
    ],
    ids=lambda statements: statements[0],
)
def test_no_difference_after_what_needs_no_transaction(
    statements: list[str], own: Connection, expected: Schema
) -> None:
    for statement in statements:
        own.execute(statement.encode())
    assert diff(expected, read_schema(own)) == []


def test_a_clone_is_the_same(server: Server, expected: Schema) -> None:
    original = server.create_database("original")
    with original.connect() as connection:
        connection.execute(RICH.encode())
    clone = server.create_database("clone", template=original)
    with clone.connect() as connection:
        assert diff(expected, read_schema(connection)) == []
    clone.drop()
    original.drop()


def test_partitions_that_were_made_in_another_order(server: Server) -> None:
    """What a foreign key has for each partition that it refers to is numbered in the order of their making."""
    tables = (
        "create table part (id int primary key) partition by range (id);"
        "create table low partition of part for values from (0) to (10) partition by range (id);"
        "create table lowest partition of low for values from (0) to (5);"
    )
    reference = (
        "create table ref (id int references part, kind int) partition by list (kind);"
        "create table ref_one partition of ref for values in (1);"
    )
    high = "create table high partition of part for values from (10) to (20);"
    attached = "alter table ref attach partition ref_two for values in (2);"
    with server.create_database("grown") as grown, server.create_database("restored") as restored:
        with grown.connect() as one, restored.connect() as other:
            one.execute(
                tables + reference + high + "create table ref_two (id int references part, kind int);" + attached
            )
            other.execute(tables + high + "create table ref_two (id int, kind int);" + reference + attached)
            expected = read_schema(one)
            assert diff(expected, read_schema(other)) == []
            other.execute("alter table lowest disable trigger all")
            (found,) = diff(expected, read_schema(other))
        assert (str(found.object), found.attribute) == ("public.ref.ref_id_fkey", "enabled_at_referenced")
