"""Addresses in the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from sample_app.modules.user.models import UserAddress


class UserAddressRepository:
    """Reads and writes `user_address`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_user(self, user_id: uuid.UUID) -> Sequence[UserAddress]:
        """The addresses of an account, oldest first."""
        addresses = select(UserAddress).where(UserAddress.user_id == user_id)
        return (await self._session.scalars(addresses.order_by(UserAddress.created_at, UserAddress.id))).all()

    async def add(self, address: UserAddress) -> None:
        """Insert an address."""
        self._session.add(address)
        await self._session.flush()
