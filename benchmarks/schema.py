"""What the schema room costs: a snapshot of 1,000 tables against `pg_dump --schema-only` of them, and a diff of two.

    python benchmarks/schema.py [--tables 1000] [--rounds 5] [--write]

Each table has 10 columns, 3 indexes and 2 foreign keys. The bars: a snapshot takes at most 3 × `pg_dump` and 300 MB,
a diff of two such schemas at most 0.5 s of CPU; above one of them the exit code is 1. `pg_dump` must be on PATH and not
older than the server: give --server the URL of one that it fits, or `docker`.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import time

import psycopg
import record

from harness.schema import Schema, diff, read_schema
from harness.schema.reading import ACROSS, object_queries
from harness.server import ScratchDatabase, open_server
from harness.settings import Settings

TIMES, MEGABYTES, DIFF_SECONDS = 3.0, 300.0, 0.5


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="What a snapshot and a diff of a large schema cost.")
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run (default: 5)")
    parser.add_argument("--server", default="embedded", help="as in `harness check`")
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    options = parser.parse_args()
    dump: list[float] = []
    snapshot: list[float] = []
    with open_server(Settings(server=options.server)) as server, server.create_database("large") as database:
        _fill(database, options.tables)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(options.rounds):
            dump.append(_dump(database))
            started = time.perf_counter()
            expected = _read(database)
            snapshot.append(time.perf_counter() - started)
        megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        with database.connect() as connection:
            connection.execute("alter table t1 add column extra int")
            connection.execute("drop index t2_i1")
        actual = _read(database)
        version = server.version
    seconds = [_diff(expected, actual) for _ in range(options.rounds)]
    ratio = statistics.median(snapshot) / statistics.median(dump)
    passed = ratio <= TIMES and megabytes <= MEGABYTES and statistics.median(seconds) <= DIFF_SECONDS
    rows = [
        ["`pg_dump --schema-only`, wall s", f"{statistics.median(dump):.2f}", ""],
        ["snapshot, wall s", f"{statistics.median(snapshot):.2f}", f"{TIMES * statistics.median(dump):.2f}"],
        ["snapshot, times `pg_dump`", f"{ratio:.2f}", f"{TIMES:g}"],
        ["snapshots, growth of memory, MB", f"{megabytes:.0f}", f"{MEGABYTES:g}"],
        ["snapshot, queries", str(len(object_queries()) + len(ACROSS)), "constant"],
        ["diff, two changes, CPU s", f"{statistics.median(seconds):.3f}", f"{DIFF_SECONDS:g}"],
    ]
    text = (
        f"{record.circumstances('psycopg')}, PostgreSQL {version}; {options.tables} tables, {len(expected)} objects, "
        f"medians of {options.rounds} rounds, load {os.getloadavg()[0]:.1f} at the end.\n\n"
        + record.table(["", "measured", "bar"], rows)
    )
    print(text)
    if options.write:
        record.write("schema", text)
    return 0 if passed else 1


def _fill(database: ScratchDatabase, tables: int) -> None:
    with psycopg.connect(database.url) as connection:
        for number in range(tables):
            # Committed in portions: each table takes a handful of locks.
            columns = ", ".join(f"c{column} text not null default 'x{column}'" for column in range(7))
            parent = max(number - 1, 0)
            connection.execute(
                f"create table t{number} (id bigint generated always as identity primary key, {columns}, "
                f"a_id bigint references t{parent}, b_id bigint references t{parent // 2})"
            )
            for index in range(3):
                connection.execute(f"create index t{number}_i{index} on t{number} (c{index})")
            if number % 20 == 0:
                connection.commit()


def _dump(database: ScratchDatabase) -> float:
    started = time.perf_counter()
    subprocess.run(["pg_dump", "--schema-only", database.url], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _read(database: ScratchDatabase) -> Schema:
    with database.connect() as connection:
        return read_schema(connection)


def _diff(expected: Schema, actual: Schema) -> float:
    started = time.process_time()
    found = diff(expected, actual)
    seconds = time.process_time() - started
    assert len(found) == 2, found
    return seconds


if __name__ == "__main__":
    raise SystemExit(main())
