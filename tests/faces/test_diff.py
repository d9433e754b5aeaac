"""`harness diff` as users meet it: two databases, what is said of them, the repair, and what is refused."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

import harness as harness_api
from harness.findings import UsageError, VerdictError
from harness.schema import read_schema
from harness.server import ScratchDatabase, Server
from harness.server.urls import with_database

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SCHEMA = """
create schema app;
create table app.account (id integer primary key, email varchar(320) not null, note text);
create index account_email_idx on app.account (email);
create view app.emails as select email from app.account;
"""
FAULTS = """
drop view app.emails;
alter table app.account alter email type varchar(100);
create view app.emails as select email from app.account;
drop index app.account_email_idx;
create table app.legacy (id integer);
comment on table app.account is 'x';
"""


@pytest.fixture
def two(own_server: Server) -> Iterator[tuple[ScratchDatabase, ScratchDatabase]]:
    """Two databases with the same schema."""
    with own_server.create_database("left") as left, own_server.create_database("right") as right:
        for database in (left, right):
            with database.connect() as connection:
                connection.execute(SCHEMA)
        yield left, right


def execute(database: ScratchDatabase, sql: str) -> None:
    with database.connect() as connection:
        connection.execute(sql.encode())


def test_databases_that_are_the_same_are_green(
    harness: Run, two: tuple[ScratchDatabase, ScratchDatabase], tmp_path: Path
) -> None:
    done = harness("diff", two[0].url, two[1].url, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "All 1 checks passed" in done.stdout or "passed" in done.stdout.splitlines()[-1]
    done = harness("diff", two[0].url, two[1].url, "--sql", "-", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "-- Nothing to repair.\n")


def test_each_difference_is_a_finding_with_its_repair(
    harness: Run, two: tuple[ScratchDatabase, ScratchDatabase], tmp_path: Path
) -> None:
    execute(two[1], FAULTS)
    done = harness("diff", two[0].url, two[1].url, "--format", "json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert {finding["rule"]: finding["severity"] for finding in report["findings"]} == {
        "diff.column.type": "error",
        "diff.index.missing": "error",
        "diff.table.extra": "error",
        "diff.table.comment": "warning",
    }
    by_rule = {finding["rule"]: finding for finding in report["findings"]}
    changed = by_rule["diff.column.type"]
    assert (changed["expected"], changed["actual"]) == ("character varying(320)", "character varying(100)")
    assert "drop view app.emails;" in changed["fix"]
    assert by_rule["diff.table.extra"]["fix"] == "On B:\n-- Drops the rows of app.legacy.\ndrop table app.legacy;"
    assert report["checks"][0]["name"] == "diff"


def test_the_sql_makes_b_what_a_is(harness: Run, two: tuple[ScratchDatabase, ScratchDatabase], tmp_path: Path) -> None:
    execute(two[1], FAULTS)
    done = harness("diff", two[0].url, two[1].url, "--sql", "repair.sql", cwd=tmp_path)
    assert done.returncode == 1
    assert "diff.index.missing" in done.stdout
    script = (tmp_path / "repair.sql").read_text()
    assert script.startswith("begin;\n")
    assert harness("diff", two[0].url, two[1].url, "--sql", "-", cwd=tmp_path).stdout == script
    execute(two[1], script)
    assert harness("diff", two[0].url, two[1].url, cwd=tmp_path).returncode == 0


def test_what_is_ignored_is_neither_told_nor_repaired(
    two: tuple[ScratchDatabase, ScratchDatabase], tmp_path: Path, harness: Run
) -> None:
    execute(two[1], FAULTS)
    ignored = ("--ignore", "app.legacy", "--ignore", "diff.column.type", "--ignore", "diff.*.comment:app.account")
    done = harness("diff", two[0].url, two[1].url, *ignored, "--sql", "-", cwd=tmp_path)
    assert done.returncode == 1
    assert re.findall(r"^(?:create|drop|alter|comment).*", done.stdout, re.MULTILINE) == [
        "create index account_email_idx on app.account using btree (email);"
    ]
    report = harness_api.diff(two[0].url, two[1].url, ignore=["nothing.*"])
    assert any("nothing.*" in note for note in report.notes)


def test_a_snapshot_stands_for_a_database(
    harness: Run, two: tuple[ScratchDatabase, ScratchDatabase], tmp_path: Path
) -> None:
    with two[0].connect() as connection:
        (tmp_path / "expected.json").write_text(read_schema(connection).to_json(), encoding="utf-8")
    assert harness("diff", "expected.json", two[1].url, cwd=tmp_path).returncode == 0
    execute(two[1], FAULTS)
    assert harness("diff", "expected.json", two[1].url, cwd=tmp_path).returncode == 1
    (tmp_path / "newer.json").write_text('{"format": 99}')
    done = harness("diff", "newer.json", two[1].url, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "The snapshot has format 99" in done.stderr


def test_the_sessions_cannot_write_nor_wait(two: tuple[ScratchDatabase, ScratchDatabase]) -> None:
    # A table that is being rewritten is locked; reading gives up after the limit instead of queueing for ever.
    with two[1].connect() as connection, connection.transaction(force_rollback=True):
        connection.execute("lock table app.account in access exclusive mode")
        with pytest.raises(VerdictError, match="lock timeout"):
            harness_api.diff(two[0].url, two[1].url)
    # A backend outlives the connection that its client has closed by a moment.
    deadline = time.monotonic() + 10
    while _sessions_of_diff(two[1]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _sessions_of_diff(two[1]) == 0


def _sessions_of_diff(database: ScratchDatabase) -> int:
    query = (
        "select pg_catalog.count(*) from pg_catalog.pg_stat_activity"
        " where application_name = 'harness diff' and datname = pg_catalog.current_database()"
    )
    with database.connect() as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_a_role_without_any_privilege_reads_it_all(
    own_server: Server, two: tuple[ScratchDatabase, ScratchDatabase]
) -> None:
    with psycopg.connect(own_server.url, autocommit=True) as connection:
        connection.execute("create role diff_reader login password 'tell-nobody'")
    try:
        url = re.sub(r"//[^@]*@", "//diff_reader:tell-nobody@", two[1].url)
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from app.account")
        assert harness_api.diff(two[0].url, url).findings == ()
        execute(two[1], FAULTS)
        assert len(harness_api.diff(two[0].url, url).findings) == 4
        execute(two[1], "revoke select on pg_catalog.pg_proc from public")
        with pytest.raises(VerdictError, match="permission denied for table pg_proc"):
            harness_api.diff(two[0].url, url)
        report = harness_api.diff(two[0].url, url, skip_unreadable=True)
        assert {finding.object.kind for finding in report.findings if finding.object} != set()
        assert any(note.startswith("Not compared, since it may not be read: ") for note in report.notes)
        assert report.exit_code() == 1
    finally:
        with psycopg.connect(own_server.url, autocommit=True) as connection:
            connection.execute("drop role diff_reader")


def test_bad_calls_are_one_sentence_and_show_no_password(
    harness: Run, two: tuple[ScratchDatabase, ScratchDatabase], own_server: Server, tmp_path: Path
) -> None:
    good = two[0].url
    nowhere = "postgresql://me:tell-nobody@127.0.0.1:1/app"
    calls = [
        ((good, good), 2, "URL_A and URL_B are the same database."),
        ((good, good.replace("postgresql://", "postgres://") + "?connect_timeout=9"), 2, "are the same database."),
        ((good, "postgresql://me:tell-nobody@localhost:5432"), 2, "URL_B names no database."),
        ((good, "host=localhost password=tell-nobody"), 2, "URL_B is neither a URL nor a file."),
        (("mysql://me:tell-nobody@localhost/app", good), 2, "harness works on PostgreSQL only"),
        ((good, "missing.json"), 2, "URL_B is neither a URL nor a file ('missing.json')."),
        ((good, nowhere), 3, "The database postgresql://me:***@127.0.0.1:1/app cannot be reached"),
        ((good, with_database(own_server.url, "no_such_database")), 3, '"no_such_database" does not exist'),
        ((good, nowhere, "--sql", "-", "--format", "json"), 2, "both go to the standard output"),
        ((good,), 2, "The following arguments are required: URL_B."),
    ]
    for arguments, code, says in calls:
        done = harness("diff", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (code, ""), arguments
        assert says in done.stderr
        assert "tell-nobody" not in done.stderr
        assert "Traceback" not in done.stderr


def test_a_server_that_is_too_old_is_a_wrong_call(
    two: tuple[ScratchDatabase, ScratchDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    # No server that old is to be had here.
    monkeypatch.setattr("harness.schema.reading.OLDEST", 99)
    with pytest.raises(UsageError, match=r"postgresql://.*: The server runs PostgreSQL \d+"):
        harness_api.diff(two[0].url, two[1].url)
