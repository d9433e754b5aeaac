"""The sweep: one short look at each of many databases, many at a time, that tells which of them are alike.

Each look is one read-only transaction of asyncpg with a fixed number of queries, whatever the size of the database. It
judges nothing. What could not be looked at is judged by itself, and it is then that its error is told.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Awaitable, Callable, Collection, Coroutine, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from psycopg import sql

from harness.comparison.address import Address
from harness.comparison.session import CONNECT_SECONDS, LOCK_SECONDS
from harness.environment import Configured
from harness.findings import UsageError
from harness.gate.fleet_fingerprint import own_name, parameters, schemas_query, whole_query
from harness.gate.live import APPLICATION
from harness.schema.reading import OLDEST, SESSION

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")
_GRACE_SECONDS = 5
_IDLE_SECONDS = 60
# What libpq and asyncpg both understand: https://magicstack.github.io/asyncpg/current/api/index.html#connection
_SHARED = {
    "host",
    "port",
    "user",
    "password",
    "dbname",
    "passfile",
    "sslmode",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "sslcrl",
    "sslpassword",
}
# What says nothing of who is let in where, and is not needed for a short look.
_NEEDLESS = {
    "application_name",
    "fallback_application_name",
    "client_encoding",
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
}
# Variables that change what libpq does, and that asyncpg does not know.
_FOREIGN_VARIABLES = ("PGHOSTADDR", "PGOPTIONS", "PGSERVICE", "PGREQUIREAUTH", "PGCHANNELBINDING", "PGSSLCRLDIR")


@dataclass(frozen=True)
class Sighting:
    """What a look told. Two databases with equal sightings are alike in all that the gate judges.

    Attributes:
        version: the server's version, as in 180006.
        started: when the server was started, in seconds since 1970; the databases of two servers are never alike.
        rest: everything else, of use only to be compared.
    """

    version: int
    started: float
    rest: Hashable


def require_asyncpg() -> None:
    """Make sure that many databases can be looked at.

    Raises:
        UsageError: asyncpg is not installed.
    """
    if importlib.util.find_spec("asyncpg") is None:
        raise UsageError(
            "Judging many databases needs asyncpg, which is not installed.", "pip install 'alembic-harness[gate]'"
        )


def sweep(
    addresses: Sequence[Address],
    configured: Sequence[Configured],
    *,
    ignore: Collection[str],
    timeout: float,
    jobs: int,
    tell: Callable[[Address], None],
) -> list[Sighting | None]:
    """Look at databases.

    Args:
        addresses: where they are.
        configured: what `env.py` said of the version tables.
        ignore: the groups that the comparison is to leave out.
        timeout: seconds for which one statement may run, and, with a few of grace, all of a look.
        jobs: how many databases are looked at at the same time.
        tell: called for each when it is done.

    Returns:
        a sighting each, in the order of the addresses; None where a database could not be looked at.
    """
    look = _Look(tuple(sorted({one.version_table for one in configured})), parameters(ignore), timeout)
    return _run(_sweep(addresses, look, jobs, tell))


def hash_schemas(
    address: Address, quoted: Mapping[str, str], *, ignore: Collection[str], timeout: float
) -> dict[str, str]:
    """The fingerprints of schemas of one database, in which the schema's own name does not count.

    Args:
        address: where the database is.
        quoted: the schemas' names, each with its spelling in SQL.
        ignore: the groups that the comparison is to leave out.
        timeout: seconds for which the query may run.

    Returns:
        the hash of each schema; none at all where the database could not be looked at.
    """
    look = _Look((), parameters(ignore), timeout)
    return _run(look.at(address, partial(look.schemas, quoted=quoted))) or {}


async def _sweep(
    addresses: Sequence[Address], look: _Look, jobs: int, tell: Callable[[Address], None]
) -> list[Sighting | None]:
    places = asyncio.Semaphore(jobs)

    async def one(address: Address) -> Sighting | None:
        async with places:
            sighting = await look.at(address, look.whole)
            tell(address)
            return sighting

    return await asyncio.gather(*(one(address) for address in addresses))


def _run(looking: Coroutine[Any, Any, T]) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(looking)
    # The caller has a loop of its own, which another cannot run beside in the same thread.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, looking).result()


@dataclass(frozen=True)
class _Look:
    version_tables: tuple[str, ...]
    ignored: tuple[list[str], list[str]]
    timeout: float

    async def at(
        self, address: Address, read: Callable[[asyncpg.Connection, asyncpg.Record], Awaitable[T]]
    ) -> T | None:
        """What a function reads of a database, which gets the row of `fleet_place`."""
        import asyncpg

        dsn = _dsn(address)
        if dsn is None:
            return None
        try:
            connection = await asyncpg.connect(
                dsn,
                timeout=CONNECT_SECONDS,
                # A pooler hands the next transaction to a connection that does not know what was prepared on this one.
                statement_cache_size=0,
                server_settings={"application_name": APPLICATION},
            )
            try:
                return await asyncio.wait_for(self._reading(connection, read), self.timeout + _GRACE_SECONDS)
            finally:
                # To take leave politely of a server that does not answer would be to wait for it.
                connection.terminate()
        except (OSError, ValueError, asyncio.TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # The judge meets the same, and says it in the words that a single database gets.
            return None

    async def _reading(
        self, connection: asyncpg.Connection, read: Callable[[asyncpg.Connection, asyncpg.Record], Awaitable[T]]
    ) -> T | None:
        await connection.execute("begin isolation level repeatable read, read only")
        await self._set(connection, self._limits)
        place = await connection.fetchrow(_text("fleet_place"))
        if place["version"] // 10000 < OLDEST:
            return None
        await self._set(connection, SESSION)
        found = await read(connection, place)
        await connection.execute("rollback")
        return found

    async def whole(self, connection: asyncpg.Connection, place: asyncpg.Record) -> Sighting:
        facts = await connection.fetchrow(_text("facts"))
        tables = [tuple(row) for row in await connection.fetch(_text("version_tables"))]
        rows = [await self._rows(connection, *table[:2]) for table in tables if self._counts(table)]
        # The tables' owners run the history, or who looks where there is none; where that leads them, it lands.
        owners = sorted({table[2] for table in tables if table[1] in self.version_tables} or {facts[1]})
        paths = await connection.fetch(_text("search_paths").replace("{roles}", "$1"), owners)
        hashes = await connection.fetch(whole_query(place["version"] // 10000), *self.ignored)
        rest = (
            tuple(place["search_path"]),
            tuple(tuple(sorted(part)) if isinstance(part, list) else part for part in facts),
            tuple(tables),
            tuple(rows),
            tuple(tuple(tuple(part) if isinstance(part, list) else part for part in path) for path in paths),
            tuple(tuple(part) for part in hashes),
        )
        return Sighting(place["version"], place["started"], rest)

    async def schemas(
        self, connection: asyncpg.Connection, place: asyncpg.Record, *, quoted: Mapping[str, str]
    ) -> dict[str, str]:
        patterns = [own_name(*pair) for pair in quoted.items()]
        rows = await connection.fetch(schemas_query(place["version"] // 10000), *self.ignored, list(quoted), patterns)
        return {row["name"]: row["hash"] for row in rows}

    @property
    def _limits(self) -> dict[str, str]:
        return {
            "application_name": APPLICATION,
            "default_transaction_read_only": "on",
            "statement_timeout": f"{max(1, round(self.timeout * 1000))}ms",
            "lock_timeout": f"{LOCK_SECONDS}s",
            "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS}s",
        }

    async def _set(self, connection: asyncpg.Connection, settings: Mapping[str, str]) -> None:
        await connection.fetch(_text("fleet_settings"), list(settings), list(settings.values()))

    def _counts(self, table: tuple[Any, ...]) -> bool:
        _, name, _, readable = table
        return readable and name in self.version_tables

    async def _rows(self, connection: asyncpg.Connection, schema: str, name: str) -> tuple[str, ...]:
        table = sql.Identifier(schema, name).as_string(None)
        return tuple(row[0] for row in await connection.fetch(_text("version_rows").replace("{table}", table)))


def _dsn(address: Address) -> str | None:
    """The address in asyncpg's words; None where those two would not be let in in the same way."""
    given = {key: value for key, value in address.parameters.items() if key not in _NEEDLESS and value}
    if not given.keys() <= _SHARED or "," in given.get("host", ""):
        return None
    if any(os.environ.get(name) for name in _FOREIGN_VARIABLES):
        return None
    return f"postgresql://?{urlencode(given)}"


def _text(name: str) -> str:
    return (resources.files("harness.gate") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
