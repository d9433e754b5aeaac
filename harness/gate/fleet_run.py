"""One run of the gate on many databases: the ground is laid once, every database is judged, and one report is made."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.baseline import Baseline
from harness.checks.context import CheckContext
from harness.checks.policy import Policy
from harness.checks.running import Progress, ServerOnDemand, project_summary
from harness.comparison.address import Address
from harness.environment import Project
from harness.findings import CheckResult, Finding, Report, ServerSummary, UsageError
from harness.gate.drift import ignored_groups
from harness.gate.expected import Ground
from harness.gate.fleet import Candidate, judge_all
from harness.gate.fleet_rows import findings_of, met_by, notes_of, row_of
from harness.gate.fleet_sweep import Sighting, require_asyncpg, sweep
from harness.gate.judge import CHECK, Asked, Judge
from harness.gate.run import new_ones
from harness.report.text import plural
from harness.server import Server, open_server
from harness.settings import Settings

NAME = "databases"
Find = Callable[[Ground], Sequence[Candidate]]


@dataclass(frozen=True)
class Many:
    """What a run on many databases is made of, besides the databases.

    Attributes:
        settings: the settings in force.
        project: the project whose history they have.
        policy: what the project's settings make of the findings.
        ignore: what the call wants to leave out.
        baseline: the findings that are known.
        jobs: how many are looked at, and judged, at the same time.
        server: a running server for scratch databases, which is left running; one is started if left out.
        server_is_named: whether the caller named it, so that it may be a live server itself.
        progress: told what happens while it happens.
    """

    settings: Settings
    project: Project
    policy: Policy
    ignore: Policy
    baseline: Baseline
    jobs: int = 8
    server: Server | None = None
    server_is_named: bool = False
    progress: Progress | None = None

    def run(self, what: str, asked: Asked, find: Find, *, unit: str) -> Report:
        """Judge candidates.

        Args:
            what: how many of what they are.
            asked: what is asked of each.
            find: gives them.
            unit: what one of them is.

        Raises:
            UsageError: the call or the configuration is wrong.
            VerdictError: there is no verdict on any of them, since `env.py` cannot be run or no server is to be had.
        """
        candidates: Sequence[Candidate] = ()

        def open_one() -> Server:
            return open_server(self.settings, major=next((one.major for one in candidates if one.major), None))

        servers = ServerOnDemand(open_one, self.server, self.progress)
        try:
            with CheckContext(self.settings, self.project, servers.open, self._tell) as context:
                ground = Ground(context, may_share=self.server_is_named)
                if self.progress is not None:
                    self.progress.check_started(NAME)
                candidates = find(ground)
                if set(asked.parts) != {"revision"}:
                    # In the main thread: the server would end with the thread that started it.
                    _ = context.server
                    _require_elsewhere(ground, candidates)
                verdicts = judge_all(candidates, ground, jobs=self.jobs, tell=self.steps(len(candidates), "judged"))
                summary = project_summary(context)
        finally:
            leftovers = servers.close()
        rows = [row_of(verdict, self._keep, self.settings.fail_on) for verdict in verdicts]
        for row in rows:
            if self.progress is not None:
                self.progress.check_finished(row.result, row.findings)
        results = tuple(row.result for row in rows)
        could_be_met = met_by(rows)
        known = self.baseline.close(
            (*results, CheckResult(CHECK, "passed")), out_of_reach=lambda entry: not could_be_met(entry)
        )
        return Report(
            checks=results,
            findings=tuple(findings_of(rows, self.settings.fail_on)),
            project=summary,
            server=_with_live(servers.summary, what),
            notes=(
                *notes_of(verdicts),
                *known,
                *self.ignore.notes([CheckResult(CHECK, result.outcome) for result in results]),
                *context.leftovers,
                *leftovers,
            ),
            known=tuple(self.baseline.known),
            unit=unit,
        )

    def _keep(self, findings: Iterable[Finding]) -> list[Finding]:
        return new_ones(self.baseline, self.ignore.apply(self.policy.apply(findings)))

    def _tell(self, name: str, done: int, total: int, text: str) -> None:
        if self.progress is not None:
            self.progress.step(name, done, total, text)

    def steps(self, total: int, what: str) -> Callable[[int], None]:
        """A function that is called with how many more of so many are done, for those who watch."""
        done = 0

        def step(more: int) -> None:
            nonlocal done
            done += more
            self._tell(NAME, done, total, what)

        return step


@dataclass(frozen=True)
class Database:
    """One database of a list; a `Candidate`."""

    address: Address
    sighting: Sighting | None
    asked: Asked

    @property
    def name(self) -> str:
        """Where it is. Whether a password was given with it says nothing of that: a baseline knows it by this name."""
        return self.address.name.replace(":***@", "@", 1)

    @property
    def kind(self) -> Hashable | None:
        """What the look at it told."""
        return self.sighting

    @property
    def major(self) -> str | None:
        """The major version of its server."""
        return None if self.sighting is None else str(self.sighting.version // 10000)

    @property
    def server_started(self) -> float | None:
        """When its server was started."""
        return None if self.sighting is None else self.sighting.started

    def judge(self, ground: Ground) -> Judge:
        """What judges it."""
        return Judge(ground, self.address, self.asked)

    def told(self, finding: Finding, of: Database) -> Finding:
        """A finding on another that is like it as the finding on it."""
        message, fix, detail = (
            text and text.replace(of.address.name, self.address.name)
            for text in (finding.message, finding.fix, finding.detail)
        )
        return replace(finding, message=message or "", fix=fix, detail=detail)


def run_databases(addresses: Sequence[Address], asked: Asked, many: Many) -> Report:
    """Judge the databases of a list.

    Raises:
        UsageError: the call or the configuration is wrong, or asyncpg is missing.
        VerdictError: see `Many.run`.
    """
    require_asyncpg()

    def find(ground: Ground) -> Sequence[Candidate]:
        tell = many.steps(len(addresses), "looked at")
        sightings = sweep(
            addresses,
            ground.configured,
            # What the comparison leaves out and yet says something of, the version of an extension, makes a difference.
            ignore=ignored_groups(grants=asked.grants, policies=asked.policies) - {"extension-version"},
            timeout=asked.timeout,
            jobs=many.jobs,
            tell=lambda _: tell(1),
        )
        return [Database(*pair, asked) for pair in zip(addresses, sightings, strict=True)]

    return many.run(plural(len(addresses), "database"), asked, find, unit="database")


def _require_elsewhere(ground: Ground, candidates: Sequence[Candidate]) -> None:
    """Refuse to make scratch databases on the server of any of the live databases: those that are alike ask once."""
    here = None if ground.may_share else ground.server_started()
    for candidate in candidates:
        if candidate.server_started is not None and candidate.server_started == here:
            raise UsageError(
                f"The scratch server is the server of the live database {candidate.name}.",
                "Use another one (--server embedded or docker), or name it with --server on the command line if you "
                "mean it.",
            )


def _with_live(scratch: ServerSummary | None, what: str) -> ServerSummary | None:
    if scratch is None:
        return None
    return replace(scratch, why="; ".join(part for part in (scratch.why, f"live: {what}") if part))
