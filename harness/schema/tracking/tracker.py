"""The tracker: what a walk looks at a schema through."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg

from harness.schema.model import Schema, SchemaObject
from harness.schema.reading import major_version, read_catalog
from harness.schema.tracking.catalog import Catalog
from harness.schema.tracking.history import History, Moment, State, group_of, grouped
from harness.schema.tracking.watch import Watch

LeftOut = frozenset[tuple[str, str]]


class SchemaTracker:
    """Follows one database's schema through a walk, reading after each step only what the step touched.

    Attributes:
        thorough: whether each look reads everything, because it was asked for or because the role may not install the
            event triggers that tell what a step touched.
    """

    def __init__(self, connection: psycopg.Connection[Any], watch: Watch | None, left_out: LeftOut) -> None:
        self.thorough = watch is None
        self._connection = connection
        self._watch = watch
        self._left_out = left_out
        # Whether something was read that did not come to be known: then nothing less than everything will do.
        self._is_behind = False
        self._history = History(major_version(connection))
        self._catalog = Catalog({})
        self._history.advance(self._everything())

    @classmethod
    def attach(
        cls,
        connection: psycopg.Connection[Any],
        *,
        thorough: bool = False,
        leave_out: Collection[tuple[str, str]] = (),
        uses: bool = True,
    ) -> SchemaTracker:
        """Begin to follow the database that a connection is open to.

        Args:
            connection: to PostgreSQL 13 or later, in autocommit mode, for the tracker alone and open for the whole
                walk.
            thorough: read everything at each look.
            leave_out: schema and name of tables that, with all that belongs to them, are no part of any schema that
                the tracker gives, even if they do not exist yet.
            uses: keep up to date what each object stands on (`SchemaObject.uses`). Without it a look is cheaper, and
                what `schema` gives will do to be compared, not to be repaired.

        Raises:
            psycopg.Error: the connection is broken, or the server refuses.
        """
        left_out = frozenset(leave_out)
        return cls(connection, None if thorough else Watch.install(connection, uses=uses), left_out)

    def look(self, *, whole: bool = False) -> Moment:
        """Read what was touched since the last look.

        Args:
            whole: read everything this time: after a step that failed, or that did what PostgreSQL does not tell of
                (writing to its catalogs, CLUSTER).

        Returns:
            the moment that this is.
        """
        whole = whole or self._is_behind
        self._is_behind = True
        read = None if whole else self._touched()
        moment = self._history.advance(self._everything() if read is None else read)
        self._is_behind = False
        return moment

    def same(self, a: Moment, b: Moment) -> bool:
        """Whether the schema was exactly the same at two moments, at the cost of what was touched between them."""
        return self._history.same(a, b)

    def schema(self, moment: Moment) -> Schema:
        """The whole schema as it was at a moment, at a cost that grows with its size."""
        return self._history.schema(moment)

    def verify(self) -> bool:
        """Read everything, and say whether what was tracked is the truth, which the newest moment's schema then is."""
        self._is_behind = True
        is_right = self._history.correct(self._everything())
        self._is_behind = False
        return is_right

    def detach(self) -> None:
        """Drop what was installed; the database may be used on."""
        if self._watch is not None:
            self._watch.remove()
            self._watch = None
            self.thorough = True

    def _everything(self) -> State:
        objects = read_catalog(self._connection) if self._watch is None else self._watch.everything()
        self._catalog = Catalog(objects)
        read = grouped(filter(self._is_wanted, objects.values()))
        return {**dict.fromkeys(self._history.state.keys() - read.keys(), ()), **read}

    def _touched(self) -> State | None:
        found = None if self._watch is None else self._watch.touched(self._catalog)
        if found is None:
            return None
        groups, objects = found
        self._catalog.replace(groups, objects)
        return {**dict.fromkeys(groups, ()), **grouped(filter(self._is_wanted, objects.values()))}

    def _is_wanted(self, item: SchemaObject) -> bool:
        key = group_of(item.identity)
        if key.family == "relation" and (key.schema, key.name) in self._left_out:
            return False
        if item.identity.kind == "sequence" and "owned_by" in item.attributes:
            owners = (used for used in item.uses if used.kind == "column")
            return not any((owner.schema, owner.table) in self._left_out for owner in owners)
        return True
