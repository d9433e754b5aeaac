"""`harness init`: a test file and a `[tool.harness]` table for a project that has none. What exists stays as it is."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from harness.environment import find_project
from harness.findings import Severity, UsageError
from harness.settings import Settings, read_table

TEST_FILE = '''"""The migrations, tested: one test a check. Run them with `pytest -k migrations`."""

from harness.testing import *  # noqa: F403
'''


def scaffold(directory: Path, config: str | None = None) -> list[str]:
    """Write `tests/test_migrations.py` and `[tool.harness]` of `pyproject.toml` below a directory.

    Args:
        directory: where Alembic is run.
        config: the project's configuration, relative to the directory; looked for if left out.

    Returns:
        One line a file, for the user: what was done, or why nothing was.

    Raises:
        UsageError: there is no Alembic project here, or a file cannot be written.
    """
    project = find_project(Settings(config=config), directory)
    try:
        return [_test_file(directory), _table(directory, project.location(project.config))]
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror}.") from error


def _test_file(directory: Path) -> str:
    path = directory / "tests" / "test_migrations.py"
    if path.exists():
        return "tests/test_migrations.py is there already: left as it is."
    path.parent.mkdir(exist_ok=True)
    path.write_text(TEST_FILE, encoding="utf-8")
    return "tests/test_migrations.py written: pytest -k migrations runs it."


def _table(directory: Path, config: str) -> str:
    path = directory / "pyproject.toml"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before and read_table(path):
        return "pyproject.toml has a [tool.harness] already: left as it is."
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    path.write_text(before + gap + table(config), encoding="utf-8")
    done = "[tool.harness] added to pyproject.toml" if before else "pyproject.toml written, with [tool.harness]"
    return f"{done}: every option is there as a comment."


def table(config: str) -> str:
    """The `[tool.harness]` table: the configuration's path, and every other option as a comment with its default."""
    lines = ["[tool.harness]"]
    for item in fields(Settings):
        key = item.name.replace("_", "-")
        lines.append(f"# {item.metadata['help']}")
        if item.name == "config":
            lines.append(f'config = "{config}"')
        else:
            lines.append(f"# {key} = {toml_default(item)}")
    return "\n".join(lines) + "\n"


def toml_default(item: Any) -> str:
    """The default of a field of `Settings` as TOML; an option without one is shown empty."""
    default = item.default_factory() if item.default is MISSING else item.default
    if isinstance(default, Severity):
        default = default.value
    if isinstance(default, tuple):
        return "[]"
    if isinstance(default, dict):
        return "{}"
    if isinstance(default, float):
        return f"{default:g}"
    return f'"{default or ""}"'
