"""`upgrade`: `alembic upgrade heads` from an empty database, in one go, exactly as a deploy does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.checks.base import Check
from harness.checks.context import CheckContext
from harness.checks.upgrade_advice import for_both_ways, for_difference, for_one_go, for_steps
from harness.checks.upgrading import Deployed, without_versions
from harness.checks.walking import Walked
from harness.checks.wording import consequences, failure_detail
from harness.environment import Failure
from harness.findings import Finding, Location, Rule, Severity
from harness.models.touches import Touches
from harness.schema import Difference, Schema, diff

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
DIFFERS = Rule(
    "upgrade.differs-step-by-step",
    Severity.ERROR,
    "the schema that the upgrade in one go makes is not the one that it makes step by step",
    "Two databases at the same revision have two schemas, and the next revision meets what it does not expect.",
)
SEVERAL_RUNS = Rule(
    "upgrade.several-runs",
    Severity.WARNING,
    "env.py calls run_migrations more than once: for several tenants, or several databases",
    "There is one scratch database for all of them, and downgrade and round-trip judge the first run alone.",
)


def run(context: CheckContext) -> Iterable[Finding]:
    """Judge the upgrade in one go, and say where the walk step by step disagrees with it."""
    context.require_history()
    deployed, walked = context.deployed, context.walked
    if deployed.failure is not None:
        revision = deployed.revisions[-1] if deployed.revisions else None
        goes_in_steps = walked.failure is None
        fix = for_one_go(context, deployed.failure, deployed.revisions) if goes_in_steps else None
        yield _failed(context, FAILED, "The upgrade fails", revision, deployed.failure, fix)
        if goes_in_steps:
            yield ONLY_STEP_BY_STEP.finding(
                f"Revision {revision} fails in one go and succeeds when each revision is committed by itself.",
                revision=revision,
                location=context.locate(context.history.get(revision or ""), deployed.failure),
                fix=fix,
                detail=failure_detail(deployed.failure),
            )
    elif not deployed.arrived:
        yield _nothing_kept(context, deployed)
    else:
        yield from _only_in_one_go(context, walked)
        if deployed.times > 1:
            yield _several_runs(context, deployed)
        elif walked.state is not None:
            yield from _differing(context, deployed, walked.state)


def _several_runs(context: CheckContext, deployed: Deployed) -> Finding:
    return SEVERAL_RUNS.finding(
        f"env.py runs its migrations {deployed.times} times, and step by step only the first of them was walked.",
        location=context.env_py,
        fix="Choose one by an argument: a tenant with -x tenant=NAME, a database with --name SECTION.",
    )


def _nothing_kept(context: CheckContext, deployed: Deployed) -> Finding:
    heads = ", ".join(context.history.heads)
    actual = ", ".join(deployed.heads) or "nothing"
    return NOTHING_KEPT.finding(
        f"env.py ended without an error, but the version table holds {actual}, not {heads}.",
        expected=heads,
        actual=actual,
        location=context.env_py,
        fix="Let env.py commit: nothing may run on the connection before context.configure() without a commit, and "
        "context.run_migrations() belongs in `with context.begin_transaction():`.",
    )


def _only_in_one_go(context: CheckContext, walked: Walked) -> Iterator[Finding]:
    alone = list(walked.alone)
    if walked.failure is not None:
        alone.append(walked.steps[-1])
    for step in alone:
        if step.failure is not None:
            what = "The upgrade succeeds in one go, but step by step it fails"
            fix = for_steps(context, step.revision, step.failure)
            yield _failed(context, ONLY_IN_ONE_GO, what, step.revision, step.failure, fix)


def _differing(context: CheckContext, deployed: Deployed, walked: Schema) -> Iterator[Finding]:
    """What both ways up make, but not alike."""
    touches = Touches(context.history)
    for difference in diff(without_versions(deployed.schema, deployed.configured), walked):
        touch = touches.last(difference.object)
        revision = None if touch is None else touch.revision
        yield DIFFERS.finding(
            _unlike(difference),
            object=difference.object,
            attribute=difference.attribute,
            expected=difference.expected,
            actual=difference.actual,
            revision=None if revision is None else revision.id,
            location=None
            if touch is None
            else Location(context.project.location(touch.revision.path), touch.line, touch.end_line),
            fix=for_difference(revision),
            detail=consequences(difference),
        )


def _unlike(difference: Difference) -> str:
    name = f"{difference.object.kind} {difference.object}"
    if difference.change == "missing":
        return f"The upgrade in one go makes the {name}, step by step it does not."
    if difference.change == "extra":
        return f"The upgrade in one go does not make the {name}, step by step it does."
    if difference.change == "renamed":
        verb = "lies in schema" if difference.attribute == "schema" else "is named"
        return f"The {name} {verb} {difference.actual} when the upgrade is made step by step."
    words = (difference.attribute or "definition").replace("_", " ")
    return f"The {words} of {name} is not the same after the upgrade in one go and step by step."


def _failed(
    context: CheckContext, rule: Rule, what: str, revision: str | None, failure: Failure, fix: str | None = None
) -> Finding:
    at = f" at revision {revision}" if revision else ""
    return rule.finding(
        f"{what}{at}: {failure.message}",
        revision=revision,
        location=context.locate(context.history.get(revision or ""), failure),
        fix=fix or for_both_ways(failure),
        detail=failure_detail(failure),
    )


CHECK = Check(
    "upgrade",
    "`upgrade heads` from an empty database, in one go, exactly as a deploy does it",
    (FAILED, NOTHING_KEPT, ONLY_IN_ONE_GO, ONLY_STEP_BY_STEP, DIFFERS, SEVERAL_RUNS),
    run,
)
