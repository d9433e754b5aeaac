"""The errors for a run of `env.py` that was not, or not all that it should have been."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.environment.project import Project
from harness.environment.records import Failure, from_json
from harness.findings import HarnessError, UsageError, VerdictError


class RunFailed(VerdictError):
    """The user's code raised; `failure` has the particulars, as far as there are any."""

    def __init__(self, message: str, fix: str = "", detail: str = "", failure: Failure | None = None) -> None:
        super().__init__(message, fix, detail)
        self.failure = failure


def unloadable(project: Project, state: Mapping[str, Any]) -> HarnessError:
    """The error for a project that Alembic could not load."""
    failure = from_json(Failure, state["failure"])
    config = project.location(project.config)
    if failure.kind.endswith("CommandError") or failure.kind.startswith("configparser."):
        return UsageError(f"Alembic cannot use {config}: {failure.message}", "", "")
    return RunFailed(
        f"The project of {config} cannot be loaded: {failure.kind}: {failure.message}.",
        "",
        failure.traceback,
        failure,
    )


def failed(project: Project, state: Mapping[str, Any], output: str) -> HarnessError:
    """The error for a run of `env.py` that ended before, or without, its migrations.

    Args:
        state: how it ended, as the inside tells it.
        output: the end of what it has printed.
    """
    raw = state["failure"]
    if state["foreign"]:
        return UsageError(
            f"env.py connects to {state['foreign']}, not to PostgreSQL.",
            "Tell it the scratch database: --env NAME={url} (or [tool.harness.env]) with the variable that its URL "
            "comes from, or -x KEY=VALUE if it reads one.",
        )
    if raw is None:
        return RunFailed(
            "env.py ended without calling context.run_migrations(), so nothing was migrated.",
            "Run `alembic upgrade head` by hand: a deploy would do nothing either.",
            output,
        )
    failure = from_json(Failure, raw)
    where = f" at {project.location(failure.path)}:{failure.line}" if failure.path else ""
    if state["exit"]:
        return RunFailed(
            f"env.py called sys.exit({failure.message}){where}.",
            "A setting may be missing: give it with --env NAME=VALUE or [tool.harness.env].",
            output or failure.traceback,
            failure,
        )
    return RunFailed(
        f"env.py raised {failure.kind}{where}: {failure.message}.",
        _advice(failure, state["chosen_driver"] if state["connections"] else None),
        failure.traceback,
        failure,
    )


def _advice(failure: Failure, chosen_driver: str | None) -> str:
    """What to try.

    Args:
        chosen_driver: the driver that it connected with, if we chose it, since the ini names none of PostgreSQL's.
    """
    if failure.kind == "ModuleNotFoundError":
        return (
            "Install what is missing in this environment, or let Alembic find it: prepend_sys_path = . in alembic.ini."
        )
    if "ValidationError" in failure.kind or failure.kind == "KeyError":
        return "It seems to lack a setting: give it with --env NAME=VALUE ({url} becomes the scratch database's URL)."
    told = "Run `alembic current` by hand to see the same; settings for it are given with --env NAME=VALUE."
    if chosen_driver is None:
        return told
    return (
        f"{told} The ini names no PostgreSQL, so env.py was given postgresql+{chosen_driver}://…: if it needs another "
        "driver, write it there (sqlalchemy.url = postgresql+DRIVER://…), or give --config another ini."
    )
