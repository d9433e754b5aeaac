"""What `env.py` files do in offline mode, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from offline_project import env_py, line_of, offline, offline_project
from project_copy import ProjectCopy

from harness.findings import Finding, Severity
from harness.server import Server, open_server
from harness.settings import Settings

TABLE = 'op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))'
ROWS = """
account = sa.table("account", sa.column("id", sa.Integer()), sa.column("name", sa.Text()))
op.execute(account.insert().values(id=1, name="50%x"))
"""
CHECK = "op.create_check_constraint('ck', 'account', \"name like '%x'\")"

RUN = """    with context.begin_transaction():
        context.run_migrations()
"""


def only(project: ProjectCopy) -> Finding:
    (finding,) = offline(project)
    return finding


def project_with(tmp_path: Path, server: Server, old: str, new: str, *ups: str) -> ProjectCopy:
    """A project whose `env.py` has one text replaced, the first time that it occurs."""
    text = env_py()
    assert old in text
    return offline_project(tmp_path, server, *(ups or (TABLE,)), env=text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("branch", "message", "line"),
    [
        (
            "    raise NotImplementedError('never offline')",
            "raises NotImplementedError in offline mode: never",
            "never",
        ),
        ("    import sys; sys.exit('no offline mode')", "calls sys.exit(no offline mode) in offline mode", "sys.exit"),
        (
            "    context.configure(url=None)",
            "in offline mode: Connection, url, or dialect_name is required",
            "url=None",
        ),
    ],
)
def test_an_env_py_that_fails(tmp_path: Path, server: Server, branch: str, message: str, line: str) -> None:
    project = project_with(tmp_path, server, "    run_migrations_offline()\nelse", f"{branch}\nelse")
    finding = only(project)
    assert (finding.rule, finding.severity) == ("offline.failed", Severity.ERROR)
    assert message in finding.message
    assert finding.location is not None
    assert finding.location.path == "migrations/env.py"
    assert finding.location.line == line_of(project, "migrations/env.py", line)


def test_an_env_py_that_does_nothing(tmp_path: Path, server: Server) -> None:
    finding = only(project_with(tmp_path, server, "    run_migrations_offline()\nelse", "    pass\nelse"))
    assert finding.rule == "offline.failed"
    assert "ends without context.run_migrations() in offline mode" in finding.message


def test_an_env_py_that_writes_for_another_database(tmp_path: Path, server: Server) -> None:
    project = project_with(
        tmp_path, server, 'url = config.get_main_option("sqlalchemy.url")', 'url = "sqlite:///live.db"'
    )
    finding = only(project)
    assert finding.rule == "offline.failed"
    assert (finding.expected, finding.actual) == ("postgresql", "sqlite")


def test_revisions_that_fail_are_named_also_when_env_py_fails_afterwards(tmp_path: Path, server: Server) -> None:
    reads = 'op.get_bind().execute(sa.text("select 1")).scalar()'
    project = project_with(tmp_path, server, "run_migrations()\n", "run_migrations()\n    after_it\n", TABLE, reads)
    assert [finding.rule for finding in offline(project)] == ["offline.needs-connection", "offline.failed"]


GREEN = {
    "dialect_name": ("url=url, literal_binds=True", 'dialect_name="postgresql", literal_binds=True'),
    "a buffer of its own": ("literal_binds=True", "literal_binds=True, output_buffer=__import__('io').StringIO()"),
    "bytes in an encoding": (
        "literal_binds=True",
        "literal_binds=True, output_buffer=__import__('io').BytesIO(), output_encoding='utf-8'",
    ),
    "comments and psql's own variables": (
        RUN,
        "    context.static_output('-- for release; 7')\n    context.static_output('\\\\set ON_ERROR_STOP on')\n" + RUN,
    ),
    "a comment that is printed": (RUN, "    print('-- written by alembic; do not edit')\n" + RUN),
    "what is printed elsewhere": (RUN, "    import sys\n    print('two more tables', file=sys.stderr)\n" + RUN),
}


@pytest.mark.parametrize("name", GREEN)
def test_green(tmp_path: Path, server: Server, name: str) -> None:
    assert offline(project_with(tmp_path, server, *GREEN[name], TABLE, ROWS, CHECK)) == ()


def test_a_script_that_env_py_sends_to_a_file_is_read_and_still_written(tmp_path: Path, server: Server) -> None:
    into_file = "    buffer = open('script.sql', 'w')\n    context.configure(\n        output_buffer=buffer,\n"
    project = project_with(tmp_path, server, "    context.configure(\n", into_file, TABLE, "print('not in the script')")
    assert offline(project) == ()
    script = project.read("script.sql")
    assert script.count("CREATE TABLE account") == 1
    assert "-- Running upgrade r1 -> r2" in script
    assert "not in the script" not in script
    less = "def upgrade():\n    if context.is_offline_mode(): return\n"
    project.replace("migrations/versions/r1.py", "def upgrade():\n", less)
    assert only(project).rule == "offline.missing"


def test_literal_binds_left_out(tmp_path: Path, server: Server) -> None:
    finding = only(project_with(tmp_path, server, "literal_binds=True, ", "", TABLE, ROWS))
    assert (finding.rule, finding.revision) == ("offline.sql-failed", "r2")
    assert "literal_binds=True" in (finding.fix or "")


def test_percent_signs_doubled(tmp_path: Path, server: Server) -> None:
    finding = only(project_with(tmp_path, server, ', dialect_opts={"paramstyle": "named"}', "", TABLE, CHECK))
    assert (finding.rule, finding.revision) == ("offline.changed", "r2")
    assert "%%x" in (finding.actual or "")
    assert "%%x" not in (finding.expected or "")
    assert "paramstyle" in (finding.fix or "")


def test_a_version_table_that_only_the_online_part_names(tmp_path: Path, server: Server) -> None:
    project = project_with(tmp_path, server, "connection=connection", "connection=connection, version_table='mine'")
    findings = offline(project)
    assert {finding.rule for finding in findings} <= {"offline.missing", "offline.extra", "offline.changed"}
    assert {str(finding.object) for finding in findings} <= {"public.mine", "public.alembic_version"}
    for finding in findings:
        assert finding.location is not None
        assert finding.location.path == "migrations/env.py"
        assert "version_table" in (finding.fix or "")
    assert findings


def test_a_schema_that_only_the_online_part_makes(tmp_path: Path, server: Server) -> None:
    make = "    with engine.connect() as connection:\n"
    make += "        connection.exec_driver_sql('create schema if not exists app')\n        connection.commit()\n"
    project = project_with(
        tmp_path,
        server,
        "    with engine.connect() as connection:\n",
        make,
        'op.execute("create table app.t (id int)")',
    )
    finding = only(project)
    assert (finding.rule, finding.revision) == ("offline.sql-failed", "r1")
    assert finding.message.endswith('schema "app" does not exist')


def test_a_search_path_that_only_the_online_part_sets(tmp_path: Path, server: Server) -> None:
    """One finding, not one for each object; what is otherwise wrong is told beside it."""
    connect = "    with engine.connect() as connection:\n"
    prepare = connect
    for statement in ("create schema app", "set search_path to app"):
        prepare += f"        connection.exec_driver_sql({statement!r})\n"
    project = project_with(
        tmp_path,
        server,
        connect,
        prepare + "        connection.commit()\n",
        TABLE,
        "op.create_table('other', sa.Column('id', sa.Integer()))",
        "if not context.is_offline_mode():\n    op.execute('create view v as select 1 as one')",
    )
    findings = offline(project)
    assert [(finding.rule, str(finding.object)) for finding in findings] == [
        ("offline.changed", "app"),
        ("offline.missing", "app"),
    ]
    moved, missing = findings
    assert "table account" in moved.message
    assert "table other" in moved.message
    assert "set search_path to app" in (moved.fix or "")
    assert "view app.v" in (missing.detail or "")


def test_a_version_table_that_stands_elsewhere(tmp_path: Path, server: Server) -> None:
    more = RUN + '        context.execute("delete from alembic_version")\n'
    finding = only(project_with(tmp_path, server, RUN, more, "pass"))
    assert finding.rule == "offline.changed"
    assert (finding.expected, finding.actual) == ("r1", "nothing")


def test_several_databases_in_one_env_py(tmp_path: Path, server: Server) -> None:
    """As the multidb template: one configure() a database, all of which are the one scratch database here."""
    loop = """    for name in ("one", "two"):
        context.configure(url=url, literal_binds=True, output_buffer=open(f"{name}.sql", "w"))
        with context.begin_transaction():
            context.run_migrations()
"""
    text = env_py()
    start, end = text.index("    context.configure(\n"), text.index("\n\ndef run_migrations_online")
    project = offline_project(tmp_path, server, TABLE, env=text[:start] + loop + text[end:])
    assert offline(project) == ()


TENANTS = """
from alembic import context
import sqlalchemy as sa

url = context.config.get_main_option("sqlalchemy.url")
for tenant in ("one", "two"):
    if context.is_offline_mode():
        context.configure(url=url, literal_binds=True, version_table_schema=tenant)
        with context.begin_transaction():
            context.execute(f"create schema {tenant}")
            context.execute(f"set search_path to {tenant}")
            context.run_migrations()
    else:
        with sa.create_engine(url).connect() as connection:
            connection.exec_driver_sql(f"create schema if not exists {tenant}")
            connection.exec_driver_sql(f"set search_path to {tenant}")
            connection.commit()
            context.configure(connection=connection, version_table_schema=tenant)
            with context.begin_transaction():
                context.run_migrations()
"""


def test_a_schema_for_each_tenant(tmp_path: Path, server: Server) -> None:
    project = offline_project(
        tmp_path, server, TABLE, "op.add_column('account', sa.Column('x', sa.Text()))", env=TENANTS
    )
    assert offline(project) == ()
    reads = "def upgrade():\n    op.get_bind().execute(sa.text('select 1')).scalar()\n"
    project.replace("migrations/versions/r1.py", "def upgrade():\n", reads)
    assert only(project).rule == "offline.needs-connection"
    project.replace("migrations/versions/r1.py", reads, "def upgrade():\n")
    less = "def upgrade():\n    if context.is_offline_mode() and context.config.attributes.get('first'): return\n"
    less += "    context.config.attributes['first'] = True\n"
    project.replace("migrations/versions/r2.py", "def upgrade():\n", less)
    finding = only(project)
    assert (finding.rule, str(finding.object)) == ("offline.missing", "two.account.x")


@pytest.fixture
def live() -> Iterator[tuple[Server, str, Path]]:
    """A server whose log tells of every connection, with a live database on it."""
    with open_server(Settings(server="embedded")) as server, server.create_database("live") as database:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("alter system set log_connections = on")
            connection.execute("select pg_reload_conf()")
        with database.connect() as connection:
            connection.execute("create table account (id int)")
        yield server, database.url, server.log  # type: ignore[attr-defined]  # an embedded server has one


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_no_offline_part_at_all(tmp_path: Path, live: tuple[Server, str, Path], driver: str) -> None:
    """Alembic then connects while it writes the script: here to a scratch database, never to the one that is named."""
    server, url, log = live
    text = env_py(asynchronous=driver == "asyncpg")
    own = f'engine = sa.create_engine("{url.replace("://", "+psycopg://")}")\n'
    own += 'with engine.connect() as connection:\n    connection.execute(sa.text("select 1"))'
    project = offline_project(tmp_path, server, TABLE, own, driver=driver, env=text[: text.index("if context.is_off")])
    online = "asyncio.run(run_async_migrations())" if driver == "asyncpg" else "run_migrations_online()"
    project.write("migrations/env.py", project.read("migrations/env.py") + online)
    project.replace("alembic.ini", "://app:secret@192.0.2.1/live", url.partition("postgresql")[2])
    name = url.rpartition("/")[2]

    def connections() -> int:
        return len(re.findall(rf"connection authorized: .*database={name}\b", log.read_text(errors="replace")))

    before = connections()
    assert before > 0  # the log does record connections
    findings = offline(project)
    assert connections() == before
    assert [(finding.rule, finding.severity, finding.revision) for finding in findings] == [
        ("offline.needs-connection", Severity.WARNING, "r2"),
        ("offline.connects", Severity.WARNING, None),
    ]
