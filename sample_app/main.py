"""The application: `uvicorn sample_app.main:app`, after `alembic upgrade head`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text

from sample_app.api import orders, sync, users
from sample_app.config import Settings, get_settings
from sample_app.core.database import Database
from sample_app.core.dependencies import SessionDep
from sample_app.core.errors import add_error_handlers
from sample_app.modules.order import router as shipments
from sample_app.modules.user import router as addresses


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application on the database that the settings name; those of the environment if left out."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = database = Database((settings or get_settings()).db)
        try:
            yield
        finally:
            await database.dispose()

    app = FastAPI(title="Sample shop", lifespan=lifespan)
    add_error_handlers(app)
    for router in (users.router, orders.router, sync.router, addresses.router, shipments.router):
        app.include_router(router)

    @app.get("/health", tags=["health"])
    async def health(session: SessionDep) -> dict[str, str]:
        """Whether the application reaches its database."""
        await session.execute(text("select 1"))
        return {"status": "ok"}

    return app


app = create_app()
