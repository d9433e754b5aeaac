"""The README's promises are kept: its command, its test, its Python."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, code, command


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The sample application in a place of its own."""
    for folder in ("sample_app", "alembic"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def _run(arguments: list[str], cwd: Path) -> str:
    variables = {**os.environ, "HARNESS_SERVER": "embedded", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        arguments, cwd=cwd, env=variables, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_main_job_ends_green(clone: Path) -> None:
    # What comes before the last command makes the environment that this test runs in; .ci/run runs it whole.
    last = shlex.split(command("check").split(" && ")[-1])
    assert last[0] == ".venv/bin/harness"
    output = _run([sys.executable, "-m", "harness", *last[1:]], clone)
    assert output.startswith("PostgreSQL ")
    assert "checks passed" in output.splitlines()[-1]


def test_the_test_and_the_python_of_the_readme_run(clone: Path) -> None:
    test, script = code(ROOT / "README.md", "In your own project")
    (clone / "test_readme.py").write_text(test, encoding="utf-8")
    assert "1 passed" in _run([sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "test_readme.py"], clone)
    _run([sys.executable, "-c", script], clone)
