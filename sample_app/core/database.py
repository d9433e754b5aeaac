"""Engines and sessions. Nothing is opened on import: Alembic imports this module for `Base` alone.

One `Database` lives as long as the application (see `sample_app.main.lifespan`); a request gets a session of its own.
"""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker, with_loader_criteria

from sample_app.config import DatabaseSettings
from sample_app.core.base import Base, SoftDelete

__all__ = ["Base", "Database", "ShopSession"]


class ShopSession(Session):
    """A session that does not see deleted rows, unless a statement asks with `execution_options(deleted=True)`."""


@event.listens_for(ShopSession, "do_orm_execute")
def hide_deleted(state: ORMExecuteState) -> None:
    """Add `deleted_at is null` to every select of a model with soft delete, loads of relations included."""
    if state.is_select and not state.is_column_load and not state.execution_options.get("deleted", False):
        state.statement = state.statement.options(
            with_loader_criteria(SoftDelete, lambda model: model.deleted_at.is_(None), include_aliases=True)
        )


class Database:
    """The engines on one database, and the sessions made on them."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        # pool_pre_ping: a connection that the server has closed meanwhile is replaced, not handed to a request.
        self.engine = create_async_engine(
            settings.url, pool_pre_ping=True, pool_size=settings.pool_size, echo=settings.echo
        )
        # expire_on_commit=False: what a commit expires, the next attribute access would load, which cannot be awaited.
        self.sessions = async_sessionmaker(
            self.engine, class_=AsyncSession, sync_session_class=ShopSession, expire_on_commit=False
        )

    @cached_property
    def sync_engine(self) -> Engine:
        """The engine for code that cannot await; an application that has none never opens it."""
        settings = self._settings
        return create_engine(settings.sync_url, pool_pre_ping=True, pool_size=settings.pool_size, echo=settings.echo)

    @cached_property
    def sync_sessions(self) -> sessionmaker[ShopSession]:
        """Sessions on `sync_engine`."""
        return sessionmaker(self.sync_engine, class_=ShopSession, expire_on_commit=False)

    async def dispose(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()
        if "sync_engine" in self.__dict__:
            self.sync_engine.dispose()
