"""The report as GitHub-flavoured Markdown: for a pull request's comment or a job's summary."""

from __future__ import annotations

import re

from harness.findings import CheckResult, Finding, Report
from harness.report.text import facts, printable, server_line, summary

_MARKS = {"passed": "✅", "failed": "❌", "skipped": "➖", "error": "⚠️"}


def render(report: Report) -> str:
    """A heading with the verdict, a table of the checks, and the findings, each with its details folded."""
    blocks = [f"## Migrations: {_text(summary(report))}", _text(server_line(report.server))]
    if report.checks:
        rows = [f"| | {report.unit} | seconds | |", "|---|---|---:|---|", *(_row(check) for check in report.checks)]
        blocks.append("\n".join(rows))
    blocks += [f"> {_text(note)}" for note in report.notes]
    blocks += [_finding(finding) for finding in report.findings]
    return "\n\n".join(blocks) + "\n"


def _row(check: CheckResult) -> str:
    reason = _text(check.reason or "").replace("|", "\\|")
    return f"| {_MARKS[check.outcome]} | {check.name} | {check.seconds:.2f} | {reason} |"


def _finding(finding: Finding) -> str:
    where = f" ({_code(str(finding.location))})" if finding.location else ""
    lines = [f"### {finding.severity.value} {_code(finding.rule)}{where}", "", _text(finding.message)]
    pairs = facts(finding)
    if pairs:
        lines += ["", *(f"- {label}: {_code(value)}" for label, value in pairs)]
    if finding.why:
        lines += ["", _text(finding.why)]
    if finding.fix:
        lines += ["", "Fix:", "", _fenced(finding.fix)]
    if finding.detail:
        lines += ["", "<details><summary>Details</summary>", "", _fenced(finding.detail), "", "</details>"]
    return "\n".join(lines)


def _text(text: str) -> str:
    """Prose on one line, with the characters that Markdown or HTML would take for their own escaped."""
    text = " ".join(printable(text).split())
    return re.sub(r"([\\`*_\[\]<>#~@])", _escaped, text)


def _escaped(match: re.Match[str]) -> str:
    # A backslash does not keep GitHub from notifying a user who is called like a decorator: an empty comment does.
    return "@<!-- -->" if match[1] == "@" else f"\\{match[1]}"


def _code(text: str) -> str:
    """A code span that holds the text whatever backticks are in it."""
    text = " ".join(printable(text).split())
    ticks = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _fenced(text: str) -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}\n{printable(text).strip(chr(10))}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
