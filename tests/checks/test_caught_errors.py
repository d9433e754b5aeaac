"""An error that a revision catches spoils its transaction: the finding names that one, not the refusal that follows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tree_project import TreeProject

from harness.server import Server

CAUGHT = 'try:\n        op.execute("{statement}")\n    except Exception:\n        pass'
DROPS_WHAT_IS_NOT_THERE = CAUGHT.format(statement="alter table t_r1 drop column gone")


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_the_first_error_of_a_downgrade_is_named(driver: str, tmp_path: Path, server: Server) -> None:
    project = TreeProject(tmp_path, server, driver=driver)
    path = project.revision("r1", None, 'op.create_table("t_r1", sa.Column("id", sa.Integer))', DROPS_WHAT_IS_NOT_THERE)
    (finding,) = project.check("round-trip").findings
    assert finding.rule == "round-trip.failed"
    assert finding.message == (
        'The downgrade of revision r1 fails: column "gone" of relation "t_r1" does not exist '
        "(it is caught, and then: current transaction is aborted, commands ignored until end of transaction block)"
    )
    assert finding.location is not None
    assert (finding.location.path, finding.location.line) == (path, 15)
    assert "SQL: alter table t_r1 drop column gone" in (finding.detail or "")


def test_the_first_error_of_an_upgrade_is_named(tmp_path: Path, server: Server) -> None:
    project = TreeProject(tmp_path, server)
    project.revision("r1", None, CAUGHT.format(statement="drop table gone"))
    (finding,) = project.check("upgrade").findings
    assert finding.message.startswith('The upgrade fails at revision r1: table "gone" does not exist (it is caught')


def test_an_error_that_a_savepoint_has_undone_is_not_the_cause(tmp_path: Path, server: Server) -> None:
    project = TreeProject(tmp_path, server)
    tried = (
        'try:\n        with op.get_bind().begin_nested():\n            op.execute("drop table never")\n'
        f"    except Exception:\n        pass\n    {CAUGHT.format(statement='drop table gone')}"
    )
    project.revision("r1", None, tried)
    (finding,) = project.check("upgrade").findings
    assert 'table "gone" does not exist' in finding.message
