"""`/orders/{id}/shipments`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from fastapi import APIRouter

from sample_app.core.dependencies import SessionDep
from sample_app.modules.order.models import Shipment
from sample_app.modules.order.repository import ShipmentRepository
from sample_app.modules.order.schemas import ShipmentOut
from sample_app.services.orders import Shop

router = APIRouter(prefix="/orders/{order_id}/shipments", tags=["shipments"])


@router.get("", response_model=list[ShipmentOut])
async def list_shipments(order_id: uuid.UUID, session: SessionDep) -> Sequence[Shipment]:
    """The parcels of an order, oldest first."""
    order = await Shop(session).get(order_id)
    return await ShipmentRepository(session).of_order(order.id)
