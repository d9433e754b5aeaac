"""The docker server: a container that answers quickly, tells why when it cannot, and never stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from harness.findings import VerdictError
from harness.server import containers as containers_module
from harness.server import docker as docker_module
from harness.server import open_server
from harness.server.processes import is_alive, machine, process_identity
from harness.settings import Settings

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker_daemon", "base_image")]

Eventually = Callable[[Callable[[], bool]], None]


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def containers(label: str) -> list[str]:
    return docker("ps", "-a", "-q", "--filter", f"label={label}").split()


def of_process(pid: int) -> list[str]:
    return containers(f"{containers_module.OWNER}={process_identity(pid)}")


@pytest.fixture(scope="session")
def base_image(docker_daemon: None) -> str:
    """The default image, or the one of HARNESS_IMAGE; skipped where it is neither here nor to be had."""
    image = os.environ.get("HARNESS_IMAGE") or Settings.image
    here = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode == 0
    if not here and subprocess.run(["docker", "pull", image], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"the image {image} is not here and cannot be pulled")
    return image


@pytest.fixture
def image_that(base_image: str) -> Iterator[Callable[[str], str]]:
    """Build an image whose container does nothing but run a shell command; gives its name."""
    built: list[str] = []

    def build(command: str) -> str:
        name = f"harness-test-{os.getpid()}-{len(built)}"
        entry = f'FROM {base_image}\nENTRYPOINT ["sh", "-c", "{command}"]\n'
        subprocess.run(
            ["docker", "build", "-q", "-t", name, "-"], input=entry, capture_output=True, text=True, check=True
        )
        built.append(name)
        return name

    yield build
    for name in built:
        docker("rmi", "-f", name)


def test_it_serves_and_leaves_no_container(base_image: str) -> None:
    with open_server(Settings(server="docker", image=base_image)) as server:
        assert (server.kind, server.why) == ("docker", "--server docker")
        assert len(of_process(os.getpid())) == 1
        template = server.create_database("a")
        with server.create_database("b", template=template) as database, database.connect() as connection:
            assert connection.execute("show fsync").fetchone() == ("off",)
            assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
        data = docker("inspect", "-f", "{{range .HostConfig.Mounts}}{{.Type}}{{end}}", *of_process(os.getpid()))
        assert data == "tmpfs"
        published = docker("port", *of_process(os.getpid()))
        assert "0.0.0.0" not in published
        assert "[::]" not in published
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://postgres@{urlsplit(server.url).netloc.rpartition('@')[2]}/postgres")
    assert not of_process(os.getpid())
    server.close()


def test_a_container_that_dies_is_told_within_seconds_with_its_log(image_that: Callable[[str], str]) -> None:
    image = image_that("echo out of luck >&2; exit 3")
    started = time.monotonic()
    with pytest.raises(VerdictError, match=f"The container of {image} ended with code 3 before it answered") as caught:
        open_server(Settings(server="docker", image=image))
    assert time.monotonic() - started < 15
    assert caught.value.detail == "out of luck"
    assert not of_process(os.getpid())


def test_a_container_without_postgresql_is_told_with_its_log(
    image_that: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_module, "_READY_SECONDS", 2.0)
    image = image_that("echo idle; exec sleep 600")
    with pytest.raises(VerdictError, match="has no PostgreSQL that answers") as caught:
        open_server(Settings(server="docker", image=image))
    assert caught.value.detail == "idle"
    assert not of_process(os.getpid())


def test_a_container_that_cannot_start_is_told_with_what_docker_said(base_image: str) -> None:
    # The name must be of an image that is here, and its entry point of a program that is not.
    name = f"harness-test-{os.getpid()}-broken"
    entry = f'FROM {base_image}\nENTRYPOINT ["/nonexistent"]\n'
    subprocess.run(["docker", "build", "-q", "-t", name, "-"], input=entry, capture_output=True, text=True, check=True)
    try:
        with pytest.raises(VerdictError, match="Docker could not start the image") as caught:
            open_server(Settings(server="docker", image=name))
        assert "/nonexistent" in caught.value.detail
        assert not of_process(os.getpid())
    finally:
        docker("rmi", "-f", name)


def test_an_image_that_is_nowhere_is_no_verdict() -> None:
    with pytest.raises(VerdictError, match=r"The image .*nowhere:1 is not here and cannot be pulled\.") as caught:
        open_server(Settings(server="docker", image="localhost:1/nowhere:1"))
    assert caught.value.exit_code == 3
    assert "--image" in caught.value.fix


def test_auto_prefers_docker_and_says_why(base_image: str) -> None:
    with open_server(Settings(server="auto", image=base_image)) as server:
        assert (server.kind, server.why) == ("docker", "a Docker daemon answers and has the image")


def test_auto_passes_over_an_image_that_is_nowhere() -> None:
    with open_server(Settings(server="auto", image="localhost:1/nowhere:1")) as server:
        assert server.kind == "embedded"
        assert server.why == "the image localhost:1/nowhere:1 is not here and cannot be pulled, so embedded"


def test_auto_does_not_pass_over_a_chosen_image_that_dies(image_that: Callable[[str], str]) -> None:
    with pytest.raises(VerdictError, match="ended with code 4"):
        open_server(Settings(server="auto", image=image_that("exit 4")))


def test_auto_passes_over_a_default_image_that_dies(
    image_that: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = image_that("exit 4")
    monkeypatch.setattr(Settings, "image", image)
    with open_server(Settings(server="auto", image=image)) as server:
        assert server.why == f"the container of {image} did not start, so embedded"


OWNER = """
from harness.server import open_server
from harness.server.processes import process_identity
from harness.settings import Settings
say(identity=process_identity(os.getpid()))
with open_server(Settings(server="docker", image={image!r})) as server:
    say(ready=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_no_container_outlives_its_owner(
    base_image: str, owner: Callable[..., Any], eventually: Eventually, number: signal.Signals
) -> None:
    process = owner(OWNER.format(image=base_image))
    label = f"{containers_module.OWNER}={process.facts()['identity']}"
    process.facts()
    assert containers(label)
    process.kill(number)
    eventually(lambda: not containers(label))


@pytest.mark.parametrize("pause", [0.4, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda number: number.name)
def test_no_container_outlives_an_owner_stopped_while_it_starts(
    base_image: str, owner: Callable[..., Any], eventually: Eventually, number: signal.Signals, pause: float
) -> None:
    process = owner(OWNER.format(image=base_image))
    label = f"{containers_module.OWNER}={process.facts()['identity']}"
    time.sleep(pause)
    process.kill(number)
    eventually(lambda: not containers(label))
    # What a dead owner had asked for may still come.
    time.sleep(1.0)
    eventually(lambda: not containers(label))


def test_the_next_start_sweeps_containers_of_dead_owners_only(base_image: str) -> None:
    dead, alive = process_identity(os.getpid()).replace("@", "@1"), process_identity(os.getppid())
    made = {
        identity: docker(
            *("create", "--label", f"{containers_module.MACHINE}={machine()}"),
            *("--label", f"{containers_module.OWNER}={identity}", base_image),
        )
        for identity in (dead, alive)
    }
    try:
        open_server(Settings(server="docker", image=base_image)).close()
        assert not containers(f"{containers_module.OWNER}={dead}")
        assert containers(f"{containers_module.OWNER}={alive}")
    finally:
        subprocess.run(["docker", "rm", "-f", *made.values()], capture_output=True, check=False)


def test_ryuk_is_left_out_only_where_its_image_is_missing(base_image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import DockerContainer

    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", False)
    container = DockerContainer(base_image)
    monkeypatch.setattr(testcontainers_config, "ryuk_image", "localhost:1/no-ryuk:1")
    with docker_module._ryuk_if_here(container):
        assert testcontainers_config.ryuk_disabled
    assert not testcontainers_config.ryuk_disabled
    monkeypatch.setattr(testcontainers_config, "ryuk_image", base_image)
    with docker_module._ryuk_if_here(container):
        assert not testcontainers_config.ryuk_disabled


def test_processes_are_told_apart_by_their_start() -> None:
    identity = process_identity(os.getpid())
    assert is_alive(identity)
    assert not is_alive(f"{identity}0")
    assert is_alive("")
    assert is_alive(identity.partition("@")[0] + "@")
    done = subprocess.Popen([sys.executable, "-c", ""])
    identity = process_identity(done.pid)
    done.wait()
    assert not is_alive(identity)
