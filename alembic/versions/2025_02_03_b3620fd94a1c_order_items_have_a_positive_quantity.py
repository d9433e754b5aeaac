"""Order items have a positive quantity.

Revision ID: b3620fd94a1c
Revises: e57d20b8f416
Create Date: 2025-02-03 08:30:02
"""

from collections.abc import Sequence

from alembic import op

revision: str = "b3620fd94a1c"
down_revision: str | Sequence[str] | None = "e57d20b8f416"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # NOT VALID first: the table is locked for writes only while the constraint is noted, not while rows are read.
    op.execute("alter table order_item add constraint ck_order_item_quantity_positive check (quantity > 0) not valid")
    op.execute("alter table order_item validate constraint ck_order_item_quantity_positive")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_order_item_quantity_positive"), "order_item", type_="check")
