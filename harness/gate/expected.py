"""What a database should look like: scratch databases that the project's own `env.py` brought to given revisions."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from psycopg import Connection, OperationalError, errors, sql

from harness.checks.context import CheckContext
from harness.checks.upgrading import looking_at, require_server
from harness.checks.wording import failure_detail
from harness.comparison.session import read_whereabouts
from harness.environment import Configured, EnvironmentRun, Failure, RunFailed
from harness.findings import UsageError, VerdictError
from harness.gate.lineage import Lineage
from harness.gate.live import Live, VersionTable, version_tables, without_tables
from harness.gate.missing_roles import missing_role, of_env_py
from harness.gate.path import SearchPath, give_path, taken_schema, without_given
from harness.gate.statements import statement
from harness.schema import Schema, read_schema
from harness.server import ScratchDatabase, Server
from harness.server.base import connect, own_server_parameters

_MOST_ROLES = 50


@dataclass(frozen=True)
class Built:
    """A scratch database that the history was run on.

    Attributes:
        database: the database; nobody is connected to it.
        rows: the revisions that it stands at.
        schema: its schema, without the version tables.
        tables: its version tables.
        role: the role that ran the history.
        path: the search path on which it was run, if it was not PostgreSQL's usual one.
    """

    database: ScratchDatabase
    rows: tuple[str, ...]
    schema: Schema
    tables: tuple[VersionTable, ...]
    role: str
    path: SearchPath | None = None


class Ground:
    """What the judgements on any number of live databases share: the project, the server, and expected schemas, each
    of which is built once. Threads may share it.

    Args:
        context: the project, its history and the server; what is made here ends with it.
        may_share: whether the server may be that of a live database, since the caller named it.
    """

    def __init__(self, context: CheckContext, *, may_share: bool = False) -> None:
        self.context = context
        self.may_share = may_share
        self._built: dict[tuple[frozenset[str], bool, SearchPath | None], Built] = {}
        self._lock = threading.RLock()
        self._roles: set[str] = set()
        self._paths: set[SearchPath] = set()
        # Before any database, so that the roles go after the last one in which they were granted something.
        context.own(self._without_roles_in_the_end())

    @cached_property
    def lineage(self) -> Lineage:
        """The order of the revisions.

        Raises:
            BlockedCheck: the history is empty, or Alembic cannot load it.
        """
        return Lineage(self.context.require_history())

    @cached_property
    def configured(self) -> tuple[Configured, ...]:
        """What `env.py` passes to `context.configure`.

        Raises:
            UsageError: it can only be run on a database, and nobody has named a server for that.
            RunFailed: it cannot be run.
        """
        found = self.context.inspection.configured
        if found:
            return found
        # It cannot be run in Alembic's offline mode; then as a deploy runs it, on a database that is of no other use.
        # That is before anything was seen of the live database, so one cannot tell yet whether it is on this server.
        if self.server.kind == "url" and not self.may_share:
            raise UsageError(
                "env.py cannot be run offline, so it needs a scratch database before the live one is looked at.",
                "Name the scratch server with --server on the command line, or use --server embedded or docker.",
            )
        with (
            self.server.create_database("configured") as database,
            EnvironmentRun.start(self.context.project, database.url, timeout=self.context.settings.timeout) as run,
        ):
            return run.configured

    @property
    def server(self) -> Server:
        """The server that scratch databases are made on."""
        return self.context.server

    def require_elsewhere(self, live: Live) -> None:
        """Refuse to make scratch databases on the server of a live database.

        Raises:
            UsageError: that is the server, and the caller did not name it.
        """
        if self.may_share:
            return
        with connect(self.server.url, self._parameters()) as connection:
            here = read_whereabouts(connection)
        if here.on_server_of(live.whereabouts):
            raise UsageError(
                f"The scratch server is the server of the live database {live.name}, or its standby.",
                "Use another one (--server embedded or docker), or name it with --server on the command line if you "
                "mean it.",
            )

    def server_started(self) -> float:
        """When the server for scratch databases was started, in seconds since 1970: no two are alike in it."""
        with connect(self.server.url, self._parameters()) as connection:
            row = connection.execute(statement("fleet_place")).fetchone()
        assert row is not None
        return float(row[1])

    def at(self, rows: Iterable[str], *, tracked: bool = True, path: SearchPath | None = None) -> Built:
        """A scratch database at exactly these revisions, with the schema that the history makes. Do not change it.

        Args:
            rows: what its version table is to hold; none for the base.
            tracked: whether `env.py` is run at all where there is no revision to run.
            path: the search path to run it on, if it is not to be PostgreSQL's usual one.

        Raises:
            VerdictError: the history cannot be run that far.
        """
        wanted = frozenset(rows)
        with self._lock:
            key = wanted, tracked or bool(wanted), path
            if key not in self._built:
                self._built[key] = self._build(*key)
            return self._built[key]

    def read(
        self, database: ScratchDatabase, leave_out: Collection[str] = ()
    ) -> tuple[Schema, tuple[VersionTable, ...]]:
        """The schema of a scratch database without its version tables, and those.

        Raises:
            VerdictError: the server is gone.
        """
        with looking_at(database) as connection:
            tables = self._tables(connection)
            schema = without_given(read_schema(connection, leave_out=leave_out), tuple(self._paths))
            return without_tables(schema, tables), tables

    def rows(self, database: ScratchDatabase) -> tuple[str, ...]:
        """The revisions that a scratch database stands at.

        Raises:
            VerdictError: the server is gone.
        """
        with looking_at(database) as connection:
            return tuple(sorted(row for table in self._tables(connection) for row in table.rows or ()))

    def _tables(self, connection: Connection[Any]) -> tuple[VersionTable, ...]:
        row = connection.execute(statement("search_path")).fetchone()
        assert row is not None
        return version_tables(connection, self.configured, row[0])

    def run(self, database: ScratchDatabase, target: str) -> tuple[tuple[str, ...], Failure | None]:
        """Upgrade a database as a deploy does it: the revisions that were begun, and the failure that ended it.

        Raises:
            VerdictError: `env.py` did not come as far as its migrations, or the server is gone.
        """
        with EnvironmentRun.start(self.context.project, database.url, timeout=self.context.settings.timeout) as run:
            try:
                deployment = run.deploy(target)
            except RunFailed as error:
                return (), of_env_py(error)
        if deployment.failure is not None:
            require_server(database, "an upgrade", deployment.failure)
        return deployment.revisions, deployment.failure

    def make_role(self, name: str) -> bool:
        """Make a role, to be granted to or taken on, on a server of our own; says whether it was made.

        It may do what the superuser may that runs the history there: rights are not what is looked at.
        """
        if self.server.kind == "url" or name in self._roles or len(self._roles) >= _MOST_ROLES:
            return False
        # Another of ours may make it at the same moment, and then the server says it in one of two ways.
        known = contextlib.suppress(errors.DuplicateObject, errors.UniqueViolation)
        with connect(self.server.url, self._parameters()) as connection, known:
            connection.execute(statement("create_role").format(role=sql.Identifier(name)))
        self._roles.add(name)
        return True

    @contextmanager
    def _without_roles_in_the_end(self) -> Iterator[None]:
        yield
        for name in self._roles:
            # Where something still hangs on it, it goes with the server.
            with (
                contextlib.suppress(OperationalError, errors.DependentObjectsStillExist),
                connect(self.server.url, self._parameters()) as connection,
            ):
                connection.execute(statement("drop_role").format(role=sql.Identifier(name)))

    def _parameters(self) -> dict[str, str]:
        return {} if self.server.kind == "url" else own_server_parameters(self.server.url)

    def _build(self, rows: frozenset[str], tracked: bool, path: SearchPath | None) -> Built:
        first: Failure | None = None
        # In one go, as most are deployed; several rows, and what fails in one go, revision by revision.
        for in_one_go in (True, False) if len(rows) == 1 else (False,):
            database, failure, path = self._brought(rows, tracked, in_one_go, path)
            if failure is None:
                self._require_arrival(database, rows)
                schema, tables = self.read(database)
                role = unquote(urlsplit(database.url).username or "")
                return Built(database, tuple(sorted(rows)), schema, tables, role, path)
            first = first or failure
            database.drop()
        assert first is not None
        at = f" at revision {first.revision}" if first.revision else ""
        raise VerdictError(
            f"The history cannot be run to {', '.join(sorted(rows))} on the scratch server; it fails{at}: "
            f"{first.message}.",
            "`harness check --select upgrade` shows the same.",
            failure_detail(first),
        )

    def empty(self) -> ScratchDatabase:
        """A new database, as it is before the history is run on it."""
        return self.context.own(self.server.create_database("expected"))

    def _brought(
        self, rows: frozenset[str], tracked: bool, in_one_go: bool, path: SearchPath | None
    ) -> tuple[ScratchDatabase, Failure | None, SearchPath | None]:
        """A new database with the history run on it, or run until it failed, and the path that this took."""
        while True:
            database = self.empty()
            if path is not None:
                self._paths.add(path)
                with looking_at(database) as connection:
                    give_path(connection, database.name, path)
            if not tracked:
                return database, None, path
            failure = self._deployed(database, rows) if in_one_go else self._walked(database, rows)
            schema, role = taken_schema(failure), missing_role(failure)
            if path is not None and schema is not None and schema in path.ready:
                # The history makes it itself.
                path = path.without(schema)
            # Roles belong to a server; where the history was run before, this one was there.
            elif role is None or not self.make_role(role):
                return database, failure, path
            database.drop()

    def _deployed(self, database: ScratchDatabase, rows: frozenset[str]) -> Failure | None:
        (target,) = rows
        return self.run(database, target)[1]

    def _walked(self, database: ScratchDatabase, rows: frozenset[str]) -> Failure | None:
        with EnvironmentRun.start(self.context.project, database.url, timeout=self.context.settings.timeout) as run:
            try:
                run.ready()
            except RunFailed as error:
                return of_env_py(error)
            for row in sorted(rows):
                for result in run.walk(run.plan(row, "upgrade"), "upgrade"):
                    if result.failure is not None:
                        require_server(database, f"the upgrade of revision {result.revision}", result.failure)
                        return result.failure
            run.finish()
        return None

    def _require_arrival(self, database: ScratchDatabase, rows: frozenset[str]) -> None:
        if not rows:
            return
        found = self.rows(database)
        if self.lineage.below(found) != self.lineage.below(rows):
            raise VerdictError(
                f"env.py ended without an error on the scratch database, whose version table holds "
                f"{', '.join(found) or 'nothing'}, not {', '.join(sorted(rows))}.",
                "`harness check --select upgrade` says more.",
            )
