"""An offline script run as psql runs it: statement by statement in one session, stopped at the first error."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import Connection, Error
from psycopg.pq import TransactionStatus

from harness.checks.offline_psql import Command, Statement, split
from harness.environment import EnvironmentRun, Failure
from harness.environment.offline import OfflineScript, Written
from harness.findings import VerdictError
from harness.server import ScratchDatabase
from harness.server.base import first_line

if TYPE_CHECKING:
    from harness.checks.context import CheckContext

# What psql does for itself and the schema does not depend on. A variable of psql's own is written in capitals.
_HARMLESS_COMMANDS = ("\\echo", "\\qecho", "\\warn", "\\timing", "\\pset", "\\conninfo", "\\encoding")


@dataclass(frozen=True)
class Stop:
    """Where the script came to its end too early.

    Attributes:
        revision: the revision that was being applied, None before the first and after the last.
        failure: PostgreSQL's words, with the statement and the line of the user's that wrote it.
        written: the text of the script that the statement begins in; None for a revision run online.
        statement: the statement, or psql's command; None for a revision run online.
    """

    revision: str | None
    failure: Failure
    written: Written | None = None
    statement: Statement | Command | None = None


def execute(context: CheckContext, script: OfflineScript, database: ScratchDatabase) -> Stop | None:
    """Run a script, and online, in their places, the revisions that are left out of it.

    Returns:
        where it stopped, None if it came to its end. What is then in an open transaction is rolled back, as psql does.

    Raises:
        VerdictError: the server is gone, or `env.py` does not get as far as its migrations.
    """
    timeout = context.settings.timeout
    options = f"-c statement_timeout={int(timeout * 1000)}"
    with closing(database.connect(options=options, prepare_threshold=None)) as connection:
        online: EnvironmentRun | None = None
        try:
            for part in _parts(script.written):
                if part[0].left_out:
                    if online is None:
                        _commit(connection)
                        online = EnvironmentRun.start(context.project, database.url, timeout=timeout)
                    stop = _run_online(connection, online, part[0].revision or "")
                else:
                    stop = _run_offline(connection, part)
                if stop is not None:
                    return stop
        finally:
            if online is not None:
                online.close()
    return None


def _parts(written: Sequence[Written]) -> Iterator[list[Written]]:
    """The script cut where revisions are left out, each of which is a part by itself."""
    part: list[Written] = []
    for one in written:
        if one.left_out:
            yield from ([part, [one]] if part else [[one]])
            part = []
        else:
            part.append(one)
    if part:
        yield part


def _run_offline(connection: Connection[Any], part: Sequence[Written]) -> Stop | None:
    starts, position = [], 0
    for one in part:
        starts.append(position)
        position += len(one.text)
    for statement in split("".join(one.text for one in part)):
        if isinstance(statement, Command) and _is_harmless(statement.text):
            continue
        origin = part[bisect_right(starts, statement.start) - 1]
        if isinstance(statement, Command):
            message = f"{statement.text.split()[0]} is a command of psql's own, which is not run here"
            failure = Failure("psql", message, origin.path, origin.line, statement.text, revision=origin.revision)
            return Stop(origin.revision, failure, origin, statement)
        try:
            # Without parameters psycopg sends a text as psql does: by the simple protocol, percent signs untouched.
            connection.execute(statement.text.encode())
        except Error as error:
            _require_server(connection, error)
            return Stop(origin.revision, _refusal(error, origin, statement.text), origin, statement)
    return None


def _run_online(connection: Connection[Any], online: EnvironmentRun, revision: str) -> Stop | None:
    """What the script has done so far is committed first, or the other session would not see it."""
    in_transaction = connection.info.transaction_status != TransactionStatus.IDLE
    _commit(connection)
    failure = online.migrate(revision)
    if in_transaction:
        connection.execute("begin")
    return None if failure is None else Stop(revision, failure)


def _commit(connection: Connection[Any]) -> None:
    if connection.info.transaction_status != TransactionStatus.IDLE:
        connection.execute("commit")


def _is_harmless(command: str) -> bool:
    name, *rest = command.split()
    return name in _HARMLESS_COMMANDS or (name in ("\\set", "\\unset") and bool(rest) and rest[0].isupper())


def _refusal(error: Error, origin: Written, sql: str) -> Failure:
    words = error.diag
    return Failure(
        kind=f"psycopg.errors.{type(error).__name__}",
        message=words.message_primary or first_line(error),
        path=origin.path,
        line=origin.line,
        sql=sql,
        sqlstate=words.sqlstate,
        detail=words.message_detail,
        hint=words.message_hint,
        revision=origin.revision,
    )


def _require_server(connection: Connection[Any], error: Error) -> None:
    if connection.closed:
        raise VerdictError(
            f"The server ended the session that ran the offline script: {first_line(error)}.",
            "It may have been ended by somebody else, or be out of memory or disk: run it again, "
            "or use another --server.",
        ) from error
