"""Schema against schema: what is missing, extra, changed or renamed, with consequences folded under their cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from harness.schema.comparing import POSITION, AttributeChange, Comparison
from harness.schema.differences import Difference, describe
from harness.schema.disabled import gather_disabled
from harness.schema.folding import Node, fold
from harness.schema.groups import NAMED_BY_CONVENTION
from harness.schema.model import Identity, Schema, SchemaObject
from harness.schema.pairing import Pairing
from harness.schema.versions import as_both_know_it


def diff(expected: Schema, actual: Schema, *, ignore: Collection[str] = ()) -> list[Difference]:
    """How an actual schema differs from what was expected.

    Args:
        expected: what should be there.
        actual: what is there.
        ignore: groups of attributes to leave out, by the names in `GROUPS`; `EVERYTHING` and `MODELS` are ready sets.

    Returns:
        one difference for each thing that is wrong, sorted by object; what follows from it is in its `consequences`.

    Raises:
        UsageError: a group that does not exist.
    """
    expected, actual = as_both_know_it(expected, actual)
    comparison = Comparison(expected, actual, ignore)
    pairing = Pairing(expected, actual, comparison)
    nodes = [
        *_proposals(pairing),
        *(_node("missing", item, None) for item in pairing.missing.values() if not _proposed(pairing, item)),
        *(_node("extra", None, item) for item in pairing.extra.values() if not _proposed(pairing, item)),
    ]
    moved: set[tuple[str, str]] = set()
    for item, other in _common(expected, actual, comparison):
        if item.identity.kind == "column" and item.attributes[POSITION] != other.attributes[POSITION]:
            moved.add((item.identity.schema, item.identity.table))
        nodes += [Node("changed", item, other, *change) for change in comparison.changes(item, other)]
    for item, other in pairing.pairs:
        nodes += _paired(item, other, comparison)
    if not comparison.ignores_order:
        nodes += _column_order(expected, actual, pairing, moved)
    nodes = gather_disabled(nodes, expected, actual)
    roots = fold(nodes, expected, actual, comparison.comparable)
    if comparison.ignores_names:
        roots = [node for node in roots if not (node.change == "renamed" and node.identity.kind in NAMED_BY_CONVENTION)]
    return [node.difference() for node in sorted(roots, key=lambda node: node.sort_key)]


def _common(expected: Schema, actual: Schema, comparison: Comparison) -> list[tuple[SchemaObject, SchemaObject]]:
    others = actual.objects
    return [
        (item, others[identity])
        for identity, item in expected.objects.items()
        if identity in others and identity.kind not in comparison.ignored_kinds
    ]


def _node(change: str, item: SchemaObject | None, other: SchemaObject | None) -> Node:
    return Node(change, item, other, None, describe(item) if item else None, describe(other) if other else None)


def _proposed(pairing: Pairing, item: SchemaObject) -> bool:
    return any(item is part for proposal in pairing.proposals for part in proposal)


def _proposals(pairing: Pairing) -> list[Node]:
    nodes = []
    for item, other in pairing.proposals:
        node = Node("renamed", item, other, *_naming(item.identity, other.identity))
        node.children = [_node("missing", item, None), _node("extra", None, other)]
        nodes.append(node)
    return nodes


def _naming(old: Identity, new: Identity) -> AttributeChange:
    if old.name == new.name and old.schema != new.schema:
        return AttributeChange("schema", old.schema, new.schema)
    return AttributeChange("name", old.name, new.name)


def _paired(item: SchemaObject, other: SchemaObject, comparison: Comparison) -> list[Node]:
    old, new = item.identity, other.identity
    if old.kind != new.kind:
        return [Node("changed", item, other, "kind", old.kind, new.kind)]
    changes = comparison.changes(item, other)
    if old.kind == "column":
        changes = [change for change in changes if change.attribute != "not_null_name"]
    nodes = [Node("changed", item, other, *change) for change in changes]
    if old.signature != new.signature:
        nodes = [node for node in nodes if node.attribute != "arguments"]
        nodes.append(Node("changed", item, other, "arguments", old.signature, new.signature))
    if (old.name, old.schema) != (new.name, new.schema) and not (_is_handed_down(item) and _is_handed_down(other)):
        node = Node("renamed", item, other, *_naming(old, new))
        if old.kind == "column":
            node.children = [_node("missing", item, None), _node("extra", None, other)]
        nodes.append(node)
    return nodes


def _is_handed_down(item: SchemaObject) -> bool:
    """Whether a foreign key is its partitioned table's: what a partition calls it, a dump does not say."""
    return item.identity.kind == "foreign key" and any(used.kind == "foreign key" for used in item.uses)


def _column_order(expected: Schema, actual: Schema, pairing: Pairing, moved: set[tuple[str, str]]) -> list[Node]:
    """One difference a table whose columns, those that both sides have, come in another order."""
    names = {other.identity: item.identity.name for item, other in pairing.pairs if item.identity.kind == "column"}
    moved |= {(identity.schema, identity.table) for identity in names}
    if not moved:
        return []
    orders: list[defaultdict[tuple[str, str], list[tuple[int, str]]]] = []
    for schema, aliases in ((expected, {}), (actual, names)):
        order: defaultdict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        for identity, item in schema.objects.items():
            place = identity.schema, identity.table
            if identity.kind == "column" and place in moved:
                order[place].append((int(str(item.attributes[POSITION])), aliases.get(identity, identity.name)))
        orders.append(order)
    nodes = []
    for place in sorted(moved):
        left, right = ([name for _, name in sorted(order[place])] for order in orders)
        common = set(left) & set(right)
        left, right = [name for name in left if name in common], [name for name in right if name in common]
        if left != right:
            table = _table(expected, *place)
            nodes.append(
                Node("changed", table, _table(actual, *place), "column_order", ", ".join(left), ", ".join(right))
            )
    return nodes


def _table(schema: Schema, name: str, table: str) -> SchemaObject:
    found = (schema.objects.get(Identity(kind, name, "", table)) for kind in ("table", "foreign table"))
    return next(item for item in found if item is not None)
