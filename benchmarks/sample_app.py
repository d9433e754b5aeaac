"""What `harness check` costs: its wall time on the sample app, against `alembic upgrade head` alone.

    python benchmarks/sample_app.py [--rounds 7] [--write]

The two take turns in the same run. `alembic` gets an empty database on a server that runs already; `harness check
--server embedded` starts its own. The bar is 3 times `alembic` plus 2 s for the server; above it the exit code is 1.
`--write` puts the result into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import record

from harness.server import Server, open_server
from harness.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
TIMES = 3.0
SERVER_SECONDS = 2.0


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="What `harness check` costs on the sample app.")
    parser.add_argument("--rounds", type=int, default=7, help="how often each is run (default: 7)")
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    options = parser.parse_args()

    alembic: list[float] = []
    check: list[float] = []
    with open_server(Settings(server="embedded")) as server:
        _alembic(server)  # reads the files and writes the bytecode that all later runs find ready
        for _ in range(options.rounds):
            alembic.append(_alembic(server))
            check.append(_run([sys.executable, "-m", "harness", "check", "--server", "embedded", "--quiet"], {}))
        version = server.version
    base, ours = statistics.median(alembic), statistics.median(check)
    bar = TIMES * base + SERVER_SECONDS
    rows = [
        ["`alembic upgrade head`, server running", *_row(alembic), ""],
        ["`harness check --server embedded`, all checks", *_row(check), f"{ours / base:.1f}"],
        [f"the bar: {TIMES:g} × `alembic` + {SERVER_SECONDS:g} s", f"{bar:.2f}", "", "", ""],
    ]
    text = (
        f"{record.circumstances('SQLAlchemy', 'alembic', 'asyncpg')}, PostgreSQL {version}; "
        f"{options.rounds} rounds, load {os.getloadavg()[0]:.1f} at the end.\n\n"
        + record.table(["", "median s", "fastest s", "slowest s", "ratio"], rows)
        + f"\n\n{'Under' if ours <= bar else 'OVER'} the bar, by {abs(bar - ours):.2f} s."
    )
    print(text)
    if options.write:
        record.write("sample_app", text)
    return 0 if ours <= bar else 1


def _row(seconds: list[float]) -> list[str]:
    return [f"{value:.2f}" for value in (statistics.median(seconds), min(seconds), max(seconds))]


def _alembic(server: Server) -> float:
    with server.create_database("benchmark") as database:
        return _run([sys.executable, "-m", "alembic", "upgrade", "head"], {"DB__URL": database.url})


def _run(command: list[str], variables: dict[str, str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
