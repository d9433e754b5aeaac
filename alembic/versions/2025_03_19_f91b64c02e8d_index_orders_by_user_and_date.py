"""Index orders by user and date.

Revision ID: f91b64c02e8d
Revises: d08a5f7e36b2
Create Date: 2025-03-19 09:05:44
"""

from collections.abc import Sequence

from alembic import op

revision: str = "f91b64c02e8d"
down_revision: str | Sequence[str] | None = "d08a5f7e36b2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # The table is in use: CONCURRENTLY does not block writes, and cannot run inside a transaction.
    with op.get_context().autocommit_block():
        # An earlier attempt that was cancelled has left an invalid index of this name.
        op.drop_index(
            op.f("ix_customer_order_user_id_created_at"),
            table_name="customer_order",
            if_exists=True,
            postgresql_concurrently=True,
        )
        op.create_index(
            op.f("ix_customer_order_user_id_created_at"),
            "customer_order",
            ["user_id", "created_at"],
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            op.f("ix_customer_order_user_id_created_at"), table_name="customer_order", postgresql_concurrently=True
        )
