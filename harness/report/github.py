"""GitHub Actions annotations: one workflow command a finding, shown by GitHub on the changed lines.

The syntax and its escapes: https://docs.github.com/actions/reference/workflow-commands-for-github-actions. GitHub shows
at most ten annotations of a kind for a step, so the worst come first.
"""

from __future__ import annotations

from harness.findings import Finding, Report, Severity
from harness.report.text import facts, from_repository_root, printable, unfinished

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> str:
    """Workflow commands, one a line; empty when there is nothing to say."""
    lines = [
        _command(
            "error", {"title": f"harness: {check.name} reached no verdict"}, check.reason or "No reason was given."
        )
        for check in unfinished(report)
    ]
    worst_first = sorted(report.findings, key=lambda finding: -finding.severity.rank)
    lines += [_annotation(finding) for finding in worst_first]
    return "".join(line + "\n" for line in lines)


def _annotation(finding: Finding) -> str:
    properties = {}
    if finding.location is not None:
        properties["file"] = from_repository_root(finding.location.path, "GITHUB_WORKSPACE")
        properties["line"] = str(finding.location.line)
        properties["endLine"] = str(finding.location.end_line or finding.location.line)
    properties["title"] = finding.rule
    body = [finding.message, *(f"{label}: {value}" for label, value in facts(finding))]
    if finding.fix:
        body.append(f"fix: {finding.fix}")
    return _command(_COMMANDS[finding.severity], properties, "\n".join(body))


def _command(name: str, properties: dict[str, str], message: str) -> str:
    said = ",".join(f"{key}={_escape(value, ':,')}" for key, value in properties.items())
    return f"::{name} {said}::{_escape(message)}"


def _escape(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return printable(text)
