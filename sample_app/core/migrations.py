"""What `alembic/env.py` leans on: one upgrade at a time, and revisions that stand without the application's types."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from sqlalchemy import Connection, func, select
from sqlalchemy.types import TypeDecorator

# Any constant will do, as long as nothing else in this database locks the same number.
MIGRATION_LOCK = 7_316_021
POLL_SECONDS = 0.2

logger = logging.getLogger("alembic.sample_app")


@contextmanager
def migration_lock(connection: Connection) -> Iterator[None]:
    """Hold the database's migration lock, waiting for it if another process has it.

    Two replicas that start together would both find an empty version table and both create the first table. The lock
    belongs to the session, not to the transaction, because revisions with an `autocommit_block` commit in mid-run.

    It is asked for again and again instead of waited for: a statement that waits keeps its snapshot, and the other
    process's CREATE INDEX CONCURRENTLY waits for all older snapshots, so that the two would deadlock.
    """
    lock = select(func.pg_try_advisory_lock(MIGRATION_LOCK))
    if not connection.scalar(lock):
        logger.info("Another process is migrating this database: waiting for it to finish.")
        connection.rollback()
        while not connection.scalar(lock):
            connection.rollback()
            time.sleep(POLL_SECONDS)
    # Alembic must find no open transaction, or it would leave committing to us.
    connection.commit()
    yield
    # After an error nothing is unlocked here: the lock goes with the connection, and the error stays the first one.
    connection.execute(select(func.pg_advisory_unlock(MIGRATION_LOCK)))
    connection.commit()


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write a type decorator (`EmailType`, `ChoiceType`, …) into a revision as the plain type that the database keeps.

    `kind` is what is being rendered, `item` the object; False leaves it to Alembic. Without this, autogenerate writes
    `sqlalchemy_utils.types.choice.ChoiceType(length=3)`, which is not imported and not even a valid call.
    """
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    plain = item.impl_instance
    if type(plain).__module__.startswith("sqlalchemy.dialects.postgresql"):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return f"postgresql.{plain!r}"
    return f"sa.{plain!r}"
