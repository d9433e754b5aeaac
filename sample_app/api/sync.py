"""Endpoints whose work is synchronous: in a thread, in a background task, and inside an AsyncSession."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Body, status

from sample_app.core.dependencies import DatabaseDep, SessionDep, SyncSessionDep
from sample_app.core.errors import ConflictError, NotFoundError
from sample_app.models import AppUser, OrderStatus
from sample_app.schemas import Name, Statement, StatementLine, UserOut
from sample_app.services.orders import Shop
from sample_app.services.sync import UserService, hand_to_carrier, statement_of_account
from sample_app.services.users import UserAccounts

router = APIRouter(tags=["sync"])


@router.get("/sync/app_users/{user_id}", response_model=UserOut)
async def read_user_in_thread(user_id: uuid.UUID, session: SyncSessionDep) -> AppUser:
    """One account, read by synchronous code in a thread."""
    user = await UserService(session).get_by_id(user_id)
    if user is None:
        raise NotFoundError("app_user", user_id)
    return user


@router.post("/orders/{order_id}/shipment", status_code=status.HTTP_202_ACCEPTED)
async def ship_order(
    order_id: uuid.UUID,
    carrier: Annotated[Name, Body(embed=True)],
    session: SessionDep,
    database: DatabaseDep,
    tasks: BackgroundTasks,
) -> dict[str, str]:
    """Ship a paid order after the response; 409 if it is not paid."""
    order = await Shop(session).get(order_id)
    if order.status is not OrderStatus.PAID:
        raise ConflictError(f"The order is {order.status.value}.")
    tasks.add_task(hand_to_carrier, database, order_id, carrier)
    return {"detail": "The order will be shipped."}


@router.get("/app_users/{user_id}/statement")
async def read_statement(user_id: uuid.UUID, session: SessionDep) -> Statement:
    """Every order of one person, read by a synchronous function inside the async session."""
    await UserAccounts(session).get(user_id)
    orders = await session.run_sync(statement_of_account, user_id)
    return Statement(orders=[StatementLine.model_validate(order) for order in orders])
