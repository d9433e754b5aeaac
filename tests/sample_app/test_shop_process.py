"""End to end: migrate, start uvicorn as a process, talk HTTP, stop it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from harness.server import ScratchDatabase

if TYPE_CHECKING:
    from conftest import Alembic


def test_uvicorn_serves_after_the_upgrade(alembic: Alembic, empty_database: ScratchDatabase) -> None:
    alembic(empty_database.url, "upgrade", "head")
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "sample_app.main:app", "--port", "0"],
        env={**os.environ, "DB__URL": empty_database.url},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        log = ""
        for line in process.stderr:
            log += line
            if found := re.search(r"running on (http://[\d.:]+)", line):
                break
        else:
            pytest.fail(f"uvicorn did not start:\n{log}")
        with httpx.Client(base_url=found[1], timeout=30) as client:
            assert client.get("/health").json() == {"status": "ok"}
            assert client.get("/docs").status_code == 200
            ada = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"}
            created = client.post("/app_users", json=ada)
            assert created.status_code == 201
            path = f"/app_users/{created.json()['id']}"
            assert client.get(path).json() == created.json()
            assert client.post("/app_users", json=ada).status_code == 409
            assert client.post("/app_users", json={**ada, "email": "ada"}).status_code == 422
            assert client.patch(path, json={"last_name": "King"}).json()["last_name"] == "King"
            page = client.get("/app_users", params={"limit": 1}).json()
            assert (page["total"], [user["last_name"] for user in page["items"]]) == (1, ["King"])
            assert client.delete(path).status_code == 204
            assert client.get(path).status_code == 404
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=30)
        assert "Application shutdown complete." in rest
    finally:
        process.kill()
        process.wait()
    with empty_database.connect() as connection:
        sessions = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone()
    assert sessions == (0,)
