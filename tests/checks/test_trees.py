"""Trees that must work: every check runs on each of them and finds nothing."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from tree_project import INI, TreeProject, serious

from harness.server import Server

LOCATIONS = "version_locations = %(here)s/migrations/versions:%(here)s/plugin/revisions\n"
CONCURRENTLY = (
    "with op.get_context().autocommit_block():\n"
    '        op.create_index("i", "t_r1", ["id"], postgresql_concurrently=True)'
)
DROP_CONCURRENTLY = (
    "with op.get_context().autocommit_block():\n"
    '        op.drop_index("i", table_name="t_r1", postgresql_concurrently=True)'
)

ALEMBIC = tuple(int(part) for part in version("alembic").split(".")[:2])
since_1_16 = pytest.mark.skipif(ALEMBIC < (1, 16), reason="Alembic knows it from version 1.16 on")


def green(project: TreeProject, **settings: Any) -> None:
    report = project.check(**settings)
    assert serious(report) == []
    assert {check.name: check.reason for check in report.checks if check.outcome != "passed"} == {}


@pytest.fixture
def project(tmp_path: Path, server: Server) -> TreeProject:
    return TreeProject(tmp_path, server)


def branches(project: TreeProject, **second: Any) -> None:
    project.revision("root")
    project.revision("left1", "root")
    project.revision("left2", "left1")
    project.revision("right1", "root", **second)
    project.revision("right2", "right1")


def test_linear(project: TreeProject) -> None:
    project.revision("r1")
    project.revision("r2", "r1")
    project.revision("r3", "r2")
    green(project)


def test_one_revision(project: TreeProject) -> None:
    project.revision("r1")
    green(project)


def test_two_branches_merged(project: TreeProject) -> None:
    branches(project)
    project.merge("merged", "left2", "right2")
    green(project)
    project.revision("after", "merged")
    green(project)


def test_a_merge_that_makes_something(project: TreeProject) -> None:
    branches(project)
    project.revision("merged", ("left2", "right2"))
    green(project)


def test_a_merge_of_three(project: TreeProject) -> None:
    branches(project)
    project.revision("third", "root")
    project.merge("merged", "left2", "right2", "third")
    green(project)


def test_merges_of_merges(project: TreeProject) -> None:
    branches(project)
    project.merge("m1", "left1", "right1")
    project.merge("m2", "left2", "m1")
    project.merge("m3", "m2", "right2")
    green(project)


def test_two_heads_that_are_declared(project: TreeProject) -> None:
    branches(project)
    green(project, heads=["left2", "right2"])


def test_two_bases_with_heads_of_their_own(project: TreeProject) -> None:
    project.revision("a1")
    project.revision("b1")
    project.revision("a2", "a1")
    green(project, heads=["a2", "b1"])


def test_depends_on_across_branches(project: TreeProject) -> None:
    project.revision("a1")
    project.revision("a2", "a1")
    up = 'op.create_table("child", sa.Column("a", sa.Integer, sa.ForeignKey("t_a2.id")))'
    project.revision("b1", None, up, 'op.drop_table("child")', depends_on="a2")
    project.write("models.py", project.read("models.py") + "from sqlalchemy import ForeignKey\n")
    project.model("child", 'Column("a", Integer, ForeignKey("t_a2.id"))')
    # That the branch of a2 needs no row in the version table does not make a2 less of a head.
    green(project, heads=["a2", "b1"])
    project.revision("a3", "a2")
    project.revision("b2", "b1", depends_on="a3")
    green(project, heads=["a3", "b2"])


def test_branch_labels(project: TreeProject) -> None:
    branches(project, branch_labels=("right_side", "second"))
    green(project, heads=["left2", "right_side@head"])
    project.revision("needs", "left2", depends_on="right_side")
    green(project, heads=["needs", "right2"])


@pytest.mark.parametrize(
    ("ini", "separator"),
    [
        pytest.param("path_separator = :\n", ":", marks=since_1_16),
        pytest.param("path_separator = os\n", ":", marks=since_1_16),
        pytest.param("path_separator = newline\n", "\n    ", marks=since_1_16),
        pytest.param("path_separator = space\n", " ", marks=since_1_16),
        ("version_path_separator = :\n", ":"),
        ("version_path_separator = os\n", ":"),
        ("version_path_separator = ;\n", ";"),
        ("", " "),
        ("", ", "),
    ],
)
def test_several_version_locations(tmp_path: Path, server: Server, ini: str, separator: str) -> None:
    places = separator.join(f"%(here)s/{place}" for place in ("migrations/versions", "plugin/revisions"))
    project = TreeProject(tmp_path, server, ini=f"{ini}version_locations = {places}\n")
    project.revision("r1")
    project.revision("r2", "r1", folder="plugin/revisions")
    project.revision("r3", "r2")
    green(project)


def test_recursive_version_locations(tmp_path: Path, server: Server) -> None:
    project = TreeProject(tmp_path, server, ini="recursive_version_locations = true\n")
    project.revision("r1")
    project.revision("r2", "r1", folder="migrations/versions/2025/first half")
    project.revision("r3", "r2", folder="migrations/versions/2026")
    green(project)


def test_folders_are_left_alone_without_that_option(project: TreeProject) -> None:
    project.revision("r1")
    project.revision("r1", folder="migrations/versions/old")
    project.write("models.py", project.read("models.py").rpartition("Table(")[0])
    green(project)


def test_transaction_per_migration(tmp_path: Path, server: Server) -> None:
    project = TreeProject(tmp_path, server, options=", transaction_per_migration=True")
    project.revision("r1")
    project.revision("r2", "r1")
    green(project)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
@pytest.mark.parametrize("options", ["", ", transaction_per_migration=True"], ids=["one", "each"])
def test_autocommit_blocks(tmp_path: Path, server: Server, driver: str, options: str) -> None:
    """Reported to hang with asyncpg: https://github.com/sqlalchemy/alembic/issues/1460"""
    project = TreeProject(tmp_path, server, driver=driver, options=options)
    project.revision("r1")
    project.revision("r2", "r1", CONCURRENTLY, DROP_CONCURRENTLY)
    project.revision("r3", "r2")
    project.write(
        "models.py", project.read("models.py").replace("import Column,", "import Column, Index,") + INDEX_OF_R1
    )
    green(project, timeout=60)


INDEX_OF_R1 = 'Index("i", metadata.tables["t_r1"].c.id)\n'


def test_a_version_table_elsewhere(tmp_path: Path, server: Server) -> None:
    project = TreeProject(
        tmp_path,
        server,
        options=', version_table="history_of_mine", version_table_schema="meta"',
        before='connection.execute(text("create schema if not exists meta")); connection.commit()',
    )
    project.replace("migrations/env.py", "def offline():\n", "def offline():\n    pass\n")
    project.revision("r1")
    project.revision("r2", "r1")
    project.write(
        "migrations/env.py",
        project.read("migrations/env.py").replace(
            "        context.run_migrations()",
            '        if context.is_offline_mode():\n            context.execute("create schema if not exists meta")\n'
            "        context.run_migrations()",
        ),
    )
    green(project)


@since_1_16
def test_pyproject_toml(project: TreeProject) -> None:
    project.revision("r1")
    project.revision("r2", "r1")
    (project.directory / "alembic.ini").unlink()
    project.write(
        "pyproject.toml",
        '[tool.alembic]\nscript_location = "%(here)s/migrations"\nprepend_sys_path = ["."]\n'
        'version_locations = ["%(here)s/migrations/versions"]\n',
    )
    project.replace(
        "migrations/env.py",
        'context.config.get_main_option("sqlalchemy.url")',
        '"postgresql+psycopg://app:secret@192.0.2.1/live"',
    )
    green(project)


@since_1_16
def test_an_ini_beside_a_pyproject_toml(project: TreeProject) -> None:
    """The ini file holds the URL, pyproject.toml the rest: the layout of `alembic init --template pyproject`."""
    project.revision("r1")
    project.write(
        "alembic.ini", INI.replace("DRIVER", "psycopg").replace("script_location = %(here)s/migrations\n", "")
    )
    project.write("pyproject.toml", '[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    green(project)


def test_a_package_as_script_location(project: TreeProject) -> None:
    project.revision("r1")
    project.revision("r2", "r1")
    (project.directory / "shop").mkdir()
    (project.directory / "migrations").rename(project.directory / "shop" / "migrations")
    project.write("shop/__init__.py", "")
    project.replace("alembic.ini", "%(here)s/migrations", "shop:migrations")
    green(project)


def test_an_id_that_begins_another(project: TreeProject) -> None:
    project.revision("abcd")
    project.revision("abcd1", "abcd")
    project.revision("abcd12", "abcd1")
    project.revision("abc", "abcd12")
    green(project)


def test_odd_ids(project: TreeProject) -> None:
    project.revision("1")
    # What makes no table of that name, since a table called t_2023.01 is no part of what is tried here.
    for name, below in (("2023.01", "1"), ("größer_als", "2023.01"), ("v 2", "größer_als")):
        project.revision(name, below, "pass")
    green(project)
