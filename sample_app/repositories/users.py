"""Accounts in the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from sample_app.models import AppUser, CustomerOrder, OrderStatus
from sample_app.schemas import Spending


class UserRepository:
    """Reads and writes `app_user`; deleted accounts do not exist here."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, user_id: uuid.UUID) -> AppUser | None:
        """The account with this key."""
        return (await self._session.scalars(select(AppUser).where(AppUser.id == user_id))).one_or_none()

    async def page(self, limit: int, offset: int) -> tuple[Sequence[AppUser], int]:
        """A slice of all accounts, oldest first, and how many there are."""
        # The key breaks ties: rows made in one transaction have one created_at, and pages must not overlap.
        statement = select(AppUser).order_by(AppUser.created_at, AppUser.id).limit(limit).offset(offset)
        users = (await self._session.scalars(statement)).all()
        return users, await self._session.scalar(select(func.count(AppUser.id))) or 0

    async def add(self, user: AppUser) -> None:
        """Insert an account.

        Raises:
            sqlalchemy.exc.IntegrityError: an account that is not deleted has this address.
        """
        self._session.add(user)
        await self._session.flush()

    async def spending(self, user_id: uuid.UUID) -> Spending:
        """How much this person has paid, added up by the database."""
        statement = select(func.count(), func.coalesce(func.sum(CustomerOrder.total_amount), 0)).where(
            CustomerOrder.user_id == user_id, CustomerOrder.status.in_([OrderStatus.PAID, OrderStatus.SHIPPED])
        )
        orders, total = (await self._session.execute(statement)).one()
        return Spending(orders=orders, total=total)
