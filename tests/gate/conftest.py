"""What the tests of the gate need besides the servers that all tests have."""

from __future__ import annotations

import subprocess

import pytest


@pytest.fixture(scope="session")
def postgres_15() -> str:
    """The image `postgres:15`; skipped where there is no container engine that has it."""
    image = "postgres:15"
    try:
        done = subprocess.run(["docker", "image", "inspect", image], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"no container engine: {error}")
    if done.returncode != 0:
        pytest.skip(f"the image {image} is not here")
    return image
