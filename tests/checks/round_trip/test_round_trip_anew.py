"""Building a database anew, for faults after which no repair brings back what was there: rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from project_copy import ProjectCopy
from round_trip_history import Revision, chain, write_history

from harness.server import Server

# Each revision writes down that it was applied, whatever becomes of its transaction.
NOTE = 'with open({path!r}, "a") as log: log.write(revision + "\\n")'
TABLE = Revision("table", "create table thing (id int primary key, state text)", "drop table thing")


def counted(tmp_path: Path, server: Server, revisions: list[Revision]) -> tuple[ProjectCopy, Path]:
    """A history of which each revision notes in a file that its `upgrade()` was called."""
    log = tmp_path / "applied.txt"
    note = NOTE.format(path=str(log))
    noting = [Revision(one.id, f"{note}\n{one.up}", one.down, comment=one.comment) for one in revisions]
    return write_history(tmp_path / "project", server, chain(noting)), log


@pytest.mark.parametrize("down", ["", "insert into thing values (1)"], ids=["up again fails", "down fails"])
def test_many_faults_of_rows_do_not_begin_from_the_base_each_time(tmp_path: Path, server: Server, down: str) -> None:
    faults = [
        Revision(f"fault_{number}", f"insert into thing values ({number})", down and down.replace("1", str(number)))
        for number in range(12)
    ]
    project, log = counted(tmp_path, server, [TABLE, *faults])
    report = project.check("round-trip")
    rule = "round-trip.failed" if down else "round-trip.not-repeatable"
    assert [(finding.rule, finding.revision) for finding in report.findings] == [(rule, one.id) for one in faults]
    times = Counter(log.read_text().split())
    assert set(times) == {"table", *(one.id for one in faults)}
    # From the base each time, the first revisions would have been applied twice for each fault.
    assert max(times.values()) <= 8, times


def test_what_alembic_remembers_is_there_on_new_ground(tmp_path: Path, server: Server) -> None:
    """A type that is made twice succeeds only where one run remembers that it made it, also long before."""
    kind = 'sa.Column("state", sa.Enum("open", "shipped", name="kind"))'
    history = [
        TABLE,
        Revision("first", f'op.create_table("a", {kind})', "drop table a\ndrop type kind"),
        Revision("rows", "insert into thing values (1)", ""),
        Revision("second", f'op.create_table("b", {kind})', "drop table b"),
        Revision("third", "create table c (id int)", ""),
    ]
    project, _ = counted(tmp_path, server, history)
    report = project.check("round-trip")
    assert [(finding.rule.removeprefix("round-trip."), finding.revision) for finding in report.findings] == [
        ("not-repeatable", "rows"),
        ("failed", "second"),
        ("left-behind", "third"),
        ("not-repeatable", "third"),
    ]


def test_a_revision_that_is_never_taken_down_gets_the_rows_that_it_needs(tmp_path: Path, server: Server) -> None:
    """An earlier downgrade took them away, and nobody else would have."""
    history = [
        TABLE,
        Revision("rows", "insert into thing values (1)", "delete from thing"),
        Revision("loses", "insert into thing values (2)", "delete from thing"),
        Revision(
            "needs",
            "do $$ begin if (select count(*) from thing) < 2 then raise exception 'lost'; end if; end $$",
            None,
            comment="# harness: irreversible – nothing to undo",
        ),
    ]
    project, _ = counted(tmp_path, server, history)
    assert project.check("round-trip").findings == ()
