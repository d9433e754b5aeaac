"""The two ways up that the checks share: in one go, as a deploy does it, and step by step with one step down and up
again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psycopg import Connection, OperationalError, errors, sql

from harness.environment import Configured, EnvironmentRun, Failure, History, StepResult
from harness.environment.records import Direction
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
# What drivers say, without a SQLSTATE, of a connection that broke under them.
_LOST_WORDS = re.compile(
    r"closed the connection unexpectedly|connection (is|was|has been|already) (closed|lost)|terminating connection"
)


@dataclass(frozen=True)
class Deployed:
    """An upgrade in one go. `arrived` says whether the version table, read afterwards, stands at the history's
    heads.
    """

    database: ScratchDatabase
    configured: tuple[Configured, ...]
    revisions: tuple[str, ...]
    heads: tuple[str, ...]
    arrived: bool
    schema: Schema
    failure: Failure | None


@dataclass(frozen=True)
class StepDown:
    """One head taken down and, if that went well, put up again.

    Attributes:
        before, left: the schema before the revision was first applied, and what its downgrade left.
        after, back: the schema after it was first applied, and after it was applied again.
    """

    revision: str
    before: Schema
    after: Schema
    down: StepResult
    left: Schema | None = None
    up: StepResult | None = None
    back: Schema | None = None


@dataclass(frozen=True)
class Walked:
    """A walk to the heads, each step as a run of its own would make it, and from there one step down and up again for
    each head.

    Attributes:
        steps: the steps up, each as it ended.
        alone: those that failed by themselves and went well once Alembic remembered what the steps before had made.
        state: the schema at the heads, without the version tables; None if they were not reached.
    """

    run: EnvironmentRun
    database: ScratchDatabase
    steps: tuple[StepResult, ...]
    alone: tuple[StepResult, ...] = ()
    state: Schema | None = None
    downs: tuple[StepDown, ...] = ()

    @property
    def failure(self) -> Failure | None:
        """The failure that ended the way up, None if it arrived."""
        return self.steps[-1].failure if self.steps else None


class _Exhausted(VerdictError):
    """The server has no locks or memory left for a look at a database; whoever holds them may be one of ours."""


@contextmanager
def _looking_at(database: ScratchDatabase) -> Iterator[Connection[Any]]:
    try:
        with database.connect() as connection:
            yield connection
    except OperationalError as error:
        kind = _Exhausted if (error.sqlstate or "").startswith(_NO_RESOURCES) else VerdictError
        raise kind(
            f"The scratch database {database.name} cannot be read: {first_line(error)}.",
            "The server may have been ended by somebody else, or be out of memory or disk: run it again, "
            "or use another --server.",
        ) from error


def read(database: ScratchDatabase) -> Schema:
    """The schema of a scratch database.

    Raises:
        VerdictError: the server is gone.
    """
    with _looking_at(database) as connection:
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
    return {(one.version_table_schema or DEFAULT_SCHEMA, one.version_table) for one in configured}


def require_server(database: ScratchDatabase, doing: str, failure: Failure) -> None:
    """Make sure that a failure is the user's code's and not the server's end.

    Args:
        database: where it happened.
        doing: what was going on, as the error names it.

    Raises:
        VerdictError: the server is gone, or has thrown the session out.
    """
    fix = "It was ended by somebody else, or ran out of memory or disk: run it again, or use another --server."
    try:
        with database.connect(connect_timeout=_CONNECT_SECONDS) as connection:
            connection.execute("select")
    except OperationalError as error:
        raise VerdictError(f"PostgreSQL ended during {doing}: {first_line(error)}.", fix) from error
    if (failure.sqlstate or "").startswith(_LOST_STATES) or _LOST_WORDS.search(failure.message):
        raise VerdictError(f"PostgreSQL ended the session during {doing}: {failure.message}.", fix)


def version_rows(database: ScratchDatabase, configured: Sequence[Configured]) -> tuple[str, ...] | None:
    """The rows of the version table, read through a connection of our own; None if there is no such table."""
    rows: list[str] = []
    with _looking_at(database) as connection:
        for place in {(one.version_table_schema, one.version_table) for one in configured}:
            table = sql.Identifier(*(part for part in place if part))
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
        if not _lacks_resources(deployed.failure):
            return deployed
    except _Exhausted:
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


def walk(context: CheckContext) -> Walked:
    """Walk to the heads as separate runs of one revision each would, then take the heads down and put them up again.

    Several heads are taken down in the reverse order of their way up, so that every state has one to be compared with.

    Raises:
        VerdictError: `env.py` did not come as far as its migrations, or the server ended.
    """
    database = context.own(context.server.create_database("walk"))
    run = context.own(EnvironmentRun.start(context.project, database.url, timeout=context.settings.timeout))
    below, heads = _heads_last(context.history, run.plan("heads", "upgrade"))
    steps: list[StepResult] = []
    alone: list[StepResult] = []
    states: list[Schema] = []
    for revision in (*below, *heads):
        if revision in heads:
            states.append(_state(context, database, run))
        result = _step(context, run, database, revision, "upgrade")
        if result.failure is not None:
            remembering = _step(context, run, database, revision, "upgrade", forget=False)
            if remembering.failure is None:
                alone.append(result)
                result = remembering
        steps.append(result)
        if result.failure is not None:
            return Walked(run, database, tuple(steps), tuple(alone))
    states.append(_state(context, database, run))
    downs = _downs(context, run, database, heads, states, {result.revision for result in alone})
    return Walked(run, database, tuple(steps), tuple(alone), states[-1], downs)


def _downs(
    context: CheckContext,
    run: EnvironmentRun,
    database: ScratchDatabase,
    heads: Sequence[str],
    states: Sequence[Schema],
    remembering: Set[str],
) -> tuple[StepDown, ...]:
    """From the heads each one down, the last first, then up again, with Alembic's memory for those that need it."""
    downs: list[StepDown] = []
    for revision, before, after in zip(reversed(heads), reversed(states[:-1]), reversed(states[1:]), strict=True):
        down = _step(context, run, database, revision, "downgrade")
        if down.failure is not None:
            downs.append(StepDown(revision, before, after, down))
            break
        downs.append(StepDown(revision, before, after, down, left=_state(context, database, run)))
    for index, step_down in reversed(list(enumerate(downs))):
        if step_down.left is None:
            continue
        up = _step(context, run, database, step_down.revision, "upgrade", forget=step_down.revision not in remembering)
        downs[index] = replace(step_down, up=up, back=None if up.failure else _state(context, database, run))
        if up.failure is not None:
            break
    return tuple(downs)


def _step(
    context: CheckContext,
    run: EnvironmentRun,
    database: ScratchDatabase,
    revision: str,
    direction: Direction,
    *,
    forget: bool = True,
) -> StepResult:
    """One step; its failure, if there is one, is the revision's own."""
    result = run.step(revision, direction, forget=forget)
    if _lacks_resources(result.failure):
        # The upgrade in one go beside us may hold all the server's locks in its one transaction.
        context.tried_in_one_go.wait()
        result = run.step(revision, direction, forget=forget)
    if result.failure is not None:
        require_server(database, f"the {direction} of revision {revision}", result.failure)
    return result


def _state(context: CheckContext, database: ScratchDatabase, run: EnvironmentRun) -> Schema:
    """What the walk has made so far."""
    try:
        return read_state(database, run.configured)
    except _Exhausted:
        context.tried_in_one_go.wait()
        return read_state(database, run.configured)


def _lacks_resources(failure: Failure | None) -> bool:
    return failure is not None and (failure.sqlstate or "").startswith(_NO_RESOURCES)


def _heads_last(history: History, plan: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The plan as two parts: what lies below, and the heads, so that the state before a head is one that can be
    kept.
    """
    needed = {dependency for revision in history.revisions for dependency in revision.dependencies}
    heads = tuple(revision for revision in plan if revision in history.heads and revision not in needed)
    return tuple(revision for revision in plan if revision not in heads), heads
