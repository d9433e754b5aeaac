"""Orders and what they are made of. The table is `customer_order`, since `order` is a reserved word."""

from __future__ import annotations

import uuid
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy import Enum as EnumType
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sample_app.core.base import Base, Timestamps, UuidKey

if TYPE_CHECKING:
    from sample_app.models.product import Product
    from sample_app.models.user import AppUser


class OrderStatus(str, Enum):
    """How far an order has come; the order of the members is that of the database type."""

    PENDING = "pending"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class CustomerOrder(UuidKey, Timestamps, Base):
    """One purchase of one person."""

    __tablename__ = "customer_order"
    __table_args__ = (
        CheckConstraint("total_amount >= 0", name="total_amount_not_negative"),
        Index(None, "user_id", "created_at"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id", ondelete="RESTRICT"))
    status: Mapped[OrderStatus] = mapped_column(
        EnumType(
            OrderStatus, name="order_status", values_callable=lambda members: [member.value for member in members]
        ),
        server_default=OrderStatus.PENDING.value,
    )
    total_amount: Mapped[Decimal] = mapped_column(
        Numeric(12, 2), server_default=text("0"), comment="Sum of the items, kept for listings"
    )

    user: Mapped[AppUser] = relationship(back_populates="orders", lazy="raise")
    items: Mapped[list[OrderItem]] = relationship(
        back_populates="order", lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )


class OrderItem(Base):
    """One line of an order; the price is the one on the day of purchase."""

    __tablename__ = "order_item"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id", ondelete="RESTRICT"), primary_key=True, index=True)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Numeric(12, 2))

    order: Mapped[CustomerOrder] = relationship(back_populates="items", lazy="raise")
    product: Mapped[Product] = relationship(lazy="raise")
