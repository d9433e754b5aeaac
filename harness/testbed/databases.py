"""What the fixtures `migrations` and `migrated_database` hand to a test."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from harness.environment import EnvironmentRun, Project, StepResult
from harness.server import ScratchDatabase, Server
from harness.templates import Start

if TYPE_CHECKING:
    import psycopg

Row = dict[str, Any]


def with_driver(url: str, driver: str) -> str:
    """A libpq URL as SQLAlchemy wants it for a driver. asyncpg calls libpq's `sslmode` `ssl`."""
    if driver == "asyncpg":
        url = url.replace("?sslmode=", "?ssl=").replace("&sslmode=", "&ssl=")
    return url.replace("postgresql://", f"postgresql+{driver}://", 1)


class TestDatabase(ABC):
    """A scratch database as tests use it.

    Attributes:
        name: its name.
        url: `postgresql://…`, for libpq, psycopg and SQLAlchemy's default driver.
        async_url: `postgresql+asyncpg://…`, for SQLAlchemy's `create_async_engine`.
    """

    __test__ = False

    def __init__(self) -> None:
        # Dropping the database closes them; what is forgotten before would be a ResourceWarning in the user's test.
        self._connections: list[psycopg.Connection[Any]] = []

    @property
    @abstractmethod
    def _database(self) -> ScratchDatabase:
        """The database itself."""

    @property
    def name(self) -> str:
        """The database's name."""
        return self._database.name

    @property
    def url(self) -> str:
        """`postgresql://…`, for libpq, psycopg and SQLAlchemy's default driver."""
        return self._database.url

    @property
    def async_url(self) -> str:
        """`postgresql+asyncpg://…`, for SQLAlchemy's `create_async_engine`."""
        return with_driver(self.url, "asyncpg")

    def connect(self, **arguments: Any) -> psycopg.Connection[Any]:
        """A psycopg connection, in autocommit unless told otherwise; closed at the latest when the test ends.

        Args:
            arguments: further arguments of `psycopg.connect`.
        """
        connection = self._database.connect(**arguments)
        self._connections.append(connection)
        return connection

    def fetch(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> list[Row]:
        """Run one statement and return its rows as dicts; `%s` and `%(name)s` stand for parameters, as in psycopg."""
        from psycopg.rows import dict_row

        with self.connect(row_factory=dict_row) as connection:
            cursor = connection.execute(query.encode(), parameters)
            return [] if cursor.description is None else list(cursor.fetchall())

    def insert(self, table: str, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[Row]:
        """Insert rows, all or none, and return them as PostgreSQL stored them.

        Args:
            table: `name` or `schema.name`.
            rows: one mapping of columns to values, or several; a dict as a value is stored as JSON.
        """
        from psycopg import sql
        from psycopg.rows import dict_row
        from psycopg.types.json import Jsonb

        stored: list[Row] = []
        with self.connect(row_factory=dict_row, autocommit=False) as connection:
            for row in [rows] if isinstance(rows, Mapping) else rows:
                columns = sql.SQL(", ").join(sql.Identifier(column) for column in row)
                statement = sql.SQL("insert into {table} ({columns}) values ({values}) returning *").format(
                    table=sql.Identifier(*table.split(".")),
                    columns=columns,
                    values=sql.SQL(", ").join(sql.Placeholder() * len(row)),
                )
                values = [Jsonb(value) if isinstance(value, dict) else value for value in row.values()]
                stored += connection.execute(statement, values).fetchall()
        return stored


class MigratedDatabase(TestDatabase):
    """A scratch database at head, the test's own: it may be changed at will."""

    def __init__(self, database: ScratchDatabase) -> None:
        super().__init__()
        self._own = database

    @property
    def _database(self) -> ScratchDatabase:
        return self._own

    def __repr__(self) -> str:
        return f"<MigratedDatabase {self.name}>"


class Templating(Protocol):
    """Who has the templates: `harness.templates.Templates`, or the session with one."""

    def at_head(self) -> ScratchDatabase:
        """A template at the heads."""

    def start(self, target: str) -> Start:
        """What a walk to a target may begin with."""

    def learn(self, outline: Mapping[str, Any]) -> None:
        """Be told the history by somebody who has had it loaded."""


class Migrations(TestDatabase):
    """A scratch database that starts empty, and the project's history to walk on it.

    The user's `env.py` runs in an interpreter of its own, from the first step on and until the test ends; every step is
    committed, as separate deploys would. The database is made when it is first needed: where the test begins with
    `at`, as a clone of a template.
    """

    def __init__(self, server: Server, project: Project, timeout: float, templates: Templating) -> None:
        self._closing = ExitStack()
        self._server = server
        self._project = project
        self._timeout = timeout
        self._templates = templates
        self._made: ScratchDatabase | None = None
        self._cloned: tuple[str, ...] = ()  # the revisions that a clone stands at
        self._running: EnvironmentRun | None = None
        super().__init__()

    @property
    def current(self) -> tuple[str, ...]:
        """The revisions that the database stands at; empty at base."""
        return self._cloned if self._running is None else self._running.heads

    def upgrade(self, target: str = "heads") -> tuple[StepResult, ...]:
        """Walk up to a target, as `alembic upgrade` names it, and return the steps.

        Raises:
            VerdictError: a revision failed.
        """
        __tracebackhide__ = True
        return self._run().upgrade(target)

    def downgrade(self, target: str = "-1") -> tuple[StepResult, ...]:
        """Walk down to a target, as `alembic downgrade` names it, and return the steps.

        Raises:
            VerdictError: a revision failed.
        """
        __tracebackhide__ = True
        return self._run().downgrade(target)

    def at(self, revision: str) -> Migrations:
        """Walk up or down until the database stands at a revision (or at `base`), and return itself.

        A database that nobody has seen yet begins as a clone of the nearest template below.

        Raises:
            VerdictError: a revision failed, or there is none of that name.
        """
        __tracebackhide__ = True
        if self._made is None:
            if revision == "base":
                return self
            start = self._templates.start(revision)
            self._make(start.template)
            self._cloned = start.heads
            if start.arrived:
                return self
            run = self._run()
            run.upgrade(revision)
            if start.wants_outline:
                self._templates.learn(run.call("harness.templates.outline:read_outline"))
            return self
        run = self._run()
        steps = () if revision == "base" else run.upgrade(revision)
        if not steps and run.heads:
            run.downgrade(revision)
        return self

    @property
    def _database(self) -> ScratchDatabase:
        return self._made or self._make(None)

    def _make(self, template: ScratchDatabase | None) -> ScratchDatabase:
        self._made = self._closing.enter_context(self._server.create_database("migrations", template=template))
        return self._made

    def _run(self) -> EnvironmentRun:
        if self._running is None:
            run = EnvironmentRun.start(self._project, self.url, timeout=self._timeout)
            self._running = self._closing.enter_context(run)
        return self._running

    def close(self) -> None:
        """End the run of `env.py` and drop the database."""
        self._closing.close()

    def __repr__(self) -> str:
        return f"<Migrations {'not made yet' if self._made is None else self._made.name}>"

    def __enter__(self) -> Migrations:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
