"""What the tests of the gate share: the sample application's history, and live databases that it made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from harness.checks.context import CheckContext
from harness.comparison.address import read_address
from harness.environment import EnvironmentRun, Project, find_project
from harness.gate.expected import Ground
from harness.gate.judge import Asked, Judge
from harness.server import ScratchDatabase, Server, open_server
from harness.settings import Settings

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
HEAD = "a2816e9fd07c"
_HEAD_LINE = re.compile(r"^-- (gate\..*)$", re.MULTILINE)


@contextmanager
def server_with_roles(*names: str) -> Iterator[Server]:
    """A server of its own, with roles that the scratch server does not have and that may log in."""
    with open_server(Settings(server="embedded")) as server:
        with server.connect() as connection:
            for name in names:
                connection.execute(f"create role {name} login password 'tell-nobody'".encode())
        yield server


class Change(NamedTuple):
    """Something that was done to a live database by hand, and what is to be said of it; `...` stands for any text."""

    sql: str
    rule: str
    object: str
    attribute: str | None
    expected: str | None
    actual: str | None

    def __str__(self) -> str:
        return f"{self.rule} {self.object}"


def changes() -> list[Change]:
    """The changes of `changes.sql`."""
    pieces = _HEAD_LINE.split((FOLDER / "changes.sql").read_text(encoding="utf-8"))
    found = []
    for head, sql in zip(pieces[1::2], pieces[2::2], strict=True):
        rule, target, *rest = (part.strip() for part in head.split(" | "))
        attribute, expected, actual = (None if part == "-" else part for part in rest)
        found.append(Change(sql.strip(), rule, target, attribute, expected, actual))
    return found


def sample_project() -> Project:
    """The sample application of this repository."""
    return find_project(Settings(), ROOT)


@contextmanager
def grounded(server: Server, project: Project | None = None) -> Iterator[Ground]:
    """A ground for judgements, with scratch databases on a server that may be the live one."""
    with CheckContext(Settings(), project or sample_project(), lambda: server, lambda *_: None) as context:
        yield Ground(context, may_share=True)


def judge(ground: Ground, database: ScratchDatabase, **asked: object) -> Judge:
    """A judge of a live database."""
    wanted = {"parts": ("revision", "drift", "rehearsal"), **asked}
    return Judge(ground, read_address(database.url), Asked(**wanted))  # type: ignore[arg-type]  # tests give what fits


def upgraded(server: Server, target: str = "heads", project: Project | None = None) -> ScratchDatabase:
    """A database that the project's own `env.py` brought to a revision."""
    database = server.create_database("live")
    with EnvironmentRun.start(project or sample_project(), database.url) as run:
        assert run.deploy(target).failure is None
    return database
