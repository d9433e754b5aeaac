"""What `env.py` tells Alembic to leave alone is left alone, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import small_project

from harness.server import Server

MODELS = """
OPTIONS = {options}

class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Optional[str]]

class Note(Base):
    __tablename__ = "note"
    __table_args__ = {{"schema": "app"}}
    id: Mapped[int] = mapped_column(primary_key=True)
"""
MIGRATION = """
op.execute("create schema app")
op.execute("create schema other")
op.execute("create table account (id serial primary key, name varchar)")
op.execute("create table app.note (id serial primary key)")
op.execute("create type foreign_kind as enum ('a')")
op.execute("create table {table} (id serial primary key, kind foreign_kind)")
"""
# The filter that the documentation of Alembic shows.
NAMED = '{"include_schemas": True, "include_name": lambda name, kind, _: kind != "schema" or name in (None, "app")}'


def found(tmp_path: Path, server: Server, options: str, table: str, more: str = "") -> set[str]:
    migration = MIGRATION.format(table=table) + more
    report = small_project(tmp_path, server, MODELS.format(options=options), migration).check("drift")
    assert report.checks[0].outcome in ("passed", "failed"), report.checks
    return {f"{finding.rule} {finding.object}" for finding in report.findings}


@pytest.mark.parametrize(
    ("options", "table", "expected"),
    [
        ("{}", "legacy", {"drift.table.extra public.legacy", "drift.enum.extra public.foreign_kind"}),
        ("{}", "other.legacy", set()),
        (
            '{"include_schemas": True}',
            "other.legacy",
            {"drift.table.extra other.legacy", "drift.enum.extra public.foreign_kind"},
        ),
        (
            NAMED,
            "other.legacy",
            set(),
        ),
        ('{"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}', "legacy", set()),
        (
            '{"include_object": lambda item, name, kind, reflected, other: not (kind == "table" and reflected)}',
            "legacy",
            set(),
        ),
        (
            '{"include_object": lambda item, name, kind, reflected, other: name != "nothing"}',
            "legacy",
            {"drift.table.extra public.legacy", "drift.enum.extra public.foreign_kind"},
        ),
    ],
)
def test_what_env_py_looks_at(tmp_path: Path, server: Server, options: str, table: str, expected: set[str]) -> None:
    assert found(tmp_path, server, options, table) == expected


@pytest.mark.parametrize(
    "options",
    [
        "{}",
        NAMED,
        '{"version_table": "versions"}',
    ],
)
def test_the_default_schema_is_looked_at(tmp_path: Path, server: Server, options: str) -> None:
    """Alembic calls it None: a filter on names of schemas must be asked so, or all of it would be left out."""
    changed = 'op.execute("alter table account alter name set not null")'
    project = small_project(
        tmp_path, server, MODELS.format(options=options), MIGRATION.format(table="other.legacy") + changed
    )
    assert [finding.rule for finding in project.check("drift").findings] == ["drift.column.nullable"]


def test_a_column_that_a_filter_leaves_out(tmp_path: Path, server: Server) -> None:
    options = '{"include_object": lambda item, name, kind, *_: not (kind == "column" and name == "name")}'
    change = 'op.execute("alter table account alter name set not null")'
    assert found(tmp_path, server, options, "other.legacy", change) == set()
