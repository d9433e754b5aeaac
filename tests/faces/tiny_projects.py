"""Tiny Alembic projects, whole or with one part replaced by a broken one, and the shell they are used from."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

from harness.server import Server

INI = """
[alembic]
script_location = %(here)s/alembic
prepend_sys_path = .
"""

MODELS = """
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(100))
    settings: Mapped[dict | None] = mapped_column(sa.dialects.postgresql.JSONB)
"""

# A column that no migration has made wider.
DRIFTED = MODELS.replace("sa.String(100)", "sa.String(200)")

ENV = """
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine, pool

import models

with Path("env-runs.txt").open("a") as log:
    log.write("run\\n")

engine = create_engine("postgresql+psycopg://app:secret@db.invalid/live", poolclass=pool.NullPool)
if context.is_offline_mode():
    context.configure(url="postgresql://", target_metadata=models.Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=models.Base.metadata)
        with context.begin_transaction():
            context.run_migrations()
"""

REVISION = '''
"""{id}"""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{id}"
down_revision = {down!r}


def upgrade():
    {up}


def downgrade():
    {down_code}
'''

REVISIONS = (
    (
        "first",
        'op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("email", sa.String(100), nullable=False))',
        'op.drop_table("account")',
    ),
    (
        "second",
        'op.add_column("account", sa.Column("settings", postgresql.JSONB(none_as_null=True)))',
        'op.drop_column("account", "settings")',
    ),
)

Revisions = tuple[tuple[str, str, str], ...]


def write_project(
    root: Path,
    *,
    ini: str = INI,
    env: str = ENV,
    models: str = MODELS,
    revisions: Revisions = REVISIONS,
    files: dict[str, str] | None = None,
) -> Path:
    """A project of one model and two revisions; each part can be replaced by one that is broken."""
    versions = root / "alembic" / "versions"
    versions.mkdir(parents=True)
    (root / "alembic.ini").write_text(ini)
    (root / "alembic" / "env.py").write_text(env)
    (root / "alembic" / "script.py.mako").write_text("")
    (root / "models.py").write_text(models)
    down = None
    for name, up, down_code in revisions:
        text = REVISION.format(id=name, down=down, up=up, down_code=down_code)
        (versions / f"{name}.py").write_text(text)
        down = name
    for path, text in (files or {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(textwrap.dedent(text))
    return root


def surroundings(server: Server | None, **variables: str) -> dict[str, str]:
    """The variables of a user's shell: no settings of this test run, and the server to use."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HARNESS_", "PYTEST_", "PG"))}
    for key in ("NO_COLOR", "FORCE_COLOR", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        kept.pop(key, None)
    if server is not None:
        kept["HARNESS_SERVER"] = server.url
    return {**kept, **variables}
