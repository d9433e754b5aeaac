"""The pytest plugin: fixtures that hand out scratch databases, and one server and one run of the checks for a session.

It adds no test and, unless a test asks for one of its fixtures, no work: everything else is imported when it is needed.
`docs/pytest.md` describes the fixtures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.testbed import alembic_fixtures

if TYPE_CHECKING:
    from harness.environment import Project
    from harness.findings import Report
    from harness.server import Server
    from harness.testbed.broker import Broker
    from harness.testbed.databases import MigratedDatabase, Migrations, Templating
    from harness.testbed.revisions import Part
    from harness.testbed.shared import Session, Shared

CHECK_ATTRIBUTE = "harness_check"
_PART = "harness_part"


class Plugin:
    """What belongs to one pytest run in one process."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.selected: tuple[str, ...] = ()  # names of checks; empty for all
        self.session: Session | None = None
        self.local: Shared | None = None
        self.broker: Broker | None = None
        self.notes: list[str] = []  # of reports on a project or server of the tests' own

    def get_session(self) -> Session:
        """The server and the run that this process shares with the others of the pytest run, made when first asked for.

        Raises:
            HarnessError: the settings are wrong, or there is no project.
        """
        if self.session is None:
            ticket = getattr(self.config, "workerinput", {}).get("harness")
            if ticket is not None:
                from harness.testbed.broker import RemoteSession

                self.session = remote = RemoteSession(ticket)
                self.config.add_cleanup(remote.close)
            else:
                from harness.testbed.shared import Shared

                self.session = self.local = Shared(self.directory())
                self.config.add_cleanup(self.local.close)
        return self.session

    def directory(self) -> Path:
        """Where the project and its settings are."""
        from harness.testbed.shared import project_directory

        return project_directory(self.config.invocation_params.dir, self.config.rootpath)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """xdist starts a worker: tell it where it can reach what the session shares."""
        if self.broker is None:
            from harness.testbed.broker import Broker

            self.broker = Broker(self.directory)
            self.config.add_cleanup(self.broker.close)
        node.workerinput["harness"] = self.broker.ticket

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give the test of a check that has one a revision its revisions.

        Where they cannot be told it stays one test, which says why when it is run.
        """
        if _PART not in metafunc.fixturenames or _overridden(metafunc, "migration_project"):
            return
        from harness.findings import HarnessError
        from harness.testbed.revisions import CHECK, are_wanted
        from harness.testbed.shared import wanted

        try:
            session = self.get_session()
            if not wanted(session.settings, (CHECK,)) or not are_wanted(metafunc.definition, lambda: session.project):
                return
            revisions = session.revisions()
        except HarnessError:
            return
        if revisions:
            everyone = tuple(revision for revision, _ in revisions)
            parts = [(None, everyone), *((revision, everyone) for revision, _ in revisions)]
            labels = ["history", *(label for _, label in revisions)]
            metafunc.parametrize(_PART, parts, ids=labels, indirect=True)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember which checks this session has a test of, so that one run makes all of them and no other.

        A test of the project's own that asks for the report gets the whole of it.
        """
        names: set[str] = set()
        for item in session.items:
            name = getattr(getattr(item, "function", None), CHECK_ATTRIBUTE, None)
            if name is not None:
                names.add(name)
            elif "migration_report" in getattr(item, "fixturenames", ()):
                self.selected = ()
                return
        self.selected = tuple(sorted(names))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say which server the tests ran on, if one was needed, and what the reports have to say besides findings."""
        shared = self.local or (self.broker.shared if self.broker is not None else None)
        if shared is not None and shared.opened is not None:
            from harness.findings import ServerSummary
            from harness.report.text import server_line

            server = shared.opened
            line = server_line(ServerSummary(server.kind, server.version, server.why))
            terminalreporter.write_line(f"harness: {line}")
        for note in dict.fromkeys([*(shared.notes() if shared is not None else []), *self.notes]):
            from harness.report.text import printable, without_passwords

            terminalreporter.write_line(f"harness: {without_passwords(printable(note))}")

    def pytest_sessionfinish(self) -> None:
        """A worker of xdist: hand the notes of reports of our own to the controller."""
        if self.notes and hasattr(self.config, "workeroutput"):
            self.config.workeroutput["harness"] = self.notes

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """The controller: take what the worker hands over; one that was killed hands over nothing."""
        self.notes += getattr(node, "workeroutput", {}).get("harness", [])


_PLUGIN = pytest.StashKey[Plugin]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Register the Alembic fixtures: after other installed plugins', before the project's own (see their module)."""
    early_config.pluginmanager.register(alembic_fixtures, "harness.alembic_fixtures")


def pytest_configure(config: pytest.Config) -> None:
    """Begin."""
    if not config.pluginmanager.has_plugin("harness.alembic_fixtures"):
        # This plugin was named in a conftest.py, where plugins are not loaded by themselves.
        config.pluginmanager.register(alembic_fixtures, "harness.alembic_fixtures")
    config.stash[_PLUGIN] = plugin = Plugin(config)
    config.pluginmanager.register(plugin, "harness.session")


def _overridden(metafunc: pytest.Metafunc, fixture: str) -> bool:
    """Whether a test gets a fixture of ours from somebody else; pytest has no public way to ask."""
    definitions = getattr(metafunc, "_arg2fixturedefs", {}).get(fixture, ())
    return bool(definitions) and definitions[-1].func.__module__ != __name__


@contextmanager
def _plainly() -> Iterator[None]:
    """An error of ours, told in words instead of a traceback through our code."""
    from harness.findings import HarnessError
    from harness.report.text import printable, without_passwords

    try:
        yield
    except HarnessError as error:
        text = "\n".join(part for part in (error.message, error.fix, error.detail) if part)
        raise pytest.fail.Exception(without_passwords(printable(text)), pytrace=False) from None


def _session(request: pytest.FixtureRequest) -> Session:
    return request.config.stash[_PLUGIN].get_session()


@pytest.fixture(scope="session")
def migration_project(request: pytest.FixtureRequest) -> Project:
    """The Alembic project: the one of `[tool.harness]` and `HARNESS_*`. Override it to test another."""
    with _plainly():
        return _session(request).project


@pytest.fixture(scope="session")
def migration_server(request: pytest.FixtureRequest) -> Server:
    """A PostgreSQL server that scratch databases are made on, the same for all tests and all xdist workers."""
    with _plainly():
        return _session(request).server()


@pytest.fixture(scope="session")
def _harness_templates(
    request: pytest.FixtureRequest, migration_server: Server, migration_project: Project
) -> Templating:
    """The session's templates, or this process's own if server or project were overridden."""
    from harness.templates import Templates

    session = _session(request)
    if session.owns(migration_project, migration_server):
        return session
    return Templates(migration_server, migration_project, session.settings.timeout)


@pytest.fixture
def migrations(
    request: pytest.FixtureRequest,
    migration_server: Server,
    migration_project: Project,
    _harness_templates: Templating,
) -> Iterator[Migrations]:
    """A scratch database that starts empty, and the project's history to walk on it."""
    from harness.testbed.databases import Migrations

    timeout = _session(request).settings.timeout
    with Migrations(migration_server, migration_project, timeout, _harness_templates) as database:
        yield database


@pytest.fixture
def migrated_database(migration_server: Server, _harness_templates: Templating) -> Iterator[MigratedDatabase]:
    """A scratch database at head, the test's own: a clone of a template that is migrated once a session."""
    from harness.testbed.databases import MigratedDatabase

    with _plainly():
        database = migration_server.create_database("migrated", template=_harness_templates.at_head())
    with database:
        yield MigratedDatabase(database)


@pytest.fixture(scope="session")
def migration_report(request: pytest.FixtureRequest, migration_project: Project) -> Report:
    """The report of one run of the checks that this session has tests of, of all where no such test was selected."""
    from harness.checks import check_names
    from harness.findings import Report
    from harness.testbed.shared import needs_server, run_checks, wanted

    with _plainly():
        session = _session(request)
        names = wanted(session.settings, request.config.stash[_PLUGIN].selected or check_names())
        if not names:
            return Report()
        server = request.getfixturevalue("migration_server") if needs_server(names) else None
        if session.owns(migration_project, server):
            return session.report(names)
        report = run_checks(session.settings, migration_project, names, server)
        request.config.stash[_PLUGIN].notes += report.notes
        return report


@pytest.fixture
def harness_part(request: pytest.FixtureRequest) -> Part:
    """The findings that a test answers for: a revision's, or those of no revision that has a test of its own."""
    from harness.testbed.revisions import Part

    revision, others = getattr(request, "param", (None, ()))
    return Part(_session(request).settings.fail_on, revision, others)
