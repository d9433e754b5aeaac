"""What the tests in containers share: the engine and its images, or the reason why a test is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

POSTGRES = os.environ.get("HARNESS_IMAGE") or "postgres:latest"


def docker(*arguments: str, check: bool = True) -> str:
    """Run `docker ARGUMENTS`; its standard output, or nothing if it failed and `check=False`."""
    run = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=600)
    if check and run.returncode:
        pytest.fail(f"docker {' '.join(arguments)} failed:\n{run.stdout}{run.stderr}")
    return run.stdout.strip() if run.returncode == 0 else ""


def has_image(name: str) -> bool:
    """Whether the image is here, or was to be had."""
    return bool(docker("image", "inspect", name, check=False) or docker("pull", "-q", name, check=False))


def need_image(name: str) -> None:
    """Skip the test where there is no engine, or no such image."""
    if shutil.which("docker") is None or not docker("version", "--format", "{{.Server.Version}}", check=False):
        pytest.skip("no container engine answers")
    if not has_image(name):
        pytest.skip(f"the image {name} is neither here nor to be had")
