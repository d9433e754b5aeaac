"""`/products`, `/orders` and `/sales`."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, status

from sample_app.api.users import Limit, Offset
from sample_app.core.dependencies import SessionDep
from sample_app.models import CustomerOrder, Product
from sample_app.schemas import OrderIn, OrderOut, Page, ProductIn, ProductOut, SalesLine
from sample_app.services.orders import Shop

router = APIRouter(tags=["shop"])


@router.post("/products", status_code=status.HTTP_201_CREATED, response_model=ProductOut)
async def create_product(data: ProductIn, session: SessionDep) -> Product:
    """Put an article on sale; 409 if its SKU is taken."""
    return await Shop(session).sell(data)


@router.post("/orders", status_code=status.HTTP_201_CREATED, response_model=OrderOut)
async def create_order(data: OrderIn, session: SessionDep) -> CustomerOrder:
    """Place an order."""
    return await Shop(session).buy(data)


@router.get("/orders")
async def list_orders(session: SessionDep, limit: Limit = 20, offset: Offset = 0) -> Page[OrderOut]:
    """A page of orders with their lines, oldest first."""
    orders, total = await Shop(session).orders.page(limit, offset)
    items = [OrderOut.model_validate(row) for row in orders]
    return Page(items=items, total=total, limit=limit, offset=offset)


@router.get("/orders/{order_id}", response_model=OrderOut)
async def read_order(order_id: uuid.UUID, session: SessionDep) -> CustomerOrder:
    """One order with its lines."""
    return await Shop(session).get(order_id)


@router.post("/orders/{order_id}/payment", response_model=OrderOut)
async def pay_order(order_id: uuid.UUID, session: SessionDep) -> CustomerOrder:
    """Note a payment; 409 if none is due."""
    return await Shop(session).pay(order_id)


@router.get("/sales")
async def read_sales(session: SessionDep) -> list[SalesLine]:
    """What each article has brought in."""
    return await Shop(session).products.sales()
