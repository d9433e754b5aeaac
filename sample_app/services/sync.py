"""Synchronous code on the same models: libraries that cannot await, background work, functions shared with scripts.

Three ways to call it from an async application, each behind an endpoint of `sample_app.api.sync`: in a thread
(`UserService`), in a background task (`hand_to_carrier`), and inside an AsyncSession (`statement_of_account`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from sqlalchemy.orm import Session

from sample_app.core.database import Database
from sample_app.models import AppUser, CustomerOrder, OrderStatus
from sample_app.modules.order.models import Shipment


def find_user(session: Session, user_id: uuid.UUID) -> AppUser | None:
    """The account with this key; blocks, so call it in a thread."""
    return session.scalars(select(AppUser).where(AppUser.id == user_id)).one_or_none()


class UserService:
    """Accounts for async callers, by way of a synchronous session."""

    def __init__(self, db: Session) -> None:
        self.db = db

    async def get_by_id(self, user_id: uuid.UUID) -> AppUser | None:
        """The account with this key; the query runs in a thread, so the event loop goes on."""
        return await run_in_threadpool(find_user, self.db, user_id)


def hand_to_carrier(database: Database, order_id: uuid.UUID, carrier: str) -> None:
    """Ship a paid order. FastAPI runs a background task that is not `async` in a thread, after the response.

    It opens a session of its own: the one of the request is closed by then. An order that is not (or no longer) paid is
    left alone, so that a task that runs twice ships once.
    """
    with database.sync_sessions.begin() as session:
        order = session.get(CustomerOrder, order_id, with_for_update=True)
        if order is not None and order.status is OrderStatus.PAID:
            order.status = OrderStatus.SHIPPED
            session.add(Shipment(order_id=order_id, carrier=carrier))


def statement_of_account(session: Session, user_id: uuid.UUID) -> Sequence[CustomerOrder]:
    """Every order of one person, newest first; for `AsyncSession.run_sync`, or for a script's own session."""
    statement = select(CustomerOrder).where(CustomerOrder.user_id == user_id).order_by(CustomerOrder.created_at.desc())
    return session.scalars(statement).all()
