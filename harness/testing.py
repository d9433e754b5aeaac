"""One test a check, and one a revision for `round-trip`: `from harness.testing import *` in `tests/test_migrations.py`,
then `pytest -k migrations`.

All of them read one report of one run (the fixture `migration_report`), and fail with the findings as `harness check`
prints them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

import pytest

from harness.checks import check_names
from harness.findings import outcome_of
from harness.pytest_plugin import CHECK_ATTRIBUTE
from harness.report.console import findings_text
from harness.report.text import printable
from harness.testbed.revisions import CHECK as ONE_A_REVISION

if TYPE_CHECKING:
    from harness.findings import CheckOutcome, CheckResult, Finding, Report
    from harness.testbed.revisions import Part


def _test_of(check: str) -> Callable[..., None]:
    def test(migration_report: Report) -> None:
        result = _result(migration_report, check)
        findings = [finding for finding in migration_report.findings if finding.check == check]
        if result.outcome == "error":
            _no_verdict(result, findings)
        _judge(findings, result.outcome)

    def test_part(migration_report: Report, harness_part: Part) -> None:
        result = _result(migration_report, check)
        findings = harness_part.of(finding for finding in migration_report.findings if finding.check == check)
        if not harness_part.is_judged_in(result):
            _no_verdict(result, findings, brief=harness_part.revision is not None)
        end = harness_part.not_tried_for((*migration_report.findings, *migration_report.known))
        if end is not None:
            pytest.fail(f"Not tried: the walk ended at revision {printable(end)}, see its test.", pytrace=False)
        _judge(findings, outcome_of(findings, harness_part.fail_on))

    made: Callable[..., None] = test_part if check == ONE_A_REVISION else test
    made.__name__ = made.__qualname__ = f"test_migrations_{check.replace('-', '_')}"
    made.__doc__ = f"The check `{check}` of harness finds nothing."
    setattr(made, CHECK_ATTRIBUTE, check)
    return made


def _result(report: Report, check: str) -> CheckResult:
    """What became of a check; the test ends here where it was not run."""
    result = next((result for result in report.checks if result.name == check), None)
    if result is None:
        pytest.skip(f"{check} is left out: see select and skip in the settings")
    if result.outcome == "skipped":
        pytest.skip(result.reason or "does not apply")
    return result


def _no_verdict(result: CheckResult, findings: Sequence[Finding], *, brief: bool = False) -> NoReturn:
    """Fail with the reason, and with what was found all the same.

    Args:
        brief: say only the first line of the reason, since another test says it whole.
    """
    reason = printable(result.reason or "no reason was given")
    told = [
        f"No verdict: {reason.splitlines()[0] if brief else reason}",
        *([findings_text(findings)] if findings else []),
    ]
    pytest.fail("\n\n".join(told), pytrace=False)


def _judge(findings: Sequence[Finding], outcome: CheckOutcome) -> None:
    if outcome == "failed":
        pytest.fail(findings_text(findings), pytrace=False)
    if findings:
        print(findings_text(findings))  # what does not fail is shown by `pytest -rP`


_TESTS = {test.__name__: test for test in map(_test_of, check_names())}
globals().update(_TESTS)

__all__ = list(_TESTS)
