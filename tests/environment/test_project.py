"""Finding a project: every place and form that Alembic takes, and one clear sentence for what it cannot take."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from env_files import REVISIONS, SYNC, write_project

import alembic
from harness.environment import find_project
from harness.findings import UsageError
from harness.server import Server
from harness.settings import Settings

TOML = """[tool.alembic]
script_location = "%(here)s/migrations"
[[tool.alembic.post_write_hooks]]
name = "nothing"
"""


reads_pyproject_toml = pytest.mark.skipif(
    tuple(map(int, alembic.__version__.split(".")[:2])) < (1, 16), reason="Alembic reads pyproject.toml since 1.16"
)


@reads_pyproject_toml
def test_pyproject_toml_alone(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server, SYNC)
    env_py = SYNC.replace(
        'engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)',
        '__import__("sqlalchemy").create_engine("postgresql+psycopg://app:secret@192.0.2.1/live")',
    )
    project.write("migrations/env.py", env_py)
    (tmp_path / "alembic.ini").unlink()
    project.write("pyproject.toml", TOML)
    report = project.check("graph", "upgrade", "downgrade")
    assert report.exit_code() == 0, report.to_dict()
    assert report.project is not None
    assert report.project.config == "pyproject.toml"


@reads_pyproject_toml
def test_an_ini_file_beside_a_pyproject_toml(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server)
    project.write("pyproject.toml", TOML)
    project.write("alembic.ini", project.read("alembic.ini").replace("script_location", "# script_location"))
    assert project.check("upgrade").exit_code() == 0


def test_a_script_location_relative_to_its_own_folder(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path / "deep" / "db", server)
    project.write("alembic.ini", project.read("alembic.ini").replace("%(here)s/", ""))
    found = find_project(Settings(config="deep/db/alembic.ini"), tmp_path)
    assert found.directory == tmp_path / "deep" / "db"
    project.directory = tmp_path
    assert project.check("upgrade", config="deep/db/alembic.ini").exit_code() == 0


def test_a_script_location_in_a_package(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server)
    project.write("shop_package/__init__.py", "")
    shutil.move(tmp_path / "migrations", tmp_path / "shop_package" / "migrations")
    project.write(
        "alembic.ini",
        project.read("alembic.ini").replace("%(here)s/migrations", "shop_package:migrations\nprepend_sys_path = ."),
    )
    report = project.check("upgrade", env={"SHOWN": "nothing"})
    assert report.exit_code() == 0, report.to_dict()


def test_sections_of_their_own(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server)
    text = project.read("alembic.ini")
    project.write("alembic.ini", text.replace("[alembic]", "[billing]"))
    project.write("migrations/env.py", SYNC.replace('"alembic"', '"billing"'))
    with pytest.raises(UsageError) as caught:
        project.check("upgrade")
    assert str(caught.value) == "alembic.ini has no section [alembic]. It has [billing]; name one with --name."
    assert project.check("upgrade", name="billing").exit_code() == 0


def test_several_version_locations(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server, revisions=(*REVISIONS, ("r3", "pass", "pass")))
    (tmp_path / "more" / "deeper").mkdir(parents=True)
    shutil.move(tmp_path / "migrations/versions/r3.py", tmp_path / "more/deeper/r3.py")
    project.write(
        "alembic.ini",
        project.read("alembic.ini")
        + "version_locations = %(here)s/migrations/versions %(here)s/more\nrecursive_version_locations = true\n",
    )
    report = project.check("graph", "upgrade", "downgrade")
    assert report.exit_code() == 0, report.to_dict()
    assert report.project is not None
    assert report.project.heads == ("r3",)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "There is no alembic.ini and no [tool.alembic] in a pyproject.toml in "),
        ({"db/alembic.ini": "[alembic]"}, "There is one in db/alembic.ini: --config db/alembic.ini"),
        ({"alembic.ini": "[alembic]\n"}, "alembic.ini has no script_location in [alembic]. For example: "),
        ({"alembic.ini": "[other]\n"}, "alembic.ini has no section [alembic]. It has [other]"),
        ({"alembic.ini": "no section\n"}, "alembic.ini cannot be read as an ini file"),
        ({"pyproject.toml": "[tool.alembic]\nprepend_sys_path = ['.']"}, "has no script_location in [tool.alembic]"),
    ],
)
def test_no_project(tmp_path: Path, files: dict[str, str], says: str) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    with pytest.raises(UsageError) as caught:
        find_project(Settings(), tmp_path)
    assert says in str(caught.value)


def test_a_config_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        find_project(Settings(config="."), tmp_path)


def test_a_script_location_that_is_nowhere(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server)
    shutil.rmtree(tmp_path / "migrations")
    with pytest.raises(UsageError) as caught:
        project.check("graph")
    assert "alembic.ini" in caught.value.message
    assert "migrations" in caught.value.message


def test_a_missing_versions_folder(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server)
    shutil.rmtree(tmp_path / "migrations/versions")
    with pytest.raises(UsageError) as caught:
        project.check()
    assert caught.value.message == "The versions folder migrations/versions does not exist."
    assert "alembic revision" in caught.value.fix


def test_a_missing_env_py(tmp_path: Path, server: Server) -> None:
    project = write_project(tmp_path, server)
    (tmp_path / "migrations/env.py").unlink()
    report = project.check("upgrade")
    assert report.exit_code() == 3
    assert "env.py" in (report.checks[0].reason or "")


def test_a_placeholder_that_does_not_exist(tmp_path: Path, server: Server) -> None:
    with pytest.raises(UsageError, match="--env DB has a placeholder that does not exist"):
        write_project(tmp_path, server).check("upgrade", env={"DB": "{uri}"})
