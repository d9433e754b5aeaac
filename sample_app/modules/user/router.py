"""`/app_users/{id}/addresses`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from fastapi import APIRouter, status

from sample_app.core.dependencies import SessionDep
from sample_app.modules.user.models import UserAddress
from sample_app.modules.user.repository import UserAddressRepository
from sample_app.modules.user.schemas import AddressIn, AddressOut
from sample_app.services.users import UserAccounts

router = APIRouter(prefix="/app_users/{user_id}/addresses", tags=["addresses"])


@router.post("", status_code=status.HTTP_201_CREATED, response_model=AddressOut)
async def create_address(user_id: uuid.UUID, data: AddressIn, session: SessionDep) -> UserAddress:
    """Add an address to an account."""
    user = await UserAccounts(session).get(user_id)
    address = UserAddress(user_id=user.id, **data.model_dump())
    await UserAddressRepository(session).add(address)
    await session.commit()
    return address


@router.get("", response_model=list[AddressOut])
async def list_addresses(user_id: uuid.UUID, session: SessionDep) -> Sequence[UserAddress]:
    """The addresses of an account, oldest first."""
    user = await UserAccounts(session).get(user_id)
    return await UserAddressRepository(session).of_user(user.id)
