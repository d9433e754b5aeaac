"""What a check is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.findings import Finding, Rule, VerdictError

if TYPE_CHECKING:
    from harness.checks.context import CheckContext as CheckContext


class SkipCheck(Exception):
    """Raised by a check that does not apply to this project; the text is the reason that the report shows."""


class BlockedCheck(Exception):
    """Raised by a check whose ground is missing because of what another check, `by`, reports; the text says what."""

    def __init__(self, by: str, text: str) -> None:
        super().__init__(text)
        self.by = by


class EndedEarly(VerdictError):
    """Raised by a check that judges one revision after the other and could not come to the end of them.

    Args:
        error: why.
        revision: the first without a verdict.
    """

    def __init__(self, error: VerdictError, revision: str) -> None:
        super().__init__(error.message, error.fix, error.detail)
        self.revision = revision


@dataclass(frozen=True)
class Check:
    """One check: its name, one line on what it proves, its rules, and the function that yields its findings.

    `run` may raise `SkipCheck` (it does not apply), `BlockedCheck` (another check's failure is in the way) or a
    `HarnessError` (no verdict could be reached); what it has yielded before is reported all the same.
    `needs_upgrades` says whether it asks for the database at head. `begin` starts, before the first check is run, what
    can be done beside the upgrades.
    """

    name: str
    summary: str
    rules: tuple[Rule, ...]
    run: Callable[[CheckContext], Iterable[Finding]]
    needs_server: bool = True
    needs_upgrades: bool = True
    begin: Callable[[CheckContext], None] | None = None
