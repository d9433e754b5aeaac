"""A downgrade that fails is told what it should do: operations that, put in its place, turn the finding green."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest
from project_copy import ProjectCopy
from round_trip_history import Revision, chain, write_history

from harness.findings import Finding
from harness.server import Server

TABLE = Revision("table", "create table thing (id int primary key)", "drop table thing")
NO_NAME = Revision(
    "no_name",
    """
    op.add_column("thing", sa.Column("parent", sa.Integer()))
    op.create_foreign_key(None, "thing", "thing", ["parent"], ["id"])
    create index ix_thing_parent on thing (parent)
    """,
    """
    op.drop_index("ix_thing_parent", table_name="thing")
    op.drop_constraint(None, "thing", type_="foreignkey")
    op.drop_column("thing", "parent")
    """,
)
WRONG_NAME = Revision(
    "wrong_name",
    """
    create type color as enum ('red', 'green')
    alter table thing add column color color
    create index ix_thing_color on thing (color)
    alter table thing alter column parent set not null
    """,
    "drop index ix_color",
)
HISTORY = chain([TABLE, NO_NAME, WRONG_NAME])


def with_downgrade(project: ProjectCopy, revision: Revision, lines: Sequence[str]) -> None:
    """Give a revision another downgrade."""
    above = revision.text.partition("def downgrade():")[0]
    body = textwrap.indent("\n".join(lines), "    ")
    project.write(f"alembic/versions/{revision.id}.py", f"{above}def downgrade():\n{body}\n")


def proposed(finding: Finding) -> list[str]:
    """The lines below the first of a fix."""
    first, *lines = (finding.fix or "").splitlines()
    place = f"downgrade() in alembic/versions/{finding.revision}.py"
    assert first == f"Correct {place}. All that upgrade() did to the schema is undone by:"
    return lines


def test_what_is_proposed_is_green(tmp_path: Path, server: Server) -> None:
    project = write_history(tmp_path, server, HISTORY)
    report = project.check("round-trip")
    assert [(finding.revision, finding.rule) for finding in report.findings] == [
        ("no_name", "round-trip.failed"),
        ("wrong_name", "round-trip.failed"),
    ]
    assert "0x" not in report.findings[0].message  # the address of an object in SQLAlchemy's own words
    for finding, revision in zip(report.findings, HISTORY[1:], strict=True):
        with_downgrade(project, revision, proposed(finding))
    assert project.check("round-trip").findings == ()


def test_the_head_alone(tmp_path: Path, server: Server) -> None:
    project = write_history(tmp_path, server, HISTORY[:2])
    (finding,) = project.check("downgrade").findings
    assert finding.rule == "downgrade.failed"
    with_downgrade(project, HISTORY[1], proposed(finding))
    assert project.check("downgrade").findings == ()


def test_what_is_left_behind_is_told_in_an_order_that_works(tmp_path: Path, server: Server) -> None:
    """Each finding shows what removes one thing; one after the other they may be in each other's way."""
    left = Revision(
        "left",
        """
        create type state as enum ('open', 'closed')
        create table session (id int primary key, state state)
        create table message (id int primary key, session_id int references session)
        create view both_of_them as select m.id, s.state from message m join session s on s.id = m.session_id
        """,
        "",
    )
    project = write_history(tmp_path, server, chain([TABLE, left]))
    *behind, again = project.check("round-trip").findings
    assert {finding.rule for finding in behind} == {"round-trip.left-behind"}
    assert (len(behind) > 1, again.rule) == (True, "round-trip.not-repeatable")
    first, *lines, last = (again.fix or "").splitlines()
    assert first == "Add to downgrade() in alembic/versions/left.py, in this order:"
    assert last.startswith("Or, if there is no way back, say so in the file: # harness: irreversible")
    with_downgrade(project, chain([TABLE, left])[1], lines)
    assert project.check("round-trip").findings == ()


@pytest.mark.parametrize("up", ["insert into thing values (1)", "alter table thing drop column id"])
def test_nothing_is_proposed_that_does_not_bring_all_back(tmp_path: Path, server: Server, up: str) -> None:
    # Rows are not compared, and a column can be made again, but not what was in it: the operations say so.
    project = write_history(tmp_path, server, chain([TABLE, Revision("last", up, "drop index nowhere")]))
    (finding,) = project.check("downgrade").findings
    assert finding.fix is not None
    if "insert" in up:
        assert finding.fix == "Correct downgrade(); `alembic downgrade -1` from there shows the same."
    else:
        assert [line for line in proposed(finding) if not line.startswith("#")] == [
            'op.add_column("thing", sa.Column("id", sa.Integer(), nullable=False))',
            'op.create_primary_key("thing_pkey", "thing", ["id"])',
        ]
