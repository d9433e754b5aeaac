"""The part of the two schemas that `env.py` lets Alembic look at."""

from __future__ import annotations

from collections.abc import Sequence

from harness.checks.context import CheckContext
from harness.checks.upgrading import Deployed, default_schema, version_tables
from harness.environment import Configured
from harness.schema import Identity, Schema, SchemaObject

_SHARED = ("enum", "domain", "composite type", "range type", "sequence")


def in_scope(context: CheckContext, head: Deployed, expected: Schema) -> tuple[Schema, Schema]:
    """The models' and the migrated schema, less the version table, the schemas that Alembic does not look at, and what
    `include_object` and `include_name` leave out; and less the types that only those used.
    """
    looked_at = _LookedAt(head.configured)
    schemas = (expected.without(looked_at.is_outside), head.schema.without(looked_at.is_outside))
    left_out = _left_out_by_filters(context, *schemas)
    if left_out:
        schemas = tuple(schema.without(lambda found: tuple(found.identity[:4]) in left_out) for schema in schemas)  # type: ignore[assignment]  # of two come two
    return _without_orphans(expected, schemas[0]), _without_orphans(head.schema, schemas[1])


class _LookedAt:
    """The schemas that Alembic looks at, less the version table."""

    def __init__(self, configured: Sequence[Configured]) -> None:
        self._version_tables = version_tables(configured)
        self._all = any(one.include_schemas for one in configured)
        self._schemas = {one.default_schema for one in configured} | {
            key.rpartition(".")[0] for one in configured for key in one.metadata_tables or () if "." in key
        }

    def is_outside(self, found: SchemaObject) -> bool:
        identity = found.identity
        if identity.kind == "table" and (identity.schema, identity.name) in self._version_tables:
            return True
        if self._all or not identity.schema:
            return False
        return identity.schema not in self._schemas


def _left_out_by_filters(context: CheckContext, *schemas: Schema) -> set[tuple[str, ...]]:
    configured = context.head_run.configured
    if not any({"include_object", "include_name"} & set(one.options) for one in configured):
        return set()
    names = sorted({tuple(identity[:4]) for schema in schemas for identity in schema.objects})
    positions = context.head_run.call(
        "harness.models.filters:excluded", objects=names, default_schema=default_schema(configured)
    )
    return {names[position] for position in positions}


def _without_orphans(whole: Schema, part: Schema) -> Schema:
    """Less the types and sequences that something left out used and nothing that is left uses."""
    used_outside: set[Identity] = set()
    used_inside: set[Identity] = set()
    for identity, item in whole.objects.items():
        (used_inside if identity in part.objects else used_outside).update(item.uses)
    orphans = {identity for identity in used_outside - used_inside if identity.kind in _SHARED}
    return part.without(lambda found: found.identity in orphans) if orphans else part
