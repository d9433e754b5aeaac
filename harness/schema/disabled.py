"""ALTER TABLE … DISABLE TRIGGER ALL is one thing that was done to one table, however many triggers it has."""

from __future__ import annotations

from collections import defaultdict

from harness.schema.folding import Node
from harness.schema.model import Identity, Schema, SchemaObject

_TABLES = ("table", "foreign table", "view")


def gather_disabled(nodes: list[Node], expected: Schema, actual: Schema) -> list[Node]:
    """Put two or more disabled triggers of a table, a foreign key's among them, under one change of the table."""
    groups: defaultdict[tuple[str, str, bool], list[Node]] = defaultdict(list)
    for node in nodes:
        place = _place(node)
        if place is not None and "disabled" in (node.expected, node.actual):
            schema, name = place
            groups[schema, name, node.actual == "disabled"].append(node)
    gathered: set[Node] = set()
    parents = []
    for (schema, name, now_disabled), group in groups.items():
        table, other = _table(expected, schema, name), _table(actual, schema, name)
        if len(group) > 1 and table is not None and other is not None:
            disabled = "disabled: " + ", ".join(sorted(node.identity.name for node in group))
            texts = ("enabled", disabled) if now_disabled else (disabled, "enabled")
            parent = Node("changed", table, other, "triggers", *texts)
            parent.children = group
            parents.append(parent)
            gathered.update(group)
    return [*(node for node in nodes if node not in gathered), *parents]


def _place(node: Node) -> tuple[str, str] | None:
    """The table whose triggers a change is about."""
    if node.item is None or not node.identity.table:
        return None
    if node.attribute == "enabled" and node.identity.kind != "rule":
        return node.identity.schema, node.identity.table
    if node.attribute == "enabled_at_referenced":
        keys = ("primary key", "unique constraint", "index")
        return next(((used.schema, used.table) for used in node.item.uses if used.kind in keys), None)
    return None


def _table(schema: Schema, name: str, table: str) -> SchemaObject | None:
    found = (schema.objects.get(Identity(kind, name, "", table)) for kind in _TABLES)
    return next((item for item in found if item is not None), None)
