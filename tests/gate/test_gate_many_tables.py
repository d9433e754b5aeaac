"""A live database of five thousand tables: a right verdict, in a time that a deploy can wait for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from histories import Down, sql, write_history
from live_databases import upgraded

import harness
from harness.server import Server

TABLES, REVISIONS = 5000, 10
# Each is read and compared; what must not happen is that the time grows with the square of their number.
SECONDS = 120


def hundreds(number: int) -> str:
    """A revision that makes its share of the tables."""
    share = TABLES // REVISIONS
    table = f"create table t{number}_%s (id int primary key, name text, price numeric default 0)"
    return sql(f"do $$ begin for i in 1..{share} loop execute format('{table}', i); end loop; end $$")


@pytest.mark.timeout(600)
def test_five_thousand_tables(server: Server, tmp_path: Path) -> None:
    revisions: dict[str, tuple[Down, str]] = {}
    for number in range(REVISIONS):
        revisions[f"r{number}"] = (f"r{number - 1}" if number else None), hundreds(number)
    project = write_history(tmp_path, revisions, options="transaction_per_migration=True")
    with upgraded(server, "r9", project) as live:
        started = time.monotonic()
        report = harness.gate(live.url, directory=tmp_path, server=server)
        assert (report.findings, report.exit_code()) == ((), 0)
        assert time.monotonic() - started < SECONDS
        with live.connect() as connection:
            connection.execute("drop table t3_33")
            connection.execute("alter table t5_55 alter price set default 1")
            for number in range(200):
                connection.execute(f"create index extra_{number} on t7_{number + 1} (name)".encode())
        started = time.monotonic()
        report = harness.gate(live.url, directory=tmp_path, server=server)
        rules = [finding.rule.removeprefix("gate.drift.") for finding in report.findings]
        assert sorted(set(rules)) == ["column.default", "index.extra", "table.missing"]
        assert len(rules) == 202
        assert time.monotonic() - started < SECONDS
