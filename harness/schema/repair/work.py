"""What has to be done: what is dropped, made, altered in place or made anew, and what has to make way for that."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.schema.model import Identity, SchemaObject, Value, owners
from harness.schema.repair import datatypes, kinds, tables
from harness.schema.repair.changes import Changes, Pairs
from harness.schema.repair.column_conversions import conversion
from harness.schema.repair.common import Context
from harness.schema.repair.demolition import Demolition, Site
from harness.schema.repair.operation import NotAutomaticError, Operation

# What others are made of, which is dropped only once they are altered.
_FOUNDATIONS = frozenset(
    {"schema", "extension", "enum", "domain", "composite type", "range type", "sequence", "function", "procedure"}
    | {"aggregate", "collation", "operator", "operator family", "operator class", "language", "foreign data wrapper"}
    | {"server", "access method"}
    | {"text search configuration", "text search dictionary", "text search template", "text search parser"}
)

_TABLES = frozenset({"table", "foreign table"})

# What a partition or an heir is given when its parent is.
_HANDED_DOWN = frozenset({"type", "nullable", "default", "generated", "generated_kind", "storage", "collation"})


class Work:
    """What some changes take.

    Args:
        context: the schemas.
        pairs: which object of one is which of the other.
        site: the actual schema.
        changes: the changes.

    Attributes:
        expected, actual: the objects of the schemas.
        down: what is torn down, to be made again or for good.
        alter: the attributes that are altered in place, by the expected object.
        labels: what adds new labels to an enum, by the expected enum.
        retyped: types that are made anew under the same name, each with the actual columns that have it.
        late: actual objects that go once nothing uses them any more.
        targets: what is made, in the form that it should have.

    Raises:
        NotAutomaticError: there is a change that no operation makes.
    """

    def __init__(self, context: Context, pairs: Pairs, site: Site, changes: Changes) -> None:
        self.context = context
        self.pairs = pairs
        self._site = site
        self.expected: Mapping[Identity, SchemaObject] = context.expected.objects
        self.actual: Mapping[Identity, SchemaObject] = context.actual.objects
        self.changes = changes
        detached = {
            self.pairs.actual(identity)
            for identity, names in changes.altered.items()
            if {"partition", "inherits"} & set(names)
        }
        self.down = Demolition(site, changes, detached)
        self.alter: dict[Identity, list[str]] = {}
        self.labels: dict[Identity, list[Operation]] = {}
        self.retyped: dict[Identity, list[Identity]] = {}
        self.late: list[Identity] = []
        self._classify()
        self._demolish()
        self.targets = self._build_targets()

    def _classify(self) -> None:
        rebuilt = []
        for identity, all_names in self.changes.altered.items():
            new, old = self.pair(identity)
            names = [name for name in all_names if not self._is_handed_down(new, name)]
            if identity.kind == "enum" and "labels" in names:
                names.remove("labels")
                added = datatypes.added_labels(new, old)
                if added is None:
                    self.retyped[identity] = []
                else:
                    self.labels[identity] = added
            if identity.kind == "domain" and {"type", "collation"} & set(names):
                self.retyped[identity] = []
                names = []
            if not names:
                continue
            if new.identity.kind in _TABLES and old.identity.kind in _TABLES:
                unknown = set(names) - tables.ALTERABLE - set(kinds.COMMON)
                if "kind" in unknown:
                    raise NotAutomaticError(
                        "a table cannot become a foreign one, nor the other way round: copy its rows"
                    )
                if unknown:
                    raise NotAutomaticError(f"the {min(unknown)} of a table cannot be altered, and it has rows")
            if _stays(new, old, names, self.context):
                self.alter[identity] = names
            else:
                rebuilt.append(old.identity)
        self._rebuilt = rebuilt

    def _demolish(self) -> None:
        for identity in self._rebuilt:
            self.down.tear(identity)
        for identity in sorted(self.changes.drop):
            if identity.kind not in _FOUNDATIONS:
                self.down.tear(identity)
            else:
                self.late.append(identity)
                if identity.kind == "schema":
                    for part in self._site.parts[identity]:
                        if part in self.changes.drop:
                            self.down.tear(part)
        for identity in self.retyped:
            self.retyped[identity] = self.down.free_type(self.pairs.actual(identity))
        for identity, names in self.alter.items():
            if identity.kind == "column" and {"type", "collation"} & set(names):
                new, old = self.pair(identity)
                had, wanted = (str(item.attributes["type"]) for item in (old, new))
                self.down.free(old.identity, converted=conversion("", had, wanted) is not None)

    def _build_targets(self) -> dict[Identity, SchemaObject]:
        """What is made, in the form that it should have."""
        targets = {identity: self.kept(self.expected[identity], None) for identity in self.changes.create}
        gone = self._gone()
        for identity in self.down.torn:
            if identity in gone:
                continue
            wanted = self.pairs.expected(identity)
            if wanted in self.expected:
                targets[wanted] = self.kept(self.expected[wanted], self.actual[identity])
            else:
                targets[identity] = self.actual[identity]
        return {identity: item for identity, item in targets.items() if not tables.inherited(identity, item)}

    def _gone(self) -> set[Identity]:
        """What is torn down for good: what shall go, its parts, and what nobody expects and cannot stand without it."""
        gone = set(self.changes.drop)
        gone |= {one for one in self.down.torn if any(owner in gone for owner in self.owners(one))}
        before = -1
        while before != len(gone):
            before = len(gone)
            gone |= {
                one
                for one in self.down.torn
                if self.pairs.expected(one) not in self.expected
                and any(need in gone for need in (*self.actual[one].uses, *self.owners(one)))
            }
        return gone

    def kept(self, new: SchemaObject, old: SchemaObject | None) -> SchemaObject:
        """The expected form of an object that is made; what is not compared is as it was, if it was there."""
        attributes: dict[str, Value] = dict(new.attributes)
        for name in self.context.ignored:
            attributes.pop(name, None)
            if old is not None and name in old.attributes:
                attributes[name] = old.attributes[name]
        return SchemaObject(new.identity, MappingProxyType(attributes), new.uses)

    def pair(self, identity: Identity) -> tuple[SchemaObject, SchemaObject]:
        """An expected object and the actual one that it is."""
        return self.expected[identity], self.actual[self.pairs.actual(identity)]

    def owners(self, identity: Identity) -> tuple[Identity, ...]:
        """What an actual object belongs to: its table, its schema."""
        return owners(self.actual[identity])

    def _is_handed_down(self, item: SchemaObject, name: str) -> bool:
        """Whether a part of a table gets an attribute with the table, or a partition's part with its parent's."""
        identity, altered = item.identity, self.changes.altered
        if identity.kind == "sequence":
            table = next((used for used in item.uses if used.kind == "column"), None)
            home = Identity("table", table.schema, "", table.table) if table is not None else None
            return name in ("owner", "persistence") and home is not None and name in altered.get(home, ())
        if identity.kind == "column":
            home = Identity("table", identity.schema, "", identity.table)
            if name == "not_null_name" and {"partition", "inherits"} & set(altered.get(home, ())):
                return True
            if name not in _HANDED_DOWN:
                return False
        parents = [used for used in item.uses if used.kind == identity.kind and used.table != identity.table]
        return bool(identity.table) and any(
            name in altered.get(parent, ()) or parent in self.changes.create for parent in parents
        )


def _stays(new: SchemaObject, old: SchemaObject, names: list[str], context: Context) -> bool:
    if new.identity.kind == "column":
        if "generated_kind" in names and {"generated_kind", "generated"} & set(new.attributes):
            return False
        if "generated" in names and "generated" in new.attributes:
            return "generated" in old.attributes and context.version >= 17
    return kinds.is_alterable(new, old, names)
