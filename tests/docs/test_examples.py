"""What the documentation shows is run: its unsafe examples are red, its safer ones green."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from pages import ROOT, code

import harness
from harness.server import Server

_ENV = """
from alembic import context
from sqlalchemy import create_engine

from models import Base

with create_engine("postgresql+psycopg://nobody@db.invalid/live").connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
_MODELS = """
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


"""
_REVISION = "import sqlalchemy as sa\nfrom alembic import op\n\nrevision, down_revision = {id!r}, {down!r}\n\n"
CHECKS = ROOT / "docs" / "checks"

Rules = Callable[..., list[str]]


@pytest.fixture
def rules(tmp_path: Path, server: Server) -> Rules:
    """Makes a project of revisions and models and gives the rules that a check finds in it."""

    def judge(*revisions: str, models: str = "", check: str, **settings: object) -> list[str]:
        # A place of its own each time: of a file that is written over in the same second Python takes the old bytecode.
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        versions = root / "alembic" / "versions"
        versions.mkdir(parents=True)
        (root / "alembic.ini").write_text(
            "[alembic]\nscript_location = %(here)s/alembic\nprepend_sys_path = .\npath_separator = os\n"
        )
        (root / "alembic" / "env.py").write_text(_ENV)
        (root / "models.py").write_text(_MODELS + models)
        down = None
        for number, body in enumerate(revisions):
            head = _REVISION.format(id=str(90 + number), down=down)
            (versions / f"{number}.py").write_text(head + body)
            down = str(90 + number)
        report = harness.check(directory=root, server=server, select=[check], **settings)
        assert "error" not in {result.outcome for result in report.checks}, report.checks
        return sorted({finding.rule for finding in report.findings})

    return judge


def _parts(block: str) -> list[str]:
    """A block whose comments tell several files apart, file by file."""
    return [part for part in re.split(r"^# (?:revision|versions)\b.*\n", block, flags=re.MULTILINE) if part.strip()]


def test_graph(rules: Rules) -> None:
    (unsafe,) = code(CHECKS / "graph.md", "Unsafe")
    first, second = (f"{part}\ndef upgrade(): ...\n" for part in _parts(unsafe))
    assert rules("def upgrade(): ...\n", first, second, check="graph") == ["graph.heads"]
    assert rules("def upgrade(): ...\n", first, second, check="graph", heads=["a1", "b1"]) == []
    assert rules("def upgrade(): ...\n", first, second.replace('"90"', '"a1"'), check="graph") == []


def test_upgrade(rules: Rules) -> None:
    (unsafe,), (safer,) = code(CHECKS / "upgrade.md", "Unsafe"), code(CHECKS / "upgrade.md", "Safer")
    assert rules(*_parts(unsafe), check="upgrade") == ["upgrade.failed", "upgrade.only-step-by-step"]
    assert rules(*_parts(safer), check="upgrade") == []


def test_downgrade(rules: Rules) -> None:
    (unsafe,) = code(CHECKS / "downgrade.md", "Unsafe")
    safer, declared = code(CHECKS / "downgrade.md", "Safer")
    assert rules(unsafe, check="downgrade") == ["downgrade.left-behind", "downgrade.not-repeatable"]
    assert rules(unsafe + safer, check="downgrade") == []
    assert rules(unsafe + declared, check="downgrade") == ["downgrade.irreversible"]


def test_round_trip(rules: Rules) -> None:
    (unsafe,) = code(CHECKS / "round-trip.md", "Unsafe")
    (safer,) = code(CHECKS / "round-trip.md", "Safer")
    (marked,) = code(CHECKS / "round-trip.md", "No way back, on purpose")
    assert rules(unsafe, check="round-trip") == ["round-trip.left-behind", "round-trip.not-repeatable"]
    assert rules(unsafe + safer, check="round-trip") == []
    assert rules(unsafe + marked, check="round-trip") == []
    assert rules(unsafe + marked.partition("\n")[2], check="round-trip") == ["round-trip.irreversible"]


def test_drift(rules: Rules) -> None:
    model, created = code(CHECKS / "drift.md", "Unsafe")
    (safer,) = code(CHECKS / "drift.md", "Safer")
    upgrade = "def upgrade():\n" + textwrap.indent(created, "    ")
    assert rules(upgrade, models=model, check="autogenerate") == []
    assert rules(upgrade, models=model, check="drift") == ["drift.check-constraint.missing"]
    assert rules(upgrade, "def upgrade():\n" + textwrap.indent(safer, "    "), models=model, check="drift") == []


def test_autogenerate(rules: Rules) -> None:
    (unsafe,) = code(CHECKS / "autogenerate.md", "Unsafe")
    model = unsafe + "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    create = (
        'def upgrade():\n    op.create_table("app_user", sa.Column("email", sa.String({length}), nullable=False),'
        ' sa.Column("id", sa.Integer(), primary_key=True))\n'
    )
    assert rules(create.format(length=255), models=model, check="autogenerate") == ["autogenerate.pending"]
    assert rules(create.format(length=320), models=model, check="autogenerate") == []


def test_offline(rules: Rules) -> None:
    (unsafe,), (safer,) = code(CHECKS / "offline.md", "Unsafe"), code(CHECKS / "offline.md", "Safer")
    # The env.py of these tests has no offline part.
    assert rules(*_parts(unsafe), check="offline") == ["offline.connects", "offline.needs-connection"]
    assert rules(*_parts(safer), check="offline") == ["offline.connects"]
