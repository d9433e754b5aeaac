"""`/app_users`: accounts."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, status

from sample_app.core.dependencies import SessionDep
from sample_app.models import AppUser
from sample_app.schemas import Page, Spending, UserIn, UserOut, UserPatch
from sample_app.services.users import UserAccounts

router = APIRouter(prefix="/app_users", tags=["app_users"])

Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]


@router.post("", status_code=status.HTTP_201_CREATED, response_model=UserOut)
async def create_user(data: UserIn, session: SessionDep) -> AppUser:
    """Open an account; 409 if the address has one."""
    return await UserAccounts(session).register(data)


@router.get("")
async def list_users(session: SessionDep, limit: Limit = 20, offset: Offset = 0) -> Page[UserOut]:
    """A page of accounts, oldest first."""
    users, total = await UserAccounts(session).repository.page(limit, offset)
    items = [UserOut.model_validate(row) for row in users]
    return Page(items=items, total=total, limit=limit, offset=offset)


@router.get("/{user_id}", response_model=UserOut)
async def read_user(user_id: uuid.UUID, session: SessionDep) -> AppUser:
    """One account."""
    return await UserAccounts(session).get(user_id)


@router.patch("/{user_id}", response_model=UserOut)
async def change_user(user_id: uuid.UUID, data: UserPatch, session: SessionDep) -> AppUser:
    """Change some of an account."""
    return await UserAccounts(session).change(user_id, data)


@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_user(user_id: uuid.UUID, session: SessionDep) -> None:
    """Delete an account; its address is free again."""
    await UserAccounts(session).delete(user_id)


@router.get("/{user_id}/spending")
async def read_spending(user_id: uuid.UUID, session: SessionDep) -> Spending:
    """How much one person has bought."""
    accounts = UserAccounts(session)
    await accounts.get(user_id)
    return await accounts.repository.spending(user_id)
