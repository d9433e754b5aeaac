"""The sample application with one thing broken at a time: the right finding, at the right place, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from project_copy import ProjectCopy

from harness.findings import Finding, Severity

HEAD = "a2816e9fd07c"
HEAD_FILE = "alembic/versions/2025_07_15_a2816e9fd07c_create_user_address_and_shipment.py"

REVISION = '''"""{message}"""
import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = "{below}"


def upgrade():
    {up}


def downgrade():
    {down}
'''


def add_revision(project: ProjectCopy, up: str, down: str = "pass", *, id: str = "ffff0001", below: str = HEAD) -> str:  # noqa: A002  # the word that Alembic uses
    path = f"alembic/versions/{id}.py"
    project.write(path, REVISION.format(message="broken on purpose", id=id, below=below, up=up, down=down))
    return path


def serious(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is not Severity.INFO]


def only(findings: Sequence[Finding]) -> Finding:
    assert [finding.rule for finding in serious(findings)] == [serious(findings)[0].rule], findings
    return serious(findings)[0]


def test_the_whole_sample_is_green(sample: ProjectCopy) -> None:
    report = sample.check()
    assert [check.outcome for check in report.checks] == ["passed"] * len(report.checks)
    assert serious(report.findings) == []
    assert report.exit_code() == 0
    assert report.project is not None
    assert (report.project.heads, report.project.revisions) == ((HEAD,), 12)


def test_a_column_without_a_migration(sample: ProjectCopy) -> None:
    sample.replace(
        "sample_app/models/user.py",
        '    __tablename__ = "app_user"\n',
        '    __tablename__ = "app_user"\n    nickname: Mapped[str | None]\n',
    )
    report = sample.check("drift", "autogenerate")
    drift = only([finding for finding in report.findings if finding.check == "drift"])
    assert drift.rule == "drift.column.missing"
    assert drift.object is not None
    assert (drift.object.table, drift.object.name) == ("app_user", "nickname")
    assert drift.location is not None
    assert drift.location.path == "sample_app/models/user.py"
    assert "nickname" in sample.read("sample_app/models/user.py").splitlines()[drift.location.line - 1]
    autogenerate = only([finding for finding in report.findings if finding.check == "autogenerate"])
    assert "op.add_column('app_user'" in (autogenerate.fix or "")
    assert report.exit_code() == 1


def change_type(project: ProjectCopy) -> None:
    add_revision(project, 'op.alter_column("app_user", "email", type_=sa.String(100))')


def drop_index(project: ProjectCopy) -> None:
    add_revision(project, 'op.drop_index("ix_user_address_user_id")')


def add_default(project: ProjectCopy) -> None:
    add_revision(project, 'op.alter_column("app_user", "email", server_default="nobody@example.org")')


def drop_check(project: ProjectCopy) -> None:
    add_revision(project, 'op.drop_constraint("ck_order_item_quantity_positive", "order_item")')


def drop_foreign_key(project: ProjectCopy) -> None:
    add_revision(project, 'op.drop_constraint("fk_shipment_order_id_customer_order", "shipment")')


def add_label(project: ProjectCopy) -> None:
    add_revision(project, "op.execute(\"alter type order_status add value 'lost'\")")


def add_table(project: ProjectCopy) -> None:
    add_revision(project, 'op.create_table("legacy", sa.Column("id", sa.Integer, primary_key=True))')


def make_nullable(project: ProjectCopy) -> None:
    add_revision(project, 'op.alter_column("shipment", "carrier", nullable=True)')


def rename_constraint(project: ProjectCopy) -> None:
    add_revision(
        project, 'op.execute("alter table shipment rename constraint uq_shipment_tracking_number to another_name")'
    )


@pytest.mark.parametrize(
    ("breaking", "rule", "name", "fix"),
    [
        (change_type, "drift.column.type", "email", "type_=sa.String(255)"),
        (drop_index, "drift.index.missing", "ix_user_address_user_id", "op.create_index("),
        (add_default, "drift.column.default", "email", "server_default=None"),
        (
            drop_check,
            "drift.check-constraint.missing",
            "ck_order_item_quantity_positive",
            "op.create_check_constraint(",
        ),
        (
            drop_foreign_key,
            "drift.foreign-key.missing",
            "fk_shipment_order_id_customer_order",
            "op.create_foreign_key(",
        ),
        (add_label, "drift.enum.labels", "order_status", "rename to order_status_replaced"),
        (add_table, "drift.table.extra", "legacy", 'op.drop_table("legacy")'),
        (make_nullable, "drift.column.nullable", "carrier", "nullable=False"),
        (rename_constraint, "drift.unique-constraint.renamed", "uq_shipment_tracking_number", "rename constraint"),
    ],
)
def test_drift(sample: ProjectCopy, breaking: Callable[[ProjectCopy], None], rule: str, name: str, fix: str) -> None:
    breaking(sample)
    report = sample.check("drift")
    finding = only(report.findings)
    assert finding.rule == rule
    assert finding.object is not None
    assert finding.object.name == name
    assert fix in (finding.fix or "")
    assert report.exit_code(Severity.WARNING) == 1


def test_what_models_cannot_say_is_no_drift(sample: ProjectCopy) -> None:
    add_revision(
        sample,
        'op.execute("create view nobody_knows as select 1 as one"); '
        "op.execute(\"create function f() returns int language sql as 'select 1'\")",
    )
    report = sample.check("drift")
    # The first SQLAlchemy 2.0 puts the columns of a mixin last.
    rules = {(finding.rule, finding.severity) for finding in report.findings if "column-order" not in finding.rule}
    assert rules == {("drift.unmanaged", Severity.INFO)}
    assert report.exit_code() == 0


def test_a_downgrade_that_forgets_an_enum(sample: ProjectCopy) -> None:
    path = add_revision(
        sample,
        'op.create_table("mood", sa.Column("kind", sa.Enum("good", "bad", name="mood_kind")))',
        'op.drop_table("mood")',
    )
    report = sample.check("downgrade")
    left, again = report.findings
    assert left.rule == "downgrade.left-behind"
    assert left.object is not None
    assert (left.object.kind, left.object.name) == ("enum", "mood_kind")
    assert left.revision == "ffff0001"
    assert left.location is not None
    assert left.location.path == path
    assert 'op.execute("drop type public.mood_kind")' in (left.fix or "")
    assert again.rule == "downgrade.not-repeatable"
    assert "already exists" in again.message


@pytest.mark.parametrize(
    ("up", "down", "rules"),
    [
        ('op.drop_column("shipment", "carrier")', "pass", ["downgrade.lost", "downgrade.not-repeatable"]),
        (
            'op.alter_column("shipment", "carrier", type_=sa.Text())',
            'op.alter_column("shipment", "carrier", type_=sa.String(40))',
            ["downgrade.changed"],
        ),
        (
            'op.add_column("shipment", sa.Column("note", sa.Text()))',
            'op.drop_column("shipment", "notes")',
            ["downgrade.failed"],
        ),
        ("pass", 'raise NotImplementedError("the old rows are gone")', ["downgrade.irreversible"]),
        ('op.execute("create sequence if not exists tickets")', "pass", ["downgrade.left-behind"]),
    ],
)
def test_downgrades(sample: ProjectCopy, up: str, down: str, rules: list[str]) -> None:
    path = add_revision(sample, up, down)
    findings = sample.check("downgrade").findings
    assert [finding.rule for finding in findings] == rules
    assert {finding.location.path for finding in findings if finding.location} == {path}


def test_a_missing_downgrade_function(sample: ProjectCopy) -> None:
    path = add_revision(sample, "pass")
    sample.write(path, sample.read(path).replace("def downgrade():\n    pass", ""))
    report = sample.check("downgrade")
    assert [(finding.rule, finding.severity) for finding in report.findings] == [
        ("downgrade.irreversible", Severity.WARNING)
    ]
    assert report.exit_code() == 0
    assert report.exit_code(Severity.WARNING) == 1


def test_a_correct_downgrade_of_an_enum_is_green(sample: ProjectCopy) -> None:
    add_revision(
        sample,
        'op.create_table("mood", sa.Column("kind", sa.Enum("good", "bad", name="mood_kind")))',
        'op.drop_table("mood"); op.execute("drop type mood_kind")',
    )
    assert sample.check("downgrade").findings == ()


def test_two_heads(sample: ProjectCopy) -> None:
    add_revision(sample, "pass", id="ffff0001")
    add_revision(sample, "pass", id="ffff0002")
    report = sample.check("graph")
    finding = only(report.findings)
    assert finding.rule == "graph.heads"
    assert "ffff0001" in finding.message
    assert "ffff0002" in finding.message
    assert "alembic merge heads" in (finding.fix or "")
    assert report.exit_code() == 1


def test_two_declared_heads_are_green_both_ways(sample: ProjectCopy) -> None:
    add_revision(sample, 'op.execute("create table a (id int)")', 'op.execute("drop table a")', id="ffff0001")
    add_revision(sample, 'op.execute("create table b (id int)")', 'op.execute("drop table b")', id="ffff0002")
    report = sample.check("graph", "upgrade", "downgrade", heads=["ffff0001", "ffff0002"])
    assert report.findings == ()
    assert report.exit_code() == 0


def test_each_of_several_heads_is_taken_down(sample: ProjectCopy) -> None:
    add_revision(sample, 'op.execute("create table a (id int)")', "pass", id="ffff0001")
    add_revision(sample, 'op.execute("create table b (id int)")', 'op.execute("drop table b")', id="ffff0002")
    findings = sample.check("downgrade", heads=["ffff0001", "ffff0002"]).findings
    assert {finding.revision for finding in findings} == {"ffff0001"}
    assert [finding.rule for finding in findings] == ["downgrade.left-behind", "downgrade.not-repeatable"]


def test_a_declared_head_that_is_none(sample: ProjectCopy) -> None:
    rules = {finding.rule for finding in sample.check("graph", heads=["gone"]).findings}
    assert rules == {"graph.undeclared-head"}


def test_a_revision_that_fails(sample: ProjectCopy) -> None:
    path = add_revision(sample, 'op.execute("alter table nowhere add column x int")')
    report = sample.check()
    finding = only(report.findings)
    assert finding.rule == "upgrade.failed"
    assert finding.revision == "ffff0001"
    assert 'relation "nowhere" does not exist' in finding.message
    assert "alter table nowhere" in (finding.detail or "")
    assert finding.location is not None
    assert finding.location.path == path
    assert "nowhere" in sample.read(path).splitlines()[finding.location.line - 1]
    outcomes = {check.name: check.outcome for check in report.checks}
    assert outcomes["upgrade"] == "failed"
    assert outcomes["drift"] == outcomes["downgrade"] == outcomes["autogenerate"] == "skipped"
    assert report.exit_code() == 1


def test_a_check_whose_ground_is_missing_is_never_green(sample: ProjectCopy) -> None:
    add_revision(sample, 'op.execute("alter table nowhere add column x int")')
    report = sample.check("drift")
    assert report.checks[0].outcome == "error"
    assert "upgrade" in (report.checks[0].reason or "")
    assert report.exit_code() == 3


def test_a_syntax_error_in_a_revision(sample: ProjectCopy) -> None:
    sample.write(HEAD_FILE, sample.read(HEAD_FILE) + "\n\ndef broken(:\n")
    report = sample.check("graph", "upgrade", "drift")
    finding = only(report.findings)
    assert finding.rule == "graph.unloadable"
    assert finding.location is not None
    assert finding.location.path == HEAD_FILE
    assert finding.location.line == sample.read(HEAD_FILE).count("\n")
    assert [check.outcome for check in report.checks] == ["failed", "skipped", "skipped"]


def test_a_revision_that_raises_on_import(sample: ProjectCopy) -> None:
    sample.write("alembic/versions/bad.py", "import not_installed_anywhere\n")
    finding = only(sample.check("graph").findings)
    assert finding.rule == "graph.unloadable"
    assert "not_installed_anywhere" in finding.message


def test_a_broken_link(sample: ProjectCopy) -> None:
    path = add_revision(sample, "pass", below="90d7ab4c15e4")
    finding = only(sample.check("graph").findings)
    assert finding.rule == "graph.broken-link"
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == (path, 6)
    assert "90d7ab4c15e3" in (finding.fix or "")


def test_a_duplicate_id(sample: ProjectCopy) -> None:
    sample.write("alembic/versions/copy.py", sample.read(HEAD_FILE))
    findings = sample.check("graph").findings
    assert [finding.rule for finding in findings] == ["graph.duplicate-id"]
    assert findings[0].revision == HEAD


def test_a_cycle(sample: ProjectCopy) -> None:
    add_revision(sample, "pass", id="aaaa", below="bbbb")
    add_revision(sample, "pass", id="bbbb", below="aaaa")
    assert [finding.rule for finding in sample.check("graph").findings] == ["graph.cycle"]


def test_an_empty_history(sample: ProjectCopy) -> None:
    for path in (sample.directory / "alembic/versions").glob("*.py"):
        path.unlink()
    report = sample.check("graph", "upgrade")
    assert only(report.findings).rule == "graph.empty"
    assert report.exit_code() == 1


def test_works_in_one_go_only(sample: ProjectCopy) -> None:
    """A session setting that a revision leaves for the next one lasts for one run only, or for one transaction."""
    add_revision(sample, 'op.execute("set local search_path to nowhere_else, public")', id="ffff0001")
    up = 'assert op.get_bind().exec_driver_sql("show search_path").scalar().startswith("nowhere"), "no path"'
    add_revision(sample, up, id="ffff0002", below="ffff0001")
    finding = only(sample.check("upgrade").findings)
    assert finding.rule == "upgrade.only-in-one-go"
    assert finding.revision == "ffff0002"


def test_works_step_by_step_only(sample: ProjectCopy) -> None:
    """An enum value cannot be used in the transaction that adds it."""
    add_revision(sample, "op.execute(\"alter type order_status add value 'lost'\")", id="ffff0001")
    up = "op.execute(\"create table lost_order (s order_status default 'lost')\")"
    add_revision(sample, up, id="ffff0002", below="ffff0001")
    report = sample.check("upgrade")
    assert [finding.rule for finding in report.findings] == ["upgrade.failed", "upgrade.only-step-by-step"]
    assert {finding.revision for finding in report.findings} == {"ffff0002"}
