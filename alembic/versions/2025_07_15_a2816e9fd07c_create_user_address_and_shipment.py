"""Create user_address and shipment.

Revision ID: a2816e9fd07c
Revises: 90d7ab4c15e3
Create Date: 2025-07-15 12:33:47
"""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "a2816e9fd07c"
down_revision: str | Sequence[str] | None = "90d7ab4c15e3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "user_address",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("street", sa.String(200), nullable=False),
        sa.Column("city", sa.String(100), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_user_address_user_id_app_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_address")),
    )
    op.create_index(op.f("ix_user_address_user_id"), "user_address", ["user_id"])
    op.create_table(
        "shipment",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.String(50), nullable=False),
        sa.Column("tracking_number", sa.String(100), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_shipment_order_id_customer_order"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("tracking_number", name=op.f("uq_shipment_tracking_number")),
    )
    op.create_index(op.f("ix_shipment_order_id"), "shipment", ["order_id"])
    for table in ("user_address", "shipment"):
        op.execute(
            f"create trigger {table}_touch_updated_at before update on {table} "
            "for each row execute function touch_updated_at()"
        )


def downgrade() -> None:
    op.drop_table("shipment")
    op.drop_table("user_address")
