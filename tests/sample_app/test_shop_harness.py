"""`harness check` as a process on the sample application: every check green, on each kind of server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shop_containers import POSTGRES, need_image

from harness.checks import all_checks


def check(project: Path, *arguments: str) -> dict[str, Any]:
    """The report of a run that must end with exit code 0."""
    run = subprocess.run(
        [sys.executable, "-m", "harness", "check", "--format", "json", *arguments],
        cwd=project,
        # Nothing listens at the URL of the settings: all that is built is built in a scratch database.
        env={**os.environ, "DB__URL": "postgresql://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    report: dict[str, Any] = json.loads(run.stdout)
    return report


def assert_green(report: dict[str, Any], server: str) -> None:
    assert report["outcome"] == "passed"
    assert report["server"]["kind"] == server
    assert report["project"]["revisions"] == 12
    # Every check there is, none of them skipped, and nothing said that one has to look at.
    assert {entry["name"]: entry["outcome"] for entry in report["checks"]} == {
        entry.name: "passed" for entry in all_checks()
    }
    assert [finding["rule"] for finding in report["findings"] if finding["severity"] != "info"] == []


def test_every_check_is_green_on_the_embedded_server(project: Path) -> None:
    assert_green(check(project, "--server", "embedded"), "embedded")


@pytest.mark.docker
def test_every_check_is_green_in_docker(project: Path) -> None:
    need_image(POSTGRES)
    assert_green(check(project, "--server", "docker", "--image", POSTGRES), "docker")
