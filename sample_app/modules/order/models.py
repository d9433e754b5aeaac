"""Parcels on their way."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sample_app.core.base import Base, Timestamps, UuidKey
from sample_app.models.order import CustomerOrder


class Shipment(UuidKey, Timestamps, Base):
    """A parcel that was handed to a carrier."""

    __tablename__ = "shipment"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"), index=True)
    carrier: Mapped[str] = mapped_column(String(50))
    tracking_number: Mapped[str | None] = mapped_column(String(100), unique=True)

    order: Mapped[CustomerOrder] = relationship(lazy="raise")
