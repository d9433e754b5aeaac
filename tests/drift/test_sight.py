"""Each finding says whether autogenerate would see it, as it really does."""

from __future__ import annotations

from pathlib import Path

from small import small_project

from harness.findings import Finding
from harness.server import Server


def sight_of(finding: Finding) -> bool:
    assert finding.detail is not None
    assert finding.detail.startswith("`alembic revision --autogenerate` ")
    return "--autogenerate` sees it" in finding.detail


def test_what_autogenerate_would_see(tmp_path: Path, server: Server) -> None:
    project = small_project(
        tmp_path,
        server,
        """
        class Account(Base):
            __tablename__ = "account"
            __table_args__ = (
                sa.CheckConstraint("id > 0", name="account_positive"),
                sa.UniqueConstraint("a", "b"),
                Index("account_a", "a", postgresql_where=sa.text("a > 0")),
            )
            id: Mapped[int] = mapped_column(primary_key=True)
            a: Mapped[int] = mapped_column(ForeignKey("account.id"), server_default="1", comment="a")
            b: Mapped[str] = mapped_column(String(10), index=True)
            c: Mapped[str] = mapped_column(sa.Enum("x", "y", name="kind"))

        class Other(Base):
            __tablename__ = "other"
            id: Mapped[int] = mapped_column(primary_key=True)
        """,
        """
        op.execute("create type kind as enum ('x')")
        op.execute("create table account (id serial primary key, a int, b varchar not null, c kind not null, d int)")
        op.execute("create index account_a on account (a)")
        """,
    )
    found = {(finding.rule, str(finding.object)): sight_of(finding) for finding in project.check("drift").findings}
    assert found == {
        ("drift.table.missing", "public.other"): True,
        ("drift.column.extra", "public.account.d"): True,
        ("drift.column.nullable", "public.account.a"): True,
        ("drift.column.comment", "public.account.a"): True,
        ("drift.column.default", "public.account.a"): False,
        ("drift.column.type", "public.account.b"): False,
        ("drift.check-constraint.missing", "public.account.account_positive"): False,
        ("drift.unique-constraint.missing", "public.account.account_a_b_key"): True,
        ("drift.foreign-key.missing", "public.account.account_a_fkey"): True,
        ("drift.index.missing", "public.account.ix_account_b"): True,
        ("drift.index.predicate", "public.account.account_a"): False,
        ("drift.enum.labels", "public.kind"): False,
    }
