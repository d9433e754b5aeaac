"""Scratch servers of the live server's version, and a live database that was moved by a dump."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest
from live_databases import ROOT, upgraded

import harness
from harness.server import ScratchDatabase, Server, open_server
from harness.server.binaries import find_installation
from harness.settings import Settings

docker = pytest.mark.docker


@pytest.fixture(scope="module")
def live_15(postgres_15: str) -> Iterator[ScratchDatabase]:
    with open_server(Settings(server="docker", image=postgres_15)) as server, upgraded(server) as database:
        yield database


@docker
@pytest.mark.parametrize("kind", ["auto", "docker"])
def test_the_image_of_the_live_version(kind: str, live_15: ScratchDatabase) -> None:
    report = harness.gate(live_15.url, directory=ROOT, settings=Settings(server=kind))
    assert (report.exit_code(), report.findings) == (0, ())
    assert report.server is not None
    assert report.server.version.startswith("15.")
    assert report.server.why.startswith("the image of PostgreSQL 15, as the live one; live: postgresql://")
    assert not [note for note in report.notes if "scratch server" in note]


@docker
def test_an_image_that_was_asked_for_is_used(postgres_15: str) -> None:
    settings = Settings(server="docker", image=postgres_15)
    with open_server(settings, major="14") as server:
        assert server.version.startswith("15.")
        assert server.why == "--server docker"


@docker
def test_a_version_without_an_image(postgres_15: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "image", "localhost:1/nowhere:1")
    with open_server(Settings(server="auto", image="localhost:1/nowhere:1"), major="99") as server:
        assert server.kind == "embedded"


@docker
def test_another_version_is_told(live_15: ScratchDatabase, server: Server) -> None:
    report = harness.gate(live_15.url, directory=ROOT, server=server)
    assert (report.exit_code(), report.findings) == (0, ())
    assert [
        note for note in report.notes if re.match(r"The live server runs PostgreSQL 15, the scratch server \d\d:", note)
    ]


def test_a_database_that_was_dumped_and_restored(server: Server) -> None:
    programs = find_installation().directory
    if not (programs / "pg_dump").is_file():
        pytest.skip("there is no pg_dump here")
    with upgraded(server) as original, server.create_database("restored") as restored:
        dump = subprocess.run([programs / "pg_dump", original.url], capture_output=True, check=True).stdout
        subprocess.run([programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", restored.url], input=dump, check=True)
        report = harness.gate(restored.url, directory=ROOT, server=server)
    assert (report.exit_code(), report.findings) == (0, ())
