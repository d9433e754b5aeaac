"""A project with a schema for each tenant, after the recipe of Alembic's cookbook.

https://alembic.sqlalchemy.org/en/latest/cookbook.html#rudimental-schema-level-multi-tenancy-for-postgresql-databases
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

INI = "[alembic]\nscript_location = %(here)s/alembic\npath_separator = os\n"

ENV = """
import os

from alembic import context
from sqlalchemy import create_engine, pool, text

tenant = context.get_x_argument(as_dictionary=True)["tenant"]
url = os.environ.get("TENANTS_URL", "postgresql://nobody@db.invalid/live").replace("postgresql:", "postgresql+psycopg:")
engine = create_engine(url, poolclass=pool.NullPool)

if context.is_offline_mode():
    context.configure(url="postgresql://", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with engine.connect() as connection:
        # set search path on the connection, which ensures that PostgreSQL will emit all CREATE / ALTER / DROP
        # statements in terms of this schema by default
        connection.execute(text(f'set search_path to "{tenant}"'))
        connection.commit()
        # make use of non-supported SQLAlchemy attribute to ensure the dialect reflects tables in terms of the current
        # tenant name
        connection.dialect.default_schema_name = tenant
        context.configure(connection=connection, target_metadata=None)
        with context.begin_transaction():
            context.run_migrations()
"""

FIRST = '''
"""first"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "first", None


def upgrade():
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", sa.Enum("on", "off", name="state"), nullable=False, server_default="on"),
        sa.Column("parent", sa.Integer, sa.ForeignKey("customer.id")),
    )
    op.execute("create view active as select id from customer where state = 'on'")


def downgrade():
    op.execute("drop view active")
    op.drop_table("customer")
    op.execute("drop type state")
'''

SECOND = '''
"""second"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "second", "first"


def upgrade():
    op.create_index("customer_state_idx", "customer", ["state"])


def downgrade():
    op.drop_index("customer_state_idx")
'''


def write_project(root: Path) -> Path:
    """The project, in a directory."""
    versions = root / "alembic" / "versions"
    versions.mkdir(parents=True)
    (root / "alembic.ini").write_text(INI)
    (root / "alembic" / "env.py").write_text(ENV)
    (versions / "first.py").write_text(FIRST)
    (versions / "second.py").write_text(SECOND)
    return root


def deploy(root: Path, url: str, tenants: Iterable[str], target: str = "head") -> None:
    """Upgrade the schemas of tenants as the project's owner would: with alembic itself, once a tenant."""
    for tenant in tenants:
        subprocess.run(
            [sys.executable, "-m", "alembic", "-x", f"tenant={tenant}", "upgrade", target],
            cwd=root,
            env={"PATH": "/usr/bin:/bin", "TENANTS_URL": url},
            check=True,
            capture_output=True,
            timeout=60,
        )
