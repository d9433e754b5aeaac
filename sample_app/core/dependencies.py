"""What endpoints ask for: the database of this application, and a session for this request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from sample_app.core.database import Database


def get_database(request: Request) -> Database:
    """The database that the lifespan opened."""
    database: Database = request.app.state.database
    return database


async def get_db(database: Annotated[Database, Depends(get_database)]) -> AsyncIterator[AsyncSession]:
    """A session for one request: closed at its end, and rolled back if nobody committed."""
    async with database.sessions() as session:
        yield session


def get_sync_engine(database: Annotated[Database, Depends(get_database)]) -> Engine:
    """The psycopg engine, for code that cannot await."""
    return database.sync_engine


def get_sync_db(database: Annotated[Database, Depends(get_database)]) -> Iterator[Session]:
    """A synchronous session for one request; use it in a thread only, never on the event loop."""
    with database.sync_sessions() as session:
        yield session


DatabaseDep = Annotated[Database, Depends(get_database)]
SessionDep = Annotated[AsyncSession, Depends(get_db)]
SyncSessionDep = Annotated[Session, Depends(get_sync_db)]
