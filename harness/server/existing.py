"""A server that somebody else runs: databases of ours are made on it and dropped again, and nothing else is touched."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Any

from harness.server.base import Server, connect
from harness.server.scratch import ScratchDatabase, drop_database
from harness.server.statements import statement
from harness.server.templates import drop_unused, is_template
from harness.server.watchdog import Watchdog

_GOODBYE_SECONDS = 10.0
_GOODBYE_STEP_SECONDS = 0.05


class ExistingServer(Server):
    """A server that is there already, and stays.

    Raises:
        VerdictError: it cannot be reached, is too old, or does not let us create databases.
    """

    def __init__(self, url: str, kind: str, why: str) -> None:
        self.kind = kind
        self._watchdog: Watchdog | None = None
        application = f"harness {secrets.token_hex(8)}"
        super().__init__(url, why, application)
        # On a server that lives as long as our own session, what we leave goes with the server.
        if kind == "url":
            self._watchdog = Watchdog("harness.server.existing:clean_up", {"url": url, "application": application})

    def remember(self, database: ScratchDatabase) -> None:
        super().remember(database)
        if self._watchdog is not None:
            self._watchdog.note(database.name)

    def forget(self, database: ScratchDatabase) -> None:
        super().forget(database)
        if self._watchdog is not None:
            self._watchdog.forget(database.name)

    def _release(self) -> None:
        self._drop_all()
        if self._watchdog is not None:
            self._watchdog.stop()


def clean_up(arguments: dict[str, Any], names: Sequence[str]) -> None:
    """Drop the databases of an owner that has died; called by the watchdog.

    Args:
        arguments: the maintenance `url`, and the `application` name of the owner's sessions.
        names: the databases that it had noted.
    """
    if not names:
        return
    with connect(arguments["url"], {"application_name": "harness watchdog"}) as connection:
        deadline = time.monotonic() + _GOODBYE_SECONDS
        parameters = {"application": arguments["application"]}
        # A CREATE DATABASE that its client did not live to see finished would give us a database after we looked.
        while connection.execute(statement("terminate_owner"), parameters).fetchall() and time.monotonic() < deadline:
            time.sleep(_GOODBYE_STEP_SECONDS)
        for name in names:
            drop = drop_unused if is_template(name) else drop_database
            drop(connection, name)
