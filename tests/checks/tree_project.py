"""A small project whose history a test writes revision by revision, each making a table that the models have too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from project_copy import ProjectCopy

import harness
from harness.findings import Finding, Severity
from harness.server import Server

INI = """\
[alembic]
script_location = %(here)s/migrations
prepend_sys_path = .
sqlalchemy.url = postgresql+DRIVER://app:secret@192.0.2.1/live
"""

MODELS = """\
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
"""

_HEAD = """\
import asyncio
from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlalchemy.ext.asyncio import create_async_engine
from models import metadata

url = context.config.get_main_option("sqlalchemy.url")


def migrate(connection):
    BEFORE
    context.configure(connection=connection, target_metadata=metadataOPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def offline():
    context.configure(url=url, target_metadata=metadata, literal_binds=TrueOPTIONS)
    with context.begin_transaction():
        context.run_migrations()


"""

SYNC = (
    _HEAD
    + """\
if context.is_offline_mode():
    offline()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        migrate(connection)
"""
)

ASYNC = (
    _HEAD
    + """\
async def online():
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():
    offline()
else:
    asyncio.run(online())
"""
)

_REVISION = '''\
"""{message}"""
import sqlalchemy as sa
from alembic import op

revision = {id!r}
down_revision = {below!r}
{more}

def upgrade():
    {up}


def downgrade():
    {down}
'''


class TreeProject(ProjectCopy):
    """An Alembic project in an empty folder.

    Args:
        driver: the SQLAlchemy driver; the documented async `env.py` is written for asyncpg.
        options: further arguments of `context.configure`, each with a comma before it.
        before: what `env.py` does on the connection before it configures.
        ini: further lines of `alembic.ini`.
    """

    def __init__(
        self,
        directory: Path,
        server: Server,
        *,
        driver: str = "psycopg",
        options: str = "",
        before: str = "pass",
        ini: str = "",
    ) -> None:
        super().__init__(directory, server)
        env_py = ASYNC if driver == "asyncpg" else SYNC
        self.write("alembic.ini", INI.replace("DRIVER", driver) + ini)
        self.write("migrations/env.py", env_py.replace("OPTIONS", options).replace("BEFORE", before))
        self.write("migrations/script.py.mako", "")
        self.write("models.py", MODELS)
        (directory / "migrations" / "versions").mkdir()

    def revision(
        self,
        id: str,  # noqa: A002  # the word that Alembic uses
        below: str | Sequence[str] | None = None,
        up: str | None = None,
        down: str = "pass",
        *,
        folder: str = "migrations/versions",
        **more: Any,
    ) -> str:
        """Write a revision and return its path.

        Args:
            up, down: the bodies of the two functions, by default those that make a table `t_<id>`, which the models get
                as well, and drop it.
            more: further variables of the file: `depends_on`, `branch_labels`.
        """
        if up is None:
            up, down = (
                f'op.create_table("t_{id}", sa.Column("id", sa.Integer, primary_key=True))',
                f'op.drop_table("t_{id}")',
            )
            self.model(f"t_{id}", 'Column("id", Integer, primary_key=True)')
        text = _REVISION.format(
            message=f"revision {id}",
            id=id,
            below=below,
            more="".join(f"{name} = {value!r}\n" for name, value in more.items()),
            up=up,
            down=down,
        )
        path = f"{folder}/{id}.py"
        self.write(path, text)
        return path

    def merge(self, id: str, *below: str) -> str:  # noqa: A002  # the word that Alembic uses
        """Write a revision that does nothing but merge."""
        return self.revision(id, below, "pass")

    def model(self, name: str, columns: str) -> None:
        """Add a table to the models."""
        self.write("models.py", self.read("models.py") + f'Table("{name}", metadata, {columns})\n')


def serious(report: harness.Report) -> list[Finding]:
    """The findings that are more than a remark."""
    return [finding for finding in report.findings if finding.severity is not Severity.INFO]


def reasons(report: harness.Report) -> dict[str, str]:
    """Why checks reached no verdict or were skipped."""
    return {check.name: check.reason for check in report.checks if check.reason is not None}
