"""What a repair does besides being right: rows stay, what is in the way comes back, and what is risky is said."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from schema.corpus import mutations
from sqlalchemy.dialects import postgresql

from harness.schema import MODELS, Schema, diff, read_schema
from harness.schema.repair import Repair, repair
from harness.server import ScratchDatabase, Server

Connection = psycopg.Connection[Any]
Opened = Callable[[str], ScratchDatabase]


@pytest.fixture
def opened(server: Server) -> Iterator[Opened]:
    """Makes scratch databases with the SQL that is given."""
    made: list[ScratchDatabase] = []

    def make(sql: str) -> ScratchDatabase:
        made.append(server.create_database("repair"))
        with made[-1].connect() as connection:
            connection.execute(sql.encode())
        return made[-1]

    yield make
    for database in made:
        database.drop()


def schema_of(database: ScratchDatabase) -> Schema:
    with database.connect() as connection:
        return read_schema(connection)


def repaired(expected: ScratchDatabase, actual: ScratchDatabase) -> Repair:
    """The repair of a database, after its SQL has been run as psql would, statement by statement."""
    left, right = schema_of(expected), schema_of(actual)
    found = repair(left, right, diff(left, right))
    with actual.connect() as connection:
        connection.execute(found.sql.encode())
    assert diff(left, schema_of(actual)) == []
    return found


def fetch(database: ScratchDatabase, query: str) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


TYPED = "create type mood as enum ({}); create table t (id integer, mood mood default 'ok', moods mood[]);"


def test_a_new_label_is_added_in_place(opened: Opened) -> None:
    found = repaired(opened(TYPED.format("'sad', 'ok', 'happy'")), opened(TYPED.format("'ok'")))
    assert [operation.sql for operation in found.operations] == [
        "alter type public.mood add value 'sad' before 'ok'",
        "alter type public.mood add value 'happy'",
    ]
    assert found.cautions == ()


def test_a_label_that_is_used_at_once_is_committed_first(opened: Opened) -> None:
    expected = opened(TYPED.format("'ok', 'happy'") + "alter table t alter mood set default 'happy';")
    actual = opened(TYPED.format("'ok'"))
    left, right = schema_of(expected), schema_of(actual)
    found = repair(left, right, diff(left, right))
    assert found.code.startswith("with op.get_context().autocommit_block():\n    op.execute(")
    assert found.sql.startswith("alter type public.mood add value 'happy';\nbegin;\n")
    with actual.connect() as connection:
        for statement in found.sql.split(";\n"):
            connection.execute(statement.encode())
    assert diff(left, schema_of(actual)) == []


def test_a_label_that_has_to_go_costs_a_new_type_and_no_row(opened: Opened) -> None:
    actual = opened(TYPED.format("'sad', 'ok', 'odd'") + "insert into t values (1, 'ok', '{sad,ok}'), (2, null, null);")
    with actual.connect() as connection:
        connection.execute("create view v as select mood from t; create index on t (mood) where mood = 'ok'")
    expected = opened(TYPED.format("'ok', 'sad'"))
    with expected.connect() as connection:
        connection.execute("create view v as select mood from t; create index on t (mood) where mood = 'ok'")
    found = repaired(expected, actual)
    assert any("'odd'" in caution for caution in found.cautions)
    assert fetch(actual, "select id, mood::text, moods::text from t order by id") == [
        (1, "ok", "{sad,ok}"),
        (2, None, None),
    ]


def test_rows_are_converted_with_the_type_of_their_column(opened: Opened) -> None:
    actual = opened(
        "create table t (a text default '7', b timestamp, c json); insert into t values ('5', '2024-02-03', '{}')"
    )
    expected = opened("create table t (a integer default 7, b date, c jsonb)")
    repaired(expected, actual)
    assert fetch(actual, "select a, b::text, c::text from t") == [(5, "2024-02-03", "{}")]


def test_what_is_in_the_way_comes_back_as_it_was(server: Server, opened: Opened) -> None:
    """A view that only the migrations know, with its owner, privileges and comment, on a column of another type."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("do $$ begin create role repair_reader; exception when duplicate_object then null; end $$")
    actual = opened("create table t (id integer, name varchar(10)); insert into t values (1, 'x');")
    with actual.connect() as connection:
        connection.execute(
            "create view v with (security_barrier) as select name from t; grant select on v to repair_reader;"
            "alter view v owner to repair_reader; comment on view v is 'kept'; create view w as select * from v;"
        )
    before = schema_of(actual)
    expected = schema_of(opened("create table t (id integer, name varchar(20))"))
    managed = [one for one in diff(expected, before, ignore=MODELS) if one.object.kind == "column"]
    found = repair(expected, before, managed, ignore=MODELS)
    with actual.connect() as connection:
        connection.execute(found.sql.encode())
    after = schema_of(actual)
    assert [str(one) for one in diff(before, after)] == [
        "changed: column public.t.name: type: expected character varying(10), actual character varying(20)"
    ]
    assert fetch(actual, "select name from t") == [("x",)]


ODD = """
create table "Odd ""name" ("select" integer, "a:b" text default 'x :y %% %(z)s', check ("a:b" <> ':q'));
comment on table "Odd ""name" is $$it's "odd" \\ %s :n$$;
create index "i :x" on "Odd ""name" (("a:b" || ' :z'));
create type "E%" as enum (':a', 'b''c', 'd\\e');
create view "v :w" as select ':k'::text as "c:d";
create function "f:" () returns text language sql as $f$ select ':p $$ %s $x$' $f$;
"""


def test_odd_names_and_texts_survive_sql_and_python(opened: Opened, server: Server) -> None:
    expected = opened(ODD)
    repaired(expected, opened("select"))
    target = opened("select")
    left, right = schema_of(expected), schema_of(target)
    found = repair(left, right, diff(left, right))
    for driver in ("psycopg", "psycopg2"):
        engine = sa.create_engine(target.url.replace("postgresql://", f"postgresql+{driver}://"), poolclass=sa.NullPool)
        with engine.connect() as connection, connection.begin() as transaction:
            operations = Operations(MigrationContext.configure(connection))
            exec(found.code, {"op": operations, "sa": sa, "postgresql": postgresql})
            # Read through the same transaction, whatever the driver, it is rolled back.
            names = (
                connection.execute(sa.text("select relname from pg_class where relname like 'Odd%'")).scalars().all()
            )
            assert names == ['Odd "name']
            if driver == "psycopg":
                raw = connection.connection.dbapi_connection
                assert isinstance(raw, psycopg.Connection)
                assert diff(left, read_schema(raw)) == []
            transaction.rollback()


def test_each_fix_says_what_to_look_at(opened: Opened) -> None:
    left = schema_of(opened("create table t (id integer not null, b integer unique)"))
    right = schema_of(opened("create table t (id integer, b integer, gone integer)"))
    found = repair(left, right, diff(left, right))
    said = {str(fix.difference.object): fix.cautions for fix in found.fixes}
    assert said["public.t.id"] == ("Fails while public.t.id has nulls: fill them first.",)
    assert said["public.t.gone"] == ("Drops the values of public.t.gone.",)
    assert said["public.t.t_b_key"] == ("Fails while there are rows with the same values.",)
    assert "-- Drops the values of public.t.gone.\nalter table public.t drop column gone;" in found.sql


def test_nothing_to_repair_is_nothing(opened: Opened) -> None:
    schema = schema_of(opened("create table t (id integer)"))
    found = repair(schema, schema, [])
    assert (found.operations, found.fixes, found.sql, found.code) == ((), (), "", "")


def test_a_partition_of_a_table_that_is_referred_to(opened: Opened) -> None:
    parents = "create table app (id int primary key) partition by range (id); create table part partition of app for "
    parents += "values from (0) to (100) partition by range (id); create table use (id int references app);"
    more = "create table one partition of part for values from (0) to (10);"
    found = repaired(opened(parents), opened(parents + more))
    assert "detach partition public.one" in found.code
    assert repaired(opened(parents + more), opened(parents))
    assert repaired(opened(""), opened(parents + more))


COMBINED = [one for one in mutations() if one.attribute not in ("column_order", "partition_key", "version", "kind")]


@pytest.mark.parametrize("seed", range(12))
def test_several_faults_at_once_are_repaired_at_once(seed: int, faulty: sa.Connection, expected: Schema) -> None:
    raw = faulty.connection.dbapi_connection
    assert isinstance(raw, psycopg.Connection)
    with faulty.begin() as transaction:
        for mutation in random.Random(seed).sample(COMBINED, 5):
            try:
                # Not psycopg's own block: before the first statement that would be a transaction, and be committed.
                with faulty.begin_nested():
                    raw.execute(mutation.sql.encode())
            except psycopg.Error:
                continue  # an earlier one is in its way
        actual = read_schema(raw)
        found = repair(expected, actual, diff(expected, actual))
        for operation in found.operations:
            raw.execute(operation.sql.encode())
        rest = diff(expected, read_schema(raw), ignore={"order"})
        transaction.rollback()
    assert found.for_a_person == ()
    assert [one for one in rest if one.attribute != "tables"] == []


def test_what_refers_to_a_table_that_goes_is_not_made_again(opened: Opened) -> None:
    """Each fix is typed by itself, and the foreign key of a table that another fix drops is in the way of this one."""
    sql = """
    create table session (id int primary key);
    create table message (id int primary key, session_id int constraint of_session references session);
    create view both_of_them as select s.id, m.id as message_id from session s join message m on m.session_id = s.id;
    create view on_top as select id from both_of_them;
    """
    nothing = schema_of(opened(""))
    full = schema_of(opened(sql))
    for fix in repair(nothing, full, diff(nothing, full)).fixes:
        database = opened(sql)
        with database.connect() as connection:
            connection.execute("; ".join(one.sql for one in fix.operations).encode())
        assert fix.difference.object.name not in {one.name for one in schema_of(database).objects}


def test_nothing_of_a_name_is_run(opened: Opened) -> None:
    # It stands in the comment above the statement, too, and ended that.
    kept = "create table kept (id integer);"
    found = repaired(opened(kept), opened(kept + 'create table "t\ndrop table public.kept; --" (id integer)'))
    assert found.cautions == ('Drops the rows of public."t drop table public.kept; --".',)


def test_what_a_partition_or_an_heir_makes_of_its_parents_columns(opened: Opened) -> None:
    parents = (
        "create table parent (a text default 'x', b integer) partition by list (b);"
        "create table elder (a text default 'x', b integer not null, c text);"
    )
    children = (
        "create table part partition of parent for values in (1);"
        "create table heir (own integer) inherits (elder);"
        "alter table part alter a set default 'y', alter b set not null, alter a set statistics 77;"
        "comment on column part.a is 'the a';"
        "alter table heir alter a drop default, alter c set not null, alter c set storage external;"
        "grant select (a) on heir to public;"
    )
    found = repaired(opened(parents + children), opened(parents))
    # Nothing is said of what comes from the parent.
    assert not any("heir alter column b " in operation.sql for operation in found.operations)


@pytest.mark.parametrize(
    ("inside", "statement"),
    [
        ("", "drop schema app;"),
        ("create table app.t (id integer);", "drop schema app cascade;"),
        ("create extension citext schema app;", "drop schema app cascade;"),
    ],
)
def test_only_a_schema_that_holds_something_is_dropped_with_what_it_holds(
    opened: Opened, inside: str, statement: str
) -> None:
    found = repaired(opened(""), opened(f"create schema app; {inside}"))
    assert statement in found.sql.splitlines()
    assert ("Drops everything in the schema app, the rows of its tables too." in found.cautions) == bool(inside)


TWO_TABLES = """
create table session (id integer primary key);
create table message (id integer primary key, session_id integer references session);
"""
CIRCLE = """
create table aunt (id integer primary key, other integer);
create table niece (id integer primary key, other integer references aunt);
alter table aunt add constraint of_niece foreign key (other) references niece;
"""
PARTITIONED = """
create table day (id integer primary key) partition by range (id);
create table day_1 partition of day for values from (1) to (2);
create table zone (id integer primary key, day_id integer references day);
create table area (id integer primary key, self integer references area);
"""


@pytest.mark.parametrize("sql", [TWO_TABLES, CIRCLE, PARTITIONED], ids=["one refers", "a circle", "partitions"])
def test_tables_that_refer_to_each_other_are_dropped_together(opened: Opened, sql: str) -> None:
    found = repaired(opened(""), opened(sql))
    assert ("drop constraint" in found.sql) == (sql == CIRCLE)


def test_a_table_goes_and_the_one_that_it_refers_to_goes_with_what_stays(opened: Opened) -> None:
    stays = "create table keeps (id integer primary key, message_id integer);"
    refers = "alter table keeps add constraint of_message foreign key (message_id) references message;"
    repaired(opened(stays), opened(stays + TWO_TABLES + refers))
