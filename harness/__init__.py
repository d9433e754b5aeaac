"""Migration testing and drift detection for Alembic, SQLAlchemy and PostgreSQL.

The public Python API is `harness.check(...)`, `harness.gate(...)` and `harness.diff(...)`, which return a `Report`.
Names are loaded when first used, because the interpreters that run a user's `env.py` import this package too and should
pay for nothing they do not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.api import check as check
    from harness.api import diff as diff
    from harness.api import gate as gate
    from harness.findings import Finding as Finding
    from harness.findings import HarnessError as HarnessError
    from harness.findings import Location as Location
    from harness.findings import Report as Report
    from harness.findings import Severity as Severity
    from harness.findings import UsageError as UsageError
    from harness.findings import VerdictError as VerdictError

__version__ = "0.1.0"

_HOMES = {
    "check": "harness.api",
    "diff": "harness.api",
    "gate": "harness.api",
    "Finding": "harness.findings",
    "HarnessError": "harness.findings",
    "Location": "harness.findings",
    "Report": "harness.findings",
    "Severity": "harness.findings",
    "UsageError": "harness.findings",
    "VerdictError": "harness.findings",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
