"""`harness check --write-revision`: what repairs the drift, as a new revision of the project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.findings import DatabaseObject, Finding
from harness.schema import MODELS, Difference, Schema, diff
from harness.schema.repair import Repair, repair

if TYPE_CHECKING:
    from harness.checks.context import CheckContext


@dataclass(frozen=True)
class Drift:
    """What the `drift` check compared: the models' schema, the migrated one, and what it holds for drift."""

    expected: Schema
    actual: Schema
    differences: tuple[Difference, ...]


def write_revision(context: CheckContext, message: str, findings: Iterable[Finding]) -> str:
    """Write a revision that repairs what the findings of `drift` tell, and say what became of it in one sentence.

    Args:
        context: the run in which `drift` was checked.
        message: the revision's message.
        findings: those that the project's settings leave; only what they tell of is repaired.
    """
    drift = context.drift
    told = {(finding.object, finding.attribute) for finding in findings if finding.check == "drift"}
    kept = [
        difference
        for difference in (drift.differences if drift is not None else ())
        if (difference.object, difference.attribute) in told
    ]
    if drift is None or not kept:
        return "No revision was written: drift found nothing to repair."
    up = repair(drift.expected, drift.actual, kept, ignore=MODELS)
    if not up.operations:
        return "No revision was written: what drift found is for a person to repair."
    written = context.head_run.call(
        "harness.environment.graph:write_revision",
        message=message,
        upgrades=_lines(up),
        downgrades=_lines(_backwards(drift, kept)),
    )
    left = f" {len(up.for_a_person)} findings are for a person and not in it." if up.for_a_person else ""
    return f"{context.project.location(written)} was written: read it, then run harness check again.{left}"


def _backwards(drift: Drift, kept: Sequence[Difference]) -> Repair:
    concerned = {_key(difference.object) for whole in kept for difference in whole.walk()}
    back = [
        difference
        for difference in diff(drift.actual, drift.expected, ignore=MODELS)
        if any(_key(one.object) in concerned for one in difference.walk())
    ]
    return repair(drift.actual, drift.expected, back, ignore=MODELS)


def _key(target: DatabaseObject) -> tuple[str, str | None, str]:
    # A part is named by its table: what was renamed has another name in the other direction.
    return (target.kind, target.schema, target.table or target.name)


def _lines(found: Repair) -> list[str]:
    return [
        line
        for operation in found.operations
        for line in ([f"# {operation.caution}"] if operation.caution else []) + operation.code.splitlines()
    ]
