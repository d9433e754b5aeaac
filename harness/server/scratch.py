"""Scratch databases: databases that we created on a server and will drop.

sqlalchemy-utils' `create_database` and `drop_database` are not used: they want SQLAlchemy where psycopg alone will do,
know neither `strategy` nor `with (force)`, and open a new engine for every call. That library serves inside an
application, for its column types.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import psycopg
from psycopg import sql

from harness.server.statements import statement

PREFIX = "harness_"
_MAXIMUM_BYTES = 63
# Sessions that were just closed leave within milliseconds; DROP and CREATE DATABASE would look again after 100 only.
_SETTLE_SECONDS = 0.1
_SETTLE_STEP_SECONDS = 0.002
_log = logging.getLogger("harness.server")


def database_name(hint: str = "") -> str:
    """A new name, recognisably ours, that no other has: `harness_<hint>_<16 hex digits>`, at most 63 bytes."""
    unique = secrets.token_hex(8)
    cleaned = re.sub(r"[^a-z0-9]+", "_", hint.lower()).strip("_")
    cleaned = cleaned[: _MAXIMUM_BYTES - len(PREFIX) - len(unique) - 1].strip("_")
    return f"{PREFIX}{cleaned}_{unique}" if cleaned else f"{PREFIX}{unique}"


class ScratchDatabase:
    """A database that we created and will drop; leaving its `with` block drops it.

    Attributes:
        name: the database's name, `harness_…`.
        url: its `postgresql://` URL without a driver, good for libpq, psycopg and SQLAlchemy alike.
    """

    def __init__(
        self, name: str, url: str, drop: Callable[[ScratchDatabase], None], parameters: Mapping[str, str]
    ) -> None:
        self.name = name
        self.url = url
        self._drop = drop
        self._parameters = parameters
        self._owner = os.getpid()
        self._dropped = False
        self._connections: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()

    def connect(self, **kwargs: Any) -> psycopg.Connection[Any]:
        """A new psycopg connection, in autocommit unless `autocommit=False` is said; closed at the latest by `drop`.

        Args:
            kwargs: further arguments of `psycopg.connect`. The `PG*` variables of the environment have no say on a
                server of ours.

        Raises:
            psycopg.OperationalError: the server does not let us in.
        """
        arguments: dict[str, Any] = {"autocommit": True, **self._parameters, **kwargs}
        connection: psycopg.Connection[Any] = psycopg.connect(self.url, **arguments)
        self._connections.add(connection)
        return connection

    def close_connections(self) -> None:
        """Close what `connect` has handed out."""
        for connection in list(self._connections):
            connection.close()

    def drop(self) -> None:
        """Close our connections and drop the database, whoever else is in it; the second call does nothing."""
        # A forked child shares our sockets: to close them there would end the sessions here.
        if self._dropped or os.getpid() != self._owner:
            return
        self.close_connections()
        self._drop(self)
        self._dropped = True

    def give_away(self) -> None:
        """Leave the database to somebody else, who drops it; we close our connections."""
        self.close_connections()
        self._dropped = True

    def __enter__(self) -> ScratchDatabase:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.drop()

    def __repr__(self) -> str:
        return f"<ScratchDatabase {self.name}>"


def wait_for_sessions(connection: psycopg.Connection[Any], name: str) -> None:
    """Give the sessions of a database a moment to end; those that stay are left to the statement that follows."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        row = connection.execute(statement("sessions"), {"name": name}).fetchone()
        if row is None or row[0] == 0:
            return
        time.sleep(_SETTLE_STEP_SECONDS)


def drop_database(connection: psycopg.Connection[Any], name: str) -> None:
    """Drop a database if it exists, once its sessions had a moment to end, else with force."""
    wait_for_sessions(connection, name)
    drop = statement("drop_database").format(name=sql.Identifier(name))
    try:
        connection.execute(drop)
    except psycopg.errors.ObjectInUse:
        # Force ends sessions; what a history subscribed to holds the database all the same.
        if not _drop_subscriptions(connection, name):
            raise
        connection.execute(drop)


def _drop_subscriptions(connection: psycopg.Connection[Any], name: str) -> bool:
    """Drop the subscriptions of a database, without a word to their publishers; says whether there were any."""
    found = [row[0] for row in connection.execute(statement("subscriptions"), {"name": name}).fetchall()]
    info = connection.info
    if found:
        with psycopg.connect(info.dsn, password=info.password, dbname=name, autocommit=True) as inside:
            for subscription in found:
                for step in ("disable_subscription", "forget_slot", "drop_subscription"):
                    inside.execute(statement(step).format(name=sql.Identifier(subscription)))
    return bool(found)


def first_line(error: BaseException) -> str:
    """The first line of an error's text, without the full stop that ours will add."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")


Entry = tuple[str | None, str, str]  # role or None for all, setting, value


def settings_of(connection: psycopg.Connection[Any], name: str) -> list[Entry]:
    """What `ALTER DATABASE … SET` put on a database, which `CREATE DATABASE … TEMPLATE` leaves behind."""
    return connection.execute(statement("database_settings"), {"name": name}).fetchall()


def copy_settings(connection: psycopg.Connection[Any], clone: str, entries: Sequence[Entry]) -> None:
    """Give a clone the settings of its template.

    Args:
        connection: one to the clone itself, since a value may name something in it (a text search configuration).
        clone: its name.
        entries: what `settings_of` said of the template. What can no longer be set, such as a role that is gone, is
            left out with a warning in the log.
    """
    for role, name, value in entries:
        parts = {"database": sql.Identifier(clone), "name": sql.Identifier(*name.split("."))}
        query = statement("set_database").format(**parts)
        if role is not None:
            query = statement("set_role_in_database").format(role=sql.Identifier(role), **parts)
        try:
            # From the current value, since a list such as search_path cannot be written back as one string.
            with connection.transaction():
                connection.execute(statement("set_for_transaction"), {"name": name, "value": value})
                connection.execute(query)
        except psycopg.DatabaseError as error:
            _log.warning("The setting %s is not copied to the clone %s: %s", name, clone, error)
