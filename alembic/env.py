from logging.config import fileConfig

from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import async_engine_from_config

from alembic import context
from sample_app.config import get_settings
from sample_app.core.database import Base
from sample_app.core.migrations import migration_lock, render_item

# Flat structure: the package imports all of its models, and importing registers their tables.
from sample_app.models import *

# Modular structure: each module's models are imported by name, so that the metadata is complete.
from sample_app.modules.order import models as order_models  # noqa: F401 - importing registers the tables
from sample_app.modules.user import models as user_models  # noqa: F401 - importing registers the tables

config = context.config

if config.config_file_name:
    # The default would silence every logger that exists already, the application's own among them.
    fileConfig(config.config_file_name, disable_existing_loggers=False)

settings = get_settings()
# The ini file's parser takes % for the start of an interpolation, and a password may well hold an encoded character.
config.set_main_option("sqlalchemy.url", settings.db.url.replace("%", "%%"))
target_metadata = Base.metadata


def run_migrations_offline() -> None:
    context.configure(
        url=settings.db.url,
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations() -> None:
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()


def do_run_migrations(connection: Connection) -> None:
    # Replicas that start together must not upgrade at the same time.
    with migration_lock(connection):
        context.configure(connection=connection, target_metadata=target_metadata, render_item=render_item)
        with context.begin_transaction():
            context.run_migrations()


def run_migrations_online() -> None:
    import asyncio

    asyncio.run(run_async_migrations())


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
