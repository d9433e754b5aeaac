"""What a new partition, or a table that inherits, makes of the columns that come from its parents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from harness.schema.model import Identity, Schema, SchemaObject
from harness.schema.repair import columns
from harness.schema.repair.common import Context
from harness.schema.repair.operation import Operation
from harness.schema.repair.tables import inherited

Columns = Mapping[tuple[str, str], Collection[SchemaObject]]

# What a column is given as its parent's is, and what it has of its own or not at all.
_GIVEN = ("nullable", "default", "storage", "compression")
_OWN = ("statistics", "options", "server_options", "comment", "grants")


def inherited_columns(schema: Schema) -> Columns:
    """The columns that come from parents, by the schema and name of their table."""
    found: defaultdict[tuple[str, str], list[SchemaObject]] = defaultdict(list)
    for identity, item in schema.objects.items():
        if identity.kind == "column" and inherited(identity, item):
            found[identity.schema, identity.table].append(item)
    return found


def overrides(table: Identity, inherited: Columns, context: Context) -> list[Operation]:
    """What makes the columns of a new table other than its parents'."""
    operations: list[Operation] = []
    for column in inherited.get((table.schema, table.name), ()):
        parent = next(used for used in column.uses if used.kind == "column" and used.table != table.name)
        given = context.expected.objects[parent].attributes
        old = SchemaObject(column.identity, {name: given[name] for name in ("type", *_GIVEN) if name in given})
        names = [
            name
            for name in (*_GIVEN, *_OWN)
            if name not in context.ignored and column.attributes.get(name) != old.attributes.get(name)
        ]
        operations += columns.alter(column, old, names, context)
    return operations
