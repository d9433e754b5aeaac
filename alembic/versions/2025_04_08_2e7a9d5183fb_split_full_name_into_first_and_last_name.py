"""Split full_name into first and last name.

Revision ID: 2e7a9d5183fb
Revises: f91b64c02e8d
Create Date: 2025-04-08 13:40:09
"""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "2e7a9d5183fb"
down_revision: str | Sequence[str] | None = "f91b64c02e8d"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("app_user", sa.Column("first_name", sa.String(100), nullable=True))
    op.add_column("app_user", sa.Column("last_name", sa.String(100), nullable=True))
    # The first word is the first name, the rest the last name, which is empty for people with one name.
    op.execute(
        """
        update app_user
        set first_name = left(split_part(trim(full_name), ' ', 1), 100),
            last_name = left(trim(substr(trim(full_name), length(split_part(trim(full_name), ' ', 1)) + 1)), 100)
        """
    )
    op.alter_column("app_user", "first_name", nullable=False)
    op.alter_column("app_user", "last_name", nullable=False)
    op.drop_column("app_user", "full_name")


def downgrade() -> None:
    op.add_column("app_user", sa.Column("full_name", sa.String(200), nullable=True))
    op.execute("update app_user set full_name = left(trim(first_name || ' ' || last_name), 200)")
    op.alter_column("app_user", "full_name", nullable=False)
    op.drop_column("app_user", "last_name")
    op.drop_column("app_user", "first_name")
