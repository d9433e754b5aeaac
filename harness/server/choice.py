"""Which server is used: what the settings say, and for `auto` the first kind that can be had."""

from __future__ import annotations

from harness.findings import VerdictError
from harness.server.base import Server
from harness.server.existing import ExistingServer
from harness.server.urls import server_url
from harness.settings import Settings


def open_server(settings: Settings) -> Server:
    """Start, or connect to, the server that the settings ask for. Use it in a `with` block.

    Args:
        settings: `server` is auto, docker, embedded or a `postgresql://` URL; `image` is what docker starts.

    Raises:
        UsageError: `server` is none of these.
        VerdictError: no server is to be had that way.
    """
    if settings.server == "embedded":
        from harness.server.embedded import EmbeddedServer

        return EmbeddedServer(f"--server {settings.server}")
    if settings.server in ("docker", "auto"):
        raise VerdictError("not yet")
    return ExistingServer(server_url(settings.server), "url", "--server names it")


def attach_server(url: str, *, kind: str = "url", why: str = "") -> Server:
    """Use a server that somebody else owns and keeps running, such as the one of pytest-xdist's controller.

    Args:
        url: its maintenance URL, as another `Server` has it.
        kind: what the owner's server is, for the report.
        why: the owner's reason, for the report.

    Raises:
        UsageError: the URL is none of PostgreSQL.
        VerdictError: the server cannot be reached.
    """
    return ExistingServer(server_url(url, "the server's URL"), kind, why)
