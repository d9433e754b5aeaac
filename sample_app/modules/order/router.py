"""`/orders/{id}/shipments`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy import select

from sample_app.core.dependencies import SessionDep
from sample_app.modules.order.models import Shipment
from sample_app.modules.order.schemas import ShipmentOut
from sample_app.services.orders import Shop

router = APIRouter(prefix="/orders/{order_id}/shipments", tags=["shipments"])


@router.get("", response_model=list[ShipmentOut])
async def list_shipments(order_id: uuid.UUID, session: SessionDep) -> Sequence[Shipment]:
    """The parcels of an order, oldest first."""
    order = await Shop(session).get(order_id)
    statement = select(Shipment).where(Shipment.order_id == order.id).order_by(Shipment.created_at)
    return (await session.scalars(statement)).all()
