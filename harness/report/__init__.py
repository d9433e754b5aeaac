"""A report on paper: one file a format, all reached through `render`.

A format is a function from a `Report` to text. It is imported when asked for, so that a run on the console pays for no
other.
"""

from __future__ import annotations

from importlib import import_module

from harness.findings import Report, UsageError

FORMATS = ("console", "json", "markdown", "html", "sarif", "github", "gitlab", "junit")


def render(report: Report, format_name: str) -> str:
    """A report in one of `FORMATS`, as text that ends with a line feed (or is empty: `github` when all is well).

    Raises:
        UsageError: there is no such format.
    """
    if format_name not in FORMATS:
        raise UsageError(f"There is no format {format_name!r}.", f"Use one of {', '.join(FORMATS)}.")
    text: str = import_module(f"harness.report.{format_name}").render(report)
    return text
