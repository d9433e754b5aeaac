"""Small projects for the check `offline`: an `env.py` as Alembic's template has it, and revisions of a few lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from project_copy import ProjectCopy

from harness.findings import Finding
from harness.server import Server

INI = """[alembic]
script_location = %(here)s/migrations
prepend_sys_path = .
path_separator = os
sqlalchemy.url = postgresql+{driver}://app:secret@192.0.2.1/live
"""

ENV = """
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
{before}

def run_migrations_offline():
    url = config.get_main_option("sqlalchemy.url")
    context.configure(
        url=url, literal_binds=True, dialect_opts={{"paramstyle": "named"}}{options}
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    engine = engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection{options})
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""

ASYNC_ONLINE = """
import asyncio
from sqlalchemy.ext.asyncio import async_engine_from_config


def migrate(connection):
    context.configure(connection=connection{options})
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations():
    engine = async_engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()
"""

REVISION = '''"""{message}"""
import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = {id!r}
down_revision = {below!r}
branch_labels = None
depends_on = {depends_on!r}


def upgrade():
{up}


def downgrade():
    pass
'''


def env_py(options: str = "", before: str = "", *, asynchronous: bool = False) -> str:
    """The text of `env.py`; `options` are further arguments of both calls of `context.configure`."""
    options = f", {options}" if options else ""
    if not asynchronous:
        return ENV.format(options=options, before=before)
    text = ENV.format(options=options, before=before + ASYNC_ONLINE.format(options=options))
    start = text.index("    engine = engine_from_config")
    return f"{text[:start]}    asyncio.run(run_async_migrations())\n\n\n{text[text.index('if context.is_offline') :]}"


def revision(
    id: str,  # noqa: A002  # the word that Alembic uses
    up: str,
    below: str | tuple[str, ...] | None,
    depends_on: str | None = None,
) -> str:
    """The text of a revision file; `up` is the body of `upgrade()`."""
    body = textwrap.indent(textwrap.dedent(up).strip() or "pass", "    ")
    return REVISION.format(message=f"revision {id}", id=id, below=below, up=body, depends_on=depends_on)


def offline_project(
    directory: Path, server: Server, *ups: str, env: str | None = None, driver: str = "psycopg"
) -> ProjectCopy:
    """A project with a linear history of `r1`, `r2`, … whose `upgrade()` bodies are given."""
    project = ProjectCopy(directory, server)
    project.write("alembic.ini", INI.format(driver=driver))
    project.write("migrations/env.py", env_py(asynchronous=driver == "asyncpg") if env is None else env)
    below = None
    for number, up in enumerate(ups, start=1):
        project.write(f"migrations/versions/r{number}.py", revision(f"r{number}", up, below))
        below = f"r{number}"
    return project


def offline(project: ProjectCopy) -> Sequence[Finding]:
    """The findings of the check, which must have reached a verdict."""
    report = project.check("offline")
    assert report.checks[0].outcome in ("passed", "failed"), report.checks
    return report.findings


def line_of(project: ProjectCopy, path: str, text: str) -> int:
    """The number of the line that has a text, which must be one."""
    lines = project.read(path).splitlines()
    (number,) = [number for number, line in enumerate(lines, start=1) if text in line]
    return number
