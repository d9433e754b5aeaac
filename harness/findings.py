"""The words that every room of the house speaks: findings, their parts, and the errors that end a run.

Nothing here knows of Alembic, PostgreSQL, terminals or pytest. A check yields `Finding`s; a `Report` gathers them with
the outcome of every check, and turns them into the JSON that the contract describes (`Report.to_dict`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, Literal

SCHEMA_VERSION = 1
FINGERPRINT_SCHEME = "1"

CheckOutcome = Literal["passed", "failed", "skipped", "error"]
ReportOutcome = Literal["passed", "failed", "error"]


class HarnessError(Exception):
    """Something kept `harness` from its job. One plain sentence, then what to do about it.

    Args:
        message: what happened, one sentence.
        fix: what the user can type or change; empty when there is nothing to say.
        detail: longer material shown below (a server's log, a traceback of the user's code).
    """

    exit_code = 3

    def __init__(self, message: str, fix: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.detail = detail

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.fix) if part)


class UsageError(HarnessError):
    """The call or the configuration is wrong (exit code 2)."""

    exit_code = 2


class VerdictError(HarnessError):
    """A verdict could not be reached: no server, a crashed `env.py`, an unreachable database (exit code 3)."""


class Severity(str, Enum):
    """How much a finding matters; ordered, `error` being the greatest."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return ("info", "warning", "error").index(self.value)


@dataclass(frozen=True)
class Location:
    """A place in the user's repository: a path relative to the working directory, and lines counted from 1."""

    path: str
    line: int
    end_line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class DatabaseObject:
    """The identity of an object in a database, as people name it."""

    kind: str
    name: str
    schema: str | None = None
    table: str | None = None

    def __str__(self) -> str:
        return ".".join(part for part in (self.schema, self.table, self.name) if part)


@dataclass(frozen=True)
class Finding:
    """One thing that a check reports.

    `expected` is what the models (or the history) say, `actual` what the database under test has. `why` says why it
    matters, `fix` what to type, `detail` holds longer material such as the SQL that failed. `database` is set where one
    run judges many: it tells which of them, without a password.
    """

    rule: str
    severity: Severity
    message: str
    object: DatabaseObject | None = None
    attribute: str | None = None
    expected: str | None = None
    actual: str | None = None
    revision: str | None = None
    location: Location | None = None
    fix: str | None = None
    why: str | None = None
    detail: str | None = None
    database: str | None = None

    @property
    def check(self) -> str:
        """The check that reports it: the first part of the rule's name."""
        return self.rule.partition(".")[0]

    @property
    def fingerprint(self) -> str:
        """A short hash that stays the same for as long as rule, object and revision do (and the database, if it is
        set).
        """
        database_object = self.object
        parts = [FINGERPRINT_SCHEME, self.rule, self.revision or ""]
        if database_object is not None:
            parts += [
                database_object.kind,
                database_object.schema or "",
                database_object.table or "",
                database_object.name,
            ]
        if self.database is not None:
            parts.append(self.database)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """The finding as the contract's JSON has it."""
        result: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Severity):
                value = value.value
            elif isinstance(value, (DatabaseObject, Location)):
                value = {part.name: getattr(value, part.name) for part in fields(value)}
            result[item.name] = value
            if item.name == "rule":
                result["check"] = self.check
        result["fingerprint"] = self.fingerprint
        return result

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Finding:
        """The inverse of `to_dict`; keys that it does not know are ignored."""
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        values["severity"] = Severity(values["severity"])
        if values.get("object") is not None:
            values["object"] = DatabaseObject(**values["object"])
        if values.get("location") is not None:
            values["location"] = Location(**values["location"])
        return cls(**values)


@dataclass(frozen=True)
class Rule:
    """A named kind of finding: one line that says what it is, and why it matters.

    Every check declares its rules as module constants, so that `harness rules` can list and explain them.
    """

    name: str
    severity: Severity
    summary: str
    why: str

    def finding(self, message: str, *, severity: Severity | None = None, **parts: Any) -> Finding:
        """A finding of this rule; `parts` are the remaining fields of `Finding`."""
        parts.setdefault("why", self.why)
        return Finding(rule=self.name, severity=severity or self.severity, message=message, **parts)


@dataclass(frozen=True)
class CheckResult:
    """What became of one check: its outcome, the reason for a skip or an error, and wall time in seconds.

    A check that judges one revision after the other and ended early has a verdict on those before `unjudged_from`.
    """

    name: str
    outcome: CheckOutcome
    reason: str | None = None
    seconds: float = 0.0
    unjudged_from: str | None = None


@dataclass(frozen=True)
class ProjectSummary:
    """What the report says of the project."""

    config: str
    heads: Sequence[str] = ()
    revisions: int = 0


@dataclass(frozen=True)
class ServerSummary:
    """What the report says of the server; `why` tells why this one was chosen."""

    kind: str
    version: str
    why: str = ""


@dataclass(frozen=True)
class Report:
    """The result of a run: every check with its outcome, and every finding; `known` are those that a baseline has.

    `unit` is what `checks` has one of each for, in the words of a text: a check, or, where one run judges many, a
    database or a schema. The JSON does not tell.
    """

    checks: Sequence[CheckResult] = ()
    findings: Sequence[Finding] = ()
    project: ProjectSummary | None = None
    server: ServerSummary | None = None
    notes: Sequence[str] = field(default=())
    known: Sequence[Finding] = ()
    unit: str = "check"

    @property
    def outcome(self) -> ReportOutcome:
        """`error` when a check that was asked for reached no verdict, `failed` when one failed, else `passed`."""
        outcomes = {check.outcome for check in self.checks}
        if "error" in outcomes:
            return "error"
        return "failed" if "failed" in outcomes else "passed"

    def at_or_above(self, severity: Severity) -> list[Finding]:
        """The findings at or above a severity."""
        return [finding for finding in self.findings if finding.severity.rank >= severity.rank]

    def exit_code(self, fail_on: Severity = Severity.ERROR) -> int:
        """0: nothing at or above `fail_on`; 1: findings; 3: something that was asked for reached no verdict."""
        if self.outcome == "error":
            return 3
        return 1 if self.at_or_above(fail_on) else 0

    def to_dict(self) -> dict[str, Any]:
        """The report as the contract's JSON has it."""
        from harness import __version__

        project, server = self.project, self.server
        return {
            "schema_version": SCHEMA_VERSION,
            "tool": {"name": "harness", "version": __version__},
            "outcome": self.outcome,
            "project": project
            and {"config": project.config, "heads": list(project.heads), "revisions": project.revisions},
            "server": server and {"kind": server.kind, "version": server.version, "why": server.why},
            "checks": [
                {
                    "name": check.name,
                    "outcome": check.outcome,
                    "reason": check.reason,
                    "seconds": round(check.seconds, 3),
                    "unjudged_from": check.unjudged_from,
                }
                for check in self.checks
            ],
            "findings": [finding.to_dict() for finding in self.findings],
            "known": [finding.to_dict() for finding in self.known],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """The inverse of `to_dict`."""
        project, server = data.get("project"), data.get("server")
        return cls(
            checks=tuple(CheckResult(**check) for check in data["checks"]),
            findings=tuple(Finding.from_dict(finding) for finding in data["findings"]),
            project=ProjectSummary(**project) if project else None,
            server=ServerSummary(**server) if server else None,
            notes=tuple(data.get("notes", ())),
            known=tuple(Finding.from_dict(finding) for finding in data.get("known", ())),
        )


def check_of(rule: str, names: Sequence[str]) -> str | None:
    """Which of a run's checks reports a rule: the one that its name begins with, or the first of the same family.

    The gate is judged in parts, `gate.drift` among them; what begins with none of them (`gate.pending`) is its first
    part's.
    """
    begun = [name for name in names if rule == name or rule.startswith((f"{name}.", f"{name}-"))]
    family = [name for name in names if name.partition(".")[0] == rule.partition(".")[0]]
    return max(begun, key=len) if begun else next(iter(family), None)


def outcome_of(findings: Iterable[Finding], fail_on: Severity = Severity.ERROR) -> CheckOutcome:
    """`failed` if any finding is at or above `fail_on`, else `passed`."""
    return "failed" if any(finding.severity.rank >= fail_on.rank for finding in findings) else "passed"
