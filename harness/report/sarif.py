"""SARIF 2.1.0, as GitHub code scanning and others read it.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from harness.findings import Finding, Report, Severity
from harness.report.text import facts, from_repository_root, unfinished

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: Report) -> str:
    """One SARIF log with one run; checks without a verdict are notifications of a run that did not succeed."""
    from harness import __version__

    rules = list(dict.fromkeys(finding.rule for finding in report.findings))
    whys = {finding.rule: finding.why for finding in reversed(report.findings)}
    home = report.project.config if report.project else "alembic.ini"
    notifications = [
        {
            "level": "error",
            "descriptor": {"id": check.name},
            "message": {"text": f"{check.name} reached no verdict: {check.reason or 'no reason was given'}"},
        }
        for check in unfinished(report)
    ]
    run = {
        "tool": {
            "driver": {
                "name": "harness",
                "version": __version__,
                "rules": [_rule(name, whys[name]) for name in rules],
            }
        },
        "invocations": [{"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}],
        "results": [_result(finding, rules.index(finding.rule), home) for finding in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(name: str, why: str | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": name, "shortDescription": {"text": name}}
    if why:
        rule["fullDescription"] = {"text": why}
        rule["help"] = {"text": why}
    return rule


def _result(finding: Finding, index: int, home: str) -> dict[str, Any]:
    lines = [finding.message, *(f"{label}: {value}" for label, value in facts(finding))]
    if finding.fix:
        lines.append(f"fix: {finding.fix}")
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(lines)},
        "locations": [{"physicalLocation": _physical(finding, home)}],
        "partialFingerprints": {"harness/v1": finding.fingerprint},
    }


def _physical(finding: Finding, home: str) -> dict[str, Any]:
    # Code scanning refuses a result without a place: what has none belongs to the project's configuration.
    location = finding.location
    path = from_repository_root(location.path if location else home, "GITHUB_WORKSPACE")
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(path)}}
    if location is not None:
        physical["region"] = {"startLine": location.line, "endLine": location.end_line or location.line}
    return physical
