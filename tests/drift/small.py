"""A small project: one file of models, one of migrations, and what drift says of the two."""

from __future__ import annotations

import textwrap
from pathlib import Path

from corpus import ENV, INI, MAKO, add_revision
from project_copy import ProjectCopy

from harness.findings import Finding
from harness.server import Server

MODELS = """
import enum
from typing import Any, Optional

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry

OPTIONS = {}


class Base(DeclarativeBase):
    pass


metadata = Base.metadata
"""


def small_project(directory: Path, server: Server, models: str, *revisions: str) -> ProjectCopy:
    """A project whose revisions are r1, r2, …, each with the operations of one text."""
    project = ProjectCopy(directory, server)
    project.write("alembic.ini", INI)
    project.write("migrations/env.py", ENV)
    project.write("migrations/script.py.mako", MAKO)
    project.write("models.py", MODELS + textwrap.dedent(models))
    for number, body in enumerate(revisions, start=1):
        add_revision(project, f"r{number}", f"r{number - 1}" if number > 1 else None, textwrap.dedent(body).strip())
    return project


def line_of(project: ProjectCopy, finding: Finding) -> str:
    """The text of the line that a finding points at."""
    assert finding.location is not None
    return project.read(finding.location.path).splitlines()[finding.location.line - 1]
