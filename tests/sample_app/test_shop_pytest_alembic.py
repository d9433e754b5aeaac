"""pytest-alembic's own tests, on the sample application and through the fixtures of harness."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.server import Server


def test_its_tests_pass_on_the_sample_application(project: Path, migration_server: Server) -> None:
    (project / "pyproject.toml").write_text('[tool.harness]\nconfig = "alembic.ini"\n', encoding="utf-8")
    (project / "test_migrations.py").write_text("from pytest_alembic.tests import *\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"],
        cwd=project,
        # Nothing listens at the URL of the settings: what is upgraded is a scratch database.
        env={**os.environ, "HARNESS_SERVER": migration_server.url, "DB__URL": "postgresql://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 passed" in run.stdout
