"""What every server can do, whatever its kind: create scratch databases, and leave nothing behind."""

from __future__ import annotations

import atexit
import contextlib
import ipaddress
import logging
import os
import threading
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from harness.findings import VerdictError
from harness.server.scratch import (
    ScratchDatabase,
    copy_settings,
    database_name,
    drop_database,
    settings_of,
    wait_for_sessions,
)
from harness.server.scratch import first_line as first_line
from harness.server.statements import statement
from harness.server.templates import TemplateStore
from harness.server.urls import masked, with_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OLDEST = 13
_CONNECT_SECONDS = 10
_GOES_ALONG = "There is nothing to do: it goes with the server, which harness started."
_TEMPLATE_BUSY_SECONDS = 10.0
_log = logging.getLogger("harness.server")


@dataclass(frozen=True)
class Facts:
    """What a server said of itself when we first connected."""

    version: str
    major: int
    fsync: bool
    template_is_utf8: bool
    database: str


class Server(ABC):
    """A running PostgreSQL that we may create databases on; leaving its `with` block closes it.

    Attributes:
        kind: `docker`, `embedded` or `url`.
        version: as in `18.6`.
        why: one phrase that says why this one was chosen.
        url: the maintenance URL, `postgresql://user:password@host:port/postgres`.
        database: the maintenance database.
        templates: the template databases on it.
        closed: whether it was closed.
    """

    kind: str

    def __init__(self, url: str, why: str, application: str = "harness") -> None:
        self.url = url
        self.why = why
        self._parameters = {} if self.kind == "url" else own_server_parameters(url)
        self._upkeep = {**self._parameters, "application_name": application}
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._databases: dict[str, ScratchDatabase] = {}
        self.closed = False
        self._facts = read_facts(url, self._upkeep)
        self.version = self._facts.version
        self.database = self._facts.database
        self.templates = TemplateStore(self)
        atexit.register(self.close)

    def create_database(self, hint: str = "", *, template: ScratchDatabase | None = None) -> ScratchDatabase:
        """Create a scratch database.

        Args:
            hint: a word for people, which becomes part of the name.
            template: a scratch database of this server to clone; nobody may be connected to it meanwhile.

        Raises:
            VerdictError: the server refuses, or is gone, or the template stays in use.
        """
        self._check_open()
        name = database_name(hint)
        database = ScratchDatabase(name, with_database(self.url, name), self._drop, self._parameters)
        # Known before it exists: what is interrupted half way is dropped all the same.
        self.remember(database)
        try:
            with self.maintenance() as connection:
                self._create(connection, name, template)
        except psycopg.Error as error:
            raise VerdictError(
                f"The {self.kind} server could not create the scratch database {name}: {first_line(error)}."
            ) from error
        return database

    def close(self) -> None:
        """Drop what is left of our databases and stop the server where it is ours; the second call does nothing.

        Raises:
            VerdictError: a database could not be dropped; the message names it.
        """
        if self.closed or os.getpid() != self._owner:
            return
        try:
            self._release()
        finally:
            self.closed = True
            self.templates.close()
            atexit.unregister(self.close)

    @abstractmethod
    def _release(self) -> None:
        """Let go of whatever this kind of server holds."""

    def remember(self, database: ScratchDatabase) -> None:
        """Note a database as ours, to be dropped at the latest when we close."""
        with self._lock:
            self._databases[database.name] = database

    def forget(self, database: ScratchDatabase) -> None:
        """Strike out a database that is gone, or somebody else's."""
        with self._lock:
            self._databases.pop(database.name, None)

    def _create(self, connection: psycopg.Connection[Any], name: str, template: ScratchDatabase | None) -> None:
        source, options = "template1", sql.Composed([])
        if template is not None:
            source = template.name
            wait_for_sessions(connection, source)
        elif not self._facts.template_is_utf8:
            # A cluster made under LC_ALL=C is SQL_ASCII, where nothing of a text is checked or folded.
            source = "template0"
            options += sql.SQL(" encoding 'UTF8' locale 'C'")
        if self._facts.major >= 15 and not self._facts.fsync:
            # Twice to three times as fast; with fsync on its two checkpoints would cost more than they save.
            options += sql.SQL(" strategy file_copy")
        query = statement("create_database").format(
            name=sql.Identifier(name), template=sql.Identifier(source), options=options
        )
        deadline = time.monotonic() + _TEMPLATE_BUSY_SECONDS
        while True:
            try:
                connection.execute(query)
            except psycopg.errors.ObjectInUse:
                # Somebody is connected to the template just now; PostgreSQL has itself waited five seconds for them.
                if time.monotonic() > deadline:
                    raise
            else:
                break
        if template is not None and (entries := settings_of(connection, source)):
            with connect(with_database(self.url, name), self._upkeep) as own:
                copy_settings(own, name, entries)

    def _drop(self, database: ScratchDatabase) -> None:
        if self.closed:
            return
        try:
            with self.maintenance() as connection:
                drop_database(connection, database.name)
        except psycopg.Error as error:
            raise VerdictError(
                f"The scratch database {database.name} could not be dropped: {first_line(error)}.",
                f'Drop it by hand: drop database "{database.name}" with (force)' if self.kind == "url" else _GOES_ALONG,
            ) from error
        self.forget(database)

    def _drop_all(self) -> None:
        """Drop every database of ours, going on when one fails, and then say which could not be dropped."""
        failures: list[VerdictError] = []
        for database in list(self._databases.values()):
            try:
                database.drop()
            except VerdictError as error:
                failures.append(error)
        if failures:
            names = ", ".join(sorted(self._databases))
            raise VerdictError(
                f"Some scratch databases could not be dropped: {names}.",
                "Drop them by hand: drop database … with (force)" if self.kind == "url" else _GOES_ALONG,
                "\n".join(str(failure) for failure in failures),
            )

    def connect(self) -> psycopg.Connection[Any]:
        """An autocommit connection to the maintenance database, which the caller closes."""
        return connect(self.url, self._upkeep)

    @contextmanager
    def maintenance(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of its own for each use, which survives forks, threads, idle timeouts and restarts alike."""
        with self.connect() as connection:
            yield connection

    def _check_open(self) -> None:
        if self.closed:
            raise VerdictError(f"The {self.kind} server was closed.", "Open another one.")

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.close()
        except VerdictError as failure:
            if error is None:
                raise
            # The error that ended the block tells more; it must not be hidden by this one.
            _log.warning("%s", failure)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kind} {self.version} {masked(self.url)}>"


def own_server_parameters(url: str) -> dict[str, str]:
    """What to tell libpq about a server of ours, so that no `PG*` variable has a say.

    PGHOSTADDR would send us to another server, PGSSLMODE=require refuse ours, PGOPTIONS change its settings.
    """
    parameters = {"sslmode": "disable", "gssencmode": "disable", "channel_binding": "prefer", "options": ""}
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):  # a name, which only a remote Docker daemon has
        parameters["hostaddr"] = str(ipaddress.ip_address(host))
    return parameters


def connect(url: str, parameters: Mapping[str, str]) -> psycopg.Connection[Any]:
    """An autocommit connection for the server's upkeep; `parameters` are libpq's."""
    arguments: dict[str, Any] = {"autocommit": True, "connect_timeout": _CONNECT_SECONDS, **parameters}
    return psycopg.connect(url, **arguments)


def read_facts(url: str, parameters: Mapping[str, str]) -> Facts:
    """Connect once and look whether the server will do.

    Raises:
        VerdictError: it cannot be reached, is older than PostgreSQL 13, or does not let us create databases.
    """
    try:
        with connect(url, parameters) as connection:
            row = connection.execute(statement("facts")).fetchone()
    except psycopg.OperationalError as error:
        raise VerdictError(
            f"The PostgreSQL server at {masked(url)} cannot be reached: {first_line(error)}.",
            "Check that it runs, and its host, port, user and password.",
        ) from error
    assert row is not None
    number, fsync, may_create, role, template_is_utf8, database = row
    major = number // 10000
    version = f"{major}.{number % 10000}"
    if major < _OLDEST:
        raise VerdictError(
            f"The server at {masked(url)} is PostgreSQL {number // 10000}, and harness needs {_OLDEST} or newer.",
            "Name a newer server or image.",
        )
    if not may_create:
        raise VerdictError(
            f"The role {role} may not create databases on {masked(url)}.",
            f'Let it: alter role "{role}" createdb',
        )
    return Facts(version, major, fsync, bool(template_is_utf8), database)
