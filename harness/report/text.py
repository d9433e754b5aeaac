"""Words that several formats share: the line about the server, the summary, and text made safe to print."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from harness.findings import CheckResult, Finding, Report, ServerSummary, Severity

# Everything that a terminal may act on and XML forbids; tabs and line feeds stay.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NAMED = 10
# The password part of a URL may hold anything but white space; it ends at the last @ before a slash.
_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s/]*@")


def printable(text: str) -> str:
    """The text with control characters spelled out: a database's content must not steer a terminal or break XML."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text.replace("\r\n", "\n"))


def without_passwords(text: str) -> str:
    """The text with the password of every URL in it replaced by three asterisks."""
    return _PASSWORD.sub(r"\1***@", text)


def plural(count: int, noun: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def server_line(server: ServerSummary | None) -> str:
    """Which server, which version, and why that one."""
    if server is None:
        return "No PostgreSQL server was needed."
    why = f": {server.why}" if server.why else ""
    return printable(f"PostgreSQL {server.version} ({server.kind}){why}")


def counted(report: Report) -> str:
    """`2 errors, 1 warning`; empty when there is no finding."""
    counts = Counter(finding.severity for finding in report.findings)
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    return ", ".join(plural(counts[severity], noun) for severity, noun in nouns.items() if counts[severity])


def summary(report: Report) -> str:
    """One sentence that says how it ended."""
    failed = [check.name for check in report.checks if check.outcome == "failed"]
    unknown = [check.name for check in report.checks if check.outcome == "error"]
    skipped = [check.name for check in report.checks if check.outcome == "skipped"]
    passed = len(report.checks) - len(failed) - len(unknown) - len(skipped)
    total = plural(len(report.checks), report.unit)
    found = counted(report)
    if not report.checks:
        return "No check was run."
    if unknown:
        done = "completed" if report.unit == "check" else "judged"
        rest = [f"{len(failed)} failed ({_some(failed)})"] if failed else []
        rest += [f"{found} found"] if found else []
        told = f"No verdict: {len(unknown)} of {total} could not be {done} ({_some(unknown)})"
        return "; ".join([told, *rest]) + "."
    if failed:
        return f"Failed: {len(failed)} of {total} ({_some(failed)}), with {found or 'no finding shown'}."
    told = f"All {total} passed" if not skipped and passed > 1 else f"{plural(passed, report.unit)} passed"
    if skipped:
        told += f", {len(skipped)} skipped ({_some(skipped)})"
    return f"{told}{f', with {found}' if found else ''}."


def _some(names: list[str]) -> str:
    """Names in one sentence, which a run on hundreds of databases would otherwise fill."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def place(finding: Finding) -> str:
    """What a finding is about, in one phrase: the object, else the revision, else nothing."""
    if finding.object is not None:
        return f"{finding.object.kind} {finding.object}"
    return f"revision {finding.revision}" if finding.revision else ""


def facts(finding: Finding) -> list[tuple[str, str]]:
    """The labelled short parts of a finding that are there, in the order in which people read them.

    Of an attribute that differs both sides are told, also the one that does not have it.
    """
    sides = [("expected", finding.expected), ("actual", finding.actual)]
    if finding.attribute and any(value is not None for _, value in sides):
        sides = [(label, "(not set)" if value is None else value or "(empty)") for label, value in sides]
    pairs = [
        ("object", place(finding) if finding.object is not None else None),
        ("revision", finding.revision),
        ("database", finding.database),
        *sides,
    ]
    return [(label, value) for label, value in pairs if value]


def called(report: Report, check: CheckResult) -> str:
    """A check with what it is: `check drift`, `database app`; a schema's name says it already."""
    return check.name if check.name.startswith(f"{report.unit} ") else f"{report.unit} {check.name}"


def unfinished(report: Report) -> list[CheckResult]:
    """The checks that reached no verdict."""
    return [check for check in report.checks if check.outcome == "error"]


def from_repository_root(path: str, variable: str, environment: Mapping[str, str] | None = None) -> str:
    """A finding's path as a CI service wants it: relative to the root of the checkout, with forward slashes.

    Args:
        path: relative to the working directory, as in `Location`.
        variable: the environment variable in which the service names the root (`GITHUB_WORKSPACE`, `CI_PROJECT_DIR`).
        environment: the variables to read; `os.environ` if left out.
    """
    root = (os.environ if environment is None else environment).get(variable)
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve would follow links out of the checkout
    if root and absolute.is_relative_to(root):
        return absolute.relative_to(root).as_posix()
    return Path(path).as_posix()
