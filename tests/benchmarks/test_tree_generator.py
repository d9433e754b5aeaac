"""The projects that benchmarks and tests walk through are what they say they are."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import harness
from harness.environment import EnvironmentRun, find_project
from harness.server import ScratchDatabase, Server
from harness.settings import Settings

TABLES = """
select t.relname,
       (select count(*) from pg_catalog.pg_attribute where attrelid = t.oid and attnum > 0),
       (select count(*) from pg_catalog.pg_index where indrelid = t.oid and not indisprimary),
       (select confrelid::pg_catalog.regclass::text from pg_catalog.pg_constraint
         where conrelid = t.oid and contype = 'f')
  from pg_catalog.pg_class t
 where t.relkind = 'r' and t.relname like 'thing%'
 order by 1
"""


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize("shape", ["linear", "branched"])
def test_a_tree_is_a_project_that_passes(
    trees: ModuleType, tmp_path: Path, server: Server, shape: str, driver: str
) -> None:
    trees.write_tree(tmp_path / "tree", 23, shape=shape, driver=driver)
    report = harness.check(directory=tmp_path / "tree", server=server, select=["graph", "upgrade", "downgrade"])
    assert report.outcome == "passed", report.to_dict()
    assert report.findings == ()
    assert report.project is not None
    assert report.project.revisions == 23


def test_each_revision_makes_a_table_of_eight_columns_a_foreign_key_and_an_index(
    trees: ModuleType, tmp_path: Path, database: ScratchDatabase
) -> None:
    tree = trees.write_tree(tmp_path / "tree", 12, shape="branched")
    with EnvironmentRun.start(find_project(Settings(), tree.directory), database.url) as run:
        assert run.deploy().failure is None
    with database.connect() as connection:
        rows = connection.execute(TABLES).fetchall()
    before = {trees.table_name(number): trees.table_name(max(0, number - 2)) for number in range(12)}
    before |= {"thing_0001": "thing_0000", "thing_0009": "thing_0007", "thing_0010": "thing_0009"}
    before |= {"thing_0011": "thing_0010"}
    assert rows == [(table, 8, 1, parent) for table, parent in sorted(before.items())]


def test_the_way_down_leaves_nothing(trees: ModuleType, tmp_path: Path, database: ScratchDatabase) -> None:
    tree = trees.write_tree(tmp_path / "tree", 12, shape="branched")
    with EnvironmentRun.start(find_project(Settings(), tree.directory), database.url) as run:
        run.upgrade()
        run.downgrade("base")
    with database.connect() as connection:
        assert connection.execute(TABLES).fetchall() == []


@pytest.mark.parametrize("shape", ["linear", "branched"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 9, 10, 11, 12, 13, 20, 101])
def test_every_size_has_one_head_and_an_order_to_apply_it_in(
    trees: ModuleType, tmp_path: Path, shape: str, count: int
) -> None:
    tree = trees.write_tree(tmp_path / "tree", count, shape=shape)
    script = ScriptDirectory.from_config(Config(str(tree.directory / "alembic.ini")))
    assert script.get_heads() == [tree.revisions[-1]]
    assert len(tree.revisions) == count == len(list(script.walk_revisions()))
    applied: set[str] = set()
    for revision in tree.revisions:
        assert set(tree.parents[revision]) <= applied
        applied.add(revision)
    if shape == "linear":
        assert max(len(parents) for parents in tree.parents.values()) <= 1


def test_a_branched_tree_forks_and_merges_again_and_again(trees: ModuleType, tmp_path: Path) -> None:
    tree = trees.write_tree(tmp_path / "tree", 100, shape="branched")
    merges = [revision for revision, parents in tree.parents.items() if len(parents) == 2]
    children = [parent for parents in tree.parents.values() for parent in parents]
    forks = [revision for revision in tree.revisions if children.count(revision) == 2]
    assert len(merges) == len(forks) == 10


def test_a_tree_needs_a_revision_and_a_folder_of_its_own(trees: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        trees.write_tree(tmp_path / "none", 0)
    trees.write_tree(tmp_path / "tree", 1)
    with pytest.raises(FileExistsError):
        trees.write_tree(tmp_path / "tree", 1)
