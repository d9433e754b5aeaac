"""Create the view product_sales.

Revision ID: 90d7ab4c15e3
Revises: c5f0278b6ed4
Create Date: 2025-06-24 17:02:13
"""

from collections.abc import Sequence

from alembic import op

revision: str = "90d7ab4c15e3"
down_revision: str | Sequence[str] | None = "c5f0278b6ed4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        """
        create view product_sales as
        select
            product.id as product_id,
            product.sku,
            coalesce(sum(order_item.quantity), 0) as units_sold,
            coalesce(sum(order_item.quantity * order_item.unit_price), 0) as revenue
        from product
        left join (order_item join customer_order
            on customer_order.id = order_item.order_id and customer_order.status in ('paid', 'shipped'))
            on order_item.product_id = product.id
        where product.deleted_at is null
        group by product.id, product.sku
        """
    )


def downgrade() -> None:
    op.execute("drop view product_sales")
