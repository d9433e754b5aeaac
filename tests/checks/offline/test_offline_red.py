"""One thing wrong with the offline script at a time: the right rule, revision, line and words, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from offline_project import line_of, offline, offline_project
from project_copy import ProjectCopy

from harness.findings import Finding, Severity
from harness.server import Server

TABLE = 'op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))'
AFTER = 'op.execute("create table after_it (id int)")'


def only(project: ProjectCopy) -> Finding:
    (finding,) = offline(project)
    return finding


@dataclass(frozen=True)
class Needs:
    """A revision that needs a connection: the body of `upgrade()`, and a word of the line that asks."""

    up: str
    line: str
    message: str = "reads from the database"


NEEDS = {
    "rows of a select": Needs('for row in op.get_bind().execute(sa.text("select 1")):\n    pass', "select 1"),
    "the rows a line later": Needs(
        'rows = op.get_bind().execute(sa.text("select 1"))\nnames = {}\nfor row in rows:\n    pass', "select 1"
    ),
    "a scalar": Needs("op.get_bind().execute(sa.select(sa.func.now())).scalar()", "sa.func.now"),
    "rows that are returned": Needs(
        'op.execute("create table t (id int)")\n'
        'op.get_bind().execute(sa.text("insert into t values (1) returning id")).fetchall()',
        "returning id",
    ),
    "the number of rows": Needs(
        'op.execute("create table t (id int)")\n'
        'if op.get_bind().execute(sa.text("update t set id = 1")).rowcount:\n    pass',
        "rowcount",
    ),
    "an inspector": Needs('"account" in sa.inspect(op.get_bind()).get_table_names()', "sa.inspect"),
    "a session": Needs(
        "from sqlalchemy.orm import Session\n"
        'session = Session(bind=op.get_bind())\nsession.execute(sa.text("select 1")).all()',
        "select 1",
    ),
    "the driver's own SQL": Needs('op.get_bind().exec_driver_sql("select 1")', "exec_driver_sql"),
    "a table that is reflected": Needs(
        'sa.Table("alembic_version", sa.MetaData(), autoload_with=op.get_bind())', "autoload_with"
    ),
    "the context's connection": Needs(
        'with op.get_context().connection.begin_nested():\n    op.execute("select 1")', "begin_nested"
    ),
    "a row that must be there": Needs(
        'row = op.get_bind().execute(sa.text("select 1"))\nif row is None:\n    raise RuntimeError("no")', "select 1"
    ),
    "a batch that reflects": Needs(
        'op.execute("create table t (id int)")\n'
        'with op.batch_alter_table("t", recreate="always") as batch:\n    batch.alter_column("id", nullable=False)',
        "recreate=",
    ),
    "a connection of its own": Needs(
        'engine = sa.create_engine("postgresql+psycopg://192.0.2.1/live")\n'
        'with engine.connect() as own:\n    own.execute(sa.text("select 1"))',
        "revision =",
        "opens a connection of its own",
    ),
    "a refusal": Needs(
        'if context.is_offline_mode():\n    raise NotImplementedError("run me online")',
        "raise NotImplementedError",
        "refuses to run offline: run me online",
    ),
}


@pytest.mark.parametrize("name", NEEDS)
def test_a_revision_that_needs_a_connection(tmp_path: Path, server: Server, name: str) -> None:
    """Only that revision is named, and what it does is there for the revisions after it, which are judged."""
    needs = NEEDS[name]
    project = offline_project(tmp_path, server, TABLE, f'op.execute("create table here (id int)")\n{needs.up}', AFTER)
    finding = only(project)
    assert (finding.rule, finding.severity) == ("offline.needs-connection", Severity.WARNING)
    assert finding.revision == "r2"
    assert needs.message in finding.message
    assert finding.location is not None
    assert finding.location.path == "migrations/versions/r2.py"
    assert needs.line in project.read("migrations/versions/r2.py").splitlines()[finding.location.line - 1]
    assert "is_offline_mode" in (finding.fix or "")


def test_a_helper_in_another_module_is_the_place(tmp_path: Path, server: Server) -> None:
    project = offline_project(tmp_path, server, TABLE, "import helpers\nhelpers.names(op.get_bind())")
    project.write(
        "helpers.py",
        "import sqlalchemy as sa\n\n\ndef names(bind):\n"
        '    rows = bind.execute(sa.text("select name from account"))\n    return [row.name for row in rows]\n',
    )
    finding = only(project)
    assert finding.rule == "offline.needs-connection"
    assert finding.revision == "r2"
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == ("helpers.py", line_of(project, "helpers.py", "select"))


def test_every_such_revision_is_named_and_the_rest_is_judged(tmp_path: Path, server: Server) -> None:
    reads = 'op.execute("create table {0} (id int)")\nop.get_bind().execute(sa.text("select 1")).scalar()'
    project = offline_project(
        tmp_path,
        server,
        reads.format("first"),
        TABLE,
        reads.format("third"),
        reads.format("fourth"),
        'if not op.get_context().as_sql:\n    op.create_index("ix", "account", ["name"])',
        reads.format("last"),
    )
    findings = offline(project)
    assert [(finding.rule, finding.revision) for finding in findings] == [
        ("offline.needs-connection", "r1"),
        ("offline.needs-connection", "r3"),
        ("offline.needs-connection", "r4"),
        ("offline.needs-connection", "r6"),
        ("offline.missing", "r5"),
    ]


def test_the_transaction_goes_on_behind_a_revision_that_is_run_online(tmp_path: Path, server: Server) -> None:
    reads = 'op.get_bind().execute(sa.text("select 1")).scalar()'
    project = offline_project(tmp_path, server, TABLE, reads, 'op.execute("lock table account")')
    assert only(project).rule == "offline.needs-connection"


FAILING = {
    "a mistake that only offline mode reaches": (
        "if context.is_offline_mode():\n    op.execute(not_defined)",
        "not_defined",
        "NameError: name 'not_defined' is not defined",
    ),
    "a mistake after a statement whose rows nobody wants": (
        'op.get_bind().execute(sa.text("select now()"))\nif context.is_offline_mode():\n    op.execute(not_defined)',
        "not_defined",
        "NameError: name 'not_defined' is not defined",
    ),
    "a value without a literal": (
        'table = op.create_table("t", sa.Column("a", postgresql.INT4RANGE()))\n'
        'op.bulk_insert(table, [{"a": postgresql.Range(1, 5)}])',
        "bulk_insert",
        "sqlalchemy.exc.CompileError",
    ),
    "parameters": (
        'op.execute("create table t (a int)")\nop.get_bind().execute(sa.text("insert into t values (:a)"), {"a": 1})',
        "insert into t",
        "gives a statement parameters",
    ),
    "rows given to the connection": (
        'table = op.create_table("t", sa.Column("a", sa.Integer()))\n'
        'op.get_bind().execute(table.insert(), [{"a": 1}, {"a": 2}])',
        "table.insert",
        "gives a statement parameters",
    ),
    "an exit": ("if context.is_offline_mode():\n    import sys\n    sys.exit(3)", "sys.exit", "SystemExit: 3"),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_revision_that_fails_offline_for_another_reason(tmp_path: Path, server: Server, name: str) -> None:
    up, line, message = FAILING[name]
    project = offline_project(tmp_path, server, TABLE, up, AFTER)
    finding = only(project)
    assert (finding.rule, finding.severity, finding.revision) == ("offline.failed", Severity.ERROR, "r2")
    assert message in finding.message
    assert finding.location is not None
    assert line in project.read("migrations/versions/r2.py").splitlines()[finding.location.line - 1]
    assert finding.fix


REFUSED = {
    "an enum that checkfirst keeps from being made twice": (
        'sa.Enum("a", "b", name="kind").create(op.get_bind(), checkfirst=True)\n',
        'sa.Enum("a", "b", name="kind").create(op.get_bind(), checkfirst=True)\n',
        'type "kind" already exists',
        "create_type=False",
        ".create(op.get_bind()",
    ),
    "a table that checkfirst keeps from being made twice": (
        TABLE,
        "metadata = sa.MetaData()\nsa.Table('account', metadata, sa.Column('id', sa.Integer()))\n"
        "metadata.create_all(op.get_bind())",
        'relation "account" already exists',
        "checkfirst=True creates all the same",
        "create_all",
    ),
    "a comment that swallows the semicolon": (
        'op.execute("create table a (id int) -- the first")',
        TABLE,
        'syntax error at or near "',
        "swallows the semicolon",
        "the first",
    ),
    "a quote that only offline mode leaves open": (
        TABLE,
        'if context.is_offline_mode():\n    op.execute("select \'open")',
        "syntax error at or near",
        "close the quote",
        "'open",
    ),
    "what is printed": (TABLE, 'print("two more tables")', 'syntax error at or near "two"', "sys.stderr", "two more"),
    "a transaction that must not be one": (
        TABLE,
        'if context.is_offline_mode():\n    op.create_index("ix", "account", ["id"], postgresql_concurrently=True)\n'
        'else:\n    op.create_index("ix", "account", ["id"])',
        "CREATE INDEX CONCURRENTLY cannot run inside a transaction block",
        "Correct the revision",
        "postgresql_concurrently",
    ),
    "a command of psql's own": (
        TABLE,
        'if context.is_offline_mode():\n    op.get_context().impl.static_output("\\\\\\\\connect other")',
        "\\connect is a command of psql's own",
        "by hand",
        "connect other",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_statement_that_postgresql_refuses(tmp_path: Path, server: Server, name: str) -> None:
    first, second, message, fix, line = REFUSED[name]
    finding = only(offline_project(tmp_path, server, first, second, AFTER))
    assert (finding.rule, finding.severity) == ("offline.sql-failed", Severity.ERROR)
    assert message in finding.message
    assert fix in (finding.fix or "")
    assert "SQL: " in (finding.detail or "")
    assert "Not judged" in (finding.detail or "")
    assert finding.revision in ("r1", "r2")
    assert finding.location is not None
    assert finding.location.path == f"migrations/versions/{finding.revision}.py"
    text = (tmp_path / finding.location.path).read_text(encoding="utf-8").splitlines()
    assert line in text[finding.location.line - 1]


def test_a_commit_that_fails_before_a_revision_is_run_online(tmp_path: Path, server: Server) -> None:
    deferred = (
        'op.execute("create table a (id int primary key, b int references a deferrable initially deferred)")\n'
        'op.execute("insert into a values (1, 2)")\n'
        'if not context.is_offline_mode():\n    op.execute("delete from a")'
    )
    reads = 'op.get_bind().execute(sa.text("select 1")).scalar()'
    named, stopped = offline(offline_project(tmp_path, server, deferred, reads))
    assert named.rule == "offline.needs-connection"
    assert stopped.rule == "offline.sql-failed"
    assert "violates foreign key constraint" in stopped.message
    assert "SQL: commit" in (stopped.detail or "")


def test_the_words_of_postgresql_and_what_was_not_judged(tmp_path: Path, server: Server) -> None:
    up = 'if context.is_offline_mode():\n    op.execute("select nam from account")'
    finding = only(offline_project(tmp_path, server, TABLE, up, AFTER, TABLE.replace("account", "other")))
    assert finding.message == 'The offline script fails at revision r2: column "nam" does not exist'
    assert 'HINT: Perhaps you meant to reference the column "account.name".' in (finding.detail or "")
    assert "SQL: select nam from account" in (finding.detail or "")
    assert "build online, what revision r2 builds, and the 2 after it." in (finding.detail or "")


ONLINE_ONLY = "if not op.get_context().as_sql:\n    "
OTHERWISE = {
    "less": (
        ONLINE_ONLY + 'op.create_index("ix", "account", ["name"])',
        "offline.missing",
        "index",
        "ix",
        "create_index",
    ),
    "more": (
        'if context.is_offline_mode():\n    op.execute("create table more (id int)")',
        "offline.extra",
        "table",
        "more",
        "the same statements must run in both modes",
    ),
    "another type": (
        'length = 10 if context.is_offline_mode() else 20\nop.add_column("account", sa.Column("c", sa.String(length)))',
        "offline.changed",
        "column",
        "c",
        "type_=sa.String(20)",
    ),
    "a default": (
        ONLINE_ONLY + 'op.alter_column("account", "name", server_default="x")',
        "offline.changed",
        "column",
        "name",
        "server_default",
    ),
    "another name": (
        'name = "off" if context.is_offline_mode() else "uq"\n'
        'op.execute(f"alter table account add constraint {name} unique (name)")',
        "offline.changed",
        "unique constraint",
        "uq",
        "rename",
    ),
    "what it looks up is never there": (
        'found = op.get_bind().execute(sa.text("select 1"))\nif found:\n    op.execute("create sequence tickets")',
        "offline.missing",
        "sequence",
        "tickets",
        "create sequence",
    ),
    "a constraint that the server names": (
        ONLINE_ONLY + 'op.execute("alter table account add unique (name)")',
        "offline.missing",
        "unique constraint",
        "account_name_key",
        "create_unique_constraint",
    ),
    "a function": (
        ONLINE_ONLY + "op.execute(\"create function f(a int) returns int language sql as 'select a'\")",
        "offline.missing",
        "function",
        "f(integer)",
        "create function",
    ),
    "a trigger": (
        'op.execute("create function f() returns trigger language plpgsql as $$ begin return new; end $$")\n'
        + ONLINE_ONLY
        + 'op.execute("create trigger t before insert on account for each row execute function f()")',
        "offline.missing",
        "trigger",
        "t",
        "create trigger",
    ),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_the_script_builds_otherwise(tmp_path: Path, server: Server, name: str) -> None:
    up, rule, kind, target, fix = OTHERWISE[name]
    finding = only(offline_project(tmp_path, server, TABLE, up, AFTER))
    assert (finding.rule, finding.severity, finding.revision) == (rule, Severity.ERROR, "r2")
    assert finding.object is not None
    assert (finding.object.kind, finding.object.name) == (kind, target)
    assert fix.lower() in (finding.fix or "").lower()
    assert finding.location is not None
    assert finding.location.path == "migrations/versions/r2.py"
    assert finding.expected != finding.actual


def test_a_revision_that_the_script_does_not_carry(tmp_path: Path, server: Server) -> None:
    """Run online behind what the script has built it fails: that is said, and nothing behind it is green."""
    reads = 'op.get_bind().execute(sa.text("select x from made_online")).all()'
    project = offline_project(
        tmp_path, server, TABLE, ONLINE_ONLY + 'op.execute("create table made_online (x int)")', reads, AFTER
    )
    named, stopped = offline(project)
    assert (named.rule, named.revision) == ("offline.needs-connection", "r3")
    assert (stopped.rule, stopped.revision) == ("offline.sql-failed", "r3")
    assert 'relation "made_online" does not exist' in stopped.message
    assert "and r4 after it" in (stopped.detail or "")


def test_a_statement_that_never_ends(tmp_path: Path, server: Server) -> None:
    up = 'if context.is_offline_mode():\n    op.execute("select pg_sleep(600)")'
    report = offline_project(tmp_path, server, TABLE, up).check("offline", timeout=3)
    (finding,) = report.findings
    assert (finding.rule, finding.revision) == ("offline.sql-failed", "r2")
    assert "statement timeout" in finding.message


def test_a_server_that_is_gone_is_no_verdict(tmp_path: Path, server: Server) -> None:
    up = 'if context.is_offline_mode():\n    op.execute("select pg_terminate_backend(pg_backend_pid())")'
    report = offline_project(tmp_path, server, TABLE, up).check("offline")
    assert report.findings == ()
    assert report.checks[0].outcome == "error"
    assert "The server ended the session that ran the offline script" in (report.checks[0].reason or "")
    assert report.exit_code() == 3


def test_blocked_by_an_upgrade_that_fails(tmp_path: Path, server: Server) -> None:
    project = offline_project(tmp_path, server, TABLE, 'op.execute("select * from nowhere")')
    report = project.check("upgrade", "offline")
    assert [result.outcome for result in report.checks] == ["failed", "skipped"]
    assert project.check("offline").exit_code() == 3


def test_types_that_alembic_remembers_from_one_revision_to_the_next(tmp_path: Path, server: Server) -> None:
    """In one go a second table does not make its enum again, whichever of the two a revision run online has made."""
    table = 'op.create_table("{0}", sa.Column("kind", sa.Enum("a", "b", name="{1}", schema={2!r})))'
    reads = 'op.get_bind().execute(sa.text("select 1")).scalar()\n'
    project = offline_project(
        tmp_path,
        server,
        'op.execute("create schema app")\n' + table.format("a", "first", None),
        table.format("b", "first", None) + "\n" + reads + table.format("c", "Second one", "app"),
        table.format("d", "Second one", "app") + "\n" + table.format("e", "first", None),
    )
    finding = only(project)
    assert (finding.rule, finding.revision) == ("offline.needs-connection", "r2")
