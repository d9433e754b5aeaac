"""What judging many databases costs: `harness gate --databases` on 50, 100 and 200 clones, three changed by hand.

    python benchmarks/fleet.py [--write] [--server embedded|URL] [--sizes 50,100,200] [--rounds N] [--jobs N]

The sample application's history makes the databases. The live server and the scratch server are two.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import record
from psycopg import sql

from harness.environment import EnvironmentRun, find_project
from harness.server import ScratchDatabase, Server, open_server
from harness.server.urls import with_database
from harness.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CHANGES = (
    "drop index ix_order_item_product_id",
    "alter table product add column added_by_hand text",
    "alter table product alter column sku drop not null",
)


@contextmanager
def tenants(server: Server, template: ScratchDatabase, count: int) -> Iterator[list[str]]:
    """The URLs of so many databases at head, the first three of them changed by hand."""
    names = [f"tenant_{number:04}" for number in range(count)]
    with psycopg.connect(server.url, autocommit=True) as connection:
        for name in names:
            query = sql.SQL("create database {} template {} strategy file_copy")
            connection.execute(query.format(sql.Identifier(name), sql.Identifier(template.name)))
        urls = [with_database(server.url, name) for name in names]
        for url, change in zip(urls, CHANGES, strict=False):
            with psycopg.connect(url, autocommit=True) as changed:
                changed.execute(change.encode())
        yield urls
        for name in names:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def timed(urls: list[str], scratch: Server, jobs: int) -> tuple[float, float]:
    """Wall seconds, and CPU seconds of the client, of one run of the command; it must name the three."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(urls))
        file.flush()
        before, started = os.times(), time.perf_counter()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "harness", "gate", "--databases", file.name, "--jobs", str(jobs)),
                *("--server", scratch.url, "-q"),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds, after = time.perf_counter() - started, os.times()
    if done.returncode != 1 or f"Failed: {len(CHANGES)} of {len(urls)} databases" not in done.stdout:
        raise SystemExit(f"The verdict is wrong: {done.stdout[-2000:]}{done.stderr}")
    return seconds, after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    parser.add_argument("--server", default="embedded", help="where the live databases are made")
    parser.add_argument("--sizes", default="50,100,200")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=8)
    options = parser.parse_args()
    sizes = [int(text) for text in options.sizes.split(",")]
    walls: dict[int, float] = {}
    rows = []
    with open_server(Settings(server=options.server)) as live, open_server(Settings(server="embedded")) as scratch:
        with live.create_database("template") as template:
            with EnvironmentRun.start(find_project(Settings(), ROOT), template.url) as run:
                run.deploy("heads")
            for size in sizes:
                with tenants(live, template, size) as urls:
                    runs = [timed(urls, scratch, options.jobs) for _ in range(options.rounds)]
                walls[size] = statistics.median(wall for wall, _ in runs)
                cpu = statistics.median(cpu for _, cpu in runs)
                rows.append([str(size), f"{walls[size]:.2f}", f"{cpu:.2f}", f"{walls[size] / size * 1000:.0f}"])
        version = live.version
    least, most = sizes[0], sizes[-1]
    each = (walls[most] - walls[least]) / max(1, most - least) * 1000
    text = "\n\n".join(
        [
            f"{record.circumstances('psycopg', 'asyncpg')}, PostgreSQL {version}; {options.jobs} jobs, medians of "
            f"{options.rounds} rounds, load {os.getloadavg()[0]:.1f} at the end.",
            record.table(["databases", "wall s", "client CPU s", "wall ms / database"], rows),
            f"From {least} to {most} databases the time grows {walls[most] / walls[least]:.1f}-fold; one more database "
            f"costs {each:.0f} ms.",
        ]
    )
    print(text)
    if options.write:
        record.write("fleet", text)


if __name__ == "__main__":
    main()
