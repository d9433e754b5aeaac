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
from harness.findings import CheckResult, Finding, HarnessError, Report, ServerSummary
from harness.gate.expected import Ground
from harness.gate.judge import CHECK, Asked, Judge, part_of
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
        return open_server(settings, major=judge.live.major)

    def tell(name: str, done: int, total: int, text: str) -> None:
        if progress is not None:
            progress.step(name, done, total, text)

    def keep(findings: Iterable[Finding]) -> list[Finding]:
        return baseline.apply(ignore.apply(policy.apply(findings)))

    servers = ServerOnDemand(open_one, server, progress)
    try:
        with CheckContext(settings, project, servers.open, tell) as context:
            judge = Judge(Ground(context, may_share=server_is_named), address, asked)
            results, findings = Runner(keep, settings.fail_on, progress).run(judge.checks())
            summary = project_summary(context)
    finally:
        leftovers = servers.close()
    known = baseline.close(
        [replace(result, name=CHECK) for result in results],
        out_of_reach=lambda entry: part_of(entry.rule) not in _judged(results),
    )
    return Report(
        checks=tuple(replace(result, reason=_clean(result.reason)) for result in results),
        findings=tuple(findings),
        project=summary,
        server=_with_live(servers.summary, judge),
        notes=tuple(
            _clean(note) or ""
            for note in (*judge.notes, *known, *ignore.notes(results), *context.leftovers, *leftovers)
        ),
        known=tuple(baseline.known),
    )


def _judged(results: Sequence[CheckResult]) -> set[str]:
    return {result.name.removeprefix(f"{CHECK}.") for result in results if result.outcome in ("passed", "failed")}


def _with_live(scratch: ServerSummary | None, judge: Judge) -> ServerSummary | None:
    """The server's line, with the live database that was judged."""
    try:
        live = judge.live
    except HarnessError:
        return scratch
    told = f"live: {live.name} (PostgreSQL {live.version})"
    if scratch is None:
        return ServerSummary("url", live.version, told)
    return replace(scratch, why="; ".join(part for part in (scratch.why, told) if part))


def _clean(text: str | None) -> str | None:
    # What the user's own code says may hold a URL of theirs.
    return text and without_passwords(text)
