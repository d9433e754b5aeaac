"""One of the two things that are compared: a live database, read-only, or a snapshot that was taken of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from harness.findings import UsageError, VerdictError
from harness.schema import Schema, read_schema
from harness.server.base import first_line
from harness.server.urls import masked, server_url

CONNECT_SECONDS = 10
# Reading takes only the weakest of locks, but a table that is being rewritten makes even that wait.
LOCK_SECONDS = 5


@dataclass(frozen=True)
class Side:
    """What was read.

    Attributes:
        name: the URL without its password, or the path of the snapshot.
        schema: its schema.
        version: of the server, as in `18.6`; of a snapshot the major version alone.
        identity: what is the same for two URLs of one database; None of a snapshot.
    """

    name: str
    schema: Schema
    version: str
    identity: tuple[str, ...] | None = None


def read(text: str, what: str, timeout: float, leave_out: Collection[str] = ()) -> Side:
    """Read a side.

    Args:
        text: the URL of a database, or the path of a file that `Schema.to_json` wrote.
        what: the argument that it came from, for messages.
        timeout: seconds for which one statement may run.
        leave_out: parts of the catalog not to read, as an `UnreadableError` names them.

    Raises:
        UsageError: it is neither a usable URL nor a snapshot, or the server is too old.
        VerdictError: the database cannot be reached or read.
    """
    if "://" not in text:
        if leave_out:
            raise UsageError(
                f"{what} is a snapshot, which holds what the other side's role may not read.",
                "Compare two databases, or use a role that may read the catalog.",
            )
        return _snapshot(text, what)
    url = _database_url(text, what)
    with _connected(url, timeout) as connection:
        schema = read_schema(connection, leave_out=leave_out)
        row = connection.execute(_query("identity")).fetchone()
        assert row is not None
        return Side(masked(url), schema, _version(connection), tuple(row))


def _snapshot(text: str, what: str) -> Side:
    path = Path(text)
    if not path.is_file():
        # A connection string in another form may hold a password, so it is not shown.
        shown = f" ({text!r})" if text.endswith(".json") else ""
        raise UsageError(
            f"{what} is neither a URL nor a file{shown}.",
            "Give postgresql://user:password@host:5432/database, or the path of a snapshot.",
        )
    try:
        schema = Schema.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    return Side(text, schema, str(schema.server_version))


def _database_url(text: str, what: str) -> str:
    url = server_url(text, what)
    named = urlsplit(text).path.strip("/") or conninfo_to_dict(f"postgresql://{text.partition('://')[2]}").get("dbname")
    if not named:
        raise UsageError(f"{what} names no database.", "Add it at the end: postgresql://user@host:5432/database.")
    return url


@contextmanager
def _connected(url: str, timeout: float) -> Iterator[psycopg.Connection[Any]]:
    """A session that cannot write, nor wait for long; it is ended whatever happens."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        raise VerdictError(
            f"The database {masked(url)} cannot be reached: {first_line(error)}.",
            "Check that it runs, and its host, port, user, password and name.",
        ) from error
    with connection:
        try:
            limits = {"lock_timeout": f"{LOCK_SECONDS}s", "statement_timeout": f"{round(timeout * 1000)}ms"}
            connection.execute(_query("session"), limits)
            yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            raise VerdictError(
                f"The database {masked(url)} cannot be read in full: {first_line(error)}.",
                "Everybody may read the catalogs unless that was revoked: use a role that may.",
            ) from error
        except psycopg.Error as error:
            raise VerdictError(f"Reading {masked(url)} failed: {first_line(error)}.", "Try it again.") from error
        except UsageError as error:
            raise UsageError(f"{masked(url)}: {error.message}", error.fix, error.detail) from error


def _version(connection: psycopg.Connection[Any]) -> str:
    number = connection.info.server_version
    return f"{number // 10000}.{number % 10000}"


def _query(name: str) -> bytes:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_bytes()
