"""From what has to be done to operations in an order that works.

First what is in the way or not wanted goes, dependants before what they stand on; then renames; then, in the order in
which things stand on each other, all that is made and altered; at last what could only go once nothing used it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from harness.schema.model import Identity, SchemaObject, Value, owners
from harness.schema.repair import datatypes, heirs, identities, kinds, tables
from harness.schema.repair.changes import Changes, Pairs, moved
from harness.schema.repair.column_conversions import conversion
from harness.schema.repair.column_words import drop_default
from harness.schema.repair.common import Context
from harness.schema.repair.demolition import Demolition, Site
from harness.schema.repair.names import qualified
from harness.schema.repair.operation import NotAutomaticError, Operation, execute
from harness.schema.repair.ordering import after_what_they_need, before_what_they_need
from harness.schema.repair.retyping import retype

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


class Planner:
    """Plans repairs between two schemas.

    Args:
        context: the schemas.
        pairs: which object of one is which of the other.
    """

    def __init__(self, context: Context, pairs: Pairs) -> None:
        self.context = context
        self.pairs = pairs
        self.site = Site(context.actual)

    def plan(self, changes: Changes) -> list[Operation]:
        """The operations for some changes.

        Raises:
            NotAutomaticError: there is a change that they cannot make.
        """
        return _Plan(self, changes).operations()


class _Plan:
    def __init__(self, planner: Planner, changes: Changes) -> None:
        self._context = planner.context
        self._pairs = planner.pairs
        self._expected: Mapping[Identity, SchemaObject] = planner.context.expected.objects
        self._actual: Mapping[Identity, SchemaObject] = planner.context.actual.objects
        self._changes = changes
        detached = {
            self._pairs.actual(identity)
            for identity, names in changes.altered.items()
            if {"partition", "inherits"} & set(names)
        }
        self._down = Demolition(planner.site, changes, detached)
        self._alter: dict[Identity, list[str]] = {}
        self._labels: dict[Identity, list[Operation]] = {}
        self._retyped: dict[Identity, list[Identity]] = {}
        self._late: list[Identity] = []
        self._classify()
        self._demolish()
        self._targets = self._build_targets()

    # What has to be done.

    def _classify(self) -> None:
        rebuilt = []
        for identity, all_names in self._changes.altered.items():
            new, old = self._pair(identity)
            names = [name for name in all_names if not self._is_handed_down(new, name)]
            if identity.kind == "enum" and "labels" in names:
                names.remove("labels")
                added = datatypes.added_labels(new, old)
                if added is None:
                    self._retyped[identity] = []
                else:
                    self._labels[identity] = added
            if identity.kind == "domain" and {"type", "collation"} & set(names):
                self._retyped[identity] = []
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
            if _stays(new, old, names, self._context):
                self._alter[identity] = names
            else:
                rebuilt.append(old.identity)
        self._rebuilt = rebuilt

    def _demolish(self) -> None:
        for identity in self._rebuilt:
            self._down.tear(identity)
        for identity in sorted(self._changes.drop):
            if identity.kind not in _FOUNDATIONS:
                self._down.tear(identity)
            else:
                self._late.append(identity)
                if identity.kind == "schema":
                    for part in self._down._site.parts[identity]:
                        if part in self._changes.drop:
                            self._down.tear(part)
        for identity in self._retyped:
            self._retyped[identity] = self._down.free_type(self._pairs.actual(identity))
        for identity, names in self._alter.items():
            if identity.kind == "column" and {"type", "collation"} & set(names):
                new, old = self._pair(identity)
                had, wanted = (str(item.attributes["type"]) for item in (old, new))
                self._down.free(old.identity, converted=conversion("", had, wanted) is not None)

    def _build_targets(self) -> dict[Identity, SchemaObject]:
        """What is made, in the form that it should have."""
        targets = {identity: self._kept(self._expected[identity], None) for identity in self._changes.create}
        gone = self._gone()
        for identity in self._down.torn:
            if identity in gone:
                continue
            wanted = self._pairs.expected(identity)
            if wanted in self._expected:
                targets[wanted] = self._kept(self._expected[wanted], self._actual[identity])
            else:
                targets[identity] = self._actual[identity]
        return {identity: item for identity, item in targets.items() if not tables.inherited(identity, item)}

    def _gone(self) -> set[Identity]:
        """What is torn down for good: what shall go, its parts, and what nobody expects and cannot stand without it."""
        gone = set(self._changes.drop)
        gone |= {one for one in self._down.torn if any(owner in gone for owner in self._owners(one))}
        before = -1
        while before != len(gone):
            before = len(gone)
            gone |= {
                one
                for one in self._down.torn
                if self._pairs.expected(one) not in self._expected
                and any(need in gone for need in (*self._actual[one].uses, *self._owners(one)))
            }
        return gone

    def _kept(self, new: SchemaObject, old: SchemaObject | None) -> SchemaObject:
        """The expected form of an object that is made; what is not compared is as it was, if it was there."""
        attributes: dict[str, Value] = dict(new.attributes)
        for name in self._context.ignored:
            attributes.pop(name, None)
            if old is not None and name in old.attributes:
                attributes[name] = old.attributes[name]
        return SchemaObject(new.identity, MappingProxyType(attributes), new.uses)

    def _pair(self, identity: Identity) -> tuple[SchemaObject, SchemaObject]:
        return self._expected[identity], self._actual[self._pairs.actual(identity)]

    def _owners(self, identity: Identity) -> tuple[Identity, ...]:
        return owners(self._actual[identity])

    def _is_handed_down(self, item: SchemaObject, name: str) -> bool:
        """Whether a part of a table gets an attribute with the table, or a partition's part with its parent's."""
        identity, altered = item.identity, self._changes.altered
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
            name in altered.get(parent, ()) or parent in self._changes.create for parent in parents
        )

    # How it is done.

    def operations(self) -> list[Operation]:
        operations = [
            *self._clearing(),
            *self._opening(),
            *self._renaming(),
            *self._building(),
            *self._finishing(),
        ]
        return _with_commits(operations, [one for added in self._labels.values() for one in added])

    def _clearing(self) -> Iterable[Operation]:
        for identity, names in self._alter.items():
            if {"partition", "inherits"} & set(names):
                yield from tables.detach(*self._pair(identity))
        for identity in self._down.defaults:
            if identity not in self._down.torn:
                yield drop_default(self._actual[identity])
        for identity, names in self._alter.items():
            if identity.kind == "column" and "identity" in names:
                new, old = self._pair(identity)
                if "identity" not in new.attributes and old.identity not in self._down.torn:
                    yield identities.drop_identity(old)
        for identity in self._down.disowned:
            yield execute(f"alter sequence {qualified(identity)} owned by none")
        yield from tables.detach_referred(self._down.torn, self._actual)
        yield from self._dropping(self._down.torn)

    def _dropping(self, identities: Iterable[Identity]) -> Iterable[Operation]:
        def needs(identity: Identity) -> Iterable[Identity]:
            item = self._actual[identity]
            home = item.attributes.get("installed_in")  # of an extension, which has no schema in its name
            return (*item.uses, *self._owners(identity), *([Identity("schema", "", "", str(home))] if home else ()))

        for identity in before_what_they_need(identities, needs):
            gone = any(owner in self._changes.drop for owner in self._owners(identity))
            if not gone and not self._down.goes_by_itself(identity):
                yield from kinds.drop(self._after_renames(identity), self._context)

    def _after_renames(self, identity: Identity) -> SchemaObject:
        """An actual object, called as it is by the time that it is dropped."""
        item = self._actual[identity]
        if identity in self._down.torn:
            return item
        for new, old in self._changes.renames:
            identity = moved(identity, old, new)
        return SchemaObject(identity, item.attributes, item.uses)

    def _opening(self) -> Iterable[Operation]:
        """New schemas, into which things may be moved."""
        for identity in sorted(self._targets):
            if identity.kind == "schema":
                yield from kinds.create(self._targets[identity], self._context)

    def _renaming(self) -> Iterable[Operation]:
        order = {"schema": 0, "table": 1, "view": 1, "materialized view": 1, "foreign table": 1, "domain": 1}
        for new, old in sorted(self._changes.renames, key=lambda pair: (order.get(pair[0].kind, 2), pair)):
            if old not in self._down.torn:
                yield from kinds.rename(new, old)

    def _building(self) -> Iterable[Operation]:
        needs: defaultdict[Identity, set[Identity]] = defaultdict(set)
        alters = self._alterations()
        inherited = heirs.inherited_columns(self._context.expected)
        homes = {identity: self._home(identity) for identity in self._targets}
        columns: defaultdict[Identity, list[SchemaObject]] = defaultdict(list)
        for identity, item in self._targets.items():
            if identity.kind == "column" and homes[identity] != identity:
                columns[homes[identity]].append(item)
            needs[homes[identity]].update(homes.get(need, need) for need in _needs(item))
        for identity in (*alters, *self._labels, *self._retyped):
            needs[identity].update(homes.get(need, need) for need in _needs(self._expected[identity]))
        for identity in after_what_they_need(needs):
            yield from self._labels.get(identity, ())
            if identity in self._retyped:
                yield from self._retype(identity)
            if identity in self._targets and identity.kind != "schema":
                own = sorted(columns[identity], key=lambda column: int(str(column.attributes.get("position", 0))))
                yield from kinds.create(self._targets[identity], self._context, own)
                if {"partition", "inherits"} & self._targets[identity].attributes.keys():
                    yield from heirs.overrides(identity, inherited, self._context)
            elif identity in alters:
                yield from kinds.alter(*alters[identity], self._context)

    def _home(self, identity: Identity) -> Identity:
        """A new column is made with its table if that is new too."""
        if identity.kind == "column":
            for kind in ("table", "foreign table"):
                table = Identity(kind, identity.schema, "", identity.table)
                if table in self._targets:
                    return table
        return identity

    def _alterations(self) -> dict[Identity, tuple[SchemaObject, SchemaObject, list[str]]]:
        found = {}
        for identity, names in self._alter.items():
            if identity not in self._targets and self._home(identity) == identity:
                found[identity] = (*self._pair(identity), [name for name in names if name != "replica_identity"])
        for actual in self._down.defaults:
            identity = self._pairs.expected(actual)
            wanted = self._expected.get(identity)
            if wanted is None or identity in self._targets or "default" not in wanted.attributes:
                continue
            new, old, names = found.get(identity, (*self._pair(identity), []))
            without = {name: value for name, value in old.attributes.items() if name != "default"}
            found[identity] = (new, SchemaObject(old.identity, without, old.uses), [*names, "default"])
        return found

    def _retype(self, identity: Identity) -> Iterable[Operation]:
        new, old = self._pair(identity)
        moved_columns = []
        for actual in self._retyped[identity]:
            column = self._actual[actual]
            wanted = self._expected.get(self._pairs.expected(actual), column)
            # One that is altered to another type is moved by that.
            if actual not in self._down.torn and wanted.attributes["type"] == column.attributes["type"]:
                moved_columns.append((wanted, column))
        return retype(self._kept(new, old), old, moved_columns, self._context)

    def _finishing(self) -> Iterable[Operation]:
        for identity, item in self._targets.items():
            if identity.kind == "sequence" and "owned_by" in item.attributes:
                yield datatypes.owned_by(item)
            if "replica_identity" in item.attributes:
                yield from tables.replica_identity(item, item, self._context)
        for identity, names in self._alter.items():
            if identity in self._targets:
                continue
            if "owned_by" in names:
                yield datatypes.owned_by(self._expected[identity])
            if "replica_identity" in names:
                yield from tables.replica_identity(*self._pair(identity), self._context)
        for actual in self._down.disowned:
            identity = self._pairs.expected(actual)
            if identity in self._expected and "owned_by" in self._expected[identity].attributes:
                yield datatypes.owned_by(self._expected[identity])
        yield from self._dropping(identity for identity in self._late if identity not in self._down.torn)


def _needs(item: SchemaObject) -> Iterable[Identity]:
    """What an object stands on; a sequence is there before the column that owns it."""
    if item.identity.kind == "sequence":
        return (Identity("schema", "", "", item.identity.schema),)
    return (*item.uses, *owners(item))


def _stays(new: SchemaObject, old: SchemaObject, names: list[str], context: Context) -> bool:
    if new.identity.kind == "column":
        if "generated_kind" in names and {"generated_kind", "generated"} & set(new.attributes):
            return False
        if "generated" in names and "generated" in new.attributes:
            return "generated" in old.attributes and context.version >= 17
    return kinds.is_alterable(new, old, names)


def _with_commits(operations: list[Operation], labels: list[Operation]) -> list[Operation]:
    """Let new labels be committed if what follows uses them."""
    result = []
    for number, operation in enumerate(operations):
        if operation in labels and " add value " in operation.sql:
            label = operation.sql.partition(" add value ")[2].partition(" after ")[0].partition(" before ")[0]
            if any(label in later.sql for later in operations[number + 1 :]):
                operation = datatypes.committed(operation)
        result.append(operation)
    return result
