"""Which object of one schema is which of the other, beyond having the same identity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable

from harness.schema.comparing import POSITION, Comparison
from harness.schema.model import Identity, Schema, SchemaObject

Pair = tuple[SchemaObject, SchemaObject]

_CONSTRAINTS_AND_INDEXES = frozenset(
    {"primary key", "unique constraint", "foreign key", "check constraint", "exclusion constraint", "index"}
)

# Kinds of which only one may have a name: one of another kind with that name took its place.
_NAMESPACES = (
    frozenset({"table", "foreign table", "view", "materialized view", "sequence"}),
    frozenset({"enum", "domain", "composite type", "range type"}),
    frozenset({"function", "procedure", "aggregate"}),
    frozenset({"unique constraint", "index", "primary key", "exclusion constraint"}),
)

# Kinds of which several may have a name, told apart by their arguments.
_OVERLOADED = _NAMESPACES[2] | {"operator"}

# Kinds that are found again by their columns alone.
_CONTAINERS = frozenset({"schema", "table", "foreign table"})


class Pairing:
    """Pairs the objects that are missing from one schema with those that are extra in the other.

    Args:
        expected, actual: the two schemas.
        comparison: how objects are compared.

    Attributes:
        missing, extra: what is left unpaired, by identity.
        pairs: an expected and an actual object that are one, though their identities differ.
        proposals: containers that seem to have been renamed; they and what belongs to them stay in missing and extra.
    """

    def __init__(self, expected: Schema, actual: Schema, comparison: Comparison) -> None:
        self._expected, self._actual = expected, actual
        self._comparison = comparison
        ignored = comparison.ignored_kinds
        self.missing = {
            identity: item
            for identity, item in expected.objects.items()
            if identity not in actual.objects and identity.kind not in ignored
        }
        self.extra = {
            identity: item
            for identity, item in actual.objects.items()
            if identity not in expected.objects and identity.kind not in ignored
        }
        self.pairs: list[Pair] = []
        self.proposals: list[Pair] = []
        if self.missing and self.extra:
            self._pair_all()

    def _pair_all(self) -> None:
        self._propose_containers()
        self._propose_columns()
        self._pair(lambda item: (item.identity.kind, *_place(item)), _is_not_container, self._comparison.same)
        self._pair(
            lambda item: (item.identity.kind, item.identity.name, item.identity.signature),
            _stands_alone,
            self._comparison.same,
        )
        self._pair(_key, lambda item: item.identity.kind in _CONSTRAINTS_AND_INDEXES, _always)
        self._pair(_routine, lambda item: item.identity.kind in _OVERLOADED, _always)
        self._pair(_namespace, lambda item: _namespace(item) is not None, _always)

    def _pair(
        self,
        key: Callable[[SchemaObject], Hashable],
        condition: Callable[[SchemaObject], bool],
        same: Callable[[SchemaObject, SchemaObject], bool],
    ) -> None:
        """Pair what has the same key and compares as the same, in the order of names."""
        candidates = _by_key(self.extra.values(), key, condition)
        for item in [item for item in self.missing.values() if condition(item)]:
            own = key(item)
            if own is None:
                continue
            for other in candidates.get(own, ()):
                if other.identity in self.extra and same(item, other):
                    self._take(item, other)
                    break

    def _take(self, item: SchemaObject, other: SchemaObject) -> None:
        self.pairs.append((item, other))
        del self.missing[item.identity], self.extra[other.identity]

    def _propose_containers(self) -> None:
        """Tables with the same columns and schemas with the same content, if there is only one on each side."""
        for schema_level in (True, False):
            left = _by_key(self.missing.values(), self._content(self._expected), _is_container(schema_level))
            right = _by_key(self.extra.values(), self._content(self._actual), _is_container(schema_level))
            for content, items in left.items():
                others = right.get(content, [])
                if content and len(items) == len(others) == 1 and not self._inside_proposal(items[0], others[0]):
                    self.proposals.append((items[0], others[0]))

    def _inside_proposal(self, item: SchemaObject, other: SchemaObject) -> bool:
        return any(
            (item.identity.schema, other.identity.schema) == (schema.identity.name, extra.identity.name)
            for schema, extra in self.proposals
            if schema.identity.kind == "schema"
        )

    def _content(self, schema: Schema) -> Callable[[SchemaObject], Hashable]:
        content: defaultdict[tuple[str, ...], list[Hashable]] = defaultdict(list)
        for identity, item in schema.objects.items():
            if identity.kind == "column":
                attributes = item.attributes
                content[identity.schema, identity.table].append(
                    (identity.name, attributes.get("type"), attributes.get("nullable"))
                )
            if identity.schema:
                content[(identity.schema,)].append((identity.kind, identity.table, identity.name))

        def of(item: SchemaObject) -> Hashable:
            place = (
                (item.identity.name,) if item.identity.kind == "schema" else (item.identity.schema, item.identity.name)
            )
            return (item.identity.kind, *content[place]) if content[place] else None

        return of

    def _propose_columns(self) -> None:
        """One column of a table that has the definition and the place of one that is missing."""

        def key(item: SchemaObject) -> Hashable:
            return item.identity.schema, item.identity.table, item.attributes[POSITION]

        def is_column(item: SchemaObject) -> bool:
            identity = item.identity
            return identity.kind == "column" and Identity("table", identity.schema, "", identity.table) in both

        both = self._expected.objects.keys() & self._actual.objects.keys()
        self._pair(key, is_column, self._comparison.same_column)


def _by_key(
    items: Iterable[SchemaObject], key: Callable[[SchemaObject], Hashable], condition: Callable[[SchemaObject], bool]
) -> dict[Hashable, list[SchemaObject]]:
    found: defaultdict[Hashable, list[SchemaObject]] = defaultdict(list)
    for item in items:
        if condition(item):
            own = key(item)
            if own is not None:
                found[own].append(item)
    return found


def _always(item: SchemaObject, other: SchemaObject) -> bool:
    return True


def _place(item: SchemaObject) -> tuple[str, ...]:
    identity = item.identity
    return identity.schema, identity.table, identity.signature


def _is_container(schema_level: bool) -> Callable[[SchemaObject], bool]:
    return lambda item: item.identity.kind in _CONTAINERS and (item.identity.kind == "schema") == schema_level


def _is_not_container(item: SchemaObject) -> bool:
    """A column, too, is found by more than its attributes: half the columns of a table have the same."""
    return item.identity.kind not in _CONTAINERS and item.identity.kind not in ("column", "extension")


def _stands_alone(item: SchemaObject) -> bool:
    return _is_not_container(item) and not item.identity.table


def _key(item: SchemaObject) -> Hashable:
    """What a constraint or index is for, whatever it is called and however it does it."""
    identity, attributes = item.identity, item.attributes
    place = identity.kind, identity.schema, identity.table
    if identity.kind == "primary key":
        return place
    if identity.kind in ("foreign key", "unique constraint", "index"):
        return (*place, attributes.get("columns"), attributes.get("references"), attributes.get("predicate"))
    return None


def _routine(item: SchemaObject) -> Hashable:
    return item.identity.kind, item.identity.schema, item.identity.name


def _namespace(item: SchemaObject) -> Hashable:
    identity = item.identity
    for number, kinds in enumerate(_NAMESPACES):
        if identity.kind in kinds:
            return number, identity.schema, identity.table, identity.name, identity.signature
    return None
