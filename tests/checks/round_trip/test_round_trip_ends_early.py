"""A walk that cannot be finished, since a step hangs or the server goes: what was found until then is told."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest
from round_trip_history import Revision, chain, write_history

import harness
from harness.findings import CheckResult, Finding, ServerSummary
from harness.server import Server, open_server
from harness.settings import Settings

LEAVES = Revision("leaves", "create sequence s")
SOUND = Revision("sound", "create table thing (id int)", "drop table thing")
# A second session of the revision's own keeps the lock, as a forgotten ORM session does.
STUCK = Revision(
    "stuck",
    "alter table thing add column x int",
    """
    op.get_context().kept = sa.create_engine("postgresql+psycopg://").connect()
    op.get_context().kept.execute(sa.text("lock table thing"))
    alter table thing drop column x
    """,
)
AFTER = Revision("after", "create sequence t", "drop sequence t")
HUNG = "The downgrade of revision stuck made no progress for 4 seconds and was ended."
SEEN_ONCE = "Seen once: the walk ended before it could be seen a second time."


class Steps:
    """Listens to the steps that are taken."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def server_ready(self, server: ServerSummary) -> None: ...
    def check_started(self, name: str) -> None: ...
    def check_finished(self, result: CheckResult, findings: Sequence[Finding]) -> None: ...
    def step(self, name: str, done: int, total: int, text: str) -> None:
        self.taken.append(text)


def told(report: harness.Report) -> list[tuple[str | None, str, bool]]:
    """Each finding: its revision, its rule, and whether it was seen twice."""
    return [
        (one.revision, one.rule.removeprefix("round-trip."), not (one.detail or "").startswith(SEEN_ONCE))
        for one in report.findings
    ]


def ended(report: harness.Report) -> tuple[str, str | None]:
    """Why there is no verdict, and from which revision on."""
    (result,) = report.checks
    assert (result.outcome, report.outcome, report.exit_code()) == ("error", "error", 3)
    return (result.reason or "").partition("\n")[0], result.unjudged_from


def test_what_was_found_before_a_step_that_hangs_is_told(tmp_path: Path, server: Server) -> None:
    write_history(tmp_path, server, chain([LEAVES, SOUND, STUCK, AFTER]))
    steps = Steps()
    report = harness.check(directory=tmp_path, server=server, select=["round-trip"], timeout="4s", progress=steps)
    reason, unjudged = ended(report)
    assert reason.startswith(HUNG)
    assert unjudged == "stuck"
    assert told(report) == [("leaves", "left-behind", True), ("leaves", "not-repeatable", True)]
    assert report.notes == ()
    assert steps.taken.count("revision stuck down") == 1, "nobody waits for it twice"
    assert steps.taken[-1] == "revision leaves up, seen again"


def test_where_all_was_right_the_revisions_before_are_judged_by_a_walk_of_their_own(
    tmp_path: Path, server: Server
) -> None:
    write_history(tmp_path, server, chain([AFTER, SOUND, STUCK, LEAVES]))
    steps = Steps()
    report = harness.check(directory=tmp_path, server=server, select=["round-trip"], timeout="4s", progress=steps)
    reason, unjudged = ended(report)
    assert reason.startswith(HUNG)
    assert unjudged == "stuck"
    assert report.findings == ()
    assert report.notes == ()
    names = ["revision after", "revision sound", "revision stuck"]
    assert steps.taken == [*names, *names[:2]]


def test_where_the_first_revision_hangs_nothing_is_judged(tmp_path: Path, server: Server) -> None:
    hangs = Revision("hangs", "select pg_sleep(60)")
    report = write_history(tmp_path, server, chain([hangs, SOUND])).check("round-trip", timeout="4s")
    reason, unjudged = ended(report)
    assert reason.startswith("The upgrade of revision hangs made no progress for 4 seconds")
    assert unjudged == "hangs"


def test_what_was_ignored_stays_so(tmp_path: Path, server: Server) -> None:
    project = write_history(tmp_path, server, chain([LEAVES, SOUND, STUCK]))
    report = project.check("round-trip", timeout="4s", ignore=["round-trip.not-repeatable"])
    assert ended(report)[1] == "stuck"
    assert told(report) == [("leaves", "left-behind", True)]


def test_the_revision_that_hangs_half_way_is_not_judged(tmp_path: Path, server: Server) -> None:
    waits = "select pg_sleep(60) where to_regclass('s') is not null\ncreate sequence if not exists s"
    report = write_history(tmp_path, server, chain([AFTER, Revision("waits", waits)])).check("round-trip", timeout="4s")
    assert ended(report)[1] == "waits"
    assert report.findings == ()


def test_nothing_is_believed_that_was_seen_by_a_tracker_that_was_wrong(tmp_path: Path, server: Server) -> None:
    secretly = "op.get_bind().connection.dbapi_connection.execute(\"delete from pg_enum where enumlabel = 'b'\")"
    history = chain(
        [
            LEAVES,
            Revision("kind", "create type kind as enum ('a', 'b')", "drop type kind"),
            Revision("secret", secretly, "pass"),
            SOUND,
            STUCK,
        ]
    )
    write_history(tmp_path, server, history)
    steps = Steps()
    report = harness.check(directory=tmp_path, server=server, select=["round-trip"], timeout="4s", progress=steps)
    assert ended(report)[1] == "stuck"
    assert "revision sound down, seen again" in steps.taken
    assert "revision stuck up, seen again" not in steps.taken
    assert told(report) == [
        ("leaves", "left-behind", True),
        ("leaves", "not-repeatable", True),
        ("secret", "changed", True),
    ]


def moody(does: str) -> list[Revision]:
    """A revision that goes up twice on the first database; on the second one it does something, however often tried."""
    up = f"""
        from pathlib import Path
        with Path("runs").open("a") as log: log.write("x")
        op.execute("{does}") if Path("runs").stat().st_size in (3, 4) else None
    """
    return chain([LEAVES, Revision("moody", up, "pass"), Revision("later", "create sequence u"), AFTER])


def test_a_second_walk_that_fails_is_made_again(tmp_path: Path, server: Server) -> None:
    report = write_history(tmp_path, server, moody("select 1/0")).check("round-trip")
    assert report.exit_code() == 1
    assert told(report) == [
        ("leaves", "left-behind", True),
        ("leaves", "not-repeatable", True),
        ("later", "left-behind", True),
        ("later", "not-repeatable", True),
    ]


def test_what_the_second_walk_did_not_come_to_was_seen_once(tmp_path: Path, server: Server) -> None:
    history = moody("select pg_sleep(60)")
    report = write_history(tmp_path, server, history).check("round-trip", timeout="4s")
    reason, unjudged = ended(report)
    assert reason.startswith("The upgrade of revision moody made no progress")
    assert unjudged == "later"
    assert told(report) == [
        ("leaves", "left-behind", True),
        ("leaves", "not-repeatable", True),
        ("later", "left-behind", False),
        ("later", "not-repeatable", False),
    ]


KILLS = """
    from os import _exit, kill
    from pathlib import Path
    for file in op.get_bind().exec_driver_sql("select pg_read_file('postmaster.pid')").scalars():
        with Path("killed").open("w"): kill(int(file.split()[0]), 9)
    select pg_sleep(30)
"""


def test_where_nobody_can_walk_again_nothing_is_judged(tmp_path: Path) -> None:
    ends = KILLS.replace("select pg_sleep(30)", "op.x = _exit(7)")
    with open_server(Settings(server="embedded")) as server:
        report = write_history(tmp_path, server, chain([AFTER, SOUND, Revision("fatal", ends)])).check("round-trip")
    reason, unjudged = ended(report)
    assert reason.startswith("The interpreter that runs env.py exited with status 7 before it was done")
    assert unjudged == "after"


def test_a_role_that_the_first_walk_left_is_not_taken_for_a_fault(tmp_path: Path, server: Server) -> None:
    """A role belongs to no database, so nobody can walk again before it is gone."""
    role = Revision("role", "create role harness_left_behind", "drop role harness_left_behind")
    project = write_history(tmp_path, server, chain([AFTER, role, Revision("hangs", "select pg_sleep(60)")]))
    try:
        report = project.check("round-trip", timeout="4s")
    finally:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("drop role if exists harness_left_behind")
    reason, unjudged = ended(report)
    assert reason.startswith("The upgrade of revision hangs made no progress")
    assert unjudged in ("after", "role")
    assert report.findings == ()


@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
def test_what_was_found_before_the_server_went_is_told(tmp_path: Path, direction: str) -> None:
    up, down = (KILLS, "pass") if direction == "upgrade" else ("pass", KILLS)
    history = chain(
        [AFTER, SOUND, LEAVES, Revision("fails", "pass", "drop table nowhere"), Revision("fatal", up, down)]
    )
    with open_server(Settings(server="embedded")) as server:
        report = write_history(tmp_path, server, history).check("round-trip")
        took = time.time() - (tmp_path / "killed").stat().st_mtime
    reason, unjudged = ended(report)
    # A session may outlive its server for the rest of the step; then it is the look at the schema that fails.
    step = f"PostgreSQL ended during the {direction} of revision fatal"
    assert reason.startswith((step, "The scratch database harness_"))
    assert unjudged == "sound", "the swift walk, which came as far, could be verified"
    # That a statement failed needs no second look.
    assert told(report) == [
        ("leaves", "left-behind", False),
        ("leaves", "not-repeatable", False),
        ("fails", "failed", True),
    ]
    assert took < 5
    assert all("could not be dropped" in note for note in report.notes)


def test_the_report_that_ended_early_comes_back_from_json() -> None:
    result = CheckResult("round-trip", "error", "it hangs", 1.0, unjudged_from="stuck")
    report = harness.Report((result,))
    assert report.to_dict()["checks"][0]["unjudged_from"] == "stuck"
    assert harness.Report.from_dict(report.to_dict()).checks == (result,)
