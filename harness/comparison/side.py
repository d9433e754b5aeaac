"""One of the two things that are compared: a live database, read-only, or a snapshot that was taken of one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from harness.comparison.address import read_address
from harness.comparison.session import LiveSession, Whereabouts, read_whereabouts
from harness.findings import UsageError
from harness.schema import Schema, read_schema
from harness.server.urls import server_url


@dataclass(frozen=True)
class Side:
    """What was read.

    Attributes:
        name: the URL without its password, or the path of the snapshot.
        schema: its schema.
        version: of the server, as in `18.6`; of a snapshot the major version alone.
        whereabouts: which database it is; None of a snapshot.
    """

    name: str
    schema: Schema
    version: str
    whereabouts: Whereabouts | None = None


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
    address = read_address(_database_url(text, what), what)
    with LiveSession(address, application="harness diff", timeout=timeout) as session, session.reading() as connection:
        schema = read_schema(connection, leave_out=leave_out)
        return Side(address.name, schema, session.version, read_whereabouts(connection))


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
