"""JUnit XML, as Jenkins, GitLab and others read it: one test case a check."""

from __future__ import annotations

from xml.etree import ElementTree as xml

from harness.findings import CheckResult, Finding, Report, check_of
from harness.report.console import findings_text
from harness.report.text import plural, printable, server_line, summary


def render(report: Report) -> str:
    """One `<testsuite>` in `<testsuites>`; findings that fail nothing go to the case's `<system-out>`."""
    outcomes = [check.outcome for check in report.checks]
    counts = {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failed")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("skipped")),
        "time": f"{sum(check.seconds for check in report.checks):.3f}",
    }
    totals = {key: value for key, value in counts.items() if key != "skipped"}
    root = xml.Element("testsuites", {"name": "harness", **totals})
    suite = xml.SubElement(root, "testsuite", {"name": "harness", **counts})
    properties = xml.SubElement(suite, "properties")
    xml.SubElement(properties, "property", name="server", value=server_line(report.server))
    xml.SubElement(properties, "property", name="summary", value=printable(summary(report)))
    names = [check.name for check in report.checks]
    for check in report.checks:
        _case(
            suite, check, [one for one in report.findings if (one.database or check_of(one.rule, names)) == check.name]
        )
    xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _case(suite: xml.Element, check: CheckResult, findings: list[Finding]) -> None:
    case = xml.SubElement(suite, "testcase", classname="harness", name=check.name, time=f"{check.seconds:.3f}")
    reason = printable(check.reason or "")
    if check.outcome == "skipped":
        xml.SubElement(case, "skipped", message=reason)
    elif check.outcome == "error":
        xml.SubElement(case, "error", message=reason.partition("\n")[0], type="no verdict").text = reason
    elif check.outcome == "failed":
        failure = xml.SubElement(case, "failure", message=plural(len(findings), "finding"), type="finding")
        failure.text = findings_text(findings)
    if findings and check.outcome != "failed":
        xml.SubElement(case, "system-out").text = findings_text(findings)
