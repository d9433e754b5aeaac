"""Watching a database: what the event triggers tell is read again, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import psycopg

from harness.schema.model import SchemaObject, Value
from harness.schema.reading import Address, assemble, read_catalog
from harness.schema.tracking.catalog import Catalog
from harness.schema.tracking.history import GroupKey, group_of
from harness.schema.tracking.news import News, interpret
from harness.schema.tracking.scope import Resolved, confined, is_understood
from harness.schema.tracking.session import Scope, Session, statement

# Relations, types and routines from which on it takes no longer to read everything (measured: 200 tables, each with a
# sequence).
_MANY = 400


class Watch:
    """Event triggers in a database, and a session that reads what they tell of."""

    def __init__(self, connection: psycopg.Connection[Any], *, uses: bool) -> None:
        self._connection = connection
        self._uses = uses
        self._session = Session(connection)
        self._signals = ""
        self._disabled_keys = False

    @classmethod
    def install(cls, connection: psycopg.Connection[Any], *, uses: bool = True) -> Watch | None:
        """Begin to watch the database of a connection; None if that cannot be, as for anybody but a superuser.

        Args:
            uses: read again what the touched objects stand on.
        """
        try:
            with connection.transaction():
                connection.execute(statement("uninstall"))
                connection.execute(statement("install"))
        except psycopg.DatabaseError:
            # Also an event trigger of the database's own that forbids it. It takes longer without, and no more.
            if connection.broken:
                raise
            return None
        return cls(connection, uses=uses)

    def remove(self) -> None:
        """Drop the event triggers and what they write to, and leave the connection as it was."""
        self._session.end()
        with self._connection.transaction():
            self._connection.execute(statement("uninstall"))

    def everything(self) -> dict[Address, SchemaObject]:
        """Read the whole catalog but what is ours; what was written down until now is done with."""
        self._news()
        with self._session.usual_planning():
            objects = read_catalog(self._connection)
        objects = {address: item for address, item in objects.items() if not _is_ours(item)}
        self._disabled_keys = any(_is_disabled_key(item) for item in objects.values())
        return objects

    def touched(self, catalog: Catalog) -> tuple[Collection[GroupKey], dict[Address, SchemaObject]] | None:
        """Read what was touched since the last reading.

        Args:
            catalog: what was read until then.

        Returns:
            the groups that were there before and are replaced by what was read; None if everything must be read.
        """
        news, quiet = self._news()
        touched = interpret(news, catalog) if quiet else None
        if touched is None or any(_was_related(item) for key in touched.groups for item in catalog.members(key)):
            return None
        if not touched.addresses:
            return touched.groups, {}
        scope = Scope(classids=[main[0] for main in touched.addresses], objids=[main[1] for main in touched.addresses])
        self._session.expect(len(catalog.objects))
        rows = [Resolved(*row) for row in self._session.run(["touched"], scope)["touched"].rows]
        reached = {touched.addresses[number - 1] for row in rows for number in row.numbers or ()}
        if self._disabled_keys or len(rows) > _MANY or not touched.unsure <= reached:
            return None
        if not all(map(is_understood, rows)):
            return None
        keys = {catalog.group_at((row.classid, row.objid)) for row in rows} | touched.groups
        # What was not commented on before was not while it was watched, unless that was written down.
        comments = any(one.command == "COMMENT" for one in news) or any(
            _is_commented(item) for key in keys if key is not None for item in catalog.members(key)
        )
        names, scope = confined(rows, comments=comments, uses=self._uses)
        objects = dict(assemble(self._session.run(names, scope), catalog.objects)) if names else {}
        if any(
            _is_disabled_key(item) or _shows_elsewhere(address, item, catalog.objects)
            for address, item in objects.items()
        ):
            return None
        return touched.groups | {group_of(item.identity) for item in objects.values()}, objects

    def _news(self) -> tuple[list[News], bool]:
        """What was written down since the last time, and whether nothing was done that is not written down."""
        try:
            rows = self._session.run(["news"])["news"].rows
        except psycopg.errors.UndefinedTable:
            # A step has dropped all schemas that it found, and what was ours with them.
            return [], False
        signals, is_watching = rows[0][:2]
        before, self._signals = self._signals, signals
        return [News(*row[2:]) for row in rows if row[2] is not None], is_watching and before == signals


def _is_commented(item: SchemaObject) -> bool:
    return not item.attributes.keys().isdisjoint(("comment", "index_comment", "identity_comment"))


def _is_ours(item: SchemaObject) -> bool:
    kind, schema, _, name, _ = item.identity
    if kind == "event trigger":
        return name.startswith("harness_tracking_")
    return "harness_tracking" in (schema, name if kind == "schema" else "")


def _was_related(item: SchemaObject) -> bool:
    """Whether a table had partitions or parents: then others may have changed with it, and it may be gone by now."""
    return item.identity.kind in ("table", "foreign table") and not item.attributes.keys().isdisjoint(
        ("partition_key", "partition", "inherits")
    )


def _is_disabled_key(item: SchemaObject) -> bool:
    """Whether the triggers that do the work of a foreign key are disabled, which any of two tables may change."""
    return item.identity.kind == "foreign key" and not item.attributes.keys().isdisjoint(
        ("enabled", "enabled_at_referenced")
    )


def _shows_elsewhere(address: Address, item: SchemaObject, before: Mapping[Address, SchemaObject]) -> bool:
    """Whether an object was changed in a way that changes how others are printed, or what they are."""
    old = before.get(address)
    if old is None:
        return False
    if old.identity != item.identity:
        return True
    if item.identity.kind in ("view", "materialized view"):
        return not _begins_with(item.attributes.get("columns"), old.attributes.get("columns"))
    if item.identity.kind == "composite type":
        return item.attributes.get("attributes") != old.attributes.get("attributes")
    if item.identity.kind == "enum":
        return not _contains(item.attributes.get("labels"), old.attributes.get("labels"))
    return False


def _begins_with(new: Value, old: Value) -> bool:
    return (new or ())[: len(old or ())] == (old or ())


def _contains(new: Value, old: Value) -> bool:
    """Whether the new list is the old one with more between its items."""
    rest = iter(new or ())
    return all(label in rest for label in old or ())
