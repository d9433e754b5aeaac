"""Shipments in the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from sample_app.modules.order.models import Shipment


class ShipmentRepository:
    """Reads `shipment`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_order(self, order_id: uuid.UUID) -> Sequence[Shipment]:
        """The shipments of an order, oldest first."""
        shipments = select(Shipment).where(Shipment.order_id == order_id)
        return (await self._session.scalars(shipments.order_by(Shipment.created_at, Shipment.id))).all()
