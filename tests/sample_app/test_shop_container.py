"""The image: built, started twice at once on an empty database, healthy, not root, and answering over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from shop_containers import POSTGRES, docker, has_image, need_image

ROOT = Path(__file__).parents[2]
# A machine without a registry makes its base image from its own interpreter, on top of the image of PostgreSQL.
BASE = os.environ.get("SAMPLE_BASE_IMAGE", "python:3.12-slim")
OWN_BASE = """
FROM {image}
COPY python /opt/python
ENV LD_LIBRARY_PATH=/opt/python/lib PATH=/opt/python/bin:$PATH
COPY wheels /opt/wheels
COPY pip.conf /etc/pip.conf
"""

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


@pytest.fixture(scope="module", autouse=True)
def engine() -> None:
    need_image(POSTGRES)


@pytest.fixture(scope="module")
def base_image(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if has_image(BASE):
        yield BASE
        return
    context = tmp_path_factory.mktemp("base")
    interpreter = Path(sys.base_prefix)
    if not sys.platform.startswith("linux") or interpreter == Path("/usr"):
        pytest.skip(f"the image {BASE} is not to be had, and this interpreter cannot be copied into one")
    without = shutil.ignore_patterns("__pycache__", "site-packages", "test", "tests", "*.a", "share", "include")
    shutil.copytree(interpreter, context / "python", ignore=without, symlinks=True)
    requirements = ["-r", str(ROOT / "sample_app" / "requirements.txt")]
    download = [sys.executable, "-m", "pip", "download", "-q", "--only-binary=:all:", "-d", str(context / "wheels")]
    subprocess.run([*download, *requirements], check=True, capture_output=True)
    (context / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /opt/wheels\n", encoding="utf-8")
    (context / "Dockerfile").write_text(OWN_BASE.format(image=POSTGRES), encoding="utf-8")
    name = f"sample-base-{uuid.uuid4().hex[:12]}"
    docker("build", "-q", "--force-rm", "-t", name, str(context))
    yield name
    docker("image", "rm", "-f", name)


@pytest.fixture(scope="module")
def image(base_image: str) -> Iterator[str]:
    name = f"sample-app-{uuid.uuid4().hex[:12]}"
    docker("build", "-q", "--force-rm", "--build-arg", f"BASE_IMAGE={base_image}", "-t", name, str(ROOT))
    yield name
    docker("image", "rm", "-f", name)


@pytest.fixture
def network() -> Iterator[str]:
    """A network with a PostgreSQL `db` that has the empty database `sample_app`."""
    name = f"sample-net-{uuid.uuid4().hex[:12]}"
    docker("network", "create", name)
    environment = ["-e", "POSTGRES_PASSWORD=postgres", "-e", "POSTGRES_DB=sample_app"]
    database = docker("run", "-d", "--network", name, "--network-alias", "db", *environment, POSTGRES)
    try:
        ready = ("exec", database, "pg_isready", "-h", "127.0.0.1", "-U", "postgres", "-d", "sample_app")
        deadline = time.monotonic() + 120
        while not docker(*ready, check=False):
            assert time.monotonic() < deadline, docker("logs", database)
            time.sleep(0.5)
        yield name
    finally:
        docker("rm", "-f", "-v", database)
        docker("network", "rm", name)


def wait_until_healthy(container: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        [described] = json.loads(docker("inspect", container))
        state = described["State"]
        if state["Health"]["Status"] == "healthy":
            return
        logs = subprocess.run(["docker", "logs", container], capture_output=True, text=True)
        assert state["Running"], logs.stdout + logs.stderr
        assert time.monotonic() < deadline, logs.stdout + logs.stderr
        time.sleep(0.5)


def test_two_containers_migrate_and_answer(image: str, network: str) -> None:
    replicas: list[str] = []
    try:
        for _ in range(2):
            url = "DB__URL=postgresql://postgres:postgres@db:5432/sample_app"
            run = ["run", "-d", "--network", network, "-e", url, "-p", "127.0.0.1::8000", image]
            replicas.append(docker(*run))
        for replica in replicas:
            wait_until_healthy(replica)
            assert docker("exec", replica, "id", "-u") == "10001"
        ada = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"}
        answers = []
        for replica in replicas:
            address = docker("port", replica, "8000/tcp").splitlines()[0]
            answers.append(httpx.post(f"http://{address}/app_users", json=ada, timeout=30).status_code)
        # Both speak to the one database: what the first wrote is in the second's way.
        assert answers == [201, 409]
        # uvicorn is process 1 and ends when it is told to, long before the engine would kill it after 10 seconds.
        started = time.monotonic()
        docker("stop", replicas[0])
        assert time.monotonic() - started < 8
    finally:
        for replica in replicas:
            docker("rm", "-f", replica)
