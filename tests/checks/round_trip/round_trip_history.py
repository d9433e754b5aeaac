"""Histories for the tests of `round-trip`: revisions written down as statements, a project made of them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from project_copy import ProjectCopy

from harness.server import Server

INI = "[alembic]\nscript_location = %(here)s/alembic\npath_separator = os\n"
ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

with create_engine("postgresql+psycopg://app@db.invalid/live", poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
ASYNC_ENV = """
import asyncio

from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine


def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    engine = create_async_engine("postgresql+asyncpg://app@db.invalid/live")
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(main())
"""
REVISION = '''"""{id}"""
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = {id!r}
down_revision = {below!r}
depends_on = {depends_on!r}


def upgrade():
{up}


def downgrade():
{down}
'''
_PYTHON = (
    "op.",
    "with ",
    "raise ",
    "assert ",
    "pass",
    "from ",
    "import ",
    "sys.",
    "for ",
    "    ",
    "session",
    "metadata",
    "sa.",
)


@dataclass(frozen=True)
class Revision:
    """One revision. Each line of `up` and `down` is Python, or a statement of SQL to be executed."""

    id: str
    up: str = ""
    down: str | None = ""
    below: str | tuple[str, ...] | None = None
    depends_on: str | None = None
    comment: str = ""

    @property
    def text(self) -> str:
        """The revision file."""
        text = REVISION.format(
            id=self.id, below=self.below, depends_on=self.depends_on, up=_code(self.up), down=_code(self.down or "")
        )
        if self.down is None:
            text = text.partition("\n\ndef downgrade")[0]
        return f"{text}\n{self.comment}\n" if self.comment else text


def chain(revisions: Iterable[Revision]) -> list[Revision]:
    """The same revisions, each on top of the one before."""
    linked: list[Revision] = []
    for revision in revisions:
        below = linked[-1].id if linked else None
        linked.append(Revision(revision.id, revision.up, revision.down, below, revision.depends_on, revision.comment))
    return linked


def write_history(
    directory: Path, server: Server, revisions: Iterable[Revision], *, env: str = ENV, ini: str = INI
) -> ProjectCopy:
    """A project of these revisions."""
    project = ProjectCopy(directory, server)
    project.write("alembic.ini", ini)
    project.write("alembic/env.py", env)
    for revision in revisions:
        project.write(f"alembic/versions/{revision.id}.py", revision.text)
    return project


def _code(statements: str) -> str:
    lines = [line for line in textwrap.dedent(statements).strip().splitlines() if line.strip()]
    code = [line if line.startswith(_PYTHON) else f"op.execute({line!r})" for line in lines] or ["pass"]
    return textwrap.indent("\n".join(code), "    ")
