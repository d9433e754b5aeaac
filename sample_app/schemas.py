"""What the API takes and gives. Bounds are those of the columns, so that the database never has to refuse a value."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, EmailStr, Field, StringConstraints, model_validator

from sample_app.models import Currency, OrderStatus

T = TypeVar("T")


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("PostgreSQL's text cannot hold the character NUL")
    return value


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_without_nul)]
Name = Annotated[_Text, Field(max_length=100)]
LongName = Annotated[_Text, Field(max_length=200)]
# The column compares and keeps addresses in lower case; the answer to a POST must not say otherwise.
Email = Annotated[EmailStr, Field(max_length=255), AfterValidator(str.lower)]
Key = Annotated[int, Field(ge=1, le=2**63 - 1)]


class FromModel(BaseModel):
    """Read from a model's attributes."""

    model_config = ConfigDict(from_attributes=True)


class Page(FromModel, Generic[T]):
    """A slice of a listing, with the number of rows in the whole of it."""

    items: list[T]
    total: int
    limit: int
    offset: int


class UserIn(BaseModel):
    """A new account."""

    email: Email
    first_name: Name
    last_name: Name


class UserPatch(BaseModel):
    """Changes to an account; what is left out stays as it is."""

    email: Email | None = None
    first_name: Name | None = None
    last_name: Name | None = None

    @model_validator(mode="after")
    def _no_null(self) -> UserPatch:
        for name in self.model_fields_set:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class UserOut(FromModel):
    """An account."""

    id: uuid.UUID
    email: str
    first_name: str
    last_name: str
    created_at: datetime
    updated_at: datetime


class Spending(FromModel):
    """What one person has bought."""

    orders: int
    total: Decimal


class ProductIn(BaseModel):
    """A new article."""

    sku: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
    name: LongName
    price: Annotated[Decimal, Field(ge=0, le=Decimal("99999.99"), decimal_places=2)]
    currency: Currency = Currency.EUR


class ProductOut(FromModel):
    """An article."""

    id: int
    sku: str
    name: str
    price: Decimal
    currency: Currency


class ItemIn(BaseModel):
    """One line of a new order."""

    product_id: Key
    quantity: Annotated[int, Field(ge=1, le=1000)]


class OrderIn(BaseModel):
    """A new order."""

    user_id: uuid.UUID
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _each_product_once(self) -> OrderIn:
        if len({item.product_id for item in self.items}) < len(self.items):
            raise ValueError("each product may be listed once; raise its quantity instead")
        return self


class ItemOut(FromModel):
    """One line of an order."""

    product: ProductOut
    quantity: int
    unit_price: Decimal


class OrderOut(FromModel):
    """An order with its lines."""

    id: uuid.UUID
    user_id: uuid.UUID
    status: OrderStatus
    total_amount: Decimal
    created_at: datetime
    items: list[ItemOut]


class StatementLine(FromModel):
    """One order of a statement."""

    id: uuid.UUID
    status: OrderStatus
    total_amount: Decimal
    created_at: datetime


class Statement(FromModel):
    """All orders of one person."""

    orders: list[StatementLine]


class SalesLine(FromModel):
    """What one article has brought in."""

    product_id: int
    sku: str
    units_sold: int
    revenue: Decimal
