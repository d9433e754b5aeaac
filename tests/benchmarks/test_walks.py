"""The benchmark of the walk runs, counts what it should count, and says when a bar is missed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from terminal import TAKEN_BACK, on_a_terminal

from harness.server import Server

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU seconds are read from Linux's accounts")

# Spends CPU seconds in itself, in a child that it waits for, in one that it leaves to itself, and on the server.
SPENDER = """
import os, subprocess, sys, psycopg
spend = "import time\\nwhile time.process_time() < 0.4: pass"
exec(spend)
subprocess.run([sys.executable, "-c", spend], check=True)
subprocess.Popen([sys.executable, "-c", spend], start_new_session=True)
with psycopg.connect(os.environ["URL"]) as connection:
    connection.execute("select count(*) from generate_series(1, 3000000)")
"""

METER = f"""
import sys, pathlib
sys.path.insert(0, {str(ROOT / "benchmarks")!r})
from cpu import Meter
from harness.server import open_server
from harness.settings import Settings
with open_server(Settings(server="embedded")) as server:
    meter = Meter(server)
    spent = meter.run([sys.executable, "-c", {SPENDER!r}], pathlib.Path.cwd(), {{"URL": server.url}})
    ended = meter.run([sys.executable, "-c", "while True: pass"], pathlib.Path.cwd(), {{}}, 0.7)
    failed = meter.run([sys.executable, "-c", "raise SystemExit('no way')"], pathlib.Path.cwd(), {{}})
print(spent.client, spent.server, spent.code, ended.client, ended.code, failed.code, failed.output.strip())
"""


def test_what_a_command_costs_counts_its_children_and_the_server(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", METER], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    client, server, code, ended, ended_code, failed_code, output = done.stdout.strip().split(maxsplit=6)
    assert 1.2 < float(client) < 2.5, "three times 0.4 s, and what starting three interpreters takes"
    assert 0.05 < float(server) < 2
    assert 0.3 < float(ended) < 0.9
    assert (code, ended_code, failed_code, output) == ("0", "None", "1", "no way")


def test_the_benchmark_measures_and_prints_its_tables() -> None:
    command = [sys.executable, "benchmarks/walks.py", "--sizes", "4,8", "--peers", "none", "--rounds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\| 8 revisions \| wall s \|.*\n.*\n\| `alembic upgrade head` \| \d", done.stdout)
    assert re.search(r"\| `harness check --select round-trip` \| \d", done.stdout)
    assert "linear trees, psycopg; 1 rounds" in done.stdout
    assert done.stdout.count("not measured") == 3


def test_a_check_that_fails_is_not_measured() -> None:
    command = [sys.executable, "benchmarks/walks.py", "--sizes", "4", "--peers", "none", "--select", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "failed with exit code 2" in done.stderr
    assert "nonsense" in done.stderr


def test_a_walk_that_takes_its_time_shows_how_far_it_is(trees: ModuleType, tmp_path: Path, server: Server) -> None:
    trees.write_tree(tmp_path / "tree", 30)
    command = [sys.executable, "-m", "harness", "check", "--select", "round-trip", "--server", server.url]
    shown = on_a_terminal(command, directory=tmp_path / "tree")
    drawn = re.findall(r"  round-trip \.\.\. (\d+) of (\d+)(?:, \d+ s left)?, revision ([0-9a-f]{12})", shown)
    assert len(drawn) > 3
    assert {int(total) % 30 for _, total, _ in drawn} == {0}
    assert sorted(drawn, key=lambda one: int(one[0])) == drawn
    last = shown.replace("\r\n", "\n").rstrip("\n").split("\n")[-3]
    assert re.match(r"  .*✓.* round-trip +\d", last.rpartition(TAKEN_BACK)[2]), "the line was not taken back"
