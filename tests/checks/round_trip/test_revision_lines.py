"""The line of a revision file that a finding points to."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks.revision_lines import Function, does_nothing, line_of
from harness.findings import DatabaseObject

SOURCE = '''"""orders and orders_state"""
KIND = sa.Enum("a", name="shared_kind")


def upgrade():
    """Makes orders."""
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer()),
        sa.Column("state", sa.Enum("open", name="order_state")),
        sa.ForeignKeyConstraint(["id"], ["customers.id"]),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer()),
        sa.Column("state", sa.String()),
    )
    op.execute("""
        create function orders_total()
        returns int language sql as 'select 1'
    """)
    op.execute("create sequence a_seq; create sequence b_seq")
    with op.batch_alter_table("items") as batch:
        batch.drop_column("state")
    op.create_index("ix", "orders", ["id"])
    op.execute("CREATE SCHEMA IF NOT EXISTS sales")
    op.create_table("offers", sa.Column("id", sa.Integer()), schema="sales")
    op.execute("create table offers_copy as select * from offers")


def downgrade():
    op.drop_table("orders")
    op.drop_table("customers")
'''


def where(tmp_path: Path, target: DatabaseObject, *functions: Function, source: str = SOURCE) -> str:
    path = tmp_path / "revision.py"
    path.write_text(source)
    line = line_of(str(path), functions or ("upgrade",), target)
    return "" if line is None else source.splitlines()[line - 1].strip()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (DatabaseObject("table", "orders", "public"), '"orders",'),
        (DatabaseObject("enum", "order_state", "public"), 'sa.Column("state", sa.Enum("open", name="order_state")),'),
        (DatabaseObject("enum", "shared_kind", "public"), 'KIND = sa.Enum("a", name="shared_kind")'),
        (DatabaseObject("column", "state", "public", "customers"), 'sa.Column("state", sa.String()),'),
        (DatabaseObject("column", "state", "public", "items"), 'batch.drop_column("state")'),
        (
            DatabaseObject("column", "unnamed", "public", "customers"),
            '"customers",',
        ),
        (DatabaseObject("function", "orders_total()", "public"), "create function orders_total()"),
        (
            DatabaseObject("operator class", "a_seq using btree", "public"),
            'op.execute("create sequence a_seq; create sequence b_seq")',
        ),
        (
            DatabaseObject("sequence", "b_seq", "public"),
            'op.execute("create sequence a_seq; create sequence b_seq")',
        ),
        (DatabaseObject("index", "ix", "public", "orders"), 'op.create_index("ix", "orders", ["id"])'),
        (DatabaseObject("schema", "sales"), 'op.execute("CREATE SCHEMA IF NOT EXISTS sales")'),
        (
            DatabaseObject("table", "offers", "sales"),
            'op.create_table("offers", sa.Column("id", sa.Integer()), schema="sales")',
        ),
        (
            DatabaseObject("table", "offers_copy", "public"),
            'op.execute("create table offers_copy as select * from offers")',
        ),
        (DatabaseObject("view", "nowhere", "public"), "def upgrade():"),
    ],
    ids=lambda value: str(value) if isinstance(value, DatabaseObject) else "",
)
def test_the_line_that_names_an_object(tmp_path: Path, target: DatabaseObject, expected: str) -> None:
    assert where(tmp_path, target) == expected


def test_the_first_function_that_names_it(tmp_path: Path) -> None:
    orders = DatabaseObject("table", "orders", "public")
    assert where(tmp_path, orders, "downgrade", "upgrade") == 'op.drop_table("orders")'
    assert where(tmp_path, DatabaseObject("enum", "order_state"), "downgrade", "upgrade").startswith("sa.Column")


def test_a_file_without_the_function_or_that_is_none(tmp_path: Path) -> None:
    orders = DatabaseObject("table", "orders", "public")
    assert where(tmp_path, orders, source="revision = 1\n") == ""
    assert line_of(str(tmp_path / "gone.py"), ("upgrade",), orders) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("pass", True),
        ("...", True),
        ('"""Nothing."""', True),
        ("raise NotImplementedError", True),
        ("return", True),
        ("op.drop_table('t')", False),
        ("for table in TABLES: op.drop_table(table)", False),
    ],
)
def test_a_function_that_does_nothing(tmp_path: Path, body: str, expected: bool) -> None:
    path = tmp_path / "revision.py"
    path.write_text(f"def upgrade():\n    op.create_table('t')\n\n\ndef downgrade():\n    {body}\n")
    assert does_nothing(str(path), "downgrade") is expected
    assert not does_nothing(str(path), "upgrade")
