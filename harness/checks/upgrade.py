"""`upgrade`: `alembic upgrade heads` from an empty database, in one go, exactly as a deploy does it."""

from __future__ import annotations

from collections.abc import Iterable

from harness.checks.base import Check
from harness.checks.context import CheckContext
from harness.checks.wording import failure_detail
from harness.environment import Failure
from harness.findings import Finding, Rule, Severity

FAILED = Rule(
    "upgrade.failed",
    Severity.ERROR,
    "the upgrade from an empty database fails",
    "A new environment cannot be set up, and the next deploy may stop half-way.",
)
NOTHING_KEPT = Rule(
    "upgrade.nothing-kept",
    Severity.ERROR,
    "env.py ends well, but the database does not stand at head",
    "A deploy reports success and changes nothing, or not all: usually a transaction that nobody commits.",
)
ONLY_IN_ONE_GO = Rule(
    "upgrade.only-in-one-go",
    Severity.ERROR,
    "the upgrade succeeds in one go and fails when each revision is committed by itself",
    "Databases that were deployed revision by revision cannot follow.",
)
ONLY_STEP_BY_STEP = Rule(
    "upgrade.only-step-by-step",
    Severity.ERROR,
    "the upgrade fails in one go and succeeds when each revision is committed by itself",
    "A new environment runs all revisions in one go: it cannot be set up.",
)


def run(context: CheckContext) -> Iterable[Finding]:
    """Judge the upgrade in one go, and say where the walk step by step disagrees with it."""
    context.require_history()
    deployed = context.deployed
    walk_failure = context.walked.failure
    if deployed.failure is not None:
        revision = deployed.revisions[-1] if deployed.revisions else None
        yield _failed(context, FAILED, "The upgrade fails", revision, deployed.failure)
        if walk_failure is None:
            yield ONLY_STEP_BY_STEP.finding(
                f"Revision {revision} fails in one go and succeeds when each revision is committed by itself.",
                revision=revision,
                location=context.locate(context.history.get(revision or "")),
                fix="Set transaction_per_migration=True in env.py's context.configure(), "
                "or use op.get_context().autocommit_block() in the revision.",
            )
    elif not deployed.arrived:
        heads = ", ".join(context.history.heads)
        yield NOTHING_KEPT.finding(
            "env.py ended without an error, but the version table holds "
            f"{', '.join(deployed.heads) or 'nothing'}, not {heads}.",
            expected=heads,
            actual=", ".join(deployed.heads) or "nothing",
            location=context.env_py,
            fix="Let env.py commit: nothing may run on the connection before context.configure() without a commit, and "
            "context.run_migrations() belongs in `with context.begin_transaction():`.",
        )
    elif walk_failure is not None:
        yield _failed(
            context,
            ONLY_IN_ONE_GO,
            "The upgrade succeeds in one go, but step by step it fails",
            walk_failure.revision,
            walk_failure,
        )


def _failed(context: CheckContext, rule: Rule, what: str, revision: str | None, failure: Failure) -> Finding:
    at = f" at revision {revision}" if revision else ""
    return rule.finding(
        f"{what}{at}: {failure.message}",
        revision=revision,
        location=context.locate(context.history.get(revision or ""), failure),
        fix="Correct the revision; `alembic upgrade head` on an empty database shows the same.",
        detail=failure_detail(failure),
    )


CHECK = Check(
    "upgrade",
    "`upgrade heads` from an empty database, in one go, exactly as a deploy does it",
    (FAILED, NOTHING_KEPT, ONLY_IN_ONE_GO, ONLY_STEP_BY_STEP),
    run,
)
