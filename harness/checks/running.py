"""Running checks one after the other: what becomes of each, whatever it raises."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.checks.base import BlockedCheck, EndedEarly, SkipCheck
from harness.checks.context import CheckContext
from harness.findings import (
    CheckOutcome,
    CheckResult,
    Finding,
    HarnessError,
    ProjectSummary,
    ServerSummary,
    Severity,
    UsageError,
    outcome_of,
)
from harness.server import Server

Findings = Callable[[], Iterable[Finding]]


class Progress(Protocol):
    """What a face is told while the checks run."""

    def server_ready(self, server: ServerSummary) -> None:
        """The server answers."""

    def check_started(self, name: str) -> None:
        """A check begins."""

    def step(self, name: str, done: int, total: int, text: str) -> None:
        """A check with long work has done so much of it; `text` says what it is at."""

    def check_finished(self, result: CheckResult, findings: Sequence[Finding]) -> None:
        """A check is over."""


@dataclass(frozen=True)
class Runner:
    """Runs checks.

    Attributes:
        keep: the findings of one check that stay, as the settings and the baseline want it.
        fail_on: the lowest severity that fails.
        progress: told what happens while it happens.
    """

    keep: Callable[[Iterable[Finding]], list[Finding]]
    fail_on: Severity
    progress: Progress | None = None

    def run(self, checks: Iterable[tuple[str, Findings]]) -> tuple[list[CheckResult], list[Finding]]:
        """Run checks, each a name and what gives its findings.

        Raises:
            UsageError: a check finds that the call or the configuration is wrong.
        """
        results: list[CheckResult] = []
        findings: list[Finding] = []
        for name, give in checks:
            if self.progress is not None:
                self.progress.check_started(name)
            result, found = self._run_one(name, give, results)
            results.append(result)
            findings += found
            if self.progress is not None:
                self.progress.check_finished(result, found)
        return results, findings

    def _run_one(self, name: str, give: Findings, earlier: Sequence[CheckResult]) -> tuple[CheckResult, list[Finding]]:
        started = time.perf_counter()
        given: list[Finding] = []
        reason: str | None = None
        unjudged_from: str | None = None
        outcome: CheckOutcome = "passed"
        try:
            for finding in give():
                given.append(finding)  # not extend(): what came before an error is wanted, too
        except SkipCheck as error:
            outcome, reason = "skipped", str(error)
        except BlockedCheck as error:
            # Skipped only where the check that is in the way fails this very run; else nothing would say it.
            failed = any(result.name == error.by and result.outcome == "failed" for result in earlier)
            outcome, reason = ("skipped" if failed else "error"), f"{error} (see {error.by})"
        except UsageError:
            raise
        except HarnessError as error:
            outcome, reason = "error", "\n".join(part for part in (str(error), error.detail) if part)
            for result in earlier:
                if result.outcome == "error" and result.reason == reason:
                    reason = f"the same as {result.name}"
                    break
            unjudged_from = error.revision if isinstance(error, EndedEarly) else None
        found = self.keep(given)
        if outcome == "passed":
            outcome = outcome_of(found, self.fail_on)
        return CheckResult(name, outcome, reason, time.perf_counter() - started, unjudged_from=unjudged_from), found


class ServerOnDemand:
    """The server of one run: opened when it is first asked for, and closed at the end if it is ours.

    Args:
        open_one: starts a server.
        given: a running one to use and leave running instead.
        progress: told when it answers.
        told: what the progress is told in place of the plain summary.

    Attributes:
        summary: what the report says of it; None while it was not needed.
    """

    def __init__(
        self,
        open_one: Callable[[], Server],
        given: Server | None = None,
        progress: Progress | None = None,
        told: Callable[[ServerSummary], ServerSummary] = lambda summary: summary,
    ) -> None:
        self._open_one = open_one
        self._given = given
        self._progress = progress
        self._told = told
        self._server: Server | None = None
        self.summary: ServerSummary | None = None

    def open(self) -> Server:
        """The server.

        Raises:
            VerdictError: none is to be had.
        """
        if self._server is None:
            self._server = self._given or self._open_one()
            self.summary = ServerSummary(self._server.kind, self._server.version, self._server.why)
            if self._progress is not None:
                self._progress.server_ready(self._told(self.summary))
        return self._server

    def close(self) -> list[str]:
        """Close a server of our own; what it leaves is said in the report rather than instead of it."""
        if self._server is None or self._given is not None:
            return []
        try:
            self._server.close()
        except HarnessError as error:
            return [str(error)]
        return []


def project_summary(context: CheckContext) -> ProjectSummary:
    """What the report says of the project, as far as its history can be read."""
    config = context.project.location(context.project.config)
    try:
        history = context.history
    except HarnessError:
        return ProjectSummary(config)
    return ProjectSummary(config, history.heads, len(history.revisions))
