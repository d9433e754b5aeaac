"""The upgrade in one go that the checks share, and the looks at scratch databases that are taken on every way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import Connection, OperationalError, errors, sql

from harness.environment import Configured, EnvironmentRun, Failure, History
from harness.findings import VerdictError
from harness.schema import Schema, read_schema
from harness.server import ScratchDatabase
from harness.server.base import first_line

if TYPE_CHECKING:
    from harness.checks.context import CheckContext


DEFAULT_SCHEMA = "public"
_CONNECT_SECONDS = 3
# PostgreSQL's classes 08 (connection exception) and 53 (insufficient resources), and of 57 the ends that an operator or
# a crash brings: https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOST_STATES = ("08", "57P01", "57P02", "57P03")
_NO_RESOURCES = "53"
# What a session that cannot even begin is told, which drivers give no SQLSTATE.
_NO_MEMORY = "out of shared memory"
# What drivers say, without a SQLSTATE, of a connection that broke under them.
_LOST_WORDS = re.compile(
    r"closed the connection unexpectedly|connection (is|was|has been|already) (closed|lost)|terminating connection"
)

# What PostgreSQL says when an extension is not installed beside it, or when it was built without a library (ICU, LZ4,
# XML). The SQLSTATE does not tell: 0A000 is also what PostgreSQL says of things that none of its builds can do.
_NOT_INSTALLED = re.compile(
    r'extension ".*" is not available'
    r'|could not (open extension control|access) file ".*": No such file'
    r"|is not supported (in|by) this build"
    r"|must be loaded via \"?shared_preload_libraries"
)
_NOT_BUILT_IN = "This functionality requires the server to be built with"


@dataclass(frozen=True)
class Deployed:
    """An upgrade in one go. `arrived` says whether the version table, read afterwards, stands at the history's
    heads, `times` how often `env.py` ran its migrations.
    """

    database: ScratchDatabase
    configured: tuple[Configured, ...]
    revisions: tuple[str, ...]
    heads: tuple[str, ...]
    arrived: bool
    schema: Schema
    failure: Failure | None
    times: int = 1


class Exhausted(VerdictError):
    """The server has no locks or memory left for a look at a database; whoever holds them may be one of ours."""


@contextmanager
def looking_at(database: ScratchDatabase) -> Iterator[Connection[Any]]:
    """A connection to a scratch database.

    Raises:
        VerdictError: its server is gone.
    """
    try:
        with database.connect() as connection:
            yield connection
    except OperationalError as error:
        raise unusable(database, error) from error


def unusable(database: ScratchDatabase, error: OperationalError) -> VerdictError:
    """The error for a scratch database whose server is gone, or has nothing left for us."""
    kind = Exhausted if _lacks_resources(error.sqlstate, str(error)) else VerdictError
    return kind(
        f"The scratch database {database.name} cannot be used: {first_line(error)}.",
        "The server may have been ended by somebody else, or be out of memory or disk: run it again, "
        "or use another --server.",
    )


def read(database: ScratchDatabase) -> Schema:
    """The schema of a scratch database.

    Raises:
        VerdictError: the server is gone.
    """
    with looking_at(database) as connection:
        return read_schema(connection)


def read_state(database: ScratchDatabase, configured: Sequence[Configured]) -> Schema:
    """The schema of a scratch database without Alembic's version tables: the first step makes them, and no downgrade
    takes them away.
    """
    return without_versions(read(database), configured)


def without_versions(schema: Schema, configured: Sequence[Configured]) -> Schema:
    """A schema without Alembic's version tables."""
    tables = version_tables(configured)
    return schema.without(
        lambda found: found.identity.kind == "table" and (found.identity.schema, found.identity.name) in tables
    )


def version_tables(configured: Sequence[Configured]) -> set[tuple[str, str]]:
    """Schema and name of the tables that Alembic keeps its versions in."""
    return {(one.version_table_schema or one.default_schema, one.version_table) for one in configured}


def default_schema(configured: Sequence[Configured]) -> str:
    """The schema that the migrations mean by none."""
    return configured[0].default_schema if configured else DEFAULT_SCHEMA


def require_server(database: ScratchDatabase, doing: str, failure: Failure) -> None:
    """Make sure that a failure is the user's code's and not the server's: its end, or what is not installed there.

    Args:
        database: where it happened.
        doing: what was going on, as the error names it.

    Raises:
        VerdictError: the server is gone, has thrown the session out, or lacks an extension or a library.
    """
    fix = "It was ended by somebody else, or ran out of memory or disk: run it again, or use another --server."
    try:
        with database.connect(connect_timeout=_CONNECT_SECONDS) as connection:
            connection.execute("select")
    except OperationalError as error:
        raise VerdictError(f"PostgreSQL ended during {doing}: {first_line(error)}.", fix) from error
    if (failure.sqlstate or "").startswith(_LOST_STATES) or _LOST_WORDS.search(failure.message):
        raise VerdictError(f"PostgreSQL ended the session during {doing}: {failure.message}.", fix)
    if lacks_software(failure):
        raise VerdictError(
            f"This PostgreSQL lacks what {doing} needs: {failure.message}.",
            "Use one with what production has installed: --server docker --image IMAGE, or --server postgresql://….",
            f"SQL: {failure.sql}" if failure.sql else "",
        )


def lacks_software(failure: Failure) -> bool:
    """Whether another PostgreSQL of the same version could have done it: one with more installed."""
    return bool(_NOT_INSTALLED.search(failure.message)) or (failure.detail or "").startswith(_NOT_BUILT_IN)


def version_rows(database: ScratchDatabase, configured: Sequence[Configured]) -> tuple[str, ...] | None:
    """The rows of the version table, read through a connection of our own; None if there is no such table."""
    rows: list[str] = []
    with looking_at(database) as connection:
        for place in version_tables(configured):
            table = sql.Identifier(*place)
            try:
                found = connection.execute(sql.SQL("select version_num from {}").format(table)).fetchall()
            except (errors.UndefinedTable, errors.InvalidSchemaName):
                return None
            rows += [str(row[0]) for row in found]
    return tuple(sorted(rows))


def deploy(context: CheckContext) -> Deployed:
    """`alembic upgrade heads` on an empty database, to the end of `env.py`, then a look at what is there.

    Raises:
        VerdictError: `env.py` did not come as far as its migrations, or the server ended.
    """
    try:
        deployed = _deploy(context)
        if not lacks_resources(deployed.failure):
            return deployed
    except Exhausted:
        pass  # tried again below, and then raised
    finally:
        context.tried_in_one_go.set()
    # The walk beside us takes its share of the server's locks and memory.
    context.await_walk()
    return _deploy(context)


def _deploy(context: CheckContext) -> Deployed:
    database = context.own(context.server.create_database("deploy"))
    with EnvironmentRun.start(context.project, database.url, timeout=context.settings.timeout) as run:
        configured = run.configured
        deployment = run.deploy("heads")
    if deployment.failure is not None:
        at = f"the upgrade of revision {deployment.revisions[-1]}" if deployment.revisions else "the upgrade"
        require_server(database, at, deployment.failure)
    rows = version_rows(database, configured) or ()
    return Deployed(
        database=database,
        configured=configured,
        revisions=deployment.revisions,
        heads=rows,
        arrived=bool(rows) and _covers(context.history, rows),
        schema=read(database),
        failure=deployment.failure,
        times=deployment.times,
    )


def _covers(history: History, rows: tuple[str, ...]) -> bool:
    """Whether standing at `rows` means standing at every head: a head that another branch depends on leaves no row."""
    above = {revision.id: (*revision.down_revisions, *revision.dependencies) for revision in history.revisions}
    reached: set[str] = set()
    labels = {label: revision.id for revision in history.revisions for label in revision.branch_labels}
    pending = list(rows)
    while pending:
        current = labels.get(pending[-1], pending[-1])
        pending.pop()
        if current not in reached:
            reached.add(current)
            pending += above.get(current, ())
    return set(history.heads) <= reached


def lacks_resources(failure: Failure | None) -> bool:
    """Whether the server, not the revision, is what fell short."""
    return failure is not None and _lacks_resources(failure.sqlstate, failure.message)


def _lacks_resources(sqlstate: str | None, message: str) -> bool:
    return (sqlstate or "").startswith(_NO_RESOURCES) or _NO_MEMORY in message
