"""What a test session makes once: the server, the templates, the run of the checks.

`Shared` is the one that makes them. It lives in the process that the user started; the workers of pytest-xdist reach it
through `harness.testbed.broker`, so that killing a worker takes nothing from the others and leaves nothing behind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

from harness.environment import Project, find_project
from harness.findings import Report, VerdictError
from harness.server import ScratchDatabase, Server, open_server
from harness.settings import Settings, find_pyproject, load
from harness.templates import Start, Templates
from harness.testbed.revisions import Revisions, walked_revisions


class Session(Protocol):
    """What the fixtures ask for, whether it is made in this process (`Shared`) or in another one (`RemoteSession`)."""

    settings: Settings

    @property
    def project(self) -> Project:
        """The project that the settings name."""

    def owns(self, project: Project, server: Server | None) -> bool:
        """Whether these are the session's own project and server, and not a conftest's."""

    def server(self) -> Server:
        """The session's server, started at the first call."""

    def at_head(self) -> ScratchDatabase:
        """A template at the heads, made at the first call."""

    def start(self, target: str) -> Start:
        """What a walk to a target may begin with: see `harness.templates.Templates`."""

    def learn(self, outline: Mapping[str, Any]) -> None:
        """Be told the history by somebody who has had it loaded."""

    def report(self, select: Sequence[str]) -> Report:
        """The report of a run of the named checks, made once for each selection."""

    def revisions(self) -> Revisions:
        """The revisions that have a test each, found out once."""


def project_directory(start: Path, root: Path) -> Path:
    """Where the session's project is: at the nearest `[tool.harness]` from `start` upwards, else at pytest's root."""
    pyproject = find_pyproject(start)
    return root if pyproject is None else pyproject.parent


def _here(start: Callable[[], Server]) -> Server:
    return start()


class Shared:
    """Makes what the session shares, when it is first asked for. Safe to ask from several threads.

    Args:
        directory: where the project and its settings are.
        starting: calls the function that starts the server; a caller with threads says in which one that is done.

    Raises:
        UsageError: the settings are wrong.
    """

    def __init__(self, directory: Path, starting: Callable[[Callable[[], Server]], Server] = _here) -> None:
        self.directory = directory
        self.settings = load(directory)
        self._starting = starting
        self._server: Server | None = None
        self._made: Templates | None = None
        self._reports: dict[tuple[str, ...], Report] = {}
        self._revisions: Revisions | None = None
        self._closed = False
        # One lock a thing: a test that wants a database should not wait for a run of the checks.
        self._server_lock, self._report_lock, self._revisions_lock = (
            threading.Lock(),
            threading.Lock(),
            threading.Lock(),
        )

    @cached_property
    def project(self) -> Project:
        """The project that the settings name.

        Raises:
            UsageError: there is none.
        """
        return find_project(self.settings, self.directory)

    def owns(self, project: Project, server: Server | None) -> bool:
        """Whether these are the session's own project and server, and not a conftest's."""
        return project is self.__dict__.get("project") and (server is None or server is self._server)

    @property
    def opened(self) -> Server | None:
        """The server if anybody has asked for it."""
        return self._server

    def server(self) -> Server:
        """The session's server, started at the first call.

        Raises:
            UsageError, VerdictError: there is none to be had.
        """
        with self._server_lock:
            if self._closed:
                raise VerdictError("The test session is over, and its server with it.")
            if self._server is None:
                self._server = self._starting(partial(open_server, self.settings))
            return self._server

    def at_head(self) -> ScratchDatabase:
        """A template at the heads, made at the first call.

        Raises:
            HarnessError: the server or the upgrade failed.
        """
        return self._templates().at_head()

    def start(self, target: str) -> Start:
        """What a walk to a target may begin with.

        Raises:
            HarnessError: the server failed, or a revision on the way.
        """
        return self._templates().start(target)

    def learn(self, outline: Mapping[str, Any]) -> None:
        """Be told the history by somebody who has had it loaded."""
        self._templates().learn(outline)

    def _templates(self) -> Templates:
        server = self.server()
        with self._server_lock:
            if self._made is None:
                self._made = Templates(server, self.project, self.settings.timeout)
            return self._made

    def report(self, select: Sequence[str]) -> Report:
        """The report of a run of the named checks, made once for each selection.

        Raises:
            HarnessError: see `harness.check`.
        """
        key = tuple(select)
        with self._report_lock:
            if key not in self._reports:
                server = self.server() if needs_server(key) else None
                self._reports[key] = run_checks(self.settings, self.project, key, server)
            return self._reports[key]

    def revisions(self) -> Revisions:
        """The revisions that have a test each, found out at the first call.

        Raises:
            HarnessError: the project cannot be loaded.
        """
        with self._revisions_lock:
            if self._revisions is None:
                self._revisions = walked_revisions(self.settings, self.project)
            return self._revisions

    def notes(self) -> list[str]:
        """The notes of the reports that were made."""
        return [note for report in self._reports.values() for note in report.notes]

    def close(self) -> None:
        """Drop every scratch database and end the server; the second call does nothing."""
        with self._server_lock:
            self._closed = True
            server, self._server = self._server, None
        if server is not None:
            server.close()


def wanted(settings: Settings, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the named checks that the settings do not leave out."""
    chosen = settings.select or names
    return tuple(name for name in names if name in chosen and name not in settings.skip)


def needs_server(names: Sequence[str]) -> bool:
    """Whether one of the named checks needs a server."""
    from harness.checks import selected_checks

    return any(check.needs_server for check in selected_checks(names, ()))


def run_checks(settings: Settings, project: Project, names: Sequence[str], server: Server | None) -> Report:
    """Run the named checks on a project, whatever the settings say of selection and project."""
    from harness import api

    chosen = replace(
        settings,
        select=tuple(names),
        skip=(),
        config=str(project.config),
        name=project.name,
        x=project.x,
        env=project.env,
    )
    return api.check(directory=project.directory, settings=chosen, server=server)
