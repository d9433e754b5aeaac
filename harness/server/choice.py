"""Which server is used: what the settings say, and for `auto` the first kind that can be had."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
from dataclasses import replace
from pathlib import Path

from harness.findings import VerdictError
from harness.server.base import Server
from harness.server.existing import ExistingServer
from harness.server.urls import server_url
from harness.settings import Settings

# Who asks for Docker waits for a big image; who asks for anything is better served by something else.
_PULL_SECONDS = 600.0
_PULL_SECONDS_AUTO = 60.0
_IMAGE = Settings.image.partition(":")[0]
_log = logging.getLogger("harness.server")


def open_server(settings: Settings, *, major: str | None = None) -> Server:
    """Start, or connect to, the server that the settings ask for. Use it in a `with` block.

    Args:
        settings: `server` is auto, docker, embedded or a `postgresql://` URL; `image` is what docker starts.
        major: the major version that is best, which docker's image is chosen by unless the settings name one.

    Raises:
        UsageError: `server` is none of these.
        VerdictError: no server is to be had that way.
    """
    if major is not None and settings.image == Settings.image and settings.server in ("auto", "docker"):
        return _of_version(settings, major)
    if settings.server == "auto":
        return _first_to_be_had(settings)
    if settings.server == "docker":
        from harness.server.docker import DockerServer

        return DockerServer(settings.image, "--server docker", _PULL_SECONDS)
    if settings.server == "embedded":
        from harness.server.embedded import EmbeddedServer

        return EmbeddedServer("--server embedded")
    return ExistingServer(server_url(settings.server), "url", "--server names it")


def attach_server(url: str, *, kind: str = "url", why: str = "") -> Server:
    """Use a server that somebody else owns and keeps running, such as the one of pytest-xdist's controller.

    Args:
        url: its maintenance URL, as another `Server` has it.
        kind: what the owner's server is, for the report.
        why: the owner's reason, for the report.

    Returns:
        A server whose `close` drops the databases that were created through it, and nothing else.

    Raises:
        UsageError: the URL is none of PostgreSQL.
        VerdictError: the server cannot be reached.
    """
    return ExistingServer(server_url(url, "the server's URL"), kind, why)


def _of_version(settings: Settings, major: str) -> Server:
    """A container of a major version, or else what there is without that wish."""
    why = f"the image of PostgreSQL {major}, as the live one"
    try:
        return _docker(replace(settings, image=f"{_IMAGE}:{major}"), why)
    except VerdictError as error:
        # What is wrong with Docker itself, the second try says.
        _log.info("The image of version %s is passed over: %s %s", major, error, error.detail)
    return open_server(settings)


def _first_to_be_had(settings: Settings) -> Server:
    try:
        return _docker(settings)
    except VerdictError as error:
        from harness.server.docker import Unavailable

        if isinstance(error, Unavailable):
            reason = error.reason
        elif settings.image == Settings.image:
            # A daemon that answers may still be unable to run anything, as in many sandboxes.
            reason = f"the container of {settings.image} did not start"
        else:
            raise  # who names an image wants that one, and wants to know what is wrong with it
        _log.info("Docker is passed over: %s %s", error, error.detail)
        docker_error = error
    from harness.server.embedded import EmbeddedServer

    try:
        return EmbeddedServer(f"{reason}, so embedded")
    except VerdictError as error:
        raise VerdictError(
            f"No PostgreSQL server is to be had: {reason}, and for an embedded one: {error.message}",
            error.fix,
            "\n".join(part for part in (docker_error.detail, error.detail) if part),
        ) from error


def _docker(settings: Settings, why: str = "a Docker daemon answers and has the image") -> Server:
    from harness.server.docker import DockerServer, Unavailable

    # Both looks are cheap, and spare the import of testcontainers where it would come to nothing.
    if importlib.util.find_spec("testcontainers") is None:
        raise Unavailable("the package testcontainers is not installed")
    if not _daemon_in_sight():
        raise Unavailable("no Docker daemon answers")
    return DockerServer(settings.image, why, _PULL_SECONDS_AUTO)


def _daemon_in_sight() -> bool:
    """Whether anything hints at a Docker daemon: a variable, a socket, a context, or testcontainers' own settings."""
    if os.name == "nt" or os.environ.get("DOCKER_HOST") or os.environ.get("DOCKER_CONTEXT"):
        return True
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises for a user without an entry
    sockets = [Path("/var/run/docker.sock"), home / ".docker/run/docker.sock", home / ".testcontainers.properties"]
    if os.environ.get("XDG_RUNTIME_DIR"):
        sockets.append(Path(os.environ["XDG_RUNTIME_DIR"]) / "docker.sock")
    if any(path.exists() for path in sockets):
        return True
    try:
        configuration = json.loads((home / ".docker/config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(configuration.get("currentContext", "default") != "default")
