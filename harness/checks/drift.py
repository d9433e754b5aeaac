"""`drift`: the migrated schema is the schema that the models describe.

Both are built in a real PostgreSQL, one by the migrations and one by `metadata.create_all`, and both catalogs are
read: the server has then normalised every type, default and expression, and nothing is compared that harness rendered
itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from harness.checks.base import Check
from harness.checks.context import CheckContext
from harness.checks.drift_folding import folded
from harness.checks.drift_models import ModelsSchema, build
from harness.checks.drift_rules import ALL_RULES, MANAGED_KINDS, UNCREATABLE, UNMANAGED, is_unsayable, rule_for
from harness.checks.drift_scope import in_scope
from harness.checks.metadata import require_metadata
from harness.checks.repairs import typed
from harness.checks.sight import sight
from harness.checks.upgrading import Deployed
from harness.checks.whereabouts import Whereabouts
from harness.checks.wording import consequences, failure_detail, fits_a_sentence
from harness.checks.writing import Drift
from harness.environment import Failure
from harness.findings import DatabaseObject, Finding
from harness.schema import MODELS, Difference, Schema, diff
from harness.schema.repair import Fix, repair

_ATTRIBUTE_WORDS = {"nullable": "nullability"}
_PLURAL = ("columns", "elements", "labels", "options", "identity options", "references columns")
_SHORT = 100  # characters of a value that a message still repeats


def run(context: CheckContext) -> Iterable[Finding]:
    """Build the models' schema beside the migrated one and compare the two."""
    head = context.require_head()
    require_metadata(head.configured)
    models = build(context, head)
    if models.failure is not None:
        yield from _uncreatable(context, models, models.failure)
        return
    yield from _compare(context, head, models.schema)


def _uncreatable(context: CheckContext, models: ModelsSchema, failure: Failure) -> Iterator[Finding]:
    where = Whereabouts(context, models.schema, models.schema)
    for culprit in models.culprits:
        schema, _, table = culprit.table.rpartition(".")
        name = f"{culprit.table}.{culprit.part}" if culprit.part else culprit.table
        yield UNCREATABLE.finding(
            f"The model of table {name} cannot be created: {culprit.failure.message}",
            object=DatabaseObject("table", table, schema or None),
            location=where.model(culprit.table, culprit.part) or context.env_py,
            fix="Correct the model; `metadata.create_all` on an empty database shows the same.",
            detail=failure_detail(culprit.failure),
        )
    if not models.culprits:
        yield UNCREATABLE.finding(
            f"The models' schema cannot be created: {failure.message}",
            location=context.locate(None, failure) or context.env_py,
            fix="Correct the model; `metadata.create_all` on an empty database shows the same.",
            detail=failure_detail(failure),
        )


def _compare(context: CheckContext, head: Deployed, expected: Schema) -> Iterator[Finding]:
    expected, actual = in_scope(context, head, expected)
    where = Whereabouts(context, expected, actual)
    unmanaged: dict[str, list[Difference]] = defaultdict(list)
    managed: list[Difference] = []
    for difference in folded(diff(expected, actual, ignore=MODELS), expected, where.is_named):
        if is_unsayable(difference):
            attribute = (difference.attribute or "").replace("_", " ")
            unmanaged[f"{difference.object.kind} {attribute}"].append(difference)
        elif _is_unmanaged(difference, expected, actual):
            unmanaged[difference.object.kind].append(difference)
        else:
            managed.append(difference)
    context.drift = Drift(expected, head.schema, tuple(managed))
    # Outside of the scope, too, there may be views on a column that is given another type.
    for fix in repair(expected, head.schema, managed, ignore=MODELS).fixes:
        yield _finding(context, where, fix)
    for kind, differences in sorted(unmanaged.items()):
        names = sorted(str(difference.object) for difference in differences)
        shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
        yield UNMANAGED.finding(
            f"{len(names)} of kind {kind} exist only by migration: {shown}.", object=differences[0].object
        )


def _is_unmanaged(difference: Difference, expected: Schema, actual: Schema) -> bool:
    if difference.change != "extra":
        return False
    if difference.object.kind not in MANAGED_KINDS:
        return True
    return difference.object.kind == "table" and _has_modelled_parent(difference.object, expected, actual)


def _has_modelled_parent(target: DatabaseObject, expected: Schema, actual: Schema) -> bool:
    """Whether a table is a partition or a child, at whatever depth, of a table that the models have."""
    modelled = {(one.schema, one.name) for one in expected.objects if one.kind == "table"}
    parents = {
        (one.schema, one.name): [(used.schema, used.name) for used in item.uses if used.kind == "table"]
        for one, item in actual.objects.items()
        if one.kind == "table" and ("partition" in item.attributes or "inherits" in item.attributes)
    }
    pending = parents.get((target.schema or "", target.name), [])
    while pending:
        if set(pending) & modelled:
            return True
        pending = [above for parent in pending for above in parents.get(parent, [])]
    return False


def _finding(context: CheckContext, where: Whereabouts, fix: Fix) -> Finding:
    difference = fix.difference
    touch = where.touch(difference)
    details = [
        sight(context.pending, difference, where.default_schema, where.columns(difference.object)),
        consequences(difference),
    ]
    return rule_for(difference, named=where.is_named(difference.object)).finding(
        _message(difference),
        object=difference.object,
        attribute=difference.attribute,
        expected=difference.expected,
        actual=difference.actual,
        revision=None if touch is None else touch.revision.id,
        location=where.location(difference, touch),
        fix=_fix(fix),
        detail="\n".join(part for part in details if part),
    )


def _message(difference: Difference) -> str:
    target, attribute = difference.object, difference.attribute or "definition"
    if difference.change == "missing":
        return f"The models have the {target.kind} {target}, which no migration creates."
    if difference.change == "extra":
        return f"The migrations create the {target.kind} {target}, which the models do not have."
    if difference.change == "renamed":
        return f"The {target.kind} {target} is named {difference.actual} in the migrated database."
    if attribute == "column_order":
        return f"The columns of table {target} stand in another order than in the model."
    words = _ATTRIBUTE_WORDS.get(attribute, attribute.replace("_", " "))
    actual, expected = _shown(difference.actual), _shown(difference.expected)
    if not fits_a_sentence(_SHORT, actual, expected):
        return f"The migrated database and the models disagree on the {words} of {target.kind} {target}."
    verb = "are" if words in _PLURAL else "is"
    return (
        f"The {words} of {target.kind} {target} {verb} {actual} in the migrated database and {expected} in the models."
    )


def _shown(value: str | None) -> str:
    return "not set" if value is None else value


def _fix(fix: Fix) -> str:
    if fix.difference.attribute == "column_order":
        return "Nothing, or move the attributes in the model; PostgreSQL cannot reorder columns."
    text = typed("In a new revision", fix)
    if fix.difference.change != "extra":
        return text
    return f"{text}\nOr add it to the models (if env.py does not import it, see imports)."


CHECK = Check(
    "drift",
    "the migrated schema is the schema that the models describe",
    ALL_RULES,
    run,
)
