"""The containers of harness: marked with whose they are, so that none stays when its owner has died."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.server.processes import is_alive, machine, process_identity

if TYPE_CHECKING:
    from docker import DockerClient

_PREFIX = "io.github.alembic-harness"
TOKEN, MACHINE, OWNER = f"{_PREFIX}.token", f"{_PREFIX}.machine", f"{_PREFIX}.owner"
_LAST_LOOK_SECONDS = 3.0
_POLL_SECONDS = 0.05


def labels(token: str) -> dict[str, str]:
    """The labels of a container of this process: the server's token, and who we are."""
    return {TOKEN: token, MACHINE: machine(), OWNER: process_identity(os.getpid())}


def remove_containers(client: DockerClient, token: str) -> int:
    """Remove the containers of one owner, with their volumes; returns how many there were."""
    from docker.errors import NotFound

    found = client.containers.list(all=True, filters={"label": f"{TOKEN}={token}"}, ignore_removed=True)
    for container in found:
        try:
            container.remove(force=True, v=True)
        except NotFound:
            continue  # somebody else was quicker
    return len(found)


def clean_up(arguments: dict[str, Any], names: Sequence[str]) -> None:
    """Remove the containers of an owner that has died; called by the watchdog.

    Args:
        arguments: the `token` of the label.
        names: unused; a container is found by its label.
    """
    from testcontainers.core.docker_client import DockerClient

    client = DockerClient().client
    # The daemon may be about to create what a dead owner has asked for: look until nothing has come for a while.
    deadline = time.monotonic() + _LAST_LOOK_SECONDS
    while time.monotonic() < deadline:
        if remove_containers(client, arguments["token"]):
            return
        time.sleep(_POLL_SECONDS)


def sweep(client: DockerClient) -> None:
    """Remove containers of owners on this machine that died together with their watchdog."""
    from docker.errors import APIError

    found = client.containers.list(all=True, filters={"label": f"{MACHINE}={machine()}"}, ignore_removed=True)
    for container in found:
        if not is_alive(container.labels.get(OWNER, "")):
            try:
                container.remove(force=True, v=True)
            except APIError:
                continue  # another harness sweeps at the same moment; if not, the next one will
