"""Each finding points at the line of the model that says it, and at the revision that last touched the object."""

from __future__ import annotations

import re
from pathlib import Path

from small import line_of, small_project

from harness.server import Server

# In each line, what the finding that points at it is about.
MODELS = """
class Mood(enum.Enum):
    good = 1
    bad = 2


class Stamped:
    made_at: Mapped[Optional[str]] = mapped_column(String(9))  # column account.made_at
    changed_at: Mapped[Optional[str]] = mapped_column(index=True)  # index account.ix_account_changed_at

    @declared_attr
    def owner_id(cls) -> Mapped[Optional[int]]:  # foreign key account.account_owner_id_fkey
        return mapped_column(ForeignKey("account.id"))


class Account(Stamped, Base):
    __tablename__ = "account"
    __table_args__ = (
        sa.UniqueConstraint("email", "name", name="account_email_name"),  # unique constraint account.account_email_name
        sa.CheckConstraint("id > 0", name="account_positive"),  # check constraint account.account_positive
        Index("account_lower", sa.text("lower(email)")),  # index account.account_lower
        sa.ForeignKeyConstraint(["pair_a", "pair_b"], ["pair.a", "pair.b"]),
        sa.ForeignKeyConstraint(["pair_a"], ["cat.id"]),  # foreign key account.account_pair_a_fkey
        {"comment": "all of them"},
    )
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    email: Mapped[str] = mapped_column("email", String(20))  # column account.email
    name: Mapped[str] = mapped_column(unique=True)  # unique constraint account.account_name_key
    mood: Mapped[Mood] = mapped_column(sa.Enum(Mood, name="mood"))  # enum mood
    pair_a: Mapped[int]
    pair_b: Mapped[int]
    attribute: Mapped[Optional[str]] = mapped_column("another name")  # column account.another name


Index("account_outside", Account.name, Account.email)  # index account.account_outside


class Pair(Base):  # table pair
    __tablename__ = "pair"
    a: Mapped[int] = mapped_column(primary_key=True)
    b: Mapped[int] = mapped_column(primary_key=True)
    __mapper_args__ = {"eager_defaults": True}


class Animal(Base):
    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)


class Dog(Animal):
    bark: Mapped[Optional[str]]  # column animal.bark


class Cat(Animal):
    __tablename__ = "cat"
    id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)  # foreign key cat.cat_id_fkey
    purr: Mapped[str]  # column cat.purr


plain = Table(  # table plain
    "plain",
    metadata,
    Column("id", Integer, primary_key=True),
    comment="plain",
)
links = Table(
    "links",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("other", ForeignKey("links.id")),  # foreign key links.links_other_fkey
    Column("more", Integer, index=True),  # index links.ix_links_more
    Column("third", String(8), nullable=False),  # column links.third
    sa.UniqueConstraint("other", "third"),  # unique constraint links.links_other_third_key
    Index("links_third", "third"),  # index links.links_third
)


class Imperative:
    pass


registry(metadata=metadata).map_imperatively(
    Imperative,
    Table(
        "imperative",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(8)),  # column imperative.name
    ),
)
numbers = sa.Sequence("numbers", metadata=metadata)  # sequence numbers
"""
BARE = """
op.execute("create table account (id serial primary key, email varchar not null, name varchar not null,"
    " made_at varchar, changed_at varchar, owner_id int, pair_a int not null, pair_b int not null)")
op.execute("create type mood as enum ('good')")
op.execute("alter table account add mood mood not null")
op.execute("create table animal (id serial primary key)")
op.execute("create table cat (id int primary key)")
op.execute("create table links (id serial primary key, other int, more int, third varchar not null)")
op.execute("create table imperative (id serial primary key, name varchar)")
op.execute("comment on table account is 'all of them'")
"""


def test_every_finding_points_at_its_line(tmp_path: Path, server: Server) -> None:
    project = small_project(tmp_path, server, MODELS, BARE)
    findings = project.check("drift").findings
    expected = {}
    for number, line in enumerate(project.read("models.py").splitlines(), start=1):
        for about in re.findall(r"# (.*)", line)[:1]:
            expected |= {name.strip(): number for name in about.split(";")}
    found = {}
    for finding in findings:
        if finding.rule == "drift.table.column-order":
            continue
        assert finding.object is not None
        target = finding.object
        name = f"{target.table}.{target.name}" if target.table else target.name
        assert finding.location is not None
        found[f"{target.kind} {name}"] = finding.location.line
    assert {name: found.get(name) for name in expected} == expected
    assert set(found) - set(expected) == set()


def test_tables_of_flask_sqlalchemy(tmp_path: Path, server: Server) -> None:
    project = small_project(
        tmp_path,
        server,
        """
        from flask_sqlalchemy import SQLAlchemy

        db = SQLAlchemy()
        metadata = db.metadata

        class UserAccount(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(20), unique=True, nullable=False)

        import links
        """,
        """
        op.execute("create table user_account (id serial primary key, name varchar not null)")
        op.execute("create table links (id serial primary key, account_id int)")
        """,
    )
    project.write(
        "links.py",
        """
from models import db

links = db.Table(
    "links",
    db.Column("id", db.Integer, primary_key=True),
    db.Column("account_id", db.ForeignKey("user_account.id")),
)
""",
    )
    lines = {finding.rule: line_of(project, finding).strip() for finding in project.check("drift").findings}
    name = "name = db.Column(db.String(20), unique=True, nullable=False)"
    assert lines == {
        "drift.column.type": name,
        "drift.unique-constraint.missing": name,
        "drift.foreign-key.missing": 'db.Column("account_id", db.ForeignKey("user_account.id")),',
    }


def test_what_only_the_migrations_have_stands_in_the_revision(tmp_path: Path, server: Server) -> None:
    project = small_project(
        tmp_path,
        server,
        """
        class Account(Base):
            __tablename__ = "account"
            id: Mapped[int] = mapped_column(primary_key=True)
            email: Mapped[str]
        """,
        """
        op.create_table("account", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("email", sa.Text()))
        op.create_table("legacy", sa.Column("id", sa.Integer(), primary_key=True))
        """,
        """
        op.add_column("account", sa.Column("extra", sa.Integer()))
        with op.batch_alter_table("account") as batch:
            batch.alter_column("email", nullable=False)
        """,
        'op.create_index("account_extra", "account", ["email"])',
    )
    found = {finding.rule: finding for finding in project.check("drift").findings}
    assert {rule: finding.revision for rule, finding in found.items()} == {
        "drift.column.extra": "r2",
        "drift.column.type": "r2",
        "drift.index.extra": "r3",
        "drift.table.extra": "r1",
    }
    assert 'op.create_table("legacy"' in line_of(project, found["drift.table.extra"])
    assert 'sa.Column("extra"' in line_of(project, found["drift.column.extra"])
    assert 'op.create_index("account_extra"' in line_of(project, found["drift.index.extra"])
    assert "email: Mapped[str]" in line_of(project, found["drift.column.type"])
