"""TLS is what the caller makes of it: a certificate that is right lets the gate in, one that is not keeps it out."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from live_databases import ROOT, upgraded
from psycopg import sql

import harness
from harness.findings import CheckResult
from harness.server import ScratchDatabase, Server, open_server
from harness.settings import Settings

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make a certificate"),
]


def certificate(folder: Path, name: str, address: str = "127.0.0.1") -> tuple[Path, Path]:
    """A certificate for an address that vouches for itself, and its key."""
    made, key = folder / f"{name}.crt", folder / f"{name}.key"
    subject = ["-subj", "/CN=localhost", "-addext", f"subjectAltName=IP:{address}"]
    command = ["openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-newkey", "rsa:2048", *subject]
    subprocess.run([*command, "-out", made, "-keyout", key], check=True, capture_output=True)
    return made, key


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def live(postgres_15: str, folder: Path) -> Iterator[ScratchDatabase]:
    """A database on a server that was given a certificate."""
    with open_server(Settings(server="docker", image=postgres_15)) as server:
        made = certificate(folder, "right", urlsplit(server.url).hostname or "")
        give(server, dict(zip(("server.crt", "server.key"), made, strict=True)))
        with upgraded(server) as database:
            yield database


def give(server: Server, files: dict[str, Path]) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        for name, path in files.items():
            lines = sql.Literal(path.read_text().splitlines())
            program = sql.Literal(f'umask 077; cat > "$PGDATA/{name}"')
            connection.execute(sql.SQL("copy (select unnest({}::text[])) to program {}").format(lines, program))
        connection.execute("alter system set ssl = on")
        connection.execute("select pg_reload_conf()")


def test_tls_is_as_the_caller_wants_it(live: ScratchDatabase, folder: Path, server: Server) -> None:
    right, wrong = folder / "right.crt", certificate(folder, "wrong")[0]

    def ask(options: str) -> CheckResult:
        report = harness.gate(f"{live.url}?{options}", directory=ROOT, server=server, select=["revision"])
        return report.checks[0]

    for options in ("sslmode=require", f"sslmode=verify-full&sslrootcert={right}", "ssl=require"):
        assert ask(options).reason is None, options
    refused = ask(f"sslmode=verify-full&sslrootcert={wrong}")
    assert refused.outcome == "error"
    assert "certificate verify failed" in (refused.reason or "")
