"""Keep the total amount of an order.

Revision ID: d08a5f7e36b2
Revises: 47ce8b1d905f
Create Date: 2025-03-05 11:58:20
"""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "d08a5f7e36b2"
down_revision: str | Sequence[str] | None = "47ce8b1d905f"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "customer_order",
        sa.Column(
            "total_amount",
            sa.Numeric(12, 2),
            server_default=sa.text("0"),
            nullable=False,
            comment="Sum of the items, kept for listings",
        ),
    )
    op.execute(
        """
        update customer_order
        set total_amount = item.total
        from (select order_id, sum(quantity * unit_price) as total from order_item group by order_id) as item
        where item.order_id = customer_order.id
        """
    )
    op.create_check_constraint(
        op.f("ck_customer_order_total_amount_not_negative"), "customer_order", "total_amount >= 0"
    )


def downgrade() -> None:
    op.drop_column("customer_order", "total_amount")
