"""The report as one HTML page that needs no other file and no script."""

from __future__ import annotations

from html import escape

from harness.findings import CheckResult, Finding, Report
from harness.report.text import facts, printable, server_line, summary

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --red: #c62828; --amber: #b26a00; --green: #2e7d32; --blue: #1565c0; }
@media (prefers-color-scheme: dark) { :root { --red: #ff8a80; --amber: #ffcc80; --green: #a5d6a7; --blue: #90caf9; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; }
article { border-left: 4px solid var(--line); padding: .1rem 1rem; margin: 1.5rem 0; }
pre { overflow-x: auto; padding: .5rem; border: 1px solid var(--line); } td, dd { white-space: pre-wrap; }
.failed, .error { color: var(--red); } .warning { color: var(--amber); } .passed { color: var(--green); }
.info { color: var(--blue); } article.error { border-color: var(--red); }
article.warning { border-color: var(--amber); }
article.error > *, article.warning > *, article.info > * { color: CanvasText; } article h2 { font-size: 1.05rem; }
"""


def render(report: Report) -> str:
    """A page with the verdict as its title, a table of the checks, and one article a finding."""
    title = _text(summary(report))
    rows = "".join(_row(check) for check in report.checks)
    notes = "".join(f"<p>{_text(note)}</p>\n" for note in report.notes)
    findings = "".join(_article(finding) for finding in report.findings)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1 class="{report.outcome}">{title}</h1>\n<p>{_text(server_line(report.server))}</p>\n'
        f"<table>\n<tr><th>{report.unit}</th><th>outcome</th><th>seconds</th><th></th></tr>\n"
        f"{rows}</table>\n{notes}{findings}</body>\n</html>\n"
    )


def _row(check: CheckResult) -> str:
    return (
        f'<tr><td>{_text(check.name)}</td><td class="{check.outcome}">{check.outcome}</td>'
        f"<td>{check.seconds:.2f}</td><td>{_text(check.reason or '')}</td></tr>\n"
    )


def _article(finding: Finding) -> str:
    where = f" <code>{_text(str(finding.location))}</code>" if finding.location else ""
    pairs = "".join(f"<dt>{label}</dt><dd><code>{_text(value)}</code></dd>" for label, value in facts(finding))
    parts = [f"<h2>{finding.severity.value} <code>{_text(finding.rule)}</code>{where}</h2>"]
    parts.append(f"<p><strong>{_text(finding.message)}</strong></p>")
    if pairs:
        parts.append(f"<dl>{pairs}</dl>")
    if finding.why:
        parts.append(f"<p>{_text(finding.why)}</p>")
    if finding.fix:
        parts.append(f"<p>Fix:</p><pre>{_text(finding.fix)}</pre>")
    if finding.detail:
        parts.append(f"<details><summary>Details</summary><pre>{_text(finding.detail)}</pre></details>")
    body = "\n".join(parts)
    return f'<article class="{finding.severity.value}">\n{body}\n</article>\n'


def _text(text: str) -> str:
    return escape(printable(text))
