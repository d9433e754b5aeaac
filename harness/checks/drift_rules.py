"""The rules of `drift`: which one a difference belongs to, how severe it is, and what is no drift but unmanaged."""

from __future__ import annotations

from harness.findings import Rule, Severity
from harness.schema import Difference

_WHY = "The application runs against a schema that its models do not describe."
_WHY_COSMETIC = "Nothing breaks today; a migration that uses the models' name will not find it."
_WHY_MARGINS = "Only the margins of its lines differ, which nothing but a text that goes over several lines can tell."

_TABLE = (
    "persistence",
    "partition_key",
    "partition",
    "inherits",
    "access_method",
    "options",
    "replica_identity",
    "row_security",
    "force_row_security",
    "tablespace",
    "of_type",
    "kind",
    "comment",
)
_COLUMN = (
    "type",
    "nullable",
    "default",
    "generated",
    "generated_kind",
    "identity",
    "identity_options",
    "identity_comment",
    "collation",
    "storage",
    "compression",
    "statistics",
    "options",
    "comment",
)
_INDEXED = ("kind", "include", "nulls_not_distinct", "options", "tablespace", "clustered")
_CONSTRAINT = ("deferrable", "comment")

# What a MetaData can say, with the attributes that the schema room compares. Of any other kind, what only the
# migrations made is not drift but unmanaged.
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "table": _TABLE,
    "column": _COLUMN,
    "primary key": ("columns", "period", "index_comment", *_INDEXED, *_CONSTRAINT),
    "unique constraint": ("columns", "period", "index_comment", *_INDEXED, *_CONSTRAINT),
    "foreign key": (
        "columns",
        "references",
        "references_columns",
        "on_update",
        "on_delete",
        "on_delete_columns",
        "match",
        "validated",
        "enforced",
        "enabled",
        "enabled_at_referenced",
        "period",
        *_CONSTRAINT,
    ),
    "check constraint": ("expression", "no_inherit", "validated", "enforced", *_CONSTRAINT),
    "exclusion constraint": ("elements", "method", "predicate", "index_comment", *_INDEXED, *_CONSTRAINT),
    "index": ("method", "unique", "columns", "predicate", "valid", "statistics", "comment", *_INDEXED),
    "enum": ("labels", "kind", "comment"),
    "sequence": (
        "type",
        "start",
        "increment",
        "minimum",
        "maximum",
        "cache",
        "cycle",
        "persistence",
        "owned_by",
        "kind",
        "comment",
    ),
}
MANAGED_KINDS = tuple(ATTRIBUTES)

# Attributes that no MetaData can speak of, so that what a migration set contradicts nothing.
_UNSAYABLE = frozenset(
    {
        "replica_identity",
        "row_security",
        "force_row_security",
        "of_type",
        "storage",
        "compression",
        "statistics",
        "clustered",
        "identity_comment",
        "index_comment",
        "installed_in",
    }
)
_UNSAYABLE_OF = {
    "column": frozenset({"options"}),
    "index": frozenset({"comment"}),
    "enum": frozenset({"comment"}),
    "sequence": frozenset({"comment"}),
    # harness makes these on the models' side, since a MetaData says no more of them than that it wants to be there.
    "schema": frozenset({"comment"}),
    "extension": frozenset({"comment"}),
}

# Attributes that a MetaData can speak of but seldom does: they make a table fast, and change nothing that it means.
_TUNING = frozenset({"options", "tablespace", "access_method"})

_CHANGES = {
    "missing": "the models have it and the migrated database has not",
    "extra": "the migrated database has it and the models have not",
}

RULES = tuple(
    Rule(f"drift.{kind.replace(' ', '-')}.{change.replace('_', '-')}", Severity.ERROR, f"{kind}: {summary}", _WHY)
    for kind, attributes in ATTRIBUTES.items()
    for change, summary in {
        **_CHANGES,
        **{name: f"another {name.replace('_', ' ')} than in the models" for name in attributes},
    }.items()
)
# What models can make by DDL of their own, which SQLAlchemy runs with create_all. Rules for them are not listed
# attribute by attribute: `attribute` stands for any, and for `missing`.
OTHER_KINDS = (
    "view",
    "materialized-view",
    "function",
    "procedure",
    "aggregate",
    "trigger",
    "rule",
    "policy",
    "domain",
    "domain-constraint",
    "composite-type",
    "range-type",
    "collation",
    "statistics",
    "foreign-table",
    "foreign-server",
    "operator",
    "cast",
    "publication",
    "text-search-configuration",
    "text-search-dictionary",
    "schema",
    "extension",
)
OTHER_RULES = tuple(
    Rule(f"drift.{kind}.attribute", Severity.ERROR, f"{kind}, made by the models' own DDL: missing or different", _WHY)
    for kind in OTHER_KINDS
)
RENAMED = Rule(
    "drift.*.renamed",
    Severity.WARNING,
    "the same object under another name than the models give it",
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
    "what only the migrations know: models cannot say it",
    "Nothing compares them with the models; round-trip, diff and the gate do compare them.",
)
UNCREATABLE = Rule(
    "drift.models.uncreatable",
    Severity.ERROR,
    "metadata.create_all fails on an empty database",
    "The models describe a schema that PostgreSQL refuses, so nothing can be compared with it.",
)
ALL_RULES = (*RULES, *OTHER_RULES, RENAMED, COLUMN_ORDER, UNMANAGED, UNCREATABLE)

_CONTAINERS = ("table", "column", "schema")


def rule_for(difference: Difference, *, named: bool) -> Rule:
    """The rule that a difference belongs to, with the severity that it has by default.

    Args:
        named: whether the models, or their naming convention, give the object its name; else the server chose it.
    """
    kind = difference.object.kind.replace(" ", "-")
    if difference.change == "renamed":
        severity, why = (RENAMED.severity if named else Severity.INFO), RENAMED.why
        if difference.object.kind in _CONTAINERS:
            severity, why = Severity.ERROR, _WHY
        return Rule(f"drift.{kind}.renamed", severity, RENAMED.summary, why)
    if difference.change != "changed":
        return Rule(f"drift.{kind}.{difference.change}", Severity.ERROR, _CHANGES[difference.change], _WHY)
    attribute = difference.attribute or "attribute"
    if attribute == "column_order":
        return COLUMN_ORDER
    if attribute == "body" and _same_lines(difference.expected, difference.actual):
        return Rule(f"drift.{kind}.body", Severity.INFO, "", _WHY_MARGINS)
    silent = difference.expected is None
    severity = Severity.WARNING if silent and attribute in _TUNING else Severity.ERROR
    return Rule(f"drift.{kind}.{attribute.replace('_', '-')}", severity, "", _WHY)


def _same_lines(expected: str | None, actual: str | None) -> bool:
    """Whether two bodies differ in the margins of their lines only, as a text does that is indented with its code."""
    lines = [
        None if body is None else [line.strip() for line in body.strip().splitlines()] for body in (expected, actual)
    ]
    return lines[0] == lines[1]


def is_unsayable(difference: Difference) -> bool:
    """Whether a difference is an attribute that models cannot speak of, and that theirs do not contradict."""
    if difference.change != "changed" or difference.expected is not None:
        return False
    own = _UNSAYABLE_OF.get(difference.object.kind, frozenset())
    return difference.attribute in _UNSAYABLE or difference.attribute in own
