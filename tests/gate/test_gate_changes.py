"""Changes made by hand on a live database of the sample application: each is named precisely, and nothing else is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest
from live_databases import Change, changes, grounded, judge, upgraded

from harness.gate.expected import Ground
from harness.schema import diff, read_schema
from harness.server import ScratchDatabase, Server, open_server
from harness.settings import Settings

LIVE = ["embedded", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.fixture(scope="module", params=LIVE)
def live_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server of the live databases, of one version or another; scratch databases are on the embedded one."""
    if request.param == "embedded":
        opened: Server = request.getfixturevalue("server")
        with role(opened):
            yield opened
        return
    request.getfixturevalue("postgres_15")
    with open_server(Settings(server="docker", image="postgres:15")) as opened, role(opened):
        yield opened


@contextlib.contextmanager
def role(server: Server) -> Iterator[None]:
    """A role of the live server that no history knows."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("create role gate_reader")
        yield
        connection.execute("drop role gate_reader")


@pytest.fixture(scope="module")
def ground(server: Server) -> Iterator[Ground]:
    with grounded(server) as made:
        yield made


@pytest.fixture(scope="module")
def template(live_server: Server) -> Iterator[ScratchDatabase]:
    with upgraded(live_server) as database:
        yield database


@pytest.fixture
def live(live_server: Server, template: ScratchDatabase) -> Iterator[ScratchDatabase]:
    with live_server.create_database("live", template=template) as database:
        yield database


def apply(database: ScratchDatabase, change: Change) -> None:
    with database.connect() as connection:
        for statement in change.sql.split(";\n"):
            with contextlib.suppress(psycopg.errors.UniqueViolation):  # what leaves an invalid index behind
                connection.execute(statement.encode())


@pytest.mark.parametrize("change", changes(), ids=str)
def test_a_change_is_named(change: Change, live: ScratchDatabase, ground: Ground) -> None:
    apply(live, change)
    (finding,) = judge(ground, live).drift()
    told = (finding.rule, f"{finding.object.kind} {finding.object}" if finding.object else None, finding.attribute)
    assert told == (change.rule, change.object, change.attribute)
    for value, wanted in ((finding.expected, change.expected), (finding.actual, change.actual)):
        assert value == wanted or (wanted == "..." and value)
    assert finding.fix
    assert "on the database" in finding.fix


def test_there_are_enough_changes() -> None:
    assert len(changes()) >= 40


def test_an_untouched_database_has_no_finding(live: ScratchDatabase, ground: Ground) -> None:
    assert judge(ground, live).drift() == []


@pytest.mark.parametrize(
    ("left_out", "rules"),
    [
        ({"grants": False}, ("table.grants", "column.grants", "default-privileges.extra")),
        ({"policies": False}, ("table.row-security", "policy.extra")),
    ],
    ids=["grants", "policies"],
)
def test_grants_and_policies_can_be_left_out(
    left_out: dict[str, bool], rules: tuple[str, ...], live: ScratchDatabase, ground: Ground
) -> None:
    for change in changes():
        if change.rule.removeprefix("gate.drift.") in rules:
            apply(live, change)
    assert {finding.rule for finding in judge(ground, live).drift()} == {f"gate.drift.{rule}" for rule in rules}
    assert judge(ground, live, **left_out).drift() == []


def test_the_repair_makes_the_database_as_the_history_says(live: ScratchDatabase, ground: Ground) -> None:
    chosen = ("column.type", "column.extra", "index.missing", "trigger.enabled", "table.grants", "view.definition")
    for change in changes():
        if change.rule.removeprefix("gate.drift.") in chosen:
            apply(live, change)
    found = judge(ground, live).drifted.repair
    assert len(found.fixes) >= len(chosen)
    with live.connect() as connection:
        connection.execute(found.sql.encode())
    assert judge(ground, live).drift() == []


def test_adopting_makes_the_history_as_the_database_is(
    live_server: Server, live: ScratchDatabase, template: ScratchDatabase, ground: Ground
) -> None:
    chosen = ("column.default", "column.extra", "index.extra", "check-constraint.extra", "sequence.extra")
    for change in changes():
        if change.rule.removeprefix("gate.drift.") in chosen and "invalid" not in str(change.actual):
            apply(live, change)
    adoptions = judge(ground, live).drifted.adoptions
    with live_server.create_database("adopted", template=template) as history, history.connect() as connection:
        for fix in adoptions:
            assert fix is not None
            connection.execute(fix.sql.encode())
        with live.connect() as other:
            assert diff(read_schema(connection), read_schema(other), ignore={"owner", "order"}) == []
