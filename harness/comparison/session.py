"""A session on a database that others live on: it only reads, waits for nobody for long, and always ends.

What keeps it from writing is said twice. As the session begins, in its startup packet; and at the head of each
transaction, for a pooler between us and the server (PgBouncer in transaction mode) refuses or swallows the former. A
plain SET is never sent: through such a pooler it would stay behind on a connection that the application gets next.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from types import TracebackType
from typing import Any, NamedTuple

import psycopg
from psycopg import errors

from harness.comparison.address import Address
from harness.findings import UsageError, VerdictError
from harness.server.base import first_line

CONNECT_SECONDS = 10
# Reading takes only the weakest of locks, but a table that is being rewritten makes even that wait.
LOCK_SECONDS = 5
_IDLE_SECONDS = 60
# How much longer than the server we wait for a statement that it should have ended itself.
_GRACE_SECONDS = 5
_SEVERAL = 3
# A network that swallows packets without a word is noticed within half a minute.
_KEEPALIVES = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}


class Whereabouts(NamedTuple):
    """Which database a session stands in.

    Attributes:
        system: the identifier that the server's files got when they were made, which its standbys share; None where
            the role may not ask.
        started: when the server was started.
        database: the database's OID.
    """

    system: str | None
    started: str
    database: str

    def on_server_of(self, other: Whereabouts) -> bool:
        """Whether both are on one server, or on one and its standby."""
        if self.system is not None and other.system is not None:
            return self.system == other.system
        return self.started == other.started

    def is_database_of(self, other: Whereabouts) -> bool:
        """Whether both are the same database."""
        # A server that was started from a copy of another's files has the other's identifier.
        return self.on_server_of(other) and (self.started, self.database) == (other.started, other.database)


class LiveSession:
    """One read-only session. Use it as a context manager; it is ended whatever happens.

    Args:
        address: where the database is.
        application: what the session is called in `pg_stat_activity`.
        timeout: seconds for which one statement may run, and, with a few seconds of grace, all that a transaction
            reads.

    Attributes:
        search_path: the schemas in which the role's unqualified names are looked up, known from the first `reading` on;
            within it the path is empty.

    Raises:
        VerdictError: on entering, that the database cannot be reached.
    """

    def __init__(self, address: Address, *, application: str, timeout: float) -> None:
        self.address = address
        self._limits = {
            "application_name": application,
            "default_transaction_read_only": "on",
            "statement_timeout": f"{max(1, round(timeout * 1000))}ms",
            "lock_timeout": f"{LOCK_SECONDS}s",
            "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS}s",
        }
        self._patience = timeout + _GRACE_SECONDS
        self._connection: psycopg.Connection[Any] | None = None
        self.search_path: tuple[str, ...] = ()

    def __enter__(self) -> LiveSession:
        try:
            self._connection = self._connect()
        except psycopg.OperationalError as error:
            raise VerdictError(
                f"The database {self.address.name} cannot be reached: {first_line(error)}.",
                "Check that it runs, and its host, port, user, password and name.",
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    @property
    def version(self) -> str:
        """The server's version, as in `18.6`."""
        number = self._open.info.server_version
        return f"{number // 10000}.{number % 10000}"

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction that only reads, all of it the state of one moment; it is rolled back at the end.

        Raises:
            VerdictError: the connection broke, a limit was reached, or the role may not read something.
        """
        connection = self._open
        deadline = _Deadline(connection, self._patience)
        try:
            with deadline:
                self._begin()
                yield connection
        except errors.LockNotAvailable as error:
            raise self._locked(error) from error
        except errors.InsufficientPrivilege as error:
            raise VerdictError(
                f"The database {self.address.name} cannot be read in full: {first_line(error)}.",
                "Everybody may read the catalogs unless that was revoked: use a role that may.",
            ) from error
        except errors.QueryCanceled as error:
            raise VerdictError(
                f"Reading {self.address.name} took too long: {first_line(error)}.",
                'Give it longer (timeout = "10min" in [tool.harness]), or try when the server has less to do.',
            ) from error
        except psycopg.Error as error:
            if deadline.passed:
                raise VerdictError(
                    f"The database {self.address.name} did not answer for {self._patience:g} seconds.",
                    "Look whether its server still works, or try again; nothing was changed.",
                ) from error
            raise VerdictError(
                f"Reading {self.address.name} failed: {first_line(error)}.", "Try it again; nothing was changed."
            ) from error
        except UsageError as error:
            raise UsageError(f"{self.address.name}: {error.message}", error.fix, error.detail) from error
        finally:
            self._roll_back()

    @property
    def _open(self) -> psycopg.Connection[Any]:
        assert self._connection is not None, "the session was not entered"
        return self._connection

    def _connect(self) -> psycopg.Connection[Any]:
        given = self.address.parameters
        theirs = given.get("options", os.environ.get("PGOPTIONS", ""))
        ours = " ".join(f"-c {name}={value}" for name, value in self._limits.items() if name != "application_name")
        arguments: dict[str, Any] = {
            **_KEEPALIVES,
            **({} if "PGCONNECT_TIMEOUT" in os.environ else {"connect_timeout": CONNECT_SECONDS}),
            **given,
            "application_name": self._limits["application_name"],
            # A pooler hands the next transaction to a connection that does not know what was prepared on this one.
            "prepare_threshold": None,
            "autocommit": True,
        }
        try:
            return psycopg.connect(**{**arguments, "options": f"{theirs} {ours}".strip()})
        except psycopg.OperationalError as error:
            if "startup parameter" not in str(error):
                raise
            # PgBouncer says so. What each transaction says at its head has to do.
            return psycopg.connect(**arguments)

    def _begin(self) -> None:
        self._open.execute("begin isolation level repeatable read, read only")
        row = self._open.execute(_query("limits"), self._limits).fetchone()
        assert row is not None
        self.search_path = tuple(row[0])

    def _roll_back(self) -> None:
        connection = self._open
        if not connection.closed:
            with contextlib.suppress(psycopg.Error):  # it broke just now, and is closed in a moment
                connection.execute("rollback")

    def _locked(self, error: Exception) -> VerdictError:
        """Who holds the lock that was waited for, as far as the role may see it."""
        self._roll_back()
        holders: list[str] = []
        with contextlib.suppress(psycopg.Error):
            self._begin()
            rows = self._open.execute(_query("exclusive_locks")).fetchall()
            holders = [f"{name} (session {pid})" if pid else str(name) for name, pid in rows]
        more = f" and {len(holders) - _SEVERAL} more" if len(holders) > _SEVERAL else ""
        whose = f"; exclusively locked: {', '.join(holders[:_SEVERAL])}{more}" if holders else ""
        return VerdictError(
            f"Reading {self.address.name} waited {LOCK_SECONDS} seconds for a lock: {first_line(error)}{whose}.",
            "Try again when the session that holds it is done; nothing was changed.",
        )


def read_whereabouts(connection: psycopg.Connection[Any]) -> Whereabouts:
    """Which database a connection stands in; inside a transaction under a savepoint."""
    system: str | None = None
    with contextlib.suppress(errors.InsufficientPrivilege), connection.transaction():
        row = connection.execute(_query("system")).fetchone()
        system = None if row is None else str(row[0])
    row = connection.execute(_query("whereabouts")).fetchone()
    assert row is not None
    return Whereabouts(system, *row)


class _Deadline:
    """A block in which a server that stopped answering holds us for no longer than so many seconds."""

    # The server ends a statement that takes too long; what it cannot end is its own silence.
    def __init__(self, connection: psycopg.Connection[Any], seconds: float) -> None:
        self.passed = False
        self._descriptor = connection.fileno()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.passed = True
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._descriptor)) as wire:
            wire.shutdown(socket.SHUT_RDWR)


def _query(name: str) -> bytes:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_bytes()
