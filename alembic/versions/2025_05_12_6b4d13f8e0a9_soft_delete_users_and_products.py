"""Soft delete users and products.

Revision ID: 6b4d13f8e0a9
Revises: 2e7a9d5183fb
Create Date: 2025-05-12 15:26:31
"""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "6b4d13f8e0a9"
down_revision: str | Sequence[str] | None = "2e7a9d5183fb"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("app_user", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("product", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "uq_app_user_email_active",
        "app_user",
        ["email"],
        unique=True,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.drop_constraint(op.f("uq_app_user_email"), "app_user", type_="unique")


def downgrade() -> None:
    # An address may be there twice, once deleted; the old constraint allows it once.
    op.execute("update app_user set email = 'deleted+' || id || '@example.invalid' where deleted_at is not null")
    op.create_unique_constraint(op.f("uq_app_user_email"), "app_user", ["email"])
    op.drop_index("uq_app_user_email_active", table_name="app_user")
    op.drop_column("product", "deleted_at")
    op.drop_column("app_user", "deleted_at")
