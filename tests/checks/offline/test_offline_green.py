"""What looks as if it could not be written as a script, and can: no finding."""

from __future__ import annotations

from pathlib import Path

import pytest
from offline_project import env_py, offline, offline_project, revision
from project_copy import ProjectCopy

from harness.server import Server

TABLE = 'op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))'

GREEN = {
    "an enum of one table": ('op.create_table("mood", sa.Column("kind", sa.Enum("good", "bad", name="mood_kind")))',),
    "an enum of two tables in one revision": (
        """
        kind = sa.Enum("good", "bad", name="mood_kind")
        op.create_table("a", sa.Column("kind", kind))
        op.create_table("b", sa.Column("kind", kind))
        """,
    ),
    "an enum made by hand and used in a later revision": (
        'sa.Enum("good", "bad", name="mood_kind").create(op.get_bind())',
        """
        kind = postgresql.ENUM("good", "bad", name="mood_kind", create_type=False)
        op.create_table("a", sa.Column("kind", kind))
        """,
    ),
    "a label added outside of a transaction and used at once": (
        "op.execute(\"create type mood as enum ('good')\")",
        """
        with op.get_context().autocommit_block():
            op.execute("alter type mood add value 'bad'")
        op.execute("create table a (kind mood default 'bad')")
        """,
    ),
    "an index made concurrently": (
        TABLE,
        """
        with op.get_context().autocommit_block():
            op.create_index("ix", "account", ["name"], postgresql_concurrently=True)
        """,
    ),
    "two indexes made concurrently by one text": (
        TABLE,
        """
        if context.is_offline_mode():
            with op.get_context().autocommit_block():
                op.execute("create index concurrently i on account (name); create index concurrently j on account (id)")
        else:
            with op.get_context().autocommit_block():
                op.execute("create index concurrently i on account (name)")
                op.execute("create index concurrently j on account (id)")
        """,
    ),
    "percent signs": (
        """
        op.create_table(
            "rate", sa.Column("share", sa.Text(), sa.CheckConstraint("share like '%\\\\%'"), server_default="100%")
        )
        op.execute("comment on table rate is '50% of 100%% at %(x)s'")
        op.create_index("ix", "rate", [sa.text("(length(share) % 7)")])
        """,
    ),
    "functions in dollar quotes": (
        """
        op.execute(
            '''
            create function touch() returns trigger language plpgsql as $body$
            begin
                -- a comment; with $$ and 'a quote
                if new is distinct from old then perform 1; end if;
                return new;
            end $body$
            '''
        )
        op.execute("create function one() returns int language sql as $$ select 1; $$")
        """,
    ),
    "a function with a standard body": (
        """
        op.execute(
            "create or replace function pick(a int) returns int language sql begin atomic "
            "select case when a > 1 then 2 else 3 end; select a; end"
        )
        """,
    ),
    "a rule of several statements": (
        TABLE,
        """
        op.execute("create table log (id int)")
        op.execute("create rule r as on delete to account do also (delete from log; insert into log values (1);)")
        """,
    ),
    "letters that are not ASCII": (
        """
        op.create_table("straße", sa.Column("größe", sa.Text(), server_default="ä–日本", comment="naïve ✓"))
        op.execute("create function größer(größe int) returns int language sql as $größe$ select größe; $größe$")
        """,
    ),
    "comments with semicolons and quotes": (
        '''
        op.execute(
            """
            -- first; it's not the end
            create table a ( /* nested; /* deeper's */ ; */ id int -- a last one; here
            );
            /* after; */
            """
        )
        '''
        + TABLE,
    ),
    "sequences": (
        """
        op.execute(sa.schema.CreateSequence(sa.Sequence("ticket", start=100, increment=5)))
        op.create_table("t", sa.Column("id", sa.BigInteger(), sa.Identity(always=True, start=7), primary_key=True))
        op.execute("select setval('ticket', 500)")
        op.get_bind().execute(sa.text("select setval('ticket', 600)"))
        """,
    ),
    "defaults with casts and colons": (
        """
        op.create_table(
            "t",
            sa.Column("a", postgresql.JSONB(), server_default=sa.text("'{\\"a\\": 1}'::jsonb")),
            sa.Column("b", sa.Interval(), server_default=sa.text("'1 day'::interval")),
            sa.Column("c", sa.Text(), server_default="10:30"),
            sa.Column("d", postgresql.ARRAY(sa.Integer()), server_default="{}"),
        )
        op.execute("create view v as select d[1\\\\:2] as some, '\\\\:x' as text from t")
        op.execute("create view w as select E'it\\\\'s; \\\\\\\\' as text")
        """,
    ),
    "rows with quotes, colons, percent signs and dates": (
        """
        import datetime
        table = op.create_table(
            "t", sa.Column("id", sa.Integer()), sa.Column("on", sa.Date()), sa.Column("text", sa.Text())
        )
        op.bulk_insert(table, [{"id": 1, "on": datetime.date(2026, 1, 31), "text": "it's 50% \\\\ :x; $$"}])
        op.execute(table.update().where(table.c.text.like("%50%%")).values(text="a\\nb"))
        op.execute("alter table t alter id set not null")
        """,
    ),
    "the connection used to write only": (
        """
        bind = op.get_bind()
        bind.execute(sa.text("create table a (id int)"))
        metadata = sa.MetaData()
        sa.Table("b", metadata, sa.Column("id", sa.Integer(), primary_key=True), sa.Column("n", sa.Text(), index=True))
        metadata.create_all(bind)
        if bind.dialect.name == "postgresql":
            op.execute("create table c (id int)")
        """,
    ),
    "a revision that asks for the mode, and reads online only": (
        TABLE,
        """
        op.add_column("account", sa.Column("upper", sa.Text()))
        if context.is_offline_mode():
            op.execute("update account set upper = upper(name)")
        else:
            for row in op.get_bind().execute(sa.text("select id, name from account")):
                op.execute(sa.text("update account set upper = :u").bindparams(u=row.name.upper()))
        """,
    ),
    "batch operations that reflect nothing": (
        TABLE,
        """
        with op.batch_alter_table("account") as batch:
            batch.add_column(sa.Column("email", sa.String(100), nullable=False, server_default=""))
            batch.create_unique_constraint("uq", ["email"])
        op.alter_column("account", "name", type_=sa.String(50), nullable=False, postgresql_using="left(name, 50)")
        """,
    ),
    "several statements in one text": ('op.execute("create table a (id int); create table b (id int);")',),
    "a session's own settings": (
        """
        op.execute("create schema app")
        op.execute("set search_path to app")
        op.execute("create table here (id int)")
        op.execute("reset search_path")
        """,
    ),
    "no statement at all": (TABLE, "pass", "op.execute('-- nothing')"),
}


@pytest.mark.parametrize("name", GREEN)
def test_green(tmp_path: Path, server: Server, name: str) -> None:
    assert offline(offline_project(tmp_path, server, *GREEN[name])) == ()


def create(table: str) -> str:
    return f'op.create_table("{table}", sa.Column("id", sa.Integer(), primary_key=True))'


TREES = {
    "two branches merged": [
        ("a", create("a"), None, None),
        ("b", create("b"), "a", None),
        ("c", create("c"), "a", None),
        ("d", "op.execute('alter table b add foreign key (id) references c')", ("b", "c"), None),
    ],
    "two heads": [("a", create("a"), None, None), ("b", create("b"), "a", None), ("c", create("c"), "a", None)],
    "two bases, one of which depends on the other": [
        ("a", create("a"), None, None),
        ("b", "op.execute('alter table a add column x int')", None, "a"),
    ],
}
OPTIONS = {
    "plain": "",
    "a transaction for each": "transaction_per_migration=True",
    "no transactions": "transactional_ddl=False",
    "another version table": 'version_table="version"',
    "the version table in another schema": 'version_table="v", version_table_schema="audit"',
    "what is done at each step": (
        "on_version_apply=lambda ctx, step, heads, run_args: "
        "ctx.impl.execute(f'create table \"v{step.up_revision_id}\" (id int)')"
    ),
}
OFFLINE = 'dialect_opts={"paramstyle": "named"}, version_table="v", version_table_schema="audit"\n    )\n'
OFFLINE += "    with context.begin_transaction():\n"
ONLINE = "    with engine.connect() as connection:\n"
MAKE_SCHEMA = '        connection.exec_driver_sql("create schema if not exists audit")\n        connection.commit()\n'


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("tree", TREES)
def test_trees(tmp_path: Path, server: Server, tree: str, options: str) -> None:
    project = offline_project(tmp_path, server, env=env_py(OPTIONS[options]))
    if "audit" in OPTIONS[options]:
        # Made by env.py in both modes, since Alembic makes its table before the first revision.
        project.replace("migrations/env.py", OFFLINE, OFFLINE + '        context.execute("create schema audit")\n')
        project.replace("migrations/env.py", ONLINE, ONLINE + MAKE_SCHEMA)
    for name, up, below, depends_on in TREES[tree]:
        project.write(f"migrations/versions/{name}.py", revision(name, up, below, depends_on))
    assert offline(project) == ()


def test_asyncpg(tmp_path: Path, server: Server) -> None:
    ups = [
        up for name in ("an index made concurrently", "functions in dollar quotes", "sequences") for up in GREEN[name]
    ]
    assert offline(offline_project(tmp_path, server, *ups, driver="asyncpg")) == ()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg", "psycopg2"])
def test_a_driver_whose_parameters_are_percent_signs(tmp_path: Path, server: Server, driver: str) -> None:
    up = "op.create_table('t', sa.Column('a', sa.Text(), sa.CheckConstraint(\"a like 'x%'\")))"
    assert offline(offline_project(tmp_path, server, up, driver=driver)) == ()


def test_the_sample_application(sample: ProjectCopy) -> None:
    assert offline(sample) == ()
