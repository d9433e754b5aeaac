"""Templates of a project: which are made, when they serve, and when they are out of date."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_projects import ENV, INI, REVISIONS

from harness.environment import EnvironmentRun, find_project
from harness.findings import HarnessError
from harness.server import ScratchDatabase, Server, attach_server
from harness.settings import Settings
from harness.templates import Start, Templates
from harness.templates.making import LONG_WALK

Make = Callable[..., Path]
Left = Callable[[], list[str]]
TIMEOUT = 60.0


@pytest.fixture
def server(own_server: Server) -> Iterator[Server]:
    """The server as one process has it."""
    with attach_server(own_server.url) as attached:
        yield attached


@pytest.fixture
def other(own_server: Server) -> Iterator[Server]:
    """The server as another process has it."""
    with attach_server(own_server.url) as attached:
        yield attached


def templates_of(server: Server, directory: Path, **settings: Any) -> Templates:
    return Templates(server, find_project(Settings(**settings), directory), TIMEOUT)


def informed(server: Server, directory: Path) -> Templates:
    """Templates that have been told the history."""
    templates = templates_of(server, directory)
    project = find_project(Settings(), directory)
    with server.create_database() as database, EnvironmentRun.start(project, database.url) as run:
        templates.learn(run.call("harness.templates.outline:read_outline"))
    return templates


def columns(server: Server, template: ScratchDatabase | None) -> list[str]:
    """The columns of the table `account` in a clone."""
    assert template is not None
    query = "select column_name from information_schema.columns where table_name = 'account' order by 1"
    with server.create_database("clone", template=template) as clone, clone.connect() as connection:
        return [row[0] for row in connection.execute(query)]


def long_history(count: int) -> tuple[tuple[str, str, str], ...]:
    return tuple((f"r{number:03}", f'op.execute("create table t{number} ()")', "pass") for number in range(count))


def test_the_first_to_ask_walks_and_the_second_gets_a_clone(server: Server, project: Make) -> None:
    directory = project()
    templates = templates_of(server, directory)
    assert templates.start("first") == Start(wants_outline=True)
    templates.learn({"env_py": "", "heads": ["first"], "paths": {"first": ""}, "below": {"first": []}})
    again = templates.start("first")
    assert (again.heads, again.arrived) == (("first",), True)
    assert columns(server, again.template) == ["email", "id"]
    assert templates.start("first") == again
    assert len((directory / "env-runs.txt").read_text().splitlines()) == 1


def test_a_walk_begins_at_the_nearest_template_below(server: Server, project: Make) -> None:
    templates = informed(server, project(revisions=(*REVISIONS, ("third", "pass", "pass"))))
    assert templates.start("second") == Start()
    second = templates.start("second")
    assert (second.heads, second.arrived) == (("second",), True)
    third = templates.start("third")
    assert (third.template, third.heads, third.arrived) == (second.template, ("second",), False)
    assert templates.start("first") == Start()
    at_third = templates.start("third")
    assert (at_third.heads, at_third.arrived) == (("third",), True)
    assert columns(server, at_third.template) == ["email", "id", "settings"]


def test_a_template_is_made_where_the_walk_would_be_long(server: Server, project: Make) -> None:
    templates = informed(server, project(revisions=long_history(LONG_WALK + 10)))
    assert templates.start(f"r{LONG_WALK - 2:03}") == Start()
    far = templates.start(f"r{LONG_WALK - 1:03}")
    assert far.arrived
    near = templates.start("heads")
    assert (near.template, near.arrived) == (far.template, False)


def test_targets_are_found_as_alembic_finds_them_or_left_to_it(server: Server, project: Make) -> None:
    directory = project(
        revisions=(
            ("base1", "pass", "pass"),
            ("left1", 'op.execute("create table l ()")', "pass"),
            ("right", "pass", "pass"),
            ("both1", "pass", "pass"),
            ("other", "pass", "pass"),
        )
    )
    versions = directory / "alembic" / "versions"
    for name, down, more in (
        ("right", "'base1'", "branch_labels = 'beta'"),
        ("both1", "('left1', 'right')", ""),
        ("other", "None", "depends_on = 'beta'"),
    ):
        path = versions / f"{name}.py"
        lines = [
            f"down_revision = {down}\n{more}" if "down_rev" in line else line for line in path.read_text().split("\n")
        ]
        path.write_text("\n".join(lines))
    templates = informed(server, directory)

    def heads(target: str) -> tuple[str, ...] | None:
        templates.start(target)
        start = templates.start(target)
        return start.heads if start.arrived else None

    assert heads("left1") == ("left1",)
    assert heads("lef") == ("left1",)
    assert heads("both1") == ("both1",)
    assert heads("other") == ("other",)
    assert heads("heads") == ("both1", "other")
    for target in ("head", "beta@head", "+1", "nonsense", "", "b"):
        assert heads(target) is None


def test_head_is_upgraded_in_one_go_with_the_data_of_its_migrations(server: Server, project: Make) -> None:
    more = ("third", "op.execute(\"insert into account (id, email) values (1, 'a')\")", "pass")
    templates = templates_of(server, project(revisions=(*REVISIONS, more)))
    head = templates.at_head()
    assert templates.at_head() is head
    with server.create_database(template=head) as clone, clone.connect() as connection:
        assert connection.execute("select id, email from account").fetchall() == [(1, "a")]
        assert connection.execute("select version_num from alembic_version").fetchall() == [("third",)]


# Alembic remembers the type for the length of one run, and does not make it again for the second table.
ONLY_IN_ONE_GO = tuple(
    (name, f'op.create_table("{name}", sa.Column("it", sa.Enum("x", name="mood")))', "pass") for name in ("one", "two")
)


def test_a_database_of_ones_own_is_made_in_one_go(server: Server, project: Make, leftovers: Left) -> None:
    directory = project(revisions=ONLY_IN_ONE_GO)
    templates = templates_of(server, directory)
    with templates.database_at("two", "from") as database, database.connect() as connection:
        assert "_from_" in database.name
        assert connection.execute("select it from two").fetchall() == []
    templates.at_head()
    runs = (directory / "env-runs.txt").read_text()
    with templates.database_at("heads") as clone, clone.connect() as connection:
        assert connection.execute("select it from two").fetchall() == []
    assert (directory / "env-runs.txt").read_text() == runs
    with pytest.raises(HarnessError, match="nonsense"):
        templates.database_at("nonsense")
    templates.start("two")
    with pytest.raises(HarnessError, match='type "mood" already exists'):
        templates.start("two")
    assert [name for name in leftovers() if "template" not in name] == []


def test_a_revision_that_fails_is_told_and_leaves_nothing(server: Server, project: Make, leftovers: Left) -> None:
    directory = project(revisions=(REVISIONS[0], ("broken", 'op.execute("select 1/0")', "pass")))
    templates = informed(server, directory)
    with pytest.raises(HarnessError, match=r"failed in revision broken at alembic/versions/broken.py:\d+: division"):
        templates.at_head()
    templates.start("broken")
    with pytest.raises(HarnessError, match="The upgrade of revision broken failed"):
        templates.start("broken")
    assert leftovers() == []
    broken = directory / "alembic" / "versions" / "broken.py"
    broken.write_text(broken.read_text().replace("1/0", "1"))
    assert columns(server, templates.at_head()) == ["email", "id"]


READING = """
from pathlib import Path
import helper
rows = Path("data/rows.sql").read_text()
names = sorted(path.name for path in Path("data").iterdir())
"""
FILES = {
    "helper.py": "WORD = 1\n",
    "data/rows.sql": "select 1",
    "README.md": "about",
    "tests/test_it.py": "",
    "alembic/README": "",
}


def edit(path: str, text: str = "\n# more\n") -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a") as file:
            file.write(text)

    return change


def set_variable(name: str) -> Callable[[Path], None]:
    return lambda _directory: os.environ.__setitem__(name, "changed")


@pytest.fixture
def reading(project: Make, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose first revision imports a module and reads files, and which counts its upgrades."""
    for name in ("TENANT", "PYTEST_THING", "XDG_THING"):
        monkeypatch.setenv(name, "as it was")
    note = '    open("upgrades.txt", "a").write("x")\n'
    directory = project(files=FILES)
    first = directory / "alembic" / "versions" / "first.py"
    first.write_text(
        first.read_text()
        .replace("revision =", READING + "revision =", 1)
        .replace("def upgrade():\n", "def upgrade():\n" + note)
    )
    return directory


def upgrades(directory: Path) -> int:
    return len((directory / "upgrades.txt").read_text())


@pytest.mark.parametrize(
    "change",
    [
        edit("alembic/versions/first.py"),
        edit("alembic/env.py"),
        edit("alembic.ini"),
        edit("models.py"),
        edit("helper.py"),
        edit("data/rows.sql", ", 2"),
        edit("data/more.sql"),
        lambda directory: (directory / "data" / "rows.sql").unlink(),
        set_variable("TENANT"),
    ],
    ids=["revision", "env.py", "ini", "models", "module", "data", "new file", "file gone", "variable"],
)
def test_what_decides_the_schema_makes_a_template_out_of_date(
    server: Server, other: Server, reading: Path, change: Callable[[Path], None]
) -> None:
    stale = templates_of(server, reading).at_head()
    change(reading)
    if not (reading / "data" / "rows.sql").exists():
        with pytest.raises(HarnessError, match=r"rows\.sql"):
            templates_of(other, reading).at_head()
        return
    assert templates_of(other, reading).at_head().name != stale.name
    assert upgrades(reading) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda _directory: None,
        edit("README.md"),
        edit("alembic/README"),
        edit("tests/test_it.py"),
        edit("data/.hidden"),
        edit("env-runs.txt"),
        edit("notes.txt"),
        set_variable("PYTEST_THING"),
        set_variable("XDG_THING"),
    ],
    ids=["nothing", "readme", "beside env.py", "test", "hidden", "log", "new file", "pytest", "desktop"],
)
def test_what_decides_nothing_leaves_it_in_use(
    server: Server, other: Server, reading: Path, change: Callable[[Path], None]
) -> None:
    template = templates_of(server, reading).at_head()
    change(reading)
    assert templates_of(other, reading).at_head().name == template.name
    assert upgrades(reading) == 1


def test_a_later_revision_leaves_the_template_of_an_earlier_one(server: Server, other: Server, reading: Path) -> None:
    def first(server: Server) -> ScratchDatabase | None:
        templates = informed(server, reading)
        templates.start("first")
        return templates.start("first").template

    template = first(server)
    edit("alembic/versions/second.py")(reading)
    second = reading / "alembic" / "versions" / "second.py"
    (second.parent / "third.py").write_text(
        second.read_text().replace('"second"', '"third"').replace("'first'", "'second'")
    )
    found = first(other)
    assert template is not None
    assert found is not None
    assert found.name == template.name
    assert upgrades(reading) == 1


@pytest.mark.parametrize(
    "settings", [{"x": ("tenant=a",)}, {"env": {"URL": "{url}"}}, {"name": "second"}], ids=["x", "env", "section"]
)
def test_what_the_run_is_given_is_part_of_the_name(
    server: Server, other: Server, project: Make, settings: dict[str, Any]
) -> None:
    directory = project(ini=INI + INI.replace("[alembic]", "[second]"))
    name = templates_of(server, directory).at_head().name
    assert templates_of(other, directory, **settings).at_head().name != name
    assert templates_of(other, directory).at_head().name == name


def test_two_checkouts_do_not_share(server: Server, project: Make, tmp_path: Path) -> None:
    directory = project()
    name = templates_of(server, directory).at_head().name
    moved = directory.rename(tmp_path / "moved")
    assert templates_of(server, moved).at_head().name != name


def test_an_env_py_that_commits_nothing_is_told(server: Server, project: Make) -> None:
    env = ENV.replace(
        "        with context.begin_transaction():\n            context.run_migrations()\n",
        "        context.run_migrations()\n        connection.rollback()\n",
    )
    templates = templates_of(server, project(env=env))
    with pytest.raises(HarnessError, match="ended well, but nothing of it is in the database"):
        templates.at_head()


def test_a_version_table_in_a_schema_of_the_search_path_is_found(server: Server, project: Make) -> None:
    env = ENV.replace(
        "        context.configure(connection",
        '        connection.exec_driver_sql("create schema if not exists tenant")\n'
        '        connection.exec_driver_sql("set search_path to tenant")\n'
        "        connection.commit()\n"
        "        context.configure(connection",
    )
    templates = templates_of(server, project(env=env))
    with server.create_database(template=templates.at_head()) as clone, clone.connect() as connection:
        assert connection.execute("select version_num from tenant.alembic_version").fetchall() == [("second",)]
