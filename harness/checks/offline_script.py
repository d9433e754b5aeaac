"""An offline script run as psql runs it: statement by statement in one session, stopped at the first error."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from psycopg import Connection, Error
from psycopg.pq import TransactionStatus

from harness.checks.offline_psql import Command, Statement, split
from harness.environment import EnvironmentRun, Failure, RunFailed
from harness.environment.offline_records import Memory, OfflineScript, Written
from harness.environment.offline_run import migrate
from harness.findings import VerdictError
from harness.server import ScratchDatabase
from harness.server.base import first_line

if TYPE_CHECKING:
    from harness.checks.context import CheckContext

# What psql does for itself and the schema does not depend on. A variable of psql's own is written in capitals.
_HARMLESS_COMMANDS = ("\\echo", "\\qecho", "\\warn", "\\timing", "\\pset", "\\conninfo", "\\encoding")

# As SQLAlchemy writes the types that come with a table's columns.
_CREATE_TYPE = re.compile(r"CREATE (?:TYPE|DOMAIN) (\S+|\"[^.]+\"|\S+\.\"[^.]+\") AS ")
_IDENTIFIER = re.compile(r'"((?:[^"]|"")+)"|([^\s".]+)')


@dataclass(frozen=True)
class Stop:
    """Where the script came to its end too early.

    Attributes:
        revision: the revision that was being applied, None before the first and after the last.
        failure: PostgreSQL's words, with the statement and the line of the user's that wrote it.
        written: the text of the script that the statement begins in, or the place of a revision that is left out;
            None if that revision failed online.
        statement: the statement, or psql's command; None where it was the transaction that failed to commit before a
            revision was run online, or that revision.
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
    options = f"-c statement_timeout={int(context.settings.timeout * 1000)}"
    with (
        closing(database.connect(options=options, prepare_threshold=None)) as connection,
        _Execution(context, database, connection) as execution,
    ):
        for part in _parts(script.written):
            stop = execution.run_online(part[0]) if part[0].left_out else execution.run_offline(part)
            if stop is not None:
                return stop
    return None


class _Execution:
    """The session that a script is run in, and the run of `env.py` for what the script lacks."""

    def __init__(self, context: CheckContext, database: ScratchDatabase, connection: Connection[Any]) -> None:
        self._context = context
        self._database = database
        self._connection = connection
        self._online: EnvironmentRun | None = None
        self._turn = 1
        self._made: set[tuple[str | None, ...]] = set()

    def __enter__(self) -> _Execution:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._online is not None:
            self._online.close()

    def run_offline(self, part: Sequence[Written]) -> Stop | None:
        """Run a part of the script; where it stopped, None if it did not."""
        starts, position = [], 0
        for one in part:
            starts.append(position)
            position += len(one.text)
        for statement in split("".join(one.text for one in part)):
            origin = part[bisect_right(starts, statement.start) - 1]
            if isinstance(statement, Command):
                if _is_harmless(statement.text):
                    continue
                message = f"{statement.text.split()[0]} is a command of psql's own, which is not run here"
                failure = Failure("psql", message, origin.path, origin.line, statement.text, revision=origin.revision)
                return Stop(origin.revision, failure, origin, statement)
            if self._would_be_remembered(statement.text):
                continue
            stop = self._send(statement.text, origin, statement)
            if stop is not None:
                return stop
        return None

    def run_online(self, place: Written) -> Stop | None:
        """Run a revision that is left out; where it stopped, None if it did not."""
        assert place.revision is not None
        in_transaction = self._connection.info.transaction_status != TransactionStatus.IDLE
        if in_transaction and (stop := self._send("commit", place)):  # or the other session would see nothing
            return stop
        if self._online is None:
            # Not before: Alembic makes its version table when it begins, which the script does, too.
            timeout = self._context.settings.timeout
            self._online = EnvironmentRun.start(self._context.project, self._database.url, timeout=timeout)
        while self._turn < place.turn:
            self._online.proceed()
            self._turn += 1
        before = place.memory or {}
        try:
            after = migrate(self._online, place.revision, before)
        except RunFailed as error:
            if error.failure is None:
                raise
            return Stop(place.revision, error.failure)
        self._made |= _names(after) - _names(before)
        return self._send("begin", place) if in_transaction else None

    def _send(self, text: str, origin: Written, statement: Statement | None = None) -> Stop | None:
        try:
            # Without parameters psycopg sends a text as psql does: by the simple protocol, percent signs untouched.
            self._connection.execute(text.encode())
        except Error as error:
            if self._connection.closed:
                raise VerdictError(
                    f"The server ended the session that ran the offline script: {first_line(error)}.",
                    "It may have been ended by somebody else, or be out of memory or disk: run it again, "
                    "or use another --server.",
                ) from error
            return Stop(origin.revision, _refusal(error, origin, text), origin, statement)
        return None

    def _would_be_remembered(self, statement: str) -> bool:
        """Whether a type is made that a revision run online has made: written in one go, Alembic would remember that,
        and not write it again.
        """
        found = _CREATE_TYPE.match(statement) if self._made else None
        if found is None:
            return False
        parts = tuple(quoted.replace('""', '"') or plain for quoted, plain in _IDENTIFIER.findall(found[1]))
        return (None, *parts)[-2:] in self._made


def _names(memory: Memory) -> set[tuple[str | None, ...]]:
    return {tuple(name) for names in memory.values() for name in names}


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
