"""What the checks of models stand on: a MetaData that `env.py` passes."""

from __future__ import annotations

from collections.abc import Sequence

from harness.checks.base import SkipCheck
from harness.environment.records import Configured
from harness.findings import VerdictError


def require_metadata(configured: Sequence[Configured]) -> None:
    """Make sure that `env.py` passes a MetaData to compare with.

    Raises:
        SkipCheck: it passes none.
        VerdictError: it passes something else.
    """
    for one in configured:
        require_no_fault(one.metadata_fault)
    if all(one.metadata_tables is None for one in configured):
        raise SkipCheck("env.py passes no target_metadata, so there is nothing to compare with")


def require_no_fault(fault: tuple[str, str] | None) -> None:
    """Make sure that what `env.py` passes is a MetaData; see `Configured.metadata_fault`.

    Raises:
        VerdictError: it is something else.
    """
    if fault is not None:
        what, fix = fault
        raise VerdictError(f"env.py passes {what} as target_metadata, which is no MetaData.", fix)
