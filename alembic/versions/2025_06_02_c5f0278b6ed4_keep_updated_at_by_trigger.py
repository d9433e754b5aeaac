"""Keep updated_at by trigger.

Revision ID: c5f0278b6ed4
Revises: 6b4d13f8e0a9
Create Date: 2025-06-02 10:11:58
"""

from collections.abc import Sequence

from alembic import op

revision: str = "c5f0278b6ed4"
down_revision: str | Sequence[str] | None = "6b4d13f8e0a9"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("app_user", "product", "customer_order")
TOUCH_UPDATED_AT = """
create or replace function touch_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at = now();
    return new;
end
$$
"""


def upgrade() -> None:
    op.execute(TOUCH_UPDATED_AT)
    for table in TABLES:
        op.execute(
            f"create trigger {table}_touch_updated_at before update on {table} "
            "for each row execute function touch_updated_at()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop trigger {table}_touch_updated_at on {table}")
    op.execute("drop function touch_updated_at()")
