"""Articles, orders and sales in the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from sample_app.models import CustomerOrder, OrderItem, Product
from sample_app.schemas import SalesLine

# An order is shown with its lines and their articles. Both are loaded up front, in two statements however many orders
# there are: one for the orders, one for all lines joined with their articles. Anything else raises (lazy="raise").
WITH_ITEMS = selectinload(CustomerOrder.items).joinedload(OrderItem.product)
PRODUCT_SALES = table("product_sales", column("product_id"), column("sku"), column("units_sold"), column("revenue"))


def _orders_with_items() -> Select[CustomerOrder]:
    # An old order still shows the articles that have been taken off sale since.
    return select(CustomerOrder).options(WITH_ITEMS).execution_options(deleted=True)


class ProductRepository:
    """Reads and writes `product`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, product: Product) -> None:
        """Insert an article.

        Raises:
            sqlalchemy.exc.IntegrityError: another article has this SKU.
        """
        self._session.add(product)
        await self._session.flush()

    async def by_id(self, keys: Iterable[int]) -> dict[int, Product]:
        """The articles with these keys, by key; those that do not exist are left out."""
        products = await self._session.scalars(select(Product).where(Product.id.in_(keys)))
        return {product.id: product for product in products}

    async def sales(self) -> list[SalesLine]:
        """What each article has brought in, added up by the view `product_sales`."""
        rows = await self._session.execute(select(PRODUCT_SALES).order_by(PRODUCT_SALES.c.sku))
        return [SalesLine.model_validate(row) for row in rows]


class OrderRepository:
    """Reads and writes `customer_order` with its lines."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, order_id: uuid.UUID) -> CustomerOrder | None:
        """The order with this key, its lines loaded."""
        statement = _orders_with_items().where(CustomerOrder.id == order_id)
        return (await self._session.scalars(statement)).one_or_none()

    async def page(self, limit: int, offset: int) -> tuple[Sequence[CustomerOrder], int]:
        """A slice of all orders, oldest first, their lines loaded, and how many there are."""
        statement = _orders_with_items().order_by(CustomerOrder.created_at, CustomerOrder.id)
        orders = (await self._session.scalars(statement.limit(limit).offset(offset))).all()
        return orders, await self._session.scalar(select(func.count(CustomerOrder.id))) or 0

    async def add(self, order: CustomerOrder) -> None:
        """Insert an order with its lines."""
        self._session.add(order)
        await self._session.flush()
