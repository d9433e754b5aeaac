"""Texts that mean one thing are brought to one form, and no others."""

from __future__ import annotations

import pytest

from harness.schema import diff, read_schema
from harness.schema.spelling import loose, same_but_for_name, settled, unqualified

from .conftest import Connection


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        ("varchar", "'a', 'b'"),
        ("varchar(10)", "'it''s', 'a, b', '::text', '[x]'"),
        ("char(3)", "'abc', 'd'"),
        ("text", "'a', 'b'"),
        ("integer", "1, 2, 3"),
        ("numeric(4, 1)", "1, 2.5"),
        ("date", "'2024-01-01', '2025-01-01'"),
        ("varchar", "'a', null"),
        ('"Odd type"', "'a', 'b'"),
    ],
)
def test_a_printed_check_is_settled(declared: str, values: str, scratch: Connection) -> None:
    """What PostgreSQL makes of its own text is what `settled` makes of the first."""
    scratch.execute("create type \"Odd type\" as enum ('a', 'b')")
    scratch.execute(f"create table t (c {declared}, constraint one check (c in ({values})))".encode())
    query = "select pg_get_expr(conbin, conrelid) from pg_constraint where conname = 'one'"
    row = scratch.execute(query).fetchone()
    assert row is not None
    first = row[0]
    scratch.execute(f"alter table t drop constraint one, add constraint one check ({first})".encode())
    assert scratch.execute(query).fetchone() == (settled(first),)
    assert settled(settled(first)) == settled(first)


@pytest.mark.parametrize(
    ("declared", "one", "other", "same"),
    [
        ("smallint", "14", "'14'", True),
        ("smallint", "14", "15", False),
        ("integer", "-1", "'-1'", True),
        ("integer", "-1", "(-1)", True),
        ("bigint", "0", "'0'", True),
        ("numeric(10, 2)", "0", "0.00", True),
        ("numeric(10, 2)", "0", "'0.00'", True),
        ("numeric(10, 2)", "0.1", "0.01", False),
        ("double precision", "1", "1.0", True),
        ("timestamptz", "now()", "current_timestamp", True),
        ("timestamptz", "now()", "clock_timestamp()", False),
        ("timestamp", "now()", "localtimestamp", False),
        ("date", "current_date", "now()", False),
        ("varchar(9)", "null", "null::varchar", True),
        ("text", "''", "null", False),
        ("text", "'1'", "'1.0'", False),
        ("text", "'null'", "null", False),
        ("boolean", "true", "'true'", True),
        ("boolean", "true", "false", False),
    ],
)
def test_the_same_default_in_other_words(declared: str, one: str, other: str, same: bool, scratch: Connection) -> None:
    scratch.execute(f"create table t (c {declared} default {one})".encode())
    expected = read_schema(scratch)
    scratch.execute(f"alter table t alter c set default {other}".encode())
    assert (diff(expected, read_schema(scratch)) == []) == same


@pytest.mark.parametrize("text", ["(a > 0)", "ARRAY[a, b]", "'(ARRAY[''a''::x])::text[]'::text"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert settled(text) == text


def test_casts_and_parentheses_are_loose() -> None:
    assert loose("(price > (0)::numeric)") == loose("(price > 0)") == loose("price > '0'::double precision")
    assert loose("(a)::character varying(10)") == "a"
    assert loose("('x'::timestamp(3) with time zone)") == "'x'"
    assert loose("price > 0") != loose("price > 1")


def test_names_are_taken_for_one() -> None:
    both = [("name",), ("called",)]
    assert same_but_for_name("lower(name)", "lower(called)", both)
    assert same_but_for_name("SELECT t.name FROM t", "SELECT t.called AS name FROM t", both)
    assert same_but_for_name('("order" > 1)', "(rank > 1)", [("order",), ("rank",)])
    assert not same_but_for_name("lower(name)", "upper(called)", both)
    assert not same_but_for_name("lower(surname)", "lower(surcalled)", both)
    assert same_but_for_name("app.t.x", "spare.t.x", [("app", "t"), ("spare", "t")])
    assert not same_but_for_name("app.u.x", "spare.u.x", [("app", "t"), ("spare", "t")])


def test_qualifiers_come_off() -> None:
    assert unqualified(' SELECT "Order".id,\n    t.x\n FROM app."Order"') == unqualified(' SELECT id, x FROM "Order"')
