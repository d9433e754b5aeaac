"""The flat structure: every model of the shop's core in one package, which `alembic/env.py` imports whole."""

from sample_app.core import ddl as ddl  # listens to the metadata: whoever has the models has the trigger and the view
from sample_app.models.order import CustomerOrder, OrderItem, OrderStatus
from sample_app.models.product import Currency, Product
from sample_app.models.user import AppUser

__all__ = ["AppUser", "Currency", "CustomerOrder", "OrderItem", "OrderStatus", "Product"]
