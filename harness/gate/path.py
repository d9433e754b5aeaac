"""Where names without a schema land: the search path of the role that deploys, and the same on a scratch database.

A path is set for a role, for a database or for both, outside of the history. Without it, a history of unqualified names
would make in `public` what live stands in another schema.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, errors, sql

from harness.environment import Failure
from harness.gate.statements import statement
from harness.schema import Identity, Schema, SchemaObject

PUBLIC = "public"
_USER = "$user"
_AT_FIRST = f'"{_USER}", {PUBLIC}'
_NAME = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^\s,"]+))\s*(?:,|$)')
_TAKEN = re.compile(r'schema "(?P<name>.+)" already exists')
_DUPLICATE_SCHEMA = "42P06"
_SETTING = "search_path"


@dataclass(frozen=True)
class SearchPath:
    """A search path that leads elsewhere than to `public`.

    Attributes:
        names: the schemas in which names are looked up, in this order.
        ready: those of them that are there before the history begins.
    """

    names: tuple[str, ...]
    ready: frozenset[str]

    def without(self, schema: str) -> SearchPath:
        """The same where a schema is not there before the history makes it."""
        # Until then the version table needs a place.
        return SearchPath(tuple(dict.fromkeys((*self.names, PUBLIC))), self.ready - {schema})


def read_path(
    connection: Connection[Any], role: str, *, versions_in: str | None, inhabited: Collection[str]
) -> SearchPath | None:
    """The path that a role has in the database that a connection is open to; None if it leads to `public`.

    Args:
        connection: a connection within a transaction.
        role: the role that deploys.
        versions_in: the schema in which its path led the version table; None if something else did.
        inhabited: the schemas that have tables.
    """
    row = None
    # Whoever may not read it is told so by the part that reads the settings.
    with contextlib.suppress(errors.InsufficientPrivilege), connection.transaction():
        row = connection.execute(statement("search_paths").format(roles=sql.Literal([role]))).fetchone()
    if row is None:
        return None
    _, setting, usable, closed, _ = row
    return path_of(role, setting, usable, closed, versions_in=versions_in, inhabited=inhabited)


def path_of(
    role: str,
    setting: str | None,
    usable: Collection[str],
    closed: Collection[str],
    *,
    versions_in: str | None,
    inhabited: Collection[str],
) -> SearchPath | None:
    """The path that a setting means; None if it leads to `public`.

    Args:
        role: whose path it is.
        setting: what is set, or None.
        usable: the schemas that the role may look into.
        closed: those that are there and that it may not look into, so that they do not count.
        versions_in, inhabited: see `read_path`.
    """
    names: list[str] = []
    for name in split_path(_AT_FIRST if setting is None else setting):
        if name == _USER:
            names += [role] if role in usable else []
        elif name not in closed and not name.startswith("pg_"):
            names.append(name)
    if versions_in is not None and versions_in not in names:
        # Another role than the owner of the version table logs in, or the setting is the server's.
        names.insert(0, versions_in)
    names = list(dict.fromkeys(names))
    first = next((name for name in names if name in usable), None)
    if not names or names[0] == PUBLIC:
        return None
    if versions_in is None and inhabited and first not in inhabited:
        # The path is newer than what was deployed.
        return None
    # What stands in front of the version table's schema was not there when that table was made.
    there = names[names.index(versions_in) :] if versions_in is not None else names
    path = SearchPath(tuple(names), frozenset(there).intersection(usable) - {PUBLIC})
    return path if names[0] in path.ready else path.without(names[0])


def split_path(text: str) -> list[str]:
    """The names in a setting of the search path."""
    return [
        match["plain"].lower() if match["quoted"] is None else match["quoted"].replace('""', '"')
        for match in _NAME.finditer(text)
    ]


def give_path(connection: Connection[Any], database: str, path: SearchPath) -> None:
    """Give an empty scratch database a path, for the role of a connection to it."""
    for name in sorted(path.ready):
        connection.execute(statement("create_schema").format(schema=sql.Identifier(name)))
    names = sql.SQL(", ").join(map(sql.Identifier, path.names))
    connection.execute(statement("set_search_path").format(database=sql.Identifier(database), path=names))


def taken_schema(failure: Failure | None) -> str | None:
    """The schema that a revision wanted to make and that was there."""
    if failure is None or failure.sqlstate not in (_DUPLICATE_SCHEMA, None):
        return None
    match = _TAKEN.search(failure.message)
    return match["name"] if match else None


def without_given(schema: Schema, paths: Collection[SearchPath]) -> Schema:
    """The schema of a scratch database without the path that `give_path` gave it."""
    given = [list(path.names) for path in paths]
    return schema.without(
        lambda item: (
            item.identity.kind == "setting"
            and item.identity.name.endswith(f": {_SETTING}")
            and split_path(str(item.attributes.get("value"))) in given
        )
    )


def without_set_up(actual: Schema, expected: Schema, path: SearchPath | None, deployer: str) -> Schema:
    """The schema of a live database without what was set up for the history: its path, and what was granted and said
    on the schemas of it that the history found.

    Args:
        actual: the live schema.
        expected: what the history makes on that path.
        path: the path.
        deployer: the role that deploys live.
    """
    if path is None or Identity("schema", "", "", path.names[0]) not in expected.objects:
        # The path leads elsewhere than it led the history: that is worth saying.
        return actual
    settings = {Identity("setting", "", "", name) for name in (_SETTING, f"of {deployer}: {_SETTING}")}
    kept = (item for item in actual.objects.values() if item.identity not in settings - expected.objects.keys())
    return Schema((_as_found(item, expected, path) for item in kept), actual.server_version)


def _as_found(item: SchemaObject, expected: Schema, path: SearchPath) -> SchemaObject:
    made = expected.objects.get(item.identity)
    if item.identity.kind != "schema" or item.identity.name not in path.ready or made is None:
        return item
    return item if made.attributes.keys() - {"owner"} else made
