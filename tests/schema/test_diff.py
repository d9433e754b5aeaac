"""What a comparison leaves out, how it folds and prints; all of it on schemas that PostgreSQL built."""

from __future__ import annotations

import pytest

from harness.findings import UsageError
from harness.schema import EVERYTHING, GROUPS, MODELS, Difference, Schema, diff, read_schema

from .conftest import Connection


def after(connection: Connection, sql: str) -> Schema:
    with connection.transaction(force_rollback=True):
        connection.execute(sql.encode())
        return read_schema(connection)


@pytest.mark.parametrize(
    ("group", "sql"),
    [
        ("order", "alter table public.lonely drop column id, add column id integer"),
        ("owner", "alter table app.product owner to harness_owner"),
        ("grants", "grant select on app.wide to public; grant usage on sequence audit.log_id_seq to harness_writer"),
        ("grants", "alter default privileges grant select on tables to harness_reader"),
        ("comment", "comment on table app.wide is 'x'; comment on column app.big_order.total is null"),
        ("names", "alter table app.wide rename constraint wide_ab_key to uq"),
        ("names", "alter index app.customer_name_idx rename to ix"),
        ("names", "alter sequence app.category_id_seq rename to old_name"),
        ("extension-version", "update pg_extension set extversion = '0' where extname = 'citext'"),
        ("settings", "do $$ begin execute format('alter database %I set work_mem = 64', current_database()); end $$"),
        ("tuning", "alter table app.wide alter d set statistics 1, alter e set storage external"),
    ],
)
def test_a_group_that_is_left_out(group: str, sql: str, rich: Connection, expected: Schema) -> None:
    actual = after(rich, sql)
    assert diff(expected, actual)
    assert diff(expected, actual, ignore={group}) == []
    assert diff(expected, actual, ignore=set(GROUPS) - {group})


def test_a_group_that_does_not_exist(expected: Schema) -> None:
    with pytest.raises(UsageError, match=r"There is no group 'comments' to ignore\. Use any of order, owner"):
        diff(expected, expected, ignore={"comments"})


def test_every_group_says_what_it_is() -> None:
    assert all(group.summary.endswith(".") for group in GROUPS.values())
    assert EVERYTHING < MODELS < set(GROUPS)


def test_consequences_are_told(rich: Connection, expected: Schema) -> None:
    [difference] = diff(expected, after(rich, "alter table app.customer drop column name cascade"))
    assert {(item.change, item.object.kind, item.object.name) for item in difference.consequences} >= {
        ("missing", "index", "customer_name_idx"),
        ("missing", "check constraint", "customer_name_check"),
        ("missing", "view", "active_customer"),
        ("missing", "column", "full_name"),
    }
    names = [str(item.object) for item in difference.walk()]
    assert names[0] == "app.customer.name"
    assert "app.nested" in names


def test_two_faults_are_two_differences(rich: Connection, expected: Schema) -> None:
    actual = after(
        rich,
        "alter table app.customer drop column born; drop index app.customer_name_idx;"
        "alter table app.wide alter a set not null, alter b set default 1",
    )
    assert [str(item) for item in diff(expected, actual)] == [
        "missing: column app.customer.born",
        "changed: column app.wide.a: nullable: expected null, actual not null",
        "changed: column app.wide.b: default: expected None, actual 1",
        "missing: index app.customer.customer_name_idx",
    ]


def test_a_definition_change_under_a_type_change_is_its_own(rich: Connection, expected: Schema) -> None:
    actual = after(
        rich,
        "alter table app.product drop constraint product_price_check; alter table app.product alter price type real;"
        "alter table app.product add constraint product_price_check check (price > 1)",
    )
    assert [str(item) for item in diff(expected, actual)] == [
        "changed: check constraint app.product.product_price_check: expression:"
        " expected (price > (0)::numeric), actual (price > (1)::double precision)",
        "changed: column app.product.price: type: expected numeric(12,2), actual real",
    ]


def test_a_renamed_table_is_a_proposal(rich: Connection, expected: Schema) -> None:
    [difference] = diff(expected, after(rich, "alter table app.line rename to lines"))
    assert (difference.change, difference.expected, difference.actual) == ("renamed", "line", "lines")
    assert {item.change for item in difference.consequences if item.object.kind == "table"} == {"missing", "extra"}


@pytest.mark.parametrize(
    "sql",
    [
        "drop table app.line; create table app.other (order_id integer not null)",
        "drop table public.lonely; create table public.other (id integer, note varchar)",
        "drop table public.lonely;"
        "create table public.a (id integer, note text); create table public.b (id integer, note text)",
    ],
)
def test_a_table_that_is_another_is_no_rename(sql: str, rich: Connection, expected: Schema) -> None:
    assert "renamed" not in {item.change for item in diff(expected, after(rich, sql))}


@pytest.mark.parametrize(
    "sql",
    [
        "alter table app.wide drop column e, add column f integer",
        "alter table app.product drop column weight, add column extra real",
    ],
)
def test_a_column_that_is_another_is_no_rename(sql: str, rich: Connection, expected: Schema) -> None:
    assert sorted(item.change for item in diff(expected, after(rich, sql))) == ["extra", "missing"]


def test_a_constraint_under_another_name_with_another_definition(rich: Connection, expected: Schema) -> None:
    actual = after(
        rich,
        "alter table app.line drop constraint line_product_fkey, add constraint fk_product"
        " foreign key (product_id) references app.product (id) on delete cascade",
    )
    assert [(item.change, item.attribute) for item in diff(expected, actual)] == [
        ("changed", "on_delete"),
        ("renamed", "name"),
    ]
    assert [item.attribute for item in diff(expected, actual, ignore={"names"})] == ["on_delete"]


def test_indexes_with_one_definition_are_paired_one_to_one(rich: Connection) -> None:
    with rich.transaction(force_rollback=True):
        rich.execute("create index one on app.wide (c); create index two on app.wide (c)")
        expected = read_schema(rich)
        rich.execute("drop index app.two; alter index app.one rename to three")
        actual = read_schema(rich)
    assert [(item.change, item.object.name) for item in diff(expected, actual)] == [
        ("renamed", "one"),
        ("missing", "two"),
    ]


def test_everything_is_missing_from_an_empty_database(expected: Schema, scratch: Connection) -> None:
    differences = diff(expected, read_schema(scratch))
    assert {item.change for item in differences} == {"missing"}
    found = [item.object for difference in differences for item in difference.walk()]
    assert len(found) == len(set(found)) == len(expected) - 1


def test_the_order_does_not_depend_on_the_reading(rich: Connection, expected: Schema) -> None:
    actual = after(rich, "drop table app.customer cascade; create table app.z (id int); create index on app.wide (c)")
    shuffled = Schema(reversed(list(actual.objects.values())), actual.server_version)
    assert diff(expected, shuffled) == diff(expected, actual)


def test_definitions_are_for_people(rich: Connection, expected: Schema) -> None:
    def one(sql: str) -> Difference:
        [difference] = diff(expected, after(rich, sql))
        return difference

    column = one("alter table public.lonely add column more numeric(5, 1) not null default 3")
    assert (column.expected, column.actual) == (None, "numeric(5,1) not null default 3")
    key = one("alter table app.line drop constraint line_product_fkey")
    assert (
        key.expected
        == "product_id references app.product references columns id on update no action on delete no action"
    )
    assert key.actual is None
    index = one("drop index app.customer_partial_idx")
    assert index.expected == "method btree born predicate (active AND (score > (10)::numeric))"
