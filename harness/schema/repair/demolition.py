"""What has to go before something can be dropped, made anew or given another type, and what it leaves behind."""

from __future__ import annotations

from collections import defaultdict

from harness.schema.model import Identity, Schema, SchemaObject, owners
from harness.schema.repair.changes import Changes
from harness.schema.repair.common import TYPES, tuple_of
from harness.schema.repair.names import dotted
from harness.schema.repair.operation import NotAutomaticError
from harness.schema.repair.tables import inherited

# What stands in the way of a column's new type; indexes and constraints the server makes again by itself.
_BLOCKERS = frozenset(
    {"view", "materialized view", "rule", "policy", "trigger", "function", "procedure", "publication"}
)

# Dropped with the column that they are on.
_GO_WITH_COLUMN = frozenset(
    {
        "index",
        "primary key",
        "unique constraint",
        "check constraint",
        "exclusion constraint",
        "foreign key",
        "statistics",
    }
)


class Site:
    """The actual schema, seen from below: what stands on each object, and what belongs to it."""

    def __init__(self, schema: Schema) -> None:
        self.objects = schema.objects
        self.dependants: defaultdict[Identity, list[Identity]] = defaultdict(list)
        self.parts: defaultdict[Identity, list[Identity]] = defaultdict(list)
        for identity, item in schema.objects.items():
            for used in item.uses:
                self.dependants[used].append(identity)
            for owner in owners(item):
                self.parts[owner].append(identity)


class Demolition:
    """What is torn down.

    Args:
        site: the actual schema.
        changes: what has to be done.
        detached: actual tables that leave their parent before anything else.

    Attributes:
        torn: actual objects that go, by their own drop or with another.
        defaults: actual columns that have to do without their default for a while.
        disowned: actual sequences whose column goes, though they stay.
    """

    def __init__(self, site: Site, changes: Changes, detached: set[Identity]) -> None:
        self._site = site
        self._changes = changes
        self._detached = detached
        self.torn: dict[Identity, None] = {}
        self.defaults: dict[Identity, None] = {}
        self.disowned: dict[Identity, None] = {}

    def tear(self, identity: Identity) -> None:
        """Let an object go, and all that cannot stay without it."""
        if identity in self.torn:
            return
        self.torn[identity] = None
        for part in self._site.parts[identity]:
            self._tear_part(part)
        for dependant in self._site.dependants[identity]:
            if dependant not in self.torn:
                self._tear_dependant(dependant, identity)

    def free(self, column: Identity, *, converted: bool) -> None:
        """Let go what keeps a column from being given another type; `converted` if its values are cast."""
        for dependant in self._site.dependants[column]:
            if dependant.kind == "column":
                if self._is_child(dependant, column):
                    self.free(dependant, converted=converted)
                elif "generated" in self._site.objects[dependant].attributes:
                    self.tear(dependant)
            elif dependant.kind in _BLOCKERS or (converted and dependant.kind == "foreign key"):
                self._tear_dependant(dependant, column)

    def free_type(self, identity: Identity) -> list[Identity]:
        """Let go what keeps a type from being replaced; return the columns that are of it."""
        columns = []
        for dependant in self._site.dependants[identity]:
            item = self._site.objects[dependant]
            if dependant.kind == "column" and _is_of_type(item, identity):
                if not inherited(dependant, item):
                    columns.append(dependant)
                self.free(dependant, converted=True)
            elif dependant.kind == "column":
                self._tear_dependant(dependant, identity._replace(kind="function"))
            elif dependant.kind != "domain constraint" or dependant.table != identity.name:
                if dependant.kind in TYPES or dependant.kind in ("table", "foreign table"):
                    raise NotAutomaticError(f"the {dependant} is made of {identity}, which has to be made anew")
                self.tear(dependant)
        return columns

    def goes_by_itself(self, identity: Identity) -> bool:
        """Whether an object that is torn down needs no drop of its own."""
        item = self._site.objects[identity]
        if any(owner in self.torn for owner in owners(item)):
            return True
        if identity.kind == "trigger" and inherited(identity, item) and self._detached & set(owners(item)):
            return True
        for used in item.uses:
            if used in self.torn and used.kind == identity.kind and used.table != identity.table and identity.table:
                return True
            if identity.kind == "foreign key" and used.name not in tuple_of(item.attributes.get("columns")):
                continue  # a column that it refers to
            own_table = (used.schema, used.table) == (identity.schema, identity.table) or identity.kind == "statistics"
            if used in self.torn and used.kind == "column" and identity.kind in _GO_WITH_COLUMN and own_table:
                return True
        return False

    def _tear_part(self, part: Identity) -> None:
        if part.kind == "sequence" and part not in self._changes.drop:
            self.disowned[part] = None
        else:
            self.tear(part)

    def _tear_dependant(self, dependant: Identity, used: Identity) -> None:
        item = self._site.objects[dependant]
        if dependant in self._changes.drop:
            self.tear(dependant)
        elif dependant.kind == "column":
            self._tear_column(item, used)
        elif dependant.kind in ("table", "foreign table"):
            self._tear_table(item, used)
        elif dependant.kind == "sequence" and used.kind == "column":
            self.disowned[dependant] = None
        elif dependant.kind == "publication":
            if used.kind == "column" and _is_selective(item, used):
                self.tear(dependant)
        elif dependant.kind in TYPES and dependant.kind != "range type":
            raise NotAutomaticError(f"the {dependant} stands on {used}, which has to be made anew")
        else:
            self.tear(dependant)

    def _tear_column(self, item: SchemaObject, used: Identity) -> None:
        identity = item.identity
        if self._is_child(identity, used) or "generated" in item.attributes:
            self.tear(identity)
        elif used.kind in TYPES:
            raise NotAutomaticError(f"the {identity} is of {used}, which has to be made anew")
        elif "default" in item.attributes:
            self.defaults[identity] = None

    def _tear_table(self, item: SchemaObject, used: Identity) -> None:
        identity = item.identity
        if identity in self._detached and used.kind == "table":
            return
        if identity.kind == "foreign table" and used.kind == "server":
            self.tear(identity)
            return
        raise NotAutomaticError(f"the {identity} stands on {used}, which has to be made anew, and has rows")

    def _is_child(self, identity: Identity, used: Identity) -> bool:
        return used.kind == "column" and (used.schema, used.table) != (identity.schema, identity.table)


def _is_of_type(item: SchemaObject, identity: Identity) -> bool:
    return str(item.attributes["type"]).rstrip("[]") == dotted(identity.schema, identity.name)


def _is_selective(publication: SchemaObject, column: Identity) -> bool:
    """Whether a publication names the columns or the rows of a table."""
    table = dotted(column.schema, column.table)
    return any(
        line.startswith((f"{table} (", f"{table} where ")) for line in tuple_of(publication.attributes.get("tables"))
    )
