"""Where a live database is: a URL or connection string in any form that people have at hand, as libpq's keywords."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from harness.findings import UsageError

_PORTS = re.compile(r"\d{0,5}(?:,\d{0,5})*")
_SCHEMES = ("postgresql", "postgres")
_EXAMPLE = "Give postgresql://user@host:5432/database, service=NAME, or host=… dbname=…"
_ENCODING = "In a user or password of a URL write '@' as %40, '/' as %2F, ':' as %3A, '#' as %23, '%' as %25."

# What only one driver knows and what says nothing of the place: SQLAlchemy's URLs for asyncpg and psycopg have them.
# https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#module-sqlalchemy.dialects.postgresql.asyncpg
_DRIVERS_OWN = (
    "async_fallback",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "statement_cache_size",
    "command_timeout",
    "timeout",
)


@dataclass(frozen=True)
class Address:
    """Where a database is.

    Attributes:
        name: for messages, without the password.
        parameters: libpq's keywords, the password among them if it was given.
    """

    name: str
    parameters: Mapping[str, str] = field(repr=False)


def read_address(text: str, what: str = "URL") -> Address:
    """What a text says of the place of a database. Whatever it leaves out, libpq takes from the `PG*` variables, the
    service file and the password file.

    Args:
        text: `postgresql://…`, also with a SQLAlchemy driver (`postgresql+asyncpg://…?ssl=require`), or pairs of
            `key=value`.
        what: the argument that it came from, for messages.

    Raises:
        UsageError: libpq cannot read it, or it is a URL of another database system. No part of it is shown, since any
            may turn out to be a password.
    """
    scheme, separator, rest = text.partition("://")
    if separator and "=" not in scheme:
        dialect = scheme.partition("+")[0].lower()
        if dialect not in _SCHEMES:
            raise UsageError(f"{what} is no URL of PostgreSQL.", _EXAMPLE)
        if "#" in rest or rest.count("@") > 1 or "/" in rest.rpartition("@")[0]:
            # libpq would take a part of the password for a host, a port or a database, and tell it in its errors.
            raise UsageError(f"{what} has a special character that is not percent-encoded.", _ENCODING)
        text = f"postgresql://{_libpq_query(rest)}"
    elif "=" not in text:
        raise UsageError(f"{what} is neither a URL nor a connection string.", _EXAMPLE)
    try:
        parameters = {key: str(value) for key, value in conninfo_to_dict(text).items() if value is not None}
    except ProgrammingError:
        parameters = None
    if parameters is None or not _PORTS.fullmatch(parameters.get("port", "")):
        raise UsageError(f"{what} cannot be read as the place of a database.", f"{_EXAMPLE} {_ENCODING}")
    return Address(_name(parameters), parameters)


def _libpq_query(rest: str) -> str:
    """The part of a SQLAlchemy URL behind `://` with the query that libpq takes."""
    place, mark, query = rest.partition("?")
    if not mark:
        return rest
    kept = []
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == "ssl":  # asyncpg's name for it, with the same values
            kept.append(f"sslmode={value}")
        elif key not in _DRIVERS_OWN:
            kept.append(pair)
    return f"{place}?{'&'.join(kept)}" if kept else place


def _name(parameters: Mapping[str, str]) -> str:
    if "service" in parameters and "host" not in parameters:
        return f"service={parameters['service']}"
    said = {
        key: parameters.get(key) or os.environ.get(variable, "")
        for key, variable in {"user": "PGUSER", "host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE"}.items()
    }
    hidden = ":***" if "password" in parameters else ""
    user = f"{quote(said['user'], safe='')}{hidden}@" if said["user"] or hidden else ""
    host = said["host"] or parameters.get("hostaddr", "")
    # A directory of sockets, or an address of version 6.
    host = quote(host, safe=",") if host.startswith("/") else f"[{host}]" if ":" in host and "," not in host else host
    port = f":{said['port']}" if said["port"] else ""
    return f"postgresql://{user}{host}{port}/{quote(said['dbname'], safe='')}"
