"""The revision that last touched an object, found in the text of the revisions."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus import REVISION

from harness.environment import History, RevisionInfo
from harness.findings import DatabaseObject
from harness.models.touches import Touches, newest_first


def history(tmp_path: Path, *bodies: str) -> History:
    revisions = []
    for number, body in enumerate(bodies, start=1):
        path = tmp_path / f"{number}.py"
        path.write_text(REVISION.format(id=str(number), down=None, body=f"    {body}"), encoding="utf-8")
        down = (str(number - 1),) if number > 1 else ()
        revisions.append(RevisionInfo(str(number), str(path), 1, "", down))
    return History(tuple(reversed(revisions)), (), (), "")


@pytest.mark.parametrize(
    ("kind", "table", "name", "revision"),
    [
        ("table", None, "account", "5"),
        ("column", "account", "email", "2"),
        ("column", "account", "Odd Name", "3"),
        ("column", "account", "looped", "4"),
        ("column", "account", "nowhere", None),
        ("column", "other", "email", None),
        ("index", "account", "ix_account_email", "5"),
        ("unique constraint", "account", "account_id_email_key", "2"),
        ("enum", None, "kind", "1"),
    ],
)
def test_the_revision_that_last_touched_an_object(
    tmp_path: Path, kind: str, table: str | None, name: str, revision: str | None
) -> None:
    touches = Touches(
        history(
            tmp_path,
            'op.create_table("account", sa.Column("id"), sa.Column("email", sa.Enum("a", name="kind")))',
            'op.alter_column("account", "email", nullable=bool("id"))',
            "op.execute('alter table public.account add \"Odd Name\" int')",
            'for name in ("looped", "more"): op.add_column("account", sa.Column(name, sa.Integer()))',
            'op.create_index("ix_account_email", "account", [sa.text("lower(mail)")])',
        )
    )
    columns = ("id", "email") if kind == "unique constraint" else ()
    touch = touches.last(DatabaseObject(kind, name, "public", table), *columns)
    assert (None if touch is None else touch.revision.id) == revision


def test_newest_first_on_a_branched_history() -> None:
    def revision(id: str, *down: str) -> RevisionInfo:  # noqa: A002 - Alembic's word
        return RevisionInfo(id, "", 1, "", down)

    parts = (revision("merge", "left", "right"), revision("base"), revision("left", "base"), revision("right", "left2"))
    ordered = [one.id for one in newest_first(History((*parts, revision("left2", "base")), (), (), ""))]
    assert ordered[0] == "merge"
    assert ordered[-1] == "base"
    assert ordered.index("right") < ordered.index("left2")
