"""Accounts: register, change, delete."""

from __future__ import annotations

import uuid

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from sample_app.core.errors import ConflictError, NotFoundError, violates
from sample_app.models import AppUser
from sample_app.repositories.users import UserRepository
from sample_app.schemas import UserIn, UserPatch


class UserAccounts:
    """The accounts, for the length of one request."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self.repository = UserRepository(session)

    async def get(self, user_id: uuid.UUID) -> AppUser:
        """The account with this key.

        Raises:
            NotFoundError: there is none, or it is deleted.
        """
        user = await self.repository.get(user_id)
        if user is None:
            raise NotFoundError("app_user", user_id)
        return user

    async def register(self, data: UserIn) -> AppUser:
        """Open an account.

        Raises:
            ConflictError: the address has an account.
        """
        user = AppUser(**data.model_dump())
        await self._save(user)
        return user

    async def change(self, user_id: uuid.UUID, data: UserPatch) -> AppUser:
        """Change what the request names.

        Raises:
            NotFoundError: there is no such account.
            ConflictError: the new address belongs to another account.
        """
        user = await self.get(user_id)
        for name, value in data.model_dump(exclude_unset=True).items():
            setattr(user, name, value)
        await self._save(user)
        return user

    async def delete(self, user_id: uuid.UUID) -> None:
        """Mark the account as deleted; its orders stay, and its address is free again.

        Raises:
            NotFoundError: there is no such account.
        """
        user = await self.get(user_id)
        user.deleted_at = func.now()
        await self._session.commit()

    async def _save(self, user: AppUser) -> None:
        try:
            await self.repository.add(user)
        except IntegrityError as error:
            # Only the database knows of a request that was answered a moment ago, so it is asked by trying.
            if violates(error, "uq_app_user_email_active"):
                raise ConflictError("An account with this address exists.") from error
            raise
        await self._session.commit()
