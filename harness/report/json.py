"""The report as JSON, as the contract has it (`Report.to_dict`)."""

from __future__ import annotations

import json

from harness.findings import Report


def render(report: Report) -> str:
    """The report as one JSON document."""
    return json.dumps(report.to_dict(), indent=2, ensure_ascii=False) + "\n"
