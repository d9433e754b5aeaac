"""How the walk goes: over trees, past failures, and never believing what is not so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from round_trip_history import Revision, chain, write_history

import harness
from harness.findings import CheckResult, Finding, ServerSummary
from harness.server import Server

MERGED = [
    Revision("root", "create table root (id int)", "drop table root"),
    Revision("left", "create table l (id int)", "drop table l", below="root"),
    Revision("right", "create table r (id int)", "drop table r", below="root"),
    Revision("merge", "create table m (id int)", "drop table m", below=("left", "right")),
    Revision("top", "create table t (id int)", "drop table t", below="merge"),
]

NEEDS_A_ROLE = "do $$ begin if not exists (select from role) then raise exception 'no role'; end if; end $$"


def changed(revisions: Sequence[Revision], name: str, down: str) -> list[Revision]:
    return [
        Revision(one.id, one.up, down if one.id == name else one.down, one.below, one.depends_on) for one in revisions
    ]


def rules_of(findings: Sequence[Finding]) -> list[tuple[str | None, str]]:
    return [(finding.revision, finding.rule.removeprefix("round-trip.")) for finding in findings]


def test_branches_that_are_merged(tmp_path: Path, server: Server) -> None:
    report = write_history(tmp_path, server, MERGED).check("round-trip")
    assert report.findings == ()
    assert report.checks[0].outcome == "passed"


@pytest.mark.parametrize("name", ["left", "right", "merge"])
def test_a_fault_in_a_branch(tmp_path: Path, server: Server, name: str) -> None:
    report = write_history(tmp_path, server, changed(MERGED, name, "")).check("round-trip")
    assert rules_of(report.findings) == [(name, "left-behind"), (name, "not-repeatable")]


def test_two_heads_and_a_dependency(tmp_path: Path, server: Server) -> None:
    history = [
        Revision("a1", "create table a (id int primary key)", "drop table a"),
        Revision("a2", "alter table a add column name text", "alter table a drop column name", below="a1"),
        Revision("b1", "create table b (a int references a)", "drop table b", depends_on="a1"),
        Revision("b2", "create table c (b int)", "", below="b1", depends_on="a2"),
    ]
    report = write_history(tmp_path, server, history).check("round-trip", heads=["a2", "b2"])
    assert rules_of(report.findings) == [("b2", "left-behind"), ("b2", "not-repeatable")]


def test_it_goes_on_after_every_kind_of_fault(tmp_path: Path, server: Server) -> None:
    history = chain(
        [
            Revision("leaves", "create table a (id int)"),
            Revision("fails", "create table b (id int)", "drop table nowhere"),
            Revision("loses", "drop table a"),
            Revision("refuses", "create table c (id int)", 'raise RuntimeError("no")'),
            Revision("sound", "create table d (id int)", "drop table d"),
            Revision("last", "create sequence e"),
        ]
    )
    report = write_history(tmp_path, server, history).check("round-trip")
    assert rules_of(report.findings) == [
        ("leaves", "left-behind"),
        ("leaves", "not-repeatable"),
        ("fails", "failed"),
        ("loses", "lost"),
        ("loses", "not-repeatable"),
        ("refuses", "irreversible"),
        ("last", "left-behind"),
        ("last", "not-repeatable"),
    ]
    told = {finding.revision: finding.detail or "" for finding in report.findings if "not-rep" in finding.rule}
    assert "once the downgrade is made complete (sequence public.e)" in told["last"]


def test_a_downgrade_that_exits_refuses(tmp_path: Path, server: Server) -> None:
    history = chain(
        [
            Revision("one", "create sequence s", "import sys\nsys.exit('no way back')"),
            Revision("two", "create sequence u", ""),
        ]
    )
    report = write_history(tmp_path, server, history).check("round-trip")
    assert rules_of(report.findings) == [("one", "irreversible"), ("two", "left-behind"), ("two", "not-repeatable")]
    assert report.findings[0].message == "The downgrade of revision one refuses: no way back"


def test_what_ends_env_py_in_the_middle_of_a_step_is_told_in_words(tmp_path: Path, server: Server) -> None:
    """No `Exception`, so neither a failure of the step nor anything that Alembic or SQLAlchemy would hold back."""
    history = chain([Revision("one", "create sequence s", "raise KeyboardInterrupt")])
    project = write_history(tmp_path, server, history)
    for name in ("downgrade", "round-trip"):  # each goes its own way
        report = project.check(name)
        assert report.exit_code() == 3
        assert "env.py raised KeyboardInterrupt at alembic/versions/one.py:" in str(report.checks[0].reason)


def test_what_a_second_upgrade_makes_is_not_in_the_way(tmp_path: Path, server: Server) -> None:
    twice = "do $$ begin if (select count(*) from log) > 1 then alter table t add column twice int; end if; end $$"
    history = chain(
        [
            Revision("one", "create table t (id int)\ncreate table log (id int)", "drop table t, log"),
            Revision("differs", f"insert into log values (1)\n{twice}"),
            Revision("after", "alter table t add column twice int", "alter table t drop column twice"),
        ]
    )
    report = write_history(tmp_path, server, history).check("round-trip")
    assert rules_of(report.findings) == [("differs", "not-repeatable")]


def test_rows_that_a_downgrade_takes_are_no_fault_of_a_later_revision(tmp_path: Path, server: Server) -> None:
    history = chain(
        [
            Revision("seeds", "create table role (id int)\ninsert into role values (1)", "drop table role"),
            Revision("clears", "insert into role values (2)", "delete from role"),
            Revision("forgets", "delete from role where id = 2", "pass"),
            Revision("needs", f"{NEEDS_A_ROLE}\ncreate table t (id int)", "drop table t"),
        ]
    )
    report = write_history(tmp_path, server, history).check("round-trip")
    assert report.findings == ()
    assert report.checks[0].outcome == "passed"


def test_what_a_downgrade_loses_comes_back_with_its_rows(tmp_path: Path, server: Server) -> None:
    history = chain(
        [
            Revision("seeds", "create table role (id int)\ninsert into role values (1)", "drop table role"),
            Revision("loses", "alter table role add column name text", "drop table role"),
            Revision("needs", "create table t (id int)", f"{NEEDS_A_ROLE}\ndrop table t"),
        ]
    )
    report = write_history(tmp_path, server, history).check("round-trip")
    assert rules_of(report.findings) == [("loses", "lost"), ("loses", "not-repeatable")]


def test_an_upgrade_that_fails_blocks_or_ends_the_walk(tmp_path: Path, server: Server) -> None:
    bad = Revision("bad", "alter table nowhere add column x int")
    sound = write_history(tmp_path / "sound", server, chain([Revision("one"), bad]))
    report = sound.check("round-trip")
    assert (report.checks[0].outcome, report.exit_code()) == ("error", 3)
    assert 'after 1 of 2 revisions the upgrade of revision bad fails: relation "nowhere"' in str(
        report.checks[0].reason
    )
    assert [check.outcome for check in sound.check("upgrade", "round-trip").checks] == ["failed", "skipped"]
    faulty = write_history(tmp_path / "faulty", server, chain([Revision("one", "create sequence s", None), bad]))
    findings = faulty.check("round-trip").findings
    assert rules_of(findings) == [("one", "irreversible"), ("bad", "failed")]
    assert "The walk ends after 1 of 2 revisions" in findings[-1].message


def test_an_upgrade_that_needs_what_alembic_remembers(tmp_path: Path, server: Server) -> None:
    kind = 'sa.Column("kind", sa.Enum("a", "b", name="kind"))'
    history = chain(
        [
            Revision("one", f'op.create_table("t1", {kind})', "drop table t1\ndrop type kind"),
            Revision("two", f'op.create_table("t2", {kind})', "drop table t2"),
            Revision("three", "create sequence s", "drop sequence s"),
        ]
    )
    (finding,) = write_history(tmp_path, server, history).check("round-trip").findings
    assert (finding.revision, finding.rule) == ("two", "round-trip.failed")
    assert "fails when it is run by itself" in finding.message
    assert "create_type=False" in (finding.fix or "")


def test_a_change_that_nothing_tells_of_is_seen_all_the_same(tmp_path: Path, server: Server) -> None:
    """The driver's own cursor writes to a catalog: neither SQLAlchemy nor an event trigger knows of it."""
    secretly = "op.get_bind().connection.dbapi_connection.execute(\"delete from pg_enum where enumlabel = 'b'\")"
    history = chain(
        [
            Revision("one", "create type kind as enum ('a', 'b')", "drop type kind"),
            Revision("two", secretly, "pass"),
            Revision("three", "create sequence s", "drop sequence s"),
        ]
    )
    (finding,) = write_history(tmp_path, server, history).check("round-trip").findings
    assert (finding.revision, finding.rule) == ("two", "round-trip.changed")
    assert (finding.expected, finding.actual) == ("a, b", "a")


def test_a_migration_that_drops_what_the_tracker_works_with(tmp_path: Path, server: Server) -> None:
    clearing = """
        do $$ declare one text; begin
            for one in select nspname from pg_namespace where nspname not in ('public', 'information_schema')
                and nspname not like 'pg\\_%' loop
                execute format('drop schema %I cascade', one);
            end loop;
        end $$
    """
    history = chain(
        [
            Revision("one", f"op.execute({clearing!r})", "pass"),
            Revision("two", "create sequence s", "drop sequence s"),
            Revision("three", "create sequence u"),
        ]
    )
    findings = write_history(tmp_path, server, history).check("round-trip").findings
    assert rules_of(findings) == [("three", "left-behind"), ("three", "not-repeatable")]


def test_a_role_that_may_not_watch_reads_everything(tmp_path: Path, server: Server) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("drop role if exists round_tripper")
        connection.execute("create role round_tripper login createdb password 'secret'")
    address = urlsplit(server.url)
    url = address._replace(netloc=f"round_tripper:secret@{address.hostname}:{address.port}").geturl()
    history = chain([Revision("one", "create table t (id int)", "drop table t"), Revision("two", "create sequence s")])
    write_history(tmp_path, server, history)
    try:
        findings = harness.check(directory=tmp_path, server=url, select=["round-trip"]).findings
        assert rules_of(findings) == [("two", "left-behind"), ("two", "not-repeatable")]
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("drop role round_tripper")


def test_a_step_that_hangs_is_named(tmp_path: Path, server: Server) -> None:
    history = chain([Revision("one"), Revision("slow", "create sequence s", "select pg_sleep(60)")])
    report = write_history(tmp_path, server, history).check("round-trip", timeout="4s")
    assert report.exit_code() == 3
    assert "The downgrade of revision slow made no progress for 4 seconds" in str(report.checks[0].reason)


def test_it_tells_how_far_it_is(tmp_path: Path, server: Server) -> None:
    told: list[tuple[str, int, int, str]] = []

    class Listener:
        def server_ready(self, server: ServerSummary) -> None: ...
        def check_started(self, name: str) -> None: ...
        def check_finished(self, result: CheckResult, findings: Sequence[Finding]) -> None: ...
        def step(self, name: str, done: int, total: int, text: str) -> None:
            told.append((name, done, total, text))

    write_history(tmp_path, server, chain([Revision("one"), Revision("two")]))
    harness.check(directory=tmp_path, server=server, select=["round-trip"], progress=Listener())
    assert told == [("round-trip", 0, 2, "revision one"), ("round-trip", 1, 2, "revision two")]


def test_the_messages_read_as_sentences(tmp_path: Path, server: Server) -> None:
    tables = (
        "create table a (id int primary key); create table b (a int constraint to_a references a on delete cascade)"
    )
    again = "alter table b drop constraint to_a; alter table b add constraint to_a foreign key (a) references a"
    history = [
        Revision("r1", tables, "drop table b; drop table a"),
        Revision("r2", "select 1", again, below="r1"),
        Revision("r3", "select 1", "alter table a rename constraint a_pkey to other", below="r2"),
    ]
    assert [finding.message for finding in write_history(tmp_path, server, history).check("round-trip").findings] == [
        "The downgrade of revision r2 changes on delete of foreign key public.b.to_a.",
        "The downgrade of revision r3 renames primary key public.a.a_pkey.",
    ]
