"""Where a live database stands: up to date, behind, ahead, or at a place that the history does not have."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from histories import sql, write_history, write_revision
from live_databases import upgraded

import harness
from harness.environment import Project
from harness.server import ScratchDatabase, Server

LINEAR = {
    "aaa1": (None, sql("create table a (id int primary key)")),
    "bbb2": ("aaa1", sql("create table b (id int primary key)")),
    "ccc3": ("bbb2", sql("create table c (id int primary key)")),
}
BRANCHED = {
    "root": (None, sql("create table r (id int)")),
    "left": ("root", sql("create table l (id int)")),
    "right": ("root", sql("create table t (id int)")),
    "merge": (("left", "right"), "pass"),
}


@pytest.fixture
def linear(tmp_path: Path) -> Project:
    return write_history(tmp_path, LINEAR)  # type: ignore[arg-type]  # a dict literal's values are not narrowed


@pytest.fixture
def live(server: Server, linear: Project) -> Iterator[ScratchDatabase]:
    """A database at the second of three revisions."""
    with upgraded(server, "bbb2", linear) as database:
        yield database


def gate(database: ScratchDatabase, server: Server, project: Project, *select: str, **asked: object) -> harness.Report:
    return harness.gate(database.url, directory=project.directory, server=server, select=select, **asked)


def execute(database: ScratchDatabase, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def rules(report: harness.Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def outcomes(report: harness.Report) -> dict[str, str]:
    return {check.name.removeprefix("gate."): check.outcome for check in report.checks}


def test_pending_revisions_are_listed(live: ScratchDatabase, server: Server, linear: Project) -> None:
    write_revision(linear.directory, "ddd4", "ccc3")
    report = gate(live, server, linear)
    (finding,) = report.findings
    assert (finding.rule, finding.severity) == ("gate.pending", harness.Severity.INFO)
    assert finding.message == "2 revisions are pending: from bbb2 to ddd4."
    assert finding.detail == (
        "ccc3  Do ccc3.  (migrations/versions/ccc3.py:4)\nddd4  Do ddd4.  (migrations/versions/ddd4.py:4)"
    )
    assert (finding.expected, finding.actual) == ("ddd4", "bbb2")
    assert (report.exit_code(), set(outcomes(report).values())) == (0, {"passed"})


def test_up_to_date(live: ScratchDatabase, server: Server, linear: Project) -> None:
    (linear.directory / "migrations/versions/ccc3.py").unlink()
    report = gate(live, server, linear)
    assert report.findings == ()
    assert any(note.endswith("stands at bbb2: nothing is pending.") for note in report.notes)
    assert outcomes(report) == {"revision": "passed", "drift": "passed", "rehearsal": "skipped"}
    assert report.exit_code() == 0


def test_a_revision_that_this_checkout_does_not_have(live: ScratchDatabase, server: Server, linear: Project) -> None:
    (linear.directory / "migrations/versions/ccc3.py").unlink()
    (linear.directory / "migrations/versions/bbb2.py").unlink()
    report = gate(live, server, linear)
    (finding,) = report.findings
    assert (finding.rule, finding.revision, finding.actual) == ("gate.unknown-revision", "bbb2", "bbb2")
    assert outcomes(report) == {"revision": "failed", "drift": "skipped", "rehearsal": "skipped"}
    assert report.exit_code() == 1
    # What was asked for and cannot be judged is no success, though the finding itself was not asked for.
    assert gate(live, server, linear, "drift").exit_code() == 3
    quiet = harness.gate(live.url, directory=linear.directory, server=server, severity={"gate.unknown-revision": "off"})
    assert quiet.exit_code() == 3


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_git_knows_what_became_of_a_revision(live: ScratchDatabase, server: Server, linear: Project) -> None:
    folder, versions = linear.directory, linear.directory / "migrations/versions"

    def fix() -> str:
        return gate(live, server, linear, "revision").findings[0].fix or ""

    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitignore").write_text("__pycache__\n")
    later = versions / "bbb2.py", versions / "ccc3.py"
    texts = [path.read_text() for path in later]
    for path in later:
        path.unlink()
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin")
    assert "If the revision's file was deleted, restore it." in fix()
    git(folder, "checkout", "-q", "-b", "feature")
    for path, text in zip(later, texts, strict=True):
        path.write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Add more")
    added = git(folder, "rev-parse", "--short", "HEAD")
    git(folder, "checkout", "-q", "main")
    assert fix() == (
        f"Deploy from a checkout that has it: commit {added} (Add more), which is not in this checkout, has it in "
        "migrations/versions/bbb2.py."
    )
    git(folder, "merge", "-q", "feature")
    git(folder, "rm", "-q", *(str(path) for path in later))
    git(folder, "commit", "-q", "-m", "Tidy up")
    removed = git(folder, "rev-parse", "--short", "HEAD")
    told = fix()
    assert f"commit {removed} (Tidy up) took it out of migrations/versions/bbb2.py: restore it with `git " in told
    git(folder, *told.partition("`git ")[2].partition("`")[0].split())
    assert rules(gate(live, server, linear, "revision")) == []


def test_beyond_what_is_deployed(live: ScratchDatabase, server: Server, linear: Project) -> None:
    report = gate(live, server, linear, target="aaa1")
    (finding,) = report.findings
    assert (finding.rule, finding.revision, finding.expected) == ("gate.ahead", "bbb2", "aaa1")
    assert outcomes(report) == {"revision": "failed", "drift": "passed", "rehearsal": "skipped"}


def test_a_deploy_to_a_revision_below_the_head(live: ScratchDatabase, server: Server, linear: Project) -> None:
    write_revision(linear.directory, "ddd4", "ccc3", sql("no sql at all"))
    report = gate(live, server, linear, target="ccc")
    assert [finding.message for finding in report.findings] == ["1 revision is pending: from bbb2 to ccc3."]
    assert report.exit_code() == 0
    assert gate(live, server, linear).exit_code() == 1


def test_wrong_revisions_are_wrong_calls(live: ScratchDatabase, server: Server, linear: Project) -> None:
    with pytest.raises(harness.UsageError, match="--to names 'zzz', and the history has no such revision"):
        gate(live, server, linear, target="zzz")
    with pytest.raises(harness.UsageError, match="--from names 'zzz'"):
        gate(live, server, linear, stands_at=["zzz"])
    with pytest.raises(harness.UsageError, match=r"The gate has no part 'upgrade'\. Its parts are revision, drift"):
        gate(live, server, linear, "upgrade")


def test_no_version_table(live: ScratchDatabase, server: Server, linear: Project) -> None:
    execute(live, "drop table alembic_version")
    report = gate(live, server, linear)
    (finding,) = report.findings
    assert finding.rule == "gate.no-version-table"
    assert finding.message.endswith("has no version table alembic_version.")
    assert "alembic stamp" in (finding.fix or "")
    assert outcomes(report) == {"revision": "failed", "drift": "skipped", "rehearsal": "skipped"}
    # Which revision it would be stamped with can be tried.
    assert gate(live, server, linear, "drift", stands_at=["bbb2"]).exit_code() == 0
    assert rules(gate(live, server, linear, "drift", stands_at=["aaa1"])) == ["gate.drift.table.extra"]
    assert rules(gate(live, server, linear, "drift", stands_at=["ccc3"])) == ["gate.drift.table.missing"]


def test_another_table_that_looks_like_one(live: ScratchDatabase, server: Server, linear: Project) -> None:
    execute(live, "create schema meta", "alter table alembic_version rename to versions")
    execute(live, "alter table versions set schema meta")
    (finding,) = gate(live, server, linear).findings
    assert finding.message.endswith("has no version table alembic_version. meta.versions looks like one.")
    assert "version_table_schema" in (finding.fix or "")


def test_an_empty_database_is_a_first_deploy(server: Server, linear: Project) -> None:
    with server.create_database("live") as database:
        execute(database, "create schema prepared", "create extension citext")
        report = gate(database, server, linear)
        assert [
            (finding.rule, finding.severity.value) for finding in report.findings if "drift" not in finding.rule
        ] == [
            ("gate.no-version-table", "info"),
            ("gate.pending", "info"),
        ]
        assert outcomes(report)["rehearsal"] == "passed"
        execute(database, "drop schema prepared", "drop extension citext")
        assert gate(database, server, linear).exit_code() == 0


def test_a_revision_and_what_it_builds_on(live: ScratchDatabase, server: Server, linear: Project) -> None:
    execute(live, "insert into alembic_version values ('aaa1')")
    report = gate(live, server, linear)
    finding = report.findings[0]
    assert (finding.rule, finding.revision) == ("gate.several-heads", "aaa1")
    assert finding.message.endswith("has revision aaa1 although bbb2 builds on it.")
    assert (finding.expected, finding.actual) == ("bbb2", "aaa1, bbb2")
    statement = (finding.fix or "").partition("on the database: ")[2]
    assert statement == """delete from "public"."alembic_version" where version_num = 'aaa1';"""
    execute(live, statement)
    assert gate(live, server, linear).exit_code() == 0


def test_a_revision_that_is_there_twice(live: ScratchDatabase, server: Server, linear: Project) -> None:
    execute(live, "alter table alembic_version drop constraint alembic_version_pkc")
    execute(live, "insert into alembic_version values ('bbb2')")
    finding = gate(live, server, linear, "revision").findings[0]
    assert (finding.rule, finding.message.endswith("has revision bbb2 twice.")) == ("gate.several-heads", True)
    execute(live, (finding.fix or "").partition("on the database: ")[2])
    assert rules(gate(live, server, linear, "revision")) == ["gate.pending"]


def test_two_branches_that_are_not_merged_yet(server: Server, tmp_path: Path) -> None:
    project = write_history(tmp_path, BRANCHED)  # type: ignore[arg-type]  # a dict literal's values are not narrowed
    with upgraded(server, "left", project) as database:
        report = gate(database, server, project)
        assert [finding.message for finding in report.findings] == ["2 revisions are pending: from left to merge."]
        assert report.exit_code() == 0
        execute(database, "insert into alembic_version values ('right')", "create table t (id int)")
        report = gate(database, server, project)
        assert [finding.message for finding in report.findings] == ["1 revision is pending: from left, right to merge."]
        assert report.exit_code() == 0


def test_a_branch_that_another_depends_on_keeps_its_row(server: Server, tmp_path: Path) -> None:
    project = write_history(tmp_path, {"one": (None, "pass"), "two": (None, "pass")})
    write_revision(tmp_path, "three", "two", sql("create table three (id int)"), depends="one")
    with server.create_database("live") as database:
        execute(
            database,
            "create table alembic_version (version_num varchar(32) primary key)",
            "insert into alembic_version values ('one'), ('three')",
            "create table three (id int)",
        )
        report = gate(database, server, project)
        assert (report.findings, report.exit_code()) == ((), 0)


@pytest.mark.parametrize("options", ["version_table='history'", "version_table='history', version_table_schema='meta'"])
def test_the_version_table_of_env_py(options: str, server: Server, tmp_path: Path) -> None:
    project = write_history(tmp_path, LINEAR, options=options)  # type: ignore[arg-type]  # as above
    with server.create_database("live") as database:
        schema = "meta" if "meta" in options else "public"
        execute(
            database,
            f"create schema if not exists {schema}",
            f"create table {schema}.history (version_num varchar(255))",
            f"insert into {schema}.history values ('aaa1')",
            "create table a (id int primary key)",
        )
        if schema == "meta":
            # Alembic makes the table but not its schema: a history that wants one makes it before.
            env = project.directory / "migrations/env.py"
            line = "        context.configure(connection="
            made = '        connection.exec_driver_sql("create schema if not exists meta"); connection.commit()\n'
            env.write_text(env.read_text().replace(line, made + line))
        report = gate(database, server, project)
        assert [finding.message for finding in report.findings] == ["2 revisions are pending: from aaa1 to ccc3."]
        assert report.exit_code() == 0


def test_a_history_that_cannot_be_loaded(live: ScratchDatabase, server: Server, linear: Project) -> None:
    write_revision(linear.directory, "eee5", "not_there")
    report = gate(live, server, linear)
    assert report.exit_code() == 3
    assert set(outcomes(report).values()) == {"error"}
    assert "(see graph)" in (report.checks[0].reason or "")


def test_a_version_table_that_is_locked(live: ScratchDatabase, server: Server, linear: Project) -> None:
    with live.connect() as other, other.transaction(force_rollback=True):
        other.execute("lock table alembic_version in access exclusive mode")
        report = gate(live, server, linear, "revision")
    assert report.exit_code() == 3
    assert "exclusively locked: public.alembic_version" in (report.checks[0].reason or "")


def test_an_env_py_that_cannot_run_offline(
    live: ScratchDatabase, server: Server, linear: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = linear.directory / "migrations/env.py"
    env.write_text(
        env.read_text().replace("if context.is_offline_mode():\n", "if context.is_offline_mode():\n    1 / 0\n")
    )
    assert rules(gate(live, server, linear)) == ["gate.pending"]
    report = harness.gate(live.url, directory=linear.directory, server="embedded")
    assert (rules(report), report.exit_code()) == (["gate.pending"], 0)
    # Where a server was not named, nothing is made on it before one knows that it is another one.
    monkeypatch.setenv("HARNESS_SERVER", server.url)
    with pytest.raises(harness.UsageError, match="it needs a scratch database before the live one is looked at"):
        harness.gate(live.url, directory=linear.directory)
