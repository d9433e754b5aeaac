"""The base of the models, and engines and sessions on the configured database.

No engine is made on import: Alembic imports this module for `Base` alone.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from sample_app.config import get_settings
from sample_app.core.base import Base

__all__ = ["Base", "create_engine"]


def create_engine() -> AsyncEngine:
    """A new async engine on the configured database; whoever calls it disposes of it."""
    database = get_settings().db
    return create_async_engine(database.url, echo=database.echo, pool_size=database.pool_size, pool_pre_ping=True)
