"""`harness.check(...)` runs the checks on a project, `harness.gate(...)` judges a live database, `harness.diff(...)`
compares two databases: each gives a report.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from harness.baseline import Baseline, open_baseline
from harness.checks import selected_checks, writing
from harness.checks.base import Check
from harness.checks.context import CheckContext
from harness.checks.policy import Policy
from harness.checks.running import Progress, Runner, ServerOnDemand, project_summary
from harness.environment import Project, find_project
from harness.findings import Finding, Report, Severity, UsageError
from harness.server import Server, open_server
from harness.settings import Settings, load


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


def gate(
    url: str | None = None,
    *,
    databases: str | Sequence[str] | None = None,
    schemas: str | None = None,
    jobs: int = 8,
    directory: Path | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    server: Server | str | None = None,
    server_is_named: bool | None = None,
    select: Sequence[str] = (),
    skip: Sequence[str] = (),
    stands_at: Sequence[str] = (),
    target: str | None = None,
    grants: bool = True,
    policies: bool = True,
    skip_unreadable: bool = False,
    ignore: Sequence[str] = (),
    write_baseline: str | None = None,
    **overrides: Any,
) -> Report:
    """May this live database be upgraded, now? It is only read.

    Args:
        url: the live database, in any form that libpq takes, or with a SQLAlchemy driver.
        databases: many live databases in its place: their URLs, or the path of a file with one a line.
        schemas: a glob on the names of schemas of `url`, each to be judged as a tenant of its own.
        jobs: how many of them are judged at the same time.
        directory: the working directory of the project; the current one if left out.
        settings: the settings; loaded from `pyproject.toml` and the environment if left out. Their `select`, `skip`,
            `from` and `to` are for `check` and have no say here.
        progress: told what happens while it happens.
        server: a running server for scratch databases, which is left running, or what the setting `server` says; one
            is started and ended if left out.
        server_is_named: whether that server may be the one of the live database; it may if `server` is given here.
        select, skip: which parts are judged: `revision`, `drift`, `rehearsal`.
        stands_at: revisions that the database is to be taken to stand at, in place of what its version table says.
        target: the revision that the deploy leads to; the heads if left out.
        grants, policies: whether privileges, and policies with row security, are compared.
        skip_unreadable: leave out what the role may not read, and say so in a note, instead of giving up.
        ignore: globs of findings to leave out, besides those of the settings.
        write_baseline: the file to record the findings in, all of which are then known.
        overrides: fields of `Settings`, which win over what is loaded.

    Raises:
        UsageError: the call or the configuration is wrong, or the scratch server would be the live one.
        VerdictError: nothing could be judged.
    """
    from harness.comparison.address import read_address
    from harness.gate.fleet_list import read_databases
    from harness.gate.fleet_run import Many, run_databases
    from harness.gate.fleet_tenants import run_schemas
    from harness.gate.judge import Asked, selected_parts
    from harness.gate.run import run_gate

    where = (directory or Path.cwd()).resolve()
    if server_is_named is None:
        server_is_named = server is not None
    if isinstance(server, str):
        overrides, server = {**overrides, "server": server}, None
    if settings is None:
        settings = load(where, **overrides)
    elif overrides:
        raise UsageError("Give either settings or single options, not both.")
    asked = Asked(
        parts=selected_parts(select, skip),
        stands_at=tuple(stands_at),
        target=target,
        grants=grants,
        policies=policies,
        skip_unreadable=skip_unreadable,
        timeout=settings.timeout,
    )
    call: dict[str, Any] = {
        "settings": settings,
        "project": find_project(settings, where),
        "policy": Policy(settings.ignore, settings.severity, _rule_names),
        "ignore": Policy(ignore, {}, _rule_names),
        "baseline": open_baseline(where, settings.baseline, write_baseline),
        "server": server,
        "server_is_named": server_is_named,
        "progress": progress,
    }
    if databases is not None and url is None:
        return run_databases(read_databases(databases), asked, Many(jobs=jobs, **call))
    if databases is not None or url is None:
        raise UsageError("The gate judges either one database or a list of them.", "Give a URL, or --databases FILE.")
    if schemas is not None:
        return run_schemas(read_address(url), schemas, asked, Many(jobs=jobs, **call))
    return run_gate(read_address(url), asked, **call)


def _rule_names() -> Sequence[str]:
    from harness.catalogue import rule_names

    return rule_names()


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
        self._servers = ServerOnDemand(lambda: open_server(settings), server, progress)
        self._write_revision = write_revision
        self._baseline = baseline
        self._policy = Policy(settings.ignore, settings.severity, _rule_names)

    def report(self) -> Report:
        try:
            with CheckContext(self._settings, self._project, self._servers.open, self._tell) as context:
                # Started before the server, so that the two get ready side by side.
                if any(check.needs_server and check.needs_upgrades for check in self._checks):
                    context.prepare()
                for check in self._checks:
                    if check.begin is not None:
                        check.begin(context)
                runner = Runner(self._keep, self._settings.fail_on, self._progress)
                results, findings = runner.run((check.name, partial(check.run, context)) for check in self._checks)
                summary = project_summary(context)
                # What is known is still to be repaired; what is right as it is stands in `ignore`.
                told = [*findings, *self._baseline.known]
                written = [writing.write_revision(context, self._write_revision, told)] if self._write_revision else []
        finally:
            leftovers = self._servers.close()
        is_partial = self._settings.from_revision is not None or self._settings.to_revision is not None
        known = self._baseline.close(results, out_of_reach=lambda entry: is_partial and bool(entry.revision))
        notes = (*written, *known, *self._policy.notes(results), *context.leftovers, *leftovers)
        server = self._servers.summary
        return Report(tuple(results), tuple(findings), summary, server, notes, known=tuple(self._baseline.known))

    def _keep(self, findings: Iterable[Finding]) -> list[Finding]:
        return self._baseline.apply(self._policy.apply(findings))

    def _tell(self, name: str, done: int, total: int, text: str) -> None:
        if self._progress is not None:
            self._progress.step(name, done, total, text)
