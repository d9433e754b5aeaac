"""`drift`: the migrated schema is the schema that the models describe.

Both are built in a real PostgreSQL, one by the migrations and one by `metadata.create_all`, and both catalogs are
read: the server has then normalised every type, default and expression, and nothing is compared that harness rendered
itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from harness.checks.base import Check, SkipCheck
from harness.checks.context import CheckContext
from harness.checks.repairs import change_operation, drop_operation
from harness.checks.upgrading import DEFAULT_SCHEMA, Deployed, read
from harness.checks.wording import consequences, failure_detail
from harness.environment import Configured, Failure
from harness.environment.records import from_json
from harness.findings import DatabaseObject, Finding, Location, Rule, Severity
from harness.schema import MODELS, Difference, Schema, SchemaObject, diff

_WHY = "The application runs against a schema that its models do not describe."
_WHY_COSMETIC = "Nothing breaks today; a migration that uses the models' name will not find it."

# What a MetaData can say. Of any other kind, what only the migrations made is not drift but unmanaged.
MANAGED_KINDS = (
    "table",
    "column",
    "primary key",
    "unique constraint",
    "foreign key",
    "check constraint",
    "exclusion constraint",
    "index",
    "enum",
    "sequence",
)
_CHANGES = {
    "missing": "the models have it and the migrated database has not",
    "extra": "the migrated database has it and the models have not",
    "attribute": "the two disagree in an attribute, which stands in this rule's place: drift.column.type",
}

RULES = tuple(
    Rule(f"drift.{kind.replace(' ', '-')}.{change}", Severity.ERROR, f"{kind}: {summary}", _WHY)
    for kind in MANAGED_KINDS
    for change, summary in _CHANGES.items()
)
RENAMED = Rule(
    "drift.*.renamed",
    Severity.WARNING,
    "the same constraint or index under another name than the models give it",
    _WHY_COSMETIC,
)
COLUMN_ORDER = Rule(
    "drift.table.column-order",
    Severity.INFO,
    "the columns of a table stand in another order than in the model",
    "Only INSERT without column names and SELECT * can tell; every ADD COLUMN makes it so.",
)
UNMANAGED = Rule(
    "drift.unmanaged",
    Severity.INFO,
    "objects that only the migrations know: models cannot say them",
    "Nothing compares them with the models; round-trip, diff and the gate do compare them.",
)
UNCREATABLE = Rule(
    "drift.models.uncreatable",
    Severity.ERROR,
    "metadata.create_all fails on an empty database",
    "The models describe a schema that PostgreSQL refuses, so nothing can be compared with it.",
)

_OWN_RULES = {"column_order": COLUMN_ORDER}
_ATTRIBUTE_WORDS = {"nullable": "nullability", "column_order": "order of the columns"}


def run(context: CheckContext) -> Iterable[Finding]:
    """Build the models' schema beside the migrated one and compare the two."""
    head = context.require_head()
    if all(one.metadata_tables is None for one in head.configured):
        raise SkipCheck("env.py passes no target_metadata, so there is nothing to compare with")
    expected, failure = _models_schema(context, head)
    if failure is not None:
        yield UNCREATABLE.finding(
            f"The models' schema cannot be created: {failure.message}",
            location=context.locate(None, failure) or context.env_py,
            fix="Correct the model; `metadata.create_all` on an empty database shows the same.",
            detail=failure_detail(failure),
        )
        return
    yield from _compare(context, head, expected)


def _models_schema(context: CheckContext, head: Deployed) -> tuple[Schema, Failure | None]:
    database = context.own(context.server.create_database("models"))
    schemas = {identity.name for identity in head.schema.objects if identity.kind == "schema"}
    schemas |= {key.rpartition(".")[0] for one in head.configured for key in one.metadata_tables or () if "." in key}
    extensions = [
        (identity.name, str(found.attributes.get("schema") or DEFAULT_SCHEMA))
        for identity, found in head.schema.objects.items()
        if identity.kind == "extension"
    ]
    answer = context.head_run.call(
        "harness.models.create:create_all", url=database.url, schemas=sorted(schemas), extensions=extensions
    )
    failure = answer["failure"]
    return read(database), None if failure is None else from_json(Failure, failure)


def _compare(context: CheckContext, head: Deployed, expected: Schema) -> Iterator[Finding]:
    scope = _Scope(head.configured)
    expected, actual = scope.of(expected), scope.of(head.schema)
    left_out = _left_out_by_filters(context, expected, actual)
    if left_out:
        expected, actual = _without(expected, left_out), _without(actual, left_out)
    unmanaged: dict[str, list[Difference]] = defaultdict(list)
    for difference in diff(expected, actual, ignore=MODELS):
        if _is_unmanaged(difference, actual):
            unmanaged[difference.object.kind].append(difference)
        else:
            yield _finding(context, difference)
    for kind, differences in sorted(unmanaged.items()):
        names = sorted(str(difference.object) for difference in differences)
        shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
        yield UNMANAGED.finding(
            f"{len(names)} of kind {kind} exist only by migration: {shown}.", object=differences[0].object
        )


class _Scope:
    """The part of a database that `env.py` lets Alembic look at: its schemas, less the version table."""

    def __init__(self, configured: Sequence[Configured]) -> None:
        self._version_tables = {(one.version_table_schema or DEFAULT_SCHEMA, one.version_table) for one in configured}
        self._all = any(one.include_schemas for one in configured)
        self._schemas = {DEFAULT_SCHEMA} | {
            key.rpartition(".")[0] for one in configured for key in one.metadata_tables or () if "." in key
        }

    def of(self, schema: Schema) -> Schema:
        return schema.without(self._is_outside)

    def _is_outside(self, found: SchemaObject) -> bool:
        identity = found.identity
        if identity.kind == "table" and (identity.schema, identity.name) in self._version_tables:
            return True
        if self._all or not identity.schema:
            return False
        return identity.schema not in self._schemas


def _left_out_by_filters(context: CheckContext, *schemas: Schema) -> set[tuple[str, str, str, str]]:
    if not any({"include_object", "include_name"} & set(one.options) for one in context.head_run.configured):
        return set()
    names = sorted({tuple(identity[:4]) for schema in schemas for identity in schema.objects})
    positions = context.head_run.call("harness.models.filters:excluded", objects=names, default_schema=DEFAULT_SCHEMA)
    return {(names[position][0], names[position][1], names[position][2], names[position][3]) for position in positions}


def _without(schema: Schema, left_out: set[tuple[str, str, str, str]]) -> Schema:
    return schema.without(lambda found: tuple(found.identity[:4]) in left_out)


def _is_unmanaged(difference: Difference, actual: Schema) -> bool:
    if difference.change != "extra":
        return False
    if difference.object.kind not in MANAGED_KINDS:
        return True
    return difference.object.kind == "table" and _is_partition(difference, actual)


def _is_partition(difference: Difference, actual: Schema) -> bool:
    target = difference.object
    return any(
        identity.kind == "table"
        and (identity.schema, identity.name) == (target.schema, target.name)
        and found.attributes.get("partition_of") is not None
        for identity, found in actual.objects.items()
    )


def _finding(context: CheckContext, difference: Difference) -> Finding:
    target = difference.object
    kind = target.kind.replace(" ", "-")
    base = Rule("", Severity.ERROR, "", _WHY)
    if difference.change == "renamed":
        rule = Rule(f"drift.{kind}.renamed", RENAMED.severity, RENAMED.summary, RENAMED.why)
        if target.kind in ("table", "column", "schema"):
            rule = Rule(f"drift.{kind}.renamed", Severity.ERROR, "", _WHY)
        message = f"The {target.kind} {target} is named {difference.actual} in the migrated database."
    elif difference.change == "changed":
        attribute = difference.attribute or "definition"
        rule = _OWN_RULES.get(attribute) or Rule(
            f"drift.{kind}.{attribute.replace('_', '-')}", base.severity, base.summary, base.why
        )
        message = (
            f"The {_ATTRIBUTE_WORDS.get(attribute, attribute.replace('_', ' '))} of {target.kind} {target} is "
            f"{_shown(difference.actual)} in the migrated database and {_shown(difference.expected)} in the models."
        )
    else:
        rule = Rule(f"drift.{kind}.{difference.change}", base.severity, base.summary, base.why)
        message = (
            f"The models have the {target.kind} {target}, which no migration creates."
            if difference.change == "missing"
            else f"The migrations create the {target.kind} {target}, which the models do not have."
        )
    return rule.finding(
        message,
        object=target,
        attribute=difference.attribute,
        expected=difference.expected,
        actual=difference.actual,
        location=_location(context, target) or context.env_py,
        fix=_fix(difference),
        detail=consequences(difference),
    )


def _location(context: CheckContext, target: DatabaseObject) -> Location | None:
    """The column's or the table's place in the models; None for what the models do not have."""
    table = target.name if target.kind == "table" else target.table
    if table is None:
        return None
    found = context.model_places.get(f"{target.schema}.{table}") or context.model_places.get(table)
    if found is None:
        return None
    path, line, end_line = found["columns"].get(target.name, found["place"])
    return Location(context.project.location(path), line, end_line)


def _shown(value: str | None) -> str:
    return "not set" if value is None else value


def _fix(difference: Difference) -> str:
    target = difference.object
    if difference.change == "extra":
        dropping = drop_operation(target) or f"an operation that drops the {target.kind}"
        return f"In a new revision: {dropping}; or add it to the models (if env.py does not import it, see imports)."
    operation = change_operation(difference)
    if operation is not None:
        return f"In a new revision: {operation}"
    if difference.attribute == "column_order":
        return "Nothing, or move the attributes in the model; PostgreSQL cannot reorder columns."
    return "In a new revision: alembic revision --autogenerate, and add by hand what it does not see."


CHECK = Check(
    "drift",
    "the migrated schema is the schema that the models describe",
    (*RULES, RENAMED, COLUMN_ORDER, UNMANAGED, UNCREATABLE),
    run,
)
