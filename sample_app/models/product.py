"""What the shop sells."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from sqlalchemy import BigInteger, CheckConstraint, Identity, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy_utils import ChoiceType

from sample_app.core.base import Base, SoftDelete, Timestamps


class Currency(str, Enum):
    """ISO 4217 codes of the currencies that the shop takes; kept as text, so that a new one needs no migration."""

    CNY = "CNY"
    EUR = "EUR"
    USD = "USD"


class Product(Timestamps, SoftDelete, Base):
    """An article with its price."""

    __tablename__ = "product"
    __table_args__ = (CheckConstraint("price >= 0", name="price_not_negative"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-100)
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    currency: Mapped[Currency] = mapped_column(ChoiceType(Currency, impl=String(3)), server_default=text("'EUR'"))
