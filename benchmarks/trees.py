"""Projects of any number of revisions, to measure and to test with.

    python benchmarks/trees.py FOLDER [--revisions 400] [--shape linear|branched] [--driver psycopg|asyncpg]

Each revision makes a table of eight columns with a primary key, a foreign key to the table of the revision before it,
and an index, as `alembic revision --autogenerate` writes them, and takes them back. `branched` forks into two branches
at every tenth revision and merges them again. `env.py` is the one that `alembic init` writes (with `-t async` for
asyncpg), with the given connection of Alembic's cookbook, and takes its URL from DATABASE_URL if that is set.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Shape = Literal["linear", "branched"]
Driver = Literal["psycopg", "asyncpg"]

_GROUP = 10  # revisions from one fork of a branched tree to the next

INI = """[alembic]
script_location = %(here)s/migrations
sqlalchemy.url = postgresql+{driver}://app:secret@db.invalid/live

[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S
"""

_ENV_BEGIN = """import os
from logging.config import fileConfig

{imports}

from alembic import context

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name, disable_existing_loggers=False)
if url := os.environ.get("DATABASE_URL"):
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))

target_metadata = MetaData()


def run_migrations_offline() -> None:
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={{"paramstyle": "named"}},
    )
    with context.begin_transaction():
        context.run_migrations()


def do_run_migrations(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()

"""

_ENV_END = """

def run_migrations_online() -> None:
    connectable = config.attributes.get("connection")
    if connectable is None:
        {own}
    elif isinstance(connectable, Connection):
        do_run_migrations(connectable)
    else:
        with connectable.connect() as connection:
            do_run_migrations(connection)


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""

_ENV_SYNC = """
def run_sync_migrations() -> None:
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )
    with connectable.connect() as connection:
        do_run_migrations(connection)
"""

_ENV_ASYNC = """
async def run_async_migrations() -> None:
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()
"""

ENVS: dict[Driver, str] = {
    "psycopg": _ENV_BEGIN.format(imports="from sqlalchemy import Connection, MetaData, engine_from_config, pool")
    + _ENV_SYNC
    + _ENV_END.format(own="run_sync_migrations()"),
    "asyncpg": _ENV_BEGIN.format(
        imports="from sqlalchemy import Connection, MetaData, pool\n"
        "from sqlalchemy.ext.asyncio import async_engine_from_config"
    ).replace("import os\n", "import asyncio\nimport os\n")
    + _ENV_ASYNC
    + _ENV_END.format(own="asyncio.run(run_async_migrations())"),
}

REVISION = '''"""create {table}

Revision ID: {revision}
Revises: {revises}
"""

import sqlalchemy as sa

from alembic import op

revision = "{revision}"
down_revision = {down}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "{table}",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["{parent}.id"], name="{table}_parent_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="{table}_pkey"),
    )
    op.create_index("{table}_name_idx", "{table}", ["name"], unique=False)


def downgrade() -> None:
    op.drop_index("{table}_name_idx", table_name="{table}")
    op.drop_table("{table}")
'''


@dataclass(frozen=True)
class Tree:
    """A project that was written.

    Attributes:
        directory: where its `alembic.ini` stands.
        revisions: the revisions in an order in which they can be applied; the last is the only head.
        parents: for each revision, those that it revises.
        driver: the driver that its `env.py` is written for.
    """

    directory: Path
    revisions: tuple[str, ...]
    parents: dict[str, tuple[str, ...]]
    driver: Driver


def write_tree(directory: Path, count: int, *, shape: Shape = "linear", driver: Driver = "psycopg") -> Tree:
    """Write a project of `count` revisions into a folder, which is made if it does not exist."""
    if count < 1:
        raise ValueError(f"A tree has at least one revision, not {count}.")
    versions = directory / "migrations" / "versions"
    versions.mkdir(parents=True)
    (directory / "alembic.ini").write_text(INI.format(driver=driver), encoding="utf-8")
    (directory / "migrations" / "env.py").write_text(ENVS[driver], encoding="utf-8")
    ids = [hashlib.sha256(str(number).encode()).hexdigest()[:12] for number in range(count)]
    parents: dict[str, tuple[str, ...]] = {}
    for number, before in enumerate(_linear(count) if shape == "linear" else _branched(count)):
        revision = ids[number]
        parents[revision] = tuple(ids[one] for one in before)
        text = REVISION.format(
            revision=revision,
            revises=", ".join(parents[revision]),
            down=_literal(parents[revision]),
            table=table_name(number),
            # The first table refers to itself.
            parent=table_name(before[0] if before else number),
        )
        (versions / f"{number:04}_{revision}_create_{table_name(number)}.py").write_text(text, encoding="utf-8")
    return Tree(directory, tuple(ids), parents, driver)


def table_name(number: int) -> str:
    """The table that a revision makes, the first being number 0."""
    return f"thing_{number:04}"


def _linear(count: int) -> list[tuple[int, ...]]:
    return [() if number == 0 else (number - 1,) for number in range(count)]


def _branched(count: int) -> list[tuple[int, ...]]:
    """In each group of ten: one revision, two branches of four that take turns, and their merge."""
    plan: list[tuple[int, ...]] = []
    heads: tuple[int, ...] = ()
    for number in range(count):
        place = number % _GROUP
        if place in (0, _GROUP - 1) or number == count - 1:
            before, heads = heads, (number,)
        else:
            before = (number - max(1, min(place, 2)),)
            heads = (*(head for head in heads if head not in before), number)
        plan.append(before)
    return plan


def _literal(revisions: Sequence[str]) -> str:
    """`down_revision` as Alembic's template writes it."""
    if len(revisions) > 1:
        return "(" + ", ".join(f'"{revision}"' for revision in revisions) + ")"
    return f'"{revisions[0]}"' if revisions else "None"


def main() -> None:
    """Write a tree and say where."""
    parser = argparse.ArgumentParser(description="Write an Alembic project of many revisions.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--revisions", type=int, default=400)
    parser.add_argument("--shape", choices=get_args(Shape), default="linear")
    parser.add_argument("--driver", choices=get_args(Driver), default="psycopg")
    options = parser.parse_args()
    tree = write_tree(options.folder, options.revisions, shape=options.shape, driver=options.driver)
    print(f"{len(tree.revisions)} revisions in {tree.directory}, the last is {tree.revisions[-1]}.")


if __name__ == "__main__":
    main()
