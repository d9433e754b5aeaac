"""GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from harness.findings import Report, Severity
from harness.report.text import called, from_repository_root, unfinished

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(report: Report) -> str:
    """A JSON list of issues. GitLab drops an issue without a place: what has none points at the configuration."""
    home = report.project.config if report.project else "alembic.ini"
    issues: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    for finding in report.findings:
        seen[finding.fingerprint] += 1
        path, line = (finding.location.path, finding.location.line) if finding.location else (home, 1)
        issues.append(
            _issue(
                "\n".join(part for part in (finding.message, finding.database, finding.fix) if part),
                finding.rule,
                # GitLab wants every fingerprint once; the first of a kind keeps its own.
                _numbered(finding.fingerprint, seen[finding.fingerprint]),
                _SEVERITIES[finding.severity],
                path,
                line,
            )
        )
    for check in unfinished(report):
        fingerprint = hashlib.sha256(f"no verdict\x1f{check.name}".encode()).hexdigest()[:16]
        message = f"The {called(report, check)} reached no verdict: {check.reason or 'no reason was given'}"
        issues.append(_issue(message, check.name, fingerprint, "blocker", home, 1))
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _issue(description: str, name: str, fingerprint: str, severity: str, path: str, line: int) -> dict[str, Any]:
    return {
        "type": "issue",
        "description": description,
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": severity,
        "categories": ["Bug Risk"],
        "location": {"path": from_repository_root(path, "CI_PROJECT_DIR"), "lines": {"begin": line}},
    }


def _numbered(fingerprint: str, number: int) -> str:
    return fingerprint if number == 1 else f"{fingerprint}-{number}"
