"""One test a check: `from harness.testing import *` in `tests/test_migrations.py`, then `pytest -k migrations`.

All of them read one report of one run (the fixture `migration_report`), and fail with the findings as `harness check`
prints them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from harness.checks import check_names
from harness.pytest_plugin import CHECK_ATTRIBUTE
from harness.report.console import findings_text
from harness.report.text import printable

if TYPE_CHECKING:
    from harness.findings import Report


def _test_of(check: str) -> Callable[[Report], None]:
    def test(migration_report: Report) -> None:
        __tracebackhide__ = True
        result = next((result for result in migration_report.checks if result.name == check), None)
        if result is None:
            pytest.skip(f"{check} is left out: see select and skip in the settings")
        findings = [finding for finding in migration_report.findings if finding.check == check]
        if result.outcome == "skipped":
            pytest.skip(result.reason or "does not apply")
        if result.outcome == "error":
            pytest.fail(f"No verdict: {printable(result.reason or 'no reason was given')}", pytrace=False)
        if result.outcome == "failed":
            pytest.fail(findings_text(findings), pytrace=False)
        if findings:
            print(findings_text(findings))  # what does not fail is shown by `pytest -rP`

    name = f"test_migrations_{check.replace('-', '_')}"
    test.__name__ = test.__qualname__ = name
    test.__doc__ = f"The check `{check}` of harness finds nothing."
    setattr(test, CHECK_ATTRIBUTE, check)
    return test


_TESTS = {test.__name__: test for test in map(_test_of, check_names())}
globals().update(_TESTS)

__all__ = list(_TESTS)
