"""Which server is chosen, and what is said when none is to be had."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.findings import VerdictError
from harness.server import binaries, choice, open_server
from harness.settings import Settings

AUTO = Settings(server="auto")


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")


def no_binaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_places", lambda: iter([(Path("/nonexistent"), False)]))


@pytest.mark.usefixtures("no_docker")
def test_auto_takes_embedded_where_no_daemon_answers() -> None:
    with open_server(AUTO) as server:
        assert (server.kind, server.why) == ("embedded", "no Docker daemon answers, so embedded")


def test_auto_takes_embedded_without_testcontainers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "testcontainers", None)
    with open_server(AUTO) as server:
        assert server.why == "the package testcontainers is not installed, so embedded"


@pytest.mark.usefixtures("no_docker")
def test_where_nothing_is_to_be_had_one_sentence_says_what_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    no_binaries(monkeypatch)
    with pytest.raises(VerdictError) as caught:
        open_server(AUTO)
    assert caught.value.message.startswith(
        "No PostgreSQL server is to be had: no Docker daemon answers, and for an embedded"
    )
    assert caught.value.fix == "pip install 'alembic-harness[embedded]'"
    assert caught.value.exit_code == 3


@pytest.mark.usefixtures("no_docker")
def test_docker_without_a_daemon_is_no_verdict() -> None:
    with pytest.raises(VerdictError, match=r"^No Docker daemon answers\.") as caught:
        open_server(Settings(server="docker"))
    assert "--server embedded" in caught.value.fix


@pytest.mark.parametrize("missing", ["testcontainers.core.container", "docker.errors"])
def test_docker_without_its_packages_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(VerdictError, match=f"needs the package {missing.partition('.')[0]}") as caught:
        open_server(Settings(server="docker"))
    assert caught.value.fix == "pip install 'alembic-harness[docker]'"


def test_a_context_or_a_variable_hints_at_a_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    if Path("/var/run/docker.sock").exists():
        assert choice._daemon_in_sight()
        return
    assert not choice._daemon_in_sight()
    (tmp_path / ".docker").mkdir()
    configuration = tmp_path / ".docker/config.json"
    configuration.write_text("{")
    assert not choice._daemon_in_sight()
    configuration.write_text('{"currentContext": "colima"}')
    assert choice._daemon_in_sight()
