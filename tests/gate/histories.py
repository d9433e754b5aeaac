"""Small projects with a history that a test writes down."""

from __future__ import annotations

from pathlib import Path

from harness.environment import Project, find_project
from harness.settings import Settings

ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine("postgresql+psycopg://app:secret@db.invalid/live", poolclass=pool.NullPool)
OPTIONS = dict({options})
if context.is_offline_mode():
    context.configure(url="postgresql://", literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
else:
    with engine.connect() as connection:
        context.configure(connection=connection, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()
"""

REVISION = '''"""{message}"""
from alembic import op

revision = {id!r}
down_revision = {down!r}
depends_on = {depends!r}


def upgrade():
    {up}


def downgrade():
    pass
'''

Down = str | tuple[str, ...] | None


def write_revision(root: Path, name: str, down: Down, up: str = "pass", *, depends: Down = None) -> None:
    """Write a revision, whose `upgrade` is one line."""
    text = REVISION.format(message=f"Do {name}.", id=name, down=down, depends=depends, up=up)
    (root / "migrations" / "versions" / f"{name}.py").write_text(text)


def write_history(root: Path, revisions: dict[str, tuple[Down, str]], *, options: str = "") -> Project:
    """A project with these revisions: by name what is below, and the line of `upgrade`.

    Args:
        root: an empty folder.
        options: keyword arguments of `context.configure`.
    """
    (root / "migrations" / "versions").mkdir(parents=True)
    (root / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (root / "migrations" / "env.py").write_text(ENV.format(options=options))
    for name, (down, up) in revisions.items():
        write_revision(root, name, down, up)
    return find_project(Settings(), root)


def sql(text: str) -> str:
    """A line that executes a statement."""
    return f"op.execute({text!r})"
