"""Template databases: made once on a server, cloned by whoever needs one, dropped by the last who uses it.

A template is a finished database under a name that says what is in it (`harness_template_…_<key>_…`). It gets that name
when it is done: one that is still being made, or never will be, is a scratch database like any other. It takes no
connections, so that it can be cloned at any moment.

Several processes may use one server. Who makes the template of a key holds an advisory lock meanwhile, so that the
others wait and then find it. Who uses a template holds a shared lock on its name for as long: the last one drops it,
and what is left of processes that were killed is known by its free lock, without a look at any clock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from harness.findings import VerdictError
from harness.server.scratch import PREFIX, ScratchDatabase, drop_database, first_line, wait_for_sessions
from harness.server.statements import statement
from harness.server.urls import with_database

if TYPE_CHECKING:
    from harness.server.base import Server

TEMPLATE_PREFIX = f"{PREFIX}template_"
_WAIT_STEP_SECONDS = 0.05

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """A finished database that may be cloned and not connected to; `facts` is what its maker noted, as JSON has it."""

    database: ScratchDatabase
    facts: Facts


class TemplateStore:
    """The template databases of one server, as this process sees them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.RLock()
        self._held: dict[str, Template] = {}
        self._keeper: psycopg.Connection[Any] | None = None
        self._owner = os.getpid()
        self._swept = False
        # Advisory locks are seen only from the database that they were taken in: who has connected to another one is
        # in another world, and its templates are left alone.
        self._prefix = f"{TEMPLATE_PREFIX}{hashlib.sha256(server.database.encode()).hexdigest()[:8]}_"

    @contextmanager
    def making(self, key: str, patience: float) -> Iterator[None]:
        """Within this block nobody else makes a template of this key on this server.

        Args:
            key: hexadecimal digits that say what is in the template.
            patience: seconds to wait for somebody else who is making it.

        Raises:
            VerdictError: somebody else takes too long, or the server is gone.
        """
        with ExitStack() as closing:
            with self._told("lock"):
                connection = closing.enter_context(contextlib.closing(self._server.connect()))
                connection.execute(statement("no_timeouts"))
                deadline = time.monotonic() + patience
                while not _ask(connection, "try_lock", f"{self._prefix}{key}"):
                    if time.monotonic() > deadline:
                        raise VerdictError(
                            f"Another process has been making the same template database for {patience:g} seconds.",
                            'End it, or wait longer: timeout = "10min" in [tool.harness].',
                        )
                    time.sleep(_WAIT_STEP_SECONDS)
            yield

    def find(self, key: str, is_current: Callable[[Facts], bool]) -> Template | None:
        """A template of this key that somebody has made, and from now on is not dropped without us; None if there is
        none.

        Args:
            is_current: says by its facts whether a template may still be used.
        """
        with self._lock, self._told("look for"):
            for name, facts in reversed(self._listed()):
                if not name.startswith(f"{self._prefix}{key}_") or not is_current(facts):
                    continue
                if name in self._held:
                    return self._held[name]
                if self._keep(name):
                    if any(name == other for other, _ in self._listed()):
                        return self._hold(name, facts)
                    self._let_go(name)
        return None

    def put(self, database: ScratchDatabase, key: str, facts: Facts) -> Template:
        """Make a scratch database a template; nobody may be connected to it, and it is gone under its old name.

        Raises:
            VerdictError: somebody is connected to it, or the server is gone.
        """
        name = f"{self._prefix}{key}_{secrets.token_hex(4)}"
        with self._lock, self._told("make"):
            self._keep(name)
            template = self._hold(name, facts)
            database.close_connections()
            with self._server.maintenance() as connection:
                old = sql.Identifier(database.name)
                note = sql.Literal(json.dumps(facts, sort_keys=True))
                connection.execute(statement("note_on_database").format(name=old, note=note))
                connection.execute(statement("close_database").format(name=old))
                wait_for_sessions(connection, database.name)
                # The name comes last: it is what tells that the template is finished.
                connection.execute(statement("rename_database").format(name=old, new=sql.Identifier(name)))
            database.give_away()
            self._server.forget(database)
        return template

    def forget(self, template: Template) -> None:
        """Stop using a template, for instance because somebody has dropped it."""
        template.database.drop()

    def close(self) -> None:
        """Let go of the locks. The templates of ours must be dropped before, or end with the server."""
        with self._lock:
            if self._keeper is not None and self._owner == os.getpid():
                self._keeper.close()
            self._keeper = None
            self._held.clear()

    def _hold(self, name: str, facts: Facts) -> Template:
        url = with_database(self._server.url, name)
        template = Template(ScratchDatabase(name, url, self._drop, {}), facts)
        self._held[name] = template
        self._server.remember(template.database)
        return template

    def _drop(self, database: ScratchDatabase) -> None:
        """Drop a template unless somebody else uses it, who then does."""
        with self._lock:
            self._held.pop(database.name, None)
            if self._server.closed:
                return
            with self._told("drop"), self._server.maintenance() as connection:
                self._let_go(database.name)
                drop_unused(connection, database.name)
            self._server.forget(database)

    def _listed(self) -> list[tuple[str, Facts]]:
        """The finished templates with their facts, the oldest first; at the first look, what nobody uses goes."""
        with self._server.maintenance() as connection:
            if not self._swept:
                for name, _ in self._rows(connection):
                    if name not in self._held:
                        drop_unused(connection, name)
                self._swept = True
            return [(name, json.loads(note)) for name, note in self._rows(connection) if note]

    def _rows(self, connection: psycopg.Connection[Any]) -> list[tuple[str, str | None]]:
        return connection.execute(statement("templates"), {"prefix": self._prefix}).fetchall()

    def _keep(self, name: str) -> bool:
        """Take the shared lock that keeps others from dropping a template; False if it is being dropped."""
        if self._keeper is not None and self._owner == os.getpid():
            try:
                return _ask(self._keeper, "try_share", name)
            except psycopg.OperationalError:
                self._keeper.close()  # the session was ended, and its locks with it
        self._keeper, self._owner = self._server.connect(), os.getpid()
        self._keeper.execute(statement("no_timeouts"))
        for held in self._held:
            _ask(self._keeper, "try_share", held)
        return _ask(self._keeper, "try_share", name)

    def _let_go(self, name: str) -> None:
        if self._keeper is not None and not self._keeper.closed and self._owner == os.getpid():
            _ask(self._keeper, "unlock_share", name)

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise VerdictError(
                f"The {self._server.kind} server could not {doing} a template database: {first_line(error)}."
            ) from error


def is_template(name: str) -> bool:
    """Whether a database bears the name of a template of ours."""
    return name.startswith(TEMPLATE_PREFIX)


def drop_unused(connection: psycopg.Connection[Any], name: str) -> None:
    """Drop a template that nobody uses.

    Args:
        connection: in the database in which its users have taken their locks; in autocommit.
    """
    if _ask(connection, "try_lock", name):
        try:
            drop_database(connection, name)
        finally:
            _ask(connection, "unlock", name)


def _ask(connection: psycopg.Connection[Any], word: str, name: str) -> bool:
    key = int.from_bytes(hashlib.sha256(f"harness {name}".encode()).digest()[:8], "big", signed=True)
    row = connection.execute(statement(word), {"key": key}).fetchone()
    return row is not None and bool(row[0])
