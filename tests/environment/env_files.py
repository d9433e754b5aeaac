"""`env.py` files as people write them, one a driver, each with a URL of a live database in it."""

from __future__ import annotations

from pathlib import Path

from project_copy import ProjectCopy

from harness.server import Server

INI = """[alembic]
script_location = %(here)s/migrations
sqlalchemy.url = {url}
"""

SYNC = """
from alembic import context
from sqlalchemy import engine_from_config, pool, MetaData, Table, Column, Integer

config = context.config
target_metadata = MetaData()
Table("thing", target_metadata, Column("id", Integer, primary_key=True))

if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
"""

ASYNC = """
import asyncio
from alembic import context
from sqlalchemy import pool, MetaData, Table, Column, Integer
from sqlalchemy.ext.asyncio import async_engine_from_config

config = context.config
target_metadata = MetaData()
Table("thing", target_metadata, Column("id", Integer, primary_key=True))


def migrate(connection):
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


async def online():
    engine = async_engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()
else:
    asyncio.run(online())
"""

# An engine that lives as long as the process and is never disposed of: a second run in it would fail.
GLOBAL_ASYNC_ENGINE = """
import asyncio
from alembic import context
from sqlalchemy import MetaData, Table, Column, Integer
from live_engine import engine

target_metadata = MetaData()
Table("thing", target_metadata, Column("id", Integer, primary_key=True))


def migrate(connection):
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


async def online():
    async with engine.connect() as connection:
        await connection.run_sync(migrate)


asyncio.run(online())
"""

# What arize-phoenix does: under a running loop it would return at once, with success and nothing done.
NO_OP_IN_A_LOOP = ASYNC.replace(
    "    asyncio.run(online())",
    """    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(online())
    else:
        loop.create_task(online())""",
)

REVISION = '''"""{message}"""
import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {below!r}


def upgrade():
    {up}


def downgrade():
    {down}
'''

# What every driver is tried with: a table with rows, and an index made outside of any transaction.
REVISIONS = (
    ("r1", 'op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True))', 'op.drop_table("thing")'),
    ("r2", 'op.execute("insert into thing select generate_series(1, 3)")', 'op.execute("delete from thing")'),
)
CONCURRENTLY = (
    "r3",
    "with op.get_context().autocommit_block():\n"
    '        op.create_index("i", "thing", ["id"], postgresql_concurrently=True)',
    'op.drop_index("i", table_name="thing")',
)


def write_project(
    directory: Path,
    server: Server,
    env_py: str = SYNC,
    *,
    url: str = "postgresql+psycopg://app:secret@192.0.2.1/live",
    revisions: tuple[tuple[str, str, str], ...] = REVISIONS,
) -> ProjectCopy:
    """A project with that `env.py` and a linear history."""
    project = ProjectCopy(directory, server)
    project.write("alembic.ini", INI.format(url=url.replace("%", "%%")))
    project.write("migrations/env.py", env_py)
    below = None
    for name, up, down in revisions:
        text = REVISION.format(message=name, id=name, below=below, up=up, down=down)
        project.write(f"migrations/versions/{name}.py", text)
        below = name
    return project
