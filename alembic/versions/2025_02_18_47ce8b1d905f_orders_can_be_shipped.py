"""Orders can be shipped.

Revision ID: 47ce8b1d905f
Revises: b3620fd94a1c
Create Date: 2025-02-18 16:21:37
"""

from collections.abc import Sequence

from alembic import op

revision: str = "47ce8b1d905f"
down_revision: str | Sequence[str] | None = "b3620fd94a1c"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # A transaction cannot use an enum value that it added, and later revisions of the same upgrade do.
    with op.get_context().autocommit_block():
        op.execute("alter type order_status add value if not exists 'shipped' after 'paid'")


def downgrade() -> None:
    # PostgreSQL cannot take a value out of an enum: the type is made anew without it.
    op.execute("alter table customer_order alter column status drop default")
    op.execute("alter type order_status rename to order_status_with_shipped")
    op.execute("create type order_status as enum ('pending', 'paid', 'cancelled')")
    op.execute(
        "alter table customer_order alter column status type order_status using"
        " (case status when 'shipped' then 'paid' else status::text end)::order_status"
    )
    op.execute("alter table customer_order alter column status set default 'pending'")
    op.execute("drop type order_status_with_shipped")
