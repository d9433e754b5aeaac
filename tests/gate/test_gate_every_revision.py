"""An untouched live database has no finding, at head and at every earlier revision, on servers of two versions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from live_databases import HEAD, grounded, judge, sample_project

from harness.environment import EnvironmentRun
from harness.gate.judge import Judge
from harness.server import Server, open_server
from harness.settings import Settings

PAIRS = [
    ("embedded", "embedded"),
    pytest.param(("docker", "embedded"), marks=pytest.mark.docker),
    pytest.param(("docker", "docker"), marks=pytest.mark.docker),
]


@pytest.fixture(scope="module")
def docker_server(postgres_15: str) -> Iterator[Server]:
    with open_server(Settings(server="docker", image=postgres_15)) as opened:
        yield opened


@pytest.mark.timeout(600)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: " against ".join(pair))
def test_no_finding_at_any_revision(pair: tuple[str, str], request: pytest.FixtureRequest) -> None:
    names = {"embedded": "server", "docker": "docker_server"}
    live_server, scratch_server = (request.getfixturevalue(names[kind]) for kind in pair)
    stood_at = []
    with (
        grounded(scratch_server) as ground,
        live_server.create_database("live") as live,
        EnvironmentRun.start(sample_project(), live.url) as run,
    ):
        for step in run.walk(run.plan("heads", "upgrade"), "upgrade"):
            assert step.failure is None
            judged = judge(ground, live)
            assert [finding.rule for finding in judged.revision()] == (
                [] if step.heads == (HEAD,) else ["gate.pending"]
            )
            assert judged.drift() == []
            stood_at += judged.position.rows
            versions_differ = judged.live.major != scratch_server.version.partition(".")[0]
            assert any("PostgreSQL" in note for note in judged.notes) == versions_differ
    assert len(stood_at) == 12


def test_no_finding_at_the_base(server: Server) -> None:
    with (
        grounded(server) as ground,
        server.create_database("live") as live,
        EnvironmentRun.start(sample_project(), live.url) as run,
    ):
        run.finish()
        judged: Judge = judge(ground, live)
        assert judged.position.rows == ()
        assert judged.drift() == []
        assert len(judged.position.pending) == 12
