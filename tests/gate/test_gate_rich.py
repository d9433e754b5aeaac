"""The richest schema that the tests have, every kind of object in it: no false alarm, and copies that are faithful."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from histories import write_history
from live_databases import grounded, judge
from schema.conftest import RICH, ROLES, create_roles
from schema.corpus import Mutation, mutations

from harness.environment import EnvironmentRun, Project
from harness.gate.copying import copy_live
from harness.gate.expected import Ground
from harness.schema import Schema
from harness.server import ScratchDatabase, Server, open_server
from harness.settings import Settings

CHOSEN = [mutation for mutation in mutations()[::16] if mutation.attribute != "owner" and mutation.since <= 15]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("rich")
    (folder / "rich.sql").write_text(RICH, encoding="utf-8")
    # Past SQLAlchemy, which would take colons and percent signs for its own.
    up = f"op.get_bind().connection.cursor().execute(open({str(folder / 'rich.sql')!r}, 'rb').read())"
    return write_history(folder, {"rich": (None, up)}, options="version_table='history'")


@pytest.fixture(scope="module", params=["embedded", pytest.param("docker", marks=pytest.mark.docker)])
def live_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server with the roles that the schema needs, which the scratch server does not have."""
    image = request.getfixturevalue("postgres_15") if request.param == "docker" else Settings.image
    with open_server(Settings(server=request.param, image=image)) as opened:
        with psycopg.connect(opened.url, autocommit=True) as connection:
            create_roles(connection)
        yield opened


@pytest.fixture(scope="module")
def template(live_server: Server, project: Project) -> Iterator[ScratchDatabase]:
    with live_server.create_database("rich") as database:
        with EnvironmentRun.start(project, database.url) as run:
            assert run.deploy("rich").failure is None
        yield database


@pytest.fixture(scope="module")
def ground(project: Project) -> Iterator[Ground]:
    with open_server(Settings(server="embedded")) as server:
        with grounded(server, project) as made:
            yield made
        with psycopg.connect(server.url) as connection:
            left = connection.execute("select rolname from pg_roles where rolname = any(%s)", [list(ROLES)]).fetchall()
        assert left == []


def test_no_false_alarm(template: ScratchDatabase, ground: Ground) -> None:
    judged = judge(ground, template)
    assert (list(judged.revision()), judged.drift()) == ([], [])


@pytest.mark.parametrize("mutation", CHOSEN, ids=str)
def test_a_change_is_seen_and_copied(
    mutation: Mutation, live_server: Server, template: ScratchDatabase, ground: Ground
) -> None:
    with live_server.create_database("changed", template=template) as live:
        with live.connect() as connection:
            connection.execute(mutation.sql.encode())
        judged = judge(ground, live)
        (finding,) = judged.drift()
        assert (str(finding.object), finding.attribute) == (mutation.object, mutation.attribute)
        schema = judged.live.schema
        assert isinstance(schema, Schema)
        copy = copy_live(ground, ground.at(["rich"]), judged.live, schema, ["rich"])
        copy.database.drop()
    assert copy.has_drift
    # No statement moves a column, and so a note says it.
    assert [note.endswith("its column order.") for note in copy.notes] == (
        [True] if mutation.attribute == "column_order" else []
    )


def test_the_corpus_is_there() -> None:
    assert len(CHOSEN) > 20
