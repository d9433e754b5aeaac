"""The docker server: a PostgreSQL in a container, by testcontainers.

The generic `DockerContainer` is used rather than `PostgresContainer`, whose wait swallows every error: a container that
died at once would be waited for two minutes, and its log lost.
"""

from __future__ import annotations

import ipaddress
import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from harness.findings import VerdictError
from harness.server.base import Server, connect, first_line, own_server_parameters
from harness.server.containers import TOKEN, labels, remove_containers, sweep
from harness.server.urls import build_url
from harness.server.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from testcontainers.core.container import DockerContainer

FIX = "Start Docker, or use --server embedded (pip install 'alembic-harness[embedded]')."
_USER = "postgres"
_PORT = 5432
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_DATA = "/harness-data"
_DATA_BYTES = 4 << 30
_PING_SECONDS = 5
_REQUEST_SECONDS = 60
_READY_SECONDS = 90.0
_POLL_SECONDS = 0.05
_LOG_LINES = 60
_COMMAND = (
    "postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c jit=off "
    "-c timezone=UTC -c dynamic_shared_memory_type=mmap -c checkpoint_timeout=1h"
)


class Unavailable(VerdictError):
    """Docker is not to be had here; `reason` says why in a phrase."""

    def __init__(self, reason: str, fix: str = FIX, detail: str = "") -> None:
        super().__init__(f"{reason[0].upper()}{reason[1:]}.", fix, detail)
        self.reason = reason


class DockerServer(Server):
    """A container that lives as long as this process, or until it is closed. Its data lies in memory.

    Args:
        image: the image to start, any that behaves like the official `postgres` one.
        why: why this kind was chosen.
        pull_seconds: how long an image that is not here may take to be pulled.

    Raises:
        Unavailable: no testcontainers, no daemon, or no image.
        VerdictError: the container died, or no PostgreSQL answered in it; the container's log is the detail.
    """

    kind = "docker"

    def __init__(self, image: str, why: str, pull_seconds: float) -> None:
        container = _new_container(image)
        client: DockerClient = container.get_docker_client().client
        sweep(client)
        _ensure_image(client, container.image, pull_seconds)
        self._token = secrets.token_hex(16)
        self._client = client
        # The watchdog looks for the label, so that it also finds a container that we did not live to hear of.
        self._watchdog = Watchdog("harness.server.containers:clean_up", {"token": self._token})
        try:
            password = secrets.token_urlsafe(18)
            _configure(container, password, self._token)
            host, port = _start(container, password)
            super().__init__(build_url(_USER, password, host, port, "postgres"), why)
        except BaseException:
            self._remove()
            raise

    def _release(self) -> None:
        # The databases go with the container.
        self._remove()

    def _remove(self) -> None:
        from docker.errors import DockerException
        from requests.exceptions import RequestException

        try:
            remove_containers(self._client, self._token)
            self._client.close()
        except (DockerException, RequestException) as error:
            raise VerdictError(
                f"The container of harness could not be removed: {first_line(error)}.",
                f"Remove it: docker rm -f -v $(docker ps -aq --filter label={TOKEN}={self._token})",
            ) from error
        self._watchdog.stop()


def _new_container(image: str) -> DockerContainer:
    """A container that is not yet created, with a client that has reached the daemon."""
    try:
        from docker.errors import DockerException
        from requests.exceptions import RequestException
        from testcontainers.core.container import DockerContainer
    except ImportError as error:
        raise Unavailable(
            f"the docker server needs the package {(error.name or 'testcontainers').partition('.')[0]}",
            "pip install 'alembic-harness[docker]'",
        ) from error
    try:
        container = DockerContainer(image, docker_client_kw={"timeout": _PING_SECONDS})
        container.get_docker_client().client.ping()
    except (DockerException, RequestException, OSError) as error:
        raise Unavailable("no Docker daemon answers", FIX, str(error)) from error
    container.get_docker_client().client.api.timeout = _REQUEST_SECONDS
    return container


def _ensure_image(client: DockerClient, image: str, seconds: float) -> None:
    """Pull an image that is not here, within so many seconds."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    if _has_image(client, image):
        return
    failures: list[Exception] = []

    def pull() -> None:
        try:
            client.images.pull(image)
        except (DockerException, RequestException) as error:
            failures.append(error)

    # A pull cannot be told to give up: it is left to its thread, which ends with this process.
    thread = threading.Thread(target=pull, name="harness-pull", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise Unavailable(f"the image {image} could not be pulled within {seconds:.0f} seconds", f"docker pull {image}")
    if failures:
        raise Unavailable(
            f"the image {image} is not here and cannot be pulled",
            "Check --image, or use --server embedded.",
            str(failures[0]),
        )


def _has_image(client: DockerClient, image: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    return True


def _configure(container: DockerContainer, password: str, token: str) -> None:
    from docker.types import Mount

    container.with_env("POSTGRES_USER", _USER).with_env("POSTGRES_PASSWORD", password)
    container.with_env("PGDATA", f"{_DATA}/pgdata").with_env("POSTGRES_INITDB_ARGS", "--no-sync --encoding=UTF8")
    container.with_command(_COMMAND)
    container.ports = _published(container)
    container.with_kwargs(
        labels=labels(token),
        mounts=[Mount(_DATA, None, type="tmpfs", tmpfs_size=_DATA_BYTES)],
        shm_size="256m",
    )


def _published(container: DockerContainer) -> dict[str, Any]:
    """The ports to publish, as docker-py has them: for this machine alone, unless the daemon is on another one."""
    from testcontainers.core.config import ConnectionMode

    client = container.get_docker_client()
    mode = client.get_connection_mode()
    if mode == ConnectionMode.bridge_ip:
        return {}
    key = f"{_PORT}/tcp"
    if mode == ConnectionMode.gateway_ip:
        # We are in a container ourselves: what is published on the gateway is seen by the host and its containers only.
        network = client.client.networks.get("bridge").attrs["IPAM"]["Config"][0]
        # Where none was configured, Docker takes the first address; older engines do not say so.
        return {key: (network.get("Gateway") or str(next(ipaddress.ip_network(network["Subnet"]).hosts())),)}
    return {key: ("127.0.0.1",) if client.host() in _LOCAL_HOSTS else None}


def _start(container: DockerContainer, password: str) -> tuple[str, int]:
    """Start it and wait until PostgreSQL answers; returns host and port."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        with _ryuk_if_here(container):
            container.start()
    except (DockerException, RequestException) as error:
        raise VerdictError(
            f"Docker could not start the image {container.image}.", "What it said is below.", str(error)
        ) from error
    wrapped = container.get_wrapped_container()
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        wrapped.reload()
        if wrapped.status in ("exited", "dead", "removing"):
            raise _failure(container, f"ended with code {wrapped.attrs['State'].get('ExitCode')} before it answered")
        address = _address(container)
        if address is not None:
            try:
                url = build_url(_USER, password, *address, "postgres")
                connect(url, {**own_server_parameters(url), "connect_timeout": "2"}).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise _failure(container, f"has no PostgreSQL that answers ({first_line(error)})") from error
            else:
                return address
        elif time.monotonic() > deadline:
            raise _failure(container, f"published no port within {_READY_SECONDS:.0f} seconds")
        time.sleep(_POLL_SECONDS)


def _failure(container: DockerContainer, what: str) -> VerdictError:
    log = container.get_wrapped_container().logs(tail=_LOG_LINES).decode(errors="replace").strip()
    return VerdictError(
        f"The container of {container.image} {what}.",
        "Its log is below; --image names another one." if log else "Its log is empty; --image names another one.",
        log,
    )


def _address(container: DockerContainer) -> tuple[str, int] | None:
    """Where the container can be reached, or None while Docker has not published its port."""
    client = container.get_docker_client()
    host = container.get_container_host_ip()
    if not client.get_connection_mode().use_mapped_port:
        return host, _PORT
    try:
        port = int(client.port(container.get_container_id(), _PORT))
    except ConnectionError:
        return None
    # The port is published for IPv4 alone, and localhost may mean ::1 first.
    return ("127.0.0.1" if host == "localhost" else host), port


@contextmanager
def _ryuk_if_here(container: DockerContainer) -> Iterator[None]:
    """Let testcontainers start its reaper only if that image is present: without a registry it would fail the start.

    Our own watchdog does that work in any case.
    """
    from testcontainers.core.config import testcontainers_config as config

    if config.ryuk_disabled or _has_image(container.get_docker_client().client, config.ryuk_image):
        yield
        return
    config.ryuk_disabled = True
    try:
        yield
    finally:
        config.ryuk_disabled = False
