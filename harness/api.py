"""`harness.check(...)` runs the checks on a project, `harness.diff(...)` compares two databases: both give a report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from harness.baseline import Baseline, open_baseline
from harness.checks import selected_checks, writing
from harness.checks.base import BlockedCheck, Check, SkipCheck
from harness.checks.context import CheckContext
from harness.checks.policy import Policy
from harness.environment import Project, find_project
from harness.findings import (
    CheckOutcome,
    CheckResult,
    Finding,
    HarnessError,
    ProjectSummary,
    Report,
    ServerSummary,
    Severity,
    UsageError,
    outcome_of,
)
from harness.server import Server, open_server
from harness.settings import Settings, load


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


def check(
    *,
    directory: Path | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    server: Server | str | None = None,
    write_revision: str | None = None,
    write_baseline: str | None = None,
    **overrides: Any,
) -> Report:
    """Run the checks that need no live database.

    Args:
        directory: the working directory of the project; the current one if left out.
        settings: the settings; loaded from `pyproject.toml` and the environment if left out.
        progress: told what happens while it happens.
        server: a running server to use and leave running, or what the setting `server` says (`embedded`, a URL, …);
            one is started and ended if left out.
        write_revision: the message of a revision to write that repairs what `drift` finds; none is written if left out.
        write_baseline: the file to record the findings in, all of which are then known; the setting `baseline` names
            the file to read.
        overrides: fields of `Settings`, which win over what is loaded.

    Raises:
        UsageError: the call or the configuration is wrong.
        VerdictError: nothing could be judged, for instance because no server can be had.
    """
    where = (directory or Path.cwd()).resolve()
    if isinstance(server, str):
        overrides, server = {**overrides, "server": server}, None
    if settings is None:
        settings = load(where, **overrides)
    elif overrides:
        raise UsageError("Give either settings or single options, not both.")
    checks = selected_checks(settings.select, settings.skip)
    project = find_project(settings, where)
    if write_revision is not None and all(check.name != "drift" for check in checks):
        raise UsageError("A revision can only be written when drift is checked.", "Select drift, or do not skip it.")
    baseline = open_baseline(where, settings.baseline, write_baseline)
    return _Run(settings, project, checks, progress, server, write_revision, baseline).report()


def diff(
    url_a: str,
    url_b: str,
    *,
    ignore: Sequence[str] = (),
    fail_on: Severity = Severity.ERROR,
    timeout: float = 300.0,
    skip_unreadable: bool = False,
    baseline: str | None = None,
    write_baseline: str | None = None,
) -> Report:
    """Compare the schemas of two databases, both only read.

    Args:
        url_a: the database that is as it should be: its URL, or the path of a snapshot.
        url_b: the database under test, in the same forms.
        ignore: globs of what to leave out, as in the setting `ignore`: a rule, an object, or `rule:object`.
        fail_on: the lowest severity with which the report counts as failed.
        timeout: seconds that one query may take.
        skip_unreadable: leave out what a role may not read, and say so in a note, instead of giving up.
        baseline: the file with the findings that are known.
        write_baseline: the file to record the findings in, all of which are then known.

    Raises:
        UsageError: a URL or file cannot be used, both name the same database, or a server is too old.
        VerdictError: a database cannot be reached or read.
    """
    from harness.comparison import compare

    return compare(
        url_a,
        url_b,
        ignore=ignore,
        fail_on=fail_on,
        timeout=timeout,
        skip_unreadable=skip_unreadable,
        baseline=open_baseline(Path.cwd(), baseline, write_baseline),
    ).report


class _Run:
    def __init__(
        self,
        settings: Settings,
        project: Project,
        checks: Sequence[Check],
        progress: Progress | None,
        server: Server | None,
        write_revision: str | None,
        baseline: Baseline,
    ) -> None:
        self._settings = settings
        self._project = project
        self._checks = checks
        self._progress = progress
        self._given = server
        self._write_revision = write_revision
        self._baseline = baseline
        self._policy = Policy(settings.ignore, settings.severity)
        self._server: Server | None = None
        self._summary: ServerSummary | None = None

    def report(self) -> Report:
        try:
            with CheckContext(self._settings, self._project, self._open_server, self._tell) as context:
                # Started before the server, so that the two get ready side by side.
                if any(check.needs_server and check.needs_upgrades for check in self._checks):
                    context.prepare()
                results, findings = self._run_all(context)
                summary = self._project_summary(context)
                # What is known is still to be repaired; what is right as it is stands in `ignore`.
                told = [*findings, *self._baseline.known]
                written = [writing.write_revision(context, self._write_revision, told)] if self._write_revision else []
        finally:
            leftovers = self._close_server()
        partial = self._settings.from_revision is not None or self._settings.to_revision is not None
        known = self._baseline.close(results, out_of_reach=lambda entry: partial and bool(entry.revision))
        notes = (*written, *known, *self._policy.notes(results), *context.leftovers, *leftovers)
        return Report(tuple(results), tuple(findings), summary, self._summary, notes, known=tuple(self._baseline.known))

    def _tell(self, name: str, done: int, total: int, text: str) -> None:
        if self._progress is not None:
            self._progress.step(name, done, total, text)

    def _close_server(self) -> list[str]:
        """Close a server of our own; what it leaves is said in the report rather than instead of it."""
        if self._server is None or self._given is not None:
            return []
        try:
            self._server.close()
        except HarnessError as error:
            return [str(error)]
        return []

    def _open_server(self) -> Server:
        self._server = self._given or open_server(self._settings)
        self._summary = ServerSummary(self._server.kind, self._server.version, self._server.why)
        if self._progress is not None:
            self._progress.server_ready(self._summary)
        return self._server

    def _run_all(self, context: CheckContext) -> tuple[list[CheckResult], list[Finding]]:
        results: list[CheckResult] = []
        findings: list[Finding] = []
        for check in self._checks:
            if self._progress is not None:
                self._progress.check_started(check.name)
            result, found = self._run_one(check, context, results)
            results.append(result)
            findings += found
            if self._progress is not None:
                self._progress.check_finished(result, found)
        return results, findings

    def _run_one(
        self, check: Check, context: CheckContext, earlier: Sequence[CheckResult]
    ) -> tuple[CheckResult, list[Finding]]:
        started = time.perf_counter()
        found: list[Finding] = []
        reason: str | None = None
        outcome: CheckOutcome
        try:
            found = self._baseline.apply(self._policy.apply(check.run(context)))
            outcome = outcome_of(found, self._settings.fail_on)
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
        return CheckResult(check.name, outcome, reason, time.perf_counter() - started), found

    def _project_summary(self, context: CheckContext) -> ProjectSummary:
        config = self._project.location(self._project.config)
        try:
            history = context.history
        except HarnessError:
            return ProjectSummary(config)
        return ProjectSummary(config, history.heads, len(history.revisions))
