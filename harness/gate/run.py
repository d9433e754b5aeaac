"""One run of the gate on one live database: the ground is laid, the database judged, and the report made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.baseline import Baseline
from harness.checks.context import CheckContext
from harness.checks.policy import Policy
from harness.checks.running import Progress, Runner, ServerOnDemand, project_summary
from harness.comparison.address import Address
from harness.environment import Project
from harness.findings import CheckResult, Finding, Report, ServerSummary
from harness.gate.expected import Ground
from harness.gate.judge import CHECK, NOTHING_PENDING, Asked, Judge, part_of
from harness.gate.live import Live
from harness.gate.rules import PENDING
from harness.report.text import without_passwords
from harness.server import Server, open_server
from harness.settings import Settings


def run_gate(
    address: Address,
    asked: Asked,
    *,
    settings: Settings,
    project: Project,
    policy: Policy,
    ignore: Policy,
    baseline: Baseline,
    server: Server | None = None,
    server_is_named: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Judge a live database.

    Args:
        address: where it is.
        asked: what is to be judged.
        settings: the settings in force.
        project: the project whose history it has.
        policy: what the project's settings make of the findings.
        ignore: what the call wants to leave out.
        baseline: the findings that are known.
        server: a running server for scratch databases, which is left running; one is started if left out.
        server_is_named: whether the caller named it, so that it may be the live server itself.
        progress: told what happens while it happens.

    Raises:
        UsageError: the call or the configuration is wrong.
    """

    def open_one() -> Server:
        live = judge.live_if_read
        return open_server(settings, major=None if live is None else live.major)

    def tell(name: str, done: int, total: int, text: str) -> None:
        if progress is not None:
            progress.step(name, done, total, text)

    def keep(findings: Iterable[Finding]) -> list[Finding]:
        return new_ones(baseline, ignore.apply(policy.apply(findings)))

    def told(scratch: ServerSummary) -> ServerSummary:
        return _with_live(scratch, judge.live_if_read)

    servers = ServerOnDemand(open_one, server, progress, told)
    try:
        with CheckContext(settings, project, servers.open, tell) as context:
            judge = Judge(Ground(context, may_share=server_is_named), address, asked)
            results, findings = Runner(keep, settings.fail_on, progress).run(judge.checks())
            summary = project_summary(context)
    finally:
        leftovers = servers.close()
    scratch = servers.summary
    if scratch is None and judge.live_if_read is not None:
        scratch = ServerSummary("url", judge.live_if_read.version)
    known = baseline.close(
        [replace(result, name=CHECK) for result in results],
        out_of_reach=lambda entry: part_of(entry.rule) not in _judged(results),
    )
    return Report(
        checks=tuple(replace(result, reason=_clean(result.reason)) for result in results),
        findings=tuple(map(_without_secrets, findings)),
        project=summary,
        server=_with_live(scratch, judge.live_if_read) if scratch is not None else None,
        notes=tuple(
            _clean(note) or ""
            for note in (*judge.notes, *known, *ignore.notes(_as_judged(results)), *context.leftovers, *leftovers)
        ),
        known=tuple(map(_without_secrets, baseline.known)),
    )


def new_ones(baseline: Baseline, findings: Sequence[Finding]) -> list[Finding]:
    """The findings that a baseline does not know. What is pending is what is about to happen, and not to be known."""
    pending = [finding for finding in findings if finding.rule == PENDING.name]
    return [*baseline.apply(finding for finding in findings if finding.rule != PENDING.name), *pending]


def _judged(results: Sequence[CheckResult]) -> set[str]:
    return {result.name.removeprefix(f"{CHECK}.") for result in results if result.outcome in ("passed", "failed")}


def _as_judged(results: Sequence[CheckResult]) -> list[CheckResult]:
    """The results, with a rehearsal that had nothing to rehearse as one that found nothing."""
    return [replace(result, outcome="passed") if result.reason == NOTHING_PENDING else result for result in results]


def _with_live(scratch: ServerSummary, live: Live | None) -> ServerSummary:
    """The server's line, with the live database that was judged."""
    if live is None:
        return scratch
    told = f"live: {live.name} (PostgreSQL {live.version})"
    return replace(scratch, why="; ".join(part for part in (scratch.why, told) if part))


def _without_secrets(finding: Finding) -> Finding:
    return replace(finding, message=without_passwords(finding.message), detail=_clean(finding.detail))


def _clean(text: str | None) -> str | None:
    # What the user's own code says may hold a URL of theirs.
    return text and without_passwords(text)
