"""Articles and orders: put on sale, buy, pay."""

from __future__ import annotations

import uuid
from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from sample_app.core.errors import ConflictError, NotFoundError, violates
from sample_app.models import CustomerOrder, OrderItem, OrderStatus, Product
from sample_app.repositories.orders import OrderRepository, ProductRepository
from sample_app.repositories.users import UserRepository
from sample_app.schemas import OrderIn, ProductIn


class Shop:
    """The shop, for the length of one request."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self.products = ProductRepository(session)
        self.orders = OrderRepository(session)
        self._users = UserRepository(session)

    async def sell(self, data: ProductIn) -> Product:
        """Put an article on sale.

        Raises:
            ConflictError: the SKU is taken.
        """
        product = Product(**data.model_dump())
        try:
            await self.products.add(product)
        except IntegrityError as error:
            if violates(error, "uq_product_sku"):
                raise ConflictError("An article with this SKU exists.") from error
            raise
        await self._session.commit()
        return product

    async def buy(self, data: OrderIn) -> CustomerOrder:
        """Place an order at today's prices.

        Raises:
            NotFoundError: the person or one of the articles does not exist.
        """
        if await self._users.get(data.user_id) is None:
            raise NotFoundError("app_user", data.user_id)
        products = await self.products.by_id(item.product_id for item in data.items)
        order = CustomerOrder(user_id=data.user_id, items=[])
        for item in data.items:
            product = products.get(item.product_id)
            if product is None:
                raise NotFoundError("product", item.product_id)
            order.items.append(OrderItem(product=product, quantity=item.quantity, unit_price=product.price))
        order.total_amount = sum((item.quantity * item.unit_price for item in order.items), start=Decimal(0))
        await self.orders.add(order)
        await self._session.commit()
        return order

    async def get(self, order_id: uuid.UUID) -> CustomerOrder:
        """The order with this key.

        Raises:
            NotFoundError: there is none.
        """
        order = await self.orders.get(order_id)
        if order is None:
            raise NotFoundError("customer_order", order_id)
        return order

    async def pay(self, order_id: uuid.UUID) -> CustomerOrder:
        """Note that an order has been paid.

        Raises:
            NotFoundError: there is no such order.
            ConflictError: it is not waiting for payment.
        """
        order = await self.get(order_id)
        if order.status is not OrderStatus.PENDING:
            raise ConflictError(f"The order is {order.status.value}.")
        order.status = OrderStatus.PAID
        await self._session.commit()
        return order
