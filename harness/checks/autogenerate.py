"""`autogenerate`: what `alembic check` would say at head, for those who act on it."""

from __future__ import annotations

from collections.abc import Iterable

from harness.checks.base import Check, SkipCheck
from harness.checks.context import CheckContext
from harness.findings import DatabaseObject, Finding, Rule, Severity

_WHY = "`alembic check` fails on it, and the next `alembic revision --autogenerate` writes it into somebody's revision."

PENDING = Rule(
    "autogenerate.pending",
    Severity.ERROR,
    "`alembic revision --autogenerate` would write an operation",
    _WHY,
)
FAILED = Rule(
    "autogenerate.failed",
    Severity.ERROR,
    "`alembic revision --autogenerate` fails",
    "Nobody can write the next revision with it.",
)


def run(context: CheckContext) -> Iterable[Finding]:
    """Ask Alembic itself, inside a run of `env.py` that stands at head."""
    configured = context.head_run.configured
    if all(one.metadata_tables is None for one in configured):
        raise SkipCheck("env.py passes no target_metadata")
    answer = context.pending
    if answer["failure"] is not None:
        failure = answer["failure"]
        corrections = [one.metadata_fault[1] for one in configured if one.metadata_fault is not None]
        yield FAILED.finding(
            f"`alembic revision --autogenerate` fails: {failure['kind']}: {failure['message']}",
            location=context.env_py,
            fix=corrections[0] if corrections else "Run `alembic check` by hand to see the same.",
            detail=failure["traceback"],
        )
    for operation in answer["operations"]:
        target = operation["object"]
        yield PENDING.finding(
            f"Alembic would write {operation['operation']} for {target['kind']} {DatabaseObject(**target)}.",
            object=DatabaseObject(**target),
            attribute=operation["operation"],
            location=context.env_py,
            fix=operation["code"],
        )


CHECK = Check(
    "autogenerate",
    "what `alembic check` would say at head: nothing left to autogenerate",
    (PENDING, FAILED),
    run,
)
