"""The rehearsal: pending revisions on a copy of the live schema as it is, in the project's own transaction mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from histories import Down, sql, write_history, write_revision
from live_databases import upgraded

import harness
from harness.environment import Project
from harness.server import ScratchDatabase, Server

FIRST = sql(
    "create table person (id int primary key, email text, note text);"
    "create index person_email_idx on person (email); create table unused (id int)"
)


def rehearse(
    server: Server, tmp_path: Path, up: str, *drift: str, first: str = FIRST, down: Down = "first", **asked: Any
) -> harness.Report:
    """Judge a database at `first`, to which something was done, with one pending revision."""
    project = write_history(tmp_path, {"first": (None, first)})
    with upgraded(server, "first", project) as live:
        execute(live, *drift)
        write_revision(tmp_path, "second", down, up)
        return gate(live, server, project, **asked)


def gate(live: ScratchDatabase, server: Server, project: Project, **asked: Any) -> harness.Report:
    asked.setdefault("select", ["rehearsal"])
    return harness.gate(live.url, directory=project.directory, server=server, **asked)


def execute(database: ScratchDatabase, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_a_revision_that_copes_is_green(server: Server, tmp_path: Path) -> None:
    up = sql("alter table person add phone text")
    report = rehearse(
        server, tmp_path, up, "create table by_hand (id int)", "alter table person alter note set not null"
    )
    assert (report.findings, report.notes) == ((), ())
    assert (report.checks[0].name, report.checks[0].outcome) == ("gate.rehearsal", "passed")


@pytest.mark.parametrize(
    ("up", "drift", "says"),
    [
        ("alter table person add phone text", "alter table person add phone text", 'column "phone" of relation'),
        ("drop index person_email_idx", "drop index person_email_idx", 'index "person_email_idx" does not exist'),
        ("create table by_hand (id int)", "create table by_hand (a text)", 'relation "by_hand" already exists'),
        (
            "alter table person drop note",
            "create view notes as select note from person",
            "cannot drop column note of table person because other objects depend on it",
        ),
        ("alter table person rename email to mail", "alter table person rename email to address", '"email" does not'),
        (
            "alter table person alter id type bigint",
            "create view people as select id from person",
            "cannot alter type of a column used by a view",
        ),
        ("create type mood as enum ('x')", "create domain mood as text", 'type "mood" already exists'),
        (
            "alter table unused add foreign key (id) references person",
            "alter table person drop constraint person_pkey",
            "there is no primary key",
        ),
    ],
    ids=str,
)
def test_drift_in_the_way_of_a_revision(up: str, drift: str, says: str, server: Server, tmp_path: Path) -> None:
    report = rehearse(server, tmp_path, sql(up), drift)
    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.revision) == (
        "gate.rehearsal-failed",
        harness.Severity.ERROR,
        "second",
    )
    assert finding.message.startswith("The deploy would fail at revision second: ")
    assert says in finding.message
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == ("migrations/versions/second.py", 10)
    assert f"SQL: {up}" in (finding.detail or "")
    assert "Repair the drift first" in (finding.fix or "")
    assert report.exit_code() == 1


def test_detail_and_hint_of_postgresql(server: Server, tmp_path: Path) -> None:
    report = rehearse(server, tmp_path, sql("alter table person drop note"), "create view v as select note from person")
    assert "DETAIL: view v depends on column note of table person" in (report.findings[0].detail or "")
    assert "HINT: Use DROP ... CASCADE" in (report.findings[0].detail or "")


def test_a_revision_that_fails_everywhere(server: Server, tmp_path: Path) -> None:
    report = rehearse(server, tmp_path, sql("alter table nowhere add phone text"), "create table by_hand (id int)")
    (finding,) = report.findings
    assert finding.rule == "gate.rehearsal-failed"
    assert "a database without any drift is no better off" in (finding.fix or "")


def test_an_error_of_python(server: Server, tmp_path: Path) -> None:
    report = rehearse(server, tmp_path, "raise ValueError('not today')")
    (finding,) = report.findings
    assert (finding.rule, finding.message) == (
        "gate.rehearsal-failed",
        "The deploy would fail at revision second: not today",
    )


def test_a_password_in_an_error_is_not_told(server: Server, tmp_path: Path) -> None:
    up = "raise ValueError('postgresql://app:tell-nobody@db/live is wrong')"
    (finding,) = rehearse(server, tmp_path, up).findings
    assert finding.message.endswith("postgresql://app:***@db/live is wrong")
    assert "tell-nobody" not in (finding.detail or "tell-nobody")


def test_the_result_is_compared_with_head(server: Server, tmp_path: Path) -> None:
    up = sql("create table if not exists by_hand (id int primary key)")
    report = rehearse(server, tmp_path, up, "create table by_hand (id int)", select=["drift", "rehearsal"])
    # The table was told as drift; that it now lacks its key is new.
    assert [(finding.rule, str(finding.object)) for finding in report.findings] == [
        ("gate.drift.table.extra", "public.by_hand"),
        ("gate.rehearsal.primary-key.missing", "public.by_hand.by_hand_pkey"),
    ]


def test_drift_is_not_told_twice(server: Server, tmp_path: Path) -> None:
    drift = (
        "alter table person alter email type varchar(50)",
        "drop table unused",
        "create table by_hand (a text, b text)",
    )
    up = sql("alter table person add phone text")
    report = rehearse(server, tmp_path, up, *drift, select=["drift", "rehearsal"])
    assert sorted(finding.rule for finding in report.findings) == [
        "gate.drift.column.type",
        "gate.drift.table.extra",
        "gate.drift.table.missing",
    ]


def test_an_index_that_is_built_concurrently(server: Server, tmp_path: Path) -> None:
    up = (
        "with op.get_context().autocommit_block():\n"
        "        op.execute('create index concurrently note_idx on person (note)')"
    )
    assert rehearse(server, tmp_path, up, "create table by_hand (id int)").exit_code() == 0
    assert rehearse(server, _below(tmp_path), up, "create index note_idx on person (email)").exit_code() == 1


def test_what_a_failed_build_left_behind(server: Server, tmp_path: Path) -> None:
    drift = (
        "insert into person (id, note) values (1, 'x'), (2, 'x')",
        "create unique index concurrently note_idx on person (note)",
    )
    project = write_history(tmp_path, {"first": (None, FIRST)})
    with upgraded(server, "first", project) as live:
        with pytest.raises(psycopg.errors.UniqueViolation):
            execute(live, *drift)
        write_revision(tmp_path, "second", "first", sql("create index note_idx on person (note)"))
        report = gate(live, server, project)
        assert 'relation "note_idx" already exists' in report.findings[0].message
        assert report.notes == ()
        write_revision(tmp_path, "second", "first", sql("create index if not exists note_idx on person (note)"))
        report = gate(live, server, project)
    # It succeeds, but an index of that name serves nobody.
    assert sorted((finding.rule, finding.actual) for finding in report.findings) == [
        ("gate.rehearsal.index.unique", "on"),
        ("gate.rehearsal.index.valid", "invalid"),
    ]


def test_outside_of_an_autocommit_block_it_fails_as_the_deploy_would(server: Server, tmp_path: Path) -> None:
    report = rehearse(server, tmp_path, sql("create index concurrently note_idx on person (note)"))
    assert "CONCURRENTLY cannot run inside a transaction block" in report.findings[0].message


def test_rows_of_the_version_table_are_as_they_are(server: Server, tmp_path: Path) -> None:
    project = write_history(tmp_path, {"zero": (None, "pass"), "first": ("zero", FIRST)})
    with upgraded(server, "first", project) as live:
        execute(live, "insert into alembic_version values ('zero')")
        write_revision(tmp_path, "second", "first", "pass")
        report = gate(live, server, project)
    # Alembic itself says what it thinks of such a table.
    assert [finding.rule for finding in report.findings] == ["gate.rehearsal-failed"]
    assert "overlaps" in report.findings[0].message


def test_roles_of_the_live_server(server: Server, tmp_path: Path) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create role live_only")
    try:
        up = sql("grant select on person to live_only")
        assert rehearse(server, tmp_path, up, "grant insert on person to live_only").exit_code() == 0
        up = sql("grant select on person to nobody_at_all")
        report = rehearse(server, _below(tmp_path), up)
        assert 'role "nobody_at_all" does not exist' in report.findings[0].message
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("drop role live_only")


def test_a_function_that_does_not_work_any_more_is_copied(server: Server, tmp_path: Path) -> None:
    drift = ("create function f() returns int language sql as 'select id from unused'", "drop table unused")
    report = rehearse(server, tmp_path, sql("drop function if exists f()"), *drift)
    assert (report.findings, report.notes) == ((), ())


def test_an_event_trigger_that_lets_nobody_do_anything_is_copied_last(server: Server, tmp_path: Path) -> None:
    first = sql(
        "create table person (id int); create function f() returns trigger language plpgsql as 'begin end';"
        "create trigger zoned before insert on person for each row execute function f()"
    )
    drift = (
        "alter table person disable trigger zoned",
        "create function guard() returns event_trigger language plpgsql as $$ begin raise 'not on a friday'; end $$",
        "create event trigger guard on ddl_command_end execute function guard()",
    )
    report = rehearse(server, tmp_path, sql("alter table person add phone text"), *drift, first=first)
    assert report.findings[0].message == "The deploy would fail at revision second: not on a friday"
    assert report.notes == ()


def test_what_cannot_be_copied_is_said(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The statement is one that the scratch server refuses; which ones those are depends on its packages.
    from harness.gate import copying

    def refuse(*_: object) -> None:
        raise psycopg.errors.FeatureNotSupported("the extension is not available")

    monkeypatch.setattr(copying, "_execute", refuse)
    report = rehearse(server, tmp_path, "pass", "create table by_hand (id int)")
    assert report.notes == (
        "The rehearsal ran without what could not be copied of the live schema: table public.by_hand "
        "(the extension is not available).",
    )


def _below(tmp_path: Path) -> Path:
    folder = tmp_path / "another"
    folder.mkdir()
    return folder
