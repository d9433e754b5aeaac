"""From what has to be done to operations in an order that works.

First what is in the way or not wanted goes, dependants before what they stand on; then renames; then, in the order in
which things stand on each other, all that is made and altered; at last what could only go once nothing used it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from harness.schema.model import Identity, SchemaObject, owners
from harness.schema.repair import datatypes, heirs, identities, kinds, tables
from harness.schema.repair.changes import Changes, Pairs, moved
from harness.schema.repair.column_words import drop_default
from harness.schema.repair.common import Context
from harness.schema.repair.demolition import Site
from harness.schema.repair.names import qualified
from harness.schema.repair.operation import Operation, execute
from harness.schema.repair.ordering import after_what_they_need, before_what_they_need
from harness.schema.repair.retyping import retype
from harness.schema.repair.work import Work


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
        return _Plan(Work(self.context, self.pairs, self.site, changes)).operations()


class _Plan:
    """How some work is done."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def operations(self) -> list[Operation]:
        operations = [
            *self._clearing(),
            *self._opening(),
            *self._renaming(),
            *self._building(),
            *self._finishing(),
        ]
        return _with_commits(operations, [one for added in self._work.labels.values() for one in added])

    def _clearing(self) -> Iterable[Operation]:
        for identity, names in self._work.alter.items():
            if {"partition", "inherits"} & set(names):
                yield from tables.detach(*self._work.pair(identity))
        for identity in self._work.down.defaults:
            if identity not in self._work.down.torn:
                yield drop_default(self._work.actual[identity])
        for identity, names in self._work.alter.items():
            if identity.kind == "column" and "identity" in names:
                new, old = self._work.pair(identity)
                if "identity" not in new.attributes and old.identity not in self._work.down.torn:
                    yield identities.drop_identity(old)
        for identity in self._work.down.disowned:
            yield execute(f"alter sequence {qualified(identity)} owned by none")
        yield from tables.detach_referred(self._work.down.torn, self._work.actual)
        yield from self._dropping(self._work.down.torn)

    def _dropping(self, identities: Iterable[Identity]) -> Iterable[Operation]:
        wanted = list(identities)
        references = {key: self._referred(key) for key in wanted if key.kind == "foreign key"}
        needs = {key: [*self._needed_by(key)] for key in wanted}
        for key, tables_referred in references.items():
            # A key goes with its table, which must go before the one that it refers to.
            for owner in self._work.owners(key):
                needs.setdefault(owner, []).extend(tables_referred)
        order = before_what_they_need(wanted, needs.__getitem__)
        places = {identity: number for number, identity in enumerate(order)}
        for identity in order:
            owners = self._work.owners(identity)
            gone = any(owner in self._work.changes.drop for owner in owners) or self._work.down.goes_by_itself(identity)
            if gone and identity in references:
                # Tables may refer to each other.
                first = min((places[table] for table in references[identity] if table in places), default=len(order))
                gone = all(places.get(owner, -1) < first for owner in owners)
            if not gone:
                yield from kinds.drop(self._after_renames(identity), self._work.context)

    def _needed_by(self, identity: Identity) -> Iterable[Identity]:
        item = self._work.actual[identity]
        home = item.attributes.get("installed_in")  # of an extension, which has no schema in its name
        homes = (Identity("schema", "", "", str(home)),) if home else ()
        return (*item.uses, *self._work.owners(identity), *homes)

    def _referred(self, key: Identity) -> set[Identity]:
        """The table that a foreign key refers to, if that is another one than its own."""
        found = (Identity("table", used.schema, "", used.table) for used in self._work.actual[key].uses if used.table)
        return set(found) - set(self._work.owners(key))

    def _after_renames(self, identity: Identity) -> SchemaObject:
        """An actual object, called as it is by the time that it is dropped."""
        item = self._work.actual[identity]
        if identity in self._work.down.torn:
            return item
        for new, old in self._work.changes.renames:
            identity = moved(identity, old, new)
        return SchemaObject(identity, item.attributes, item.uses)

    def _opening(self) -> Iterable[Operation]:
        """New schemas, into which things may be moved."""
        for identity in sorted(self._work.targets):
            if identity.kind == "schema":
                yield from kinds.create(self._work.targets[identity], self._work.context)

    def _renaming(self) -> Iterable[Operation]:
        order = {"schema": 0, "table": 1, "view": 1, "materialized view": 1, "foreign table": 1, "domain": 1}
        for new, old in sorted(self._work.changes.renames, key=lambda pair: (order.get(pair[0].kind, 2), pair)):
            if old not in self._work.down.torn:
                yield from kinds.rename(new, old)

    def _building(self) -> Iterable[Operation]:
        needs: defaultdict[Identity, set[Identity]] = defaultdict(set)
        alters = self._alterations()
        inherited = heirs.inherited_columns(self._work.context.expected)
        homes = {identity: self._home(identity) for identity in self._work.targets}
        columns: defaultdict[Identity, list[SchemaObject]] = defaultdict(list)
        for identity, item in self._work.targets.items():
            if identity.kind == "column" and homes[identity] != identity:
                columns[homes[identity]].append(item)
            needs[homes[identity]].update(homes.get(need, need) for need in _needs(item))
        for identity in (*alters, *self._work.labels, *self._work.retyped):
            needs[identity].update(homes.get(need, need) for need in _needs(self._work.expected[identity]))
        for identity in after_what_they_need(needs):
            yield from self._work.labels.get(identity, ())
            if identity in self._work.retyped:
                yield from self._retype(identity)
            if identity in self._work.targets and identity.kind != "schema":
                own = sorted(columns[identity], key=lambda column: int(str(column.attributes.get("position", 0))))
                yield from kinds.create(self._work.targets[identity], self._work.context, own)
                if {"partition", "inherits"} & self._work.targets[identity].attributes.keys():
                    yield from heirs.overrides(identity, inherited, self._work.context)
            elif identity in alters:
                yield from kinds.alter(*alters[identity], self._work.context)

    def _home(self, identity: Identity) -> Identity:
        """A new column is made with its table if that is new too."""
        if identity.kind == "column":
            for kind in ("table", "foreign table"):
                table = Identity(kind, identity.schema, "", identity.table)
                if table in self._work.targets:
                    return table
        return identity

    def _alterations(self) -> dict[Identity, tuple[SchemaObject, SchemaObject, list[str]]]:
        found = {}
        for identity, names in self._work.alter.items():
            if identity not in self._work.targets and self._home(identity) == identity:
                found[identity] = (*self._work.pair(identity), [name for name in names if name != "replica_identity"])
        for actual in self._work.down.defaults:
            identity = self._work.pairs.expected(actual)
            wanted = self._work.expected.get(identity)
            if wanted is None or identity in self._work.targets or "default" not in wanted.attributes:
                continue
            new, old, names = found.get(identity, (*self._work.pair(identity), []))
            without = {name: value for name, value in old.attributes.items() if name != "default"}
            found[identity] = (new, SchemaObject(old.identity, without, old.uses), [*names, "default"])
        return found

    def _retype(self, identity: Identity) -> Iterable[Operation]:
        new, old = self._work.pair(identity)
        moved_columns = []
        for actual in self._work.retyped[identity]:
            column = self._work.actual[actual]
            wanted = self._work.expected.get(self._work.pairs.expected(actual), column)
            # One that is altered to another type is moved by that.
            if actual not in self._work.down.torn and wanted.attributes["type"] == column.attributes["type"]:
                moved_columns.append((wanted, column))
        return retype(self._work.kept(new, old), old, moved_columns, self._work.context)

    def _finishing(self) -> Iterable[Operation]:
        for identity, item in self._work.targets.items():
            if identity.kind == "sequence" and "owned_by" in item.attributes:
                yield datatypes.owned_by(item)
            if "replica_identity" in item.attributes:
                yield from tables.replica_identity(item, item, self._work.context)
        for identity, names in self._work.alter.items():
            if identity in self._work.targets:
                continue
            if "owned_by" in names:
                yield datatypes.owned_by(self._work.expected[identity])
            if "replica_identity" in names:
                yield from tables.replica_identity(*self._work.pair(identity), self._work.context)
        for actual in self._work.down.disowned:
            identity = self._work.pairs.expected(actual)
            if identity in self._work.expected and "owned_by" in self._work.expected[identity].attributes:
                yield datatypes.owned_by(self._work.expected[identity])
        yield from self._dropping(identity for identity in self._work.late if identity not in self._work.down.torn)


def _needs(item: SchemaObject) -> Iterable[Identity]:
    """What an object stands on; a sequence is there before the column that owns it."""
    if item.identity.kind == "sequence":
        return (Identity("schema", "", "", item.identity.schema),)
    return (*item.uses, *owners(item))


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
