"""The user's Alembic side: finding the project, running its unmodified `env.py` redirected, and walking its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.environment.not_run import RunFailed as RunFailed
    from harness.environment.project import Project as Project
    from harness.environment.project import find_project as find_project
    from harness.environment.records import Configured as Configured
    from harness.environment.records import Failure as Failure
    from harness.environment.records import History as History
    from harness.environment.records import RevisionInfo as RevisionInfo
    from harness.environment.records import StepResult as StepResult
    from harness.environment.run import EnvironmentRun as EnvironmentRun


_HOMES = {
    "Configured": "records",
    "EnvironmentRun": "run",
    "Failure": "records",
    "History": "records",
    "Project": "project",
    "RevisionInfo": "records",
    "RunFailed": "not_run",
    "StepResult": "records",
    "find_project": "project",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    # Both processes import this package; neither should load the other's half.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
