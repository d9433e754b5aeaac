"""The rules of the gate: what each part of it may report."""

from __future__ import annotations

from harness.findings import Rule, Severity
from harness.schema import Difference
from harness.schema.groups import NAMED_BY_CONVENTION

_WHY_DRIFT = "The revisions were written for, and tested on, a schema that this database does not have."
_WHY_QUIET = "Nothing breaks today; but the database is not what its history says."

UNKNOWN_REVISION = Rule(
    "gate.unknown-revision",
    Severity.ERROR,
    "the database stands at a revision that this checkout does not have",
    "Alembic cannot find its way from there: the deploy stops with `Can't locate revision`.",
)
NO_VERSION_TABLE = Rule(
    "gate.no-version-table",
    Severity.ERROR,
    "the database has no version table; only a note where it is empty, as before the first deploy",
    "Alembic takes it for an empty database and runs the history from its base: on what is there, that fails.",
)
SEVERAL_HEADS = Rule(
    "gate.several-heads",
    Severity.ERROR,
    "the version table has more rows than the history allows",
    "Alembic follows every row: it refuses, or runs revisions again that have been run.",
)
AHEAD = Rule(
    "gate.ahead",
    Severity.ERROR,
    "the database stands beyond the revision that this deploy leads to (`--to`)",
    "An upgrade never goes back: the older code would run on the newer schema.",
)
PENDING = Rule(
    "gate.pending",
    Severity.INFO,
    "revisions that the deploy will run",
    "This is what is about to happen.",
)
REVISION_RULES = (UNKNOWN_REVISION, NO_VERSION_TABLE, SEVERAL_HEADS, AHEAD, PENDING)

# Rules are not listed kind by kind: `*` stands for any kind of object, `attribute` for any of its attributes.
DRIFT_RULES = (
    Rule("gate.drift.*.missing", Severity.ERROR, "the history makes it, and the database does not have it", _WHY_DRIFT),
    Rule("gate.drift.*.extra", Severity.ERROR, "the database has it, and the history does not make it", _WHY_DRIFT),
    Rule("gate.drift.*.attribute", Severity.ERROR, "something of it is not as the history makes it", _WHY_DRIFT),
    Rule("gate.drift.*.renamed", Severity.ERROR, "the same object under another name", _WHY_DRIFT),
    Rule("gate.drift.*.comment", Severity.WARNING, "another comment", _WHY_QUIET),
    Rule("gate.drift.table.column-order", Severity.INFO, "the columns of a table stand in another order", _WHY_QUIET),
)
FAILED = Rule(
    "gate.rehearsal-failed",
    Severity.ERROR,
    "the pending revisions fail on a copy of the live schema",
    "The deploy would stop there.",
)
REHEARSAL_RULES = (
    FAILED,
    Rule(
        "gate.rehearsal.*.missing",
        Severity.ERROR,
        "after the pending revisions it is not there, as it is at head",
        _WHY_DRIFT,
    ),
    Rule(
        "gate.rehearsal.*.extra", Severity.ERROR, "after the pending revisions it is there, as not at head", _WHY_DRIFT
    ),
    Rule(
        "gate.rehearsal.*.attribute",
        Severity.ERROR,
        "after the pending revisions something of it is not as at head",
        _WHY_DRIFT,
    ),
    Rule("gate.rehearsal.*.renamed", Severity.ERROR, "after the pending revisions it has another name", _WHY_DRIFT),
)

# What makes a database fast, or replicated, and changes nothing that its tables mean.
_TUNING = frozenset(
    {
        "options",
        "tablespace",
        "statistics",
        "column_statistics",
        "storage",
        "column_storage",
        "compression",
        "clustered",
        "replica_identity",
    }
)
# What those who run a server add to a database; the application and its history need not know of it.
_OPERATIONS = frozenset({"extension", "publication", "subscription", "statistics"})
_QUIET = frozenset({"comment", "column_comments", "attribute_comments", "index_comment", "identity_comment"})


def rule_for(difference: Difference, part: str) -> Rule:
    """The rule that a difference belongs to, with the severity that it has by default.

    Args:
        part: `drift` or `rehearsal`.
    """
    kind = difference.object.kind
    what = difference.attribute if difference.change == "changed" else difference.change
    name = f"gate.{part}.{kind}.{what}".replace(" ", "-").replace("_", "-")
    severity = _severity(difference)
    return Rule(name, severity, "", _WHY_DRIFT if severity is Severity.ERROR else _WHY_QUIET)


def _severity(difference: Difference) -> Severity:
    kind, attribute = difference.object.kind, difference.attribute
    if difference.change == "extra" and kind == "setting":
        return Severity.INFO
    if difference.change == "extra" and kind in _OPERATIONS:
        return Severity.WARNING
    if difference.change == "renamed" and kind in NAMED_BY_CONVENTION:
        return Severity.WARNING
    if difference.change == "changed" and attribute == "column_order":
        return Severity.INFO
    if difference.change == "changed" and attribute is not None and attribute in _TUNING | _QUIET:
        return Severity.WARNING
    return Severity.ERROR
