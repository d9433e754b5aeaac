"""A model that `create_all` cannot make is a finding with the line of the very column, constraint or index."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import line_of, small_project

from harness.server import Server

NOTHING = 'op.execute("select 1")'
FAULTS = {
    "a type that no extension brings": ("name: Mapped[str] = mapped_column(pg.CITEXT)  # here", ""),
    "a default that is none": ('name: Mapped[int] = mapped_column(server_default="many")  # here', ""),
    "a check on no column": ("", '(sa.CheckConstraint("colour > 0", name="check_colour"),)  # here'),
    "an index method that is none": ("", '(Index("ix", "id", postgresql_using="hsh"),)  # here'),
    "an index on what has no order": ("data: Mapped[Any] = mapped_column(sa.JSON, index=True)  # here", ""),
    "a foreign key to no table": ('name: Mapped[int] = mapped_column(ForeignKey("nowhere.id"))  # here', ""),
    "a foreign key to what is not unique": (
        'name: Mapped[int] = mapped_column(ForeignKey("good.bad_id"))  # here',
        "",
    ),
    "a foreign key of another type": ('name: Mapped[str] = mapped_column(String, ForeignKey("good.id"))  # here', ""),
    "an index of a name that is taken": ("", '(Index("good_pkey", "id"),)  # here'),
    "a check without a name": ("name: Mapped[int] = mapped_column(sa.CheckConstraint('name > now()'))  # here", ""),
    "a function that is not there": (
        'name: Mapped[str] = mapped_column(server_default=sa.text("nowhere()"))  # here',
        "",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_culprit_is_found(tmp_path: Path, server: Server, fault: str) -> None:
    column, arguments = FAULTS[fault]
    project = small_project(
        tmp_path,
        server,
        f"""
        class Good(Base):
            __tablename__ = "good"
            id: Mapped[int] = mapped_column(primary_key=True)
            bad_id: Mapped[int] = mapped_column(ForeignKey("bad.id", use_alter=True))

        class Bad(Base):
            __tablename__ = "bad"
            id: Mapped[int] = mapped_column(primary_key=True)
            good_id: Mapped[int] = mapped_column(ForeignKey("good.id"))
            {column}
            __table_args__ = {arguments or "()"}

        class Follower(Base):
            __tablename__ = "follower"
            id: Mapped[int] = mapped_column(ForeignKey("bad.id"), primary_key=True)
        """,
        NOTHING,
    )
    (finding,) = project.check("drift").findings
    assert finding.rule == "drift.models.uncreatable"
    assert finding.object is not None
    assert finding.object.name == "bad"
    assert "# here" in line_of(project, finding)


def test_two_culprits_are_two_findings(tmp_path: Path, server: Server) -> None:
    models = "".join(
        f"""
        class Bad{number}(Base):
            __tablename__ = "bad{number}"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = mapped_column(pg.CITEXT)  # here
        """
        for number in (1, 2)
    )
    project = small_project(tmp_path, server, models, NOTHING)
    findings = project.check("drift").findings
    assert [finding.object.name for finding in findings if finding.object is not None] == ["bad1", "bad2"]
    assert all("# here" in line_of(project, finding) for finding in findings)


def test_what_the_models_make_themselves_is_left_to_them(tmp_path: Path, server: Server) -> None:
    """They say CREATE SCHEMA and CREATE EXTENSION without IF NOT EXISTS: harness must not have made them before."""
    project = small_project(
        tmp_path,
        server,
        """
        sa.event.listen(metadata, "before_create", sa.DDL("create schema app"))
        sa.event.listen(metadata, "before_create", sa.DDL("create extension citext schema app"))

        class Account(Base):
            __tablename__ = "account"
            __table_args__ = {"schema": "app"}
            id: Mapped[int] = mapped_column(primary_key=True)
        """,
        """
        op.execute("create schema app")
        op.execute("create extension citext schema app")
        op.execute("create table app.account (id serial primary key)")
        """,
    )
    report = project.check("drift")
    assert report.checks[0].outcome == "passed", report.findings
    assert report.findings == ()
