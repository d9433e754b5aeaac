"""`harness gate` as users meet it: what is printed, the exit codes, every format, and what `docs/gate.md` says."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest
from histories import sql, write_history, write_revision
from live_databases import upgraded

import harness
from harness.catalogue import chapters
from harness.cli import build_parser
from harness.environment import Project
from harness.report import FORMATS
from harness.server import ScratchDatabase, Server

DOCS = Path(__file__).parents[2] / "docs" / "gate.md"
GATE = [rule for chapter in chapters() for rule in chapter.rules if rule.name.startswith("gate.")]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    first = sql("create table person (id int primary key, email text)")
    return write_history(tmp_path, {"first": (None, first)})


@pytest.fixture
def live(server: Server, project: Project) -> Iterator[ScratchDatabase]:
    with upgraded(server, "first", project) as database:
        yield database


def run(project: Project, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HARNESS_", "PYTEST_", "PG"))}
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=project.directory,
        env={**kept, "NO_COLOR": "1", **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def execute(database: ScratchDatabase, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_a_green_gate(live: ScratchDatabase, server: Server, project: Project) -> None:
    done = run(project, "gate", live.url, "--server", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    first, *_, last = done.stdout.strip().splitlines()
    assert re.match(r"PostgreSQL \S+ \(url\): --server names it; live: postgresql://postgres:\*\*\*@127", first)
    assert "stands at first: nothing is pending." in done.stdout
    assert last.startswith("2 checks passed, 1 skipped (gate.rehearsal)")


def test_a_red_gate_in_every_format(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "alter table person add phone text", "create table by_hand (id int)")
    write_revision(project.directory, "second", "first", sql("alter table person add phone text"))
    formats = [part for name in FORMATS for part in ("--format", name, "--output", f"report.{name}")]
    done = run(project, "gate", live.url, "--server", server.url, *formats)
    assert (done.returncode, done.stderr) == (1, "")
    texts = {name: (project.directory / f"report.{name}").read_text() for name in FORMATS}
    for name, text in texts.items():
        assert "gate.drift.column.extra" in text or name == "gitlab", name
        assert "gate.rehearsal-failed" in text, name
        assert "migrations/versions/second.py" in text, name
    report = json.loads(texts["json"])
    assert report["outcome"] == "failed"
    assert [(check["name"], check["outcome"]) for check in report["checks"]] == [
        ("gate.revision", "passed"),
        ("gate.drift", "failed"),
        ("gate.rehearsal", "failed"),
    ]
    assert {finding["check"] for finding in report["findings"]} == {"gate"}
    cases = {case.get("name"): case for case in ElementTree.fromstring(texts["junit"]).iter("testcase")}
    told = {name: "".join(case.itertext()) for name, case in cases.items()}
    assert "gate.pending" in told["gate.revision"]
    assert told["gate.drift"].count("gate.drift.") >= 2
    assert "gate.rehearsal-failed" in told["gate.rehearsal"]
    assert "gate.rehearsal" not in told["gate.drift"]


def test_parts_and_globs(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "alter table person add phone text")
    arguments = ("gate", live.url, "--server", server.url, "--format", "json")
    done = run(project, *arguments, "--select", "revision")
    assert (done.returncode, len(json.loads(done.stdout)["checks"])) == (0, 1)
    assert run(project, *arguments, "--skip", "drift,rehearsal").returncode == 0
    assert run(project, *arguments).returncode == 1
    assert run(project, *arguments, "--ignore", "person.phone").returncode == 0
    useless = json.loads(run(project, *arguments, "--ignore", "person.phone", "--ignore", "no.such").stdout)
    assert [note for note in useless["notes"] if "'no.such'" in note]
    # What the settings say of findings holds here too; what they select is for check, and is no complaint here.
    (project.directory / "pyproject.toml").write_text(
        '[tool.harness]\nselect = ["graph"]\nignore = ["drift.*:public.other"]\n'
        'severity = { "gate.drift.column.extra" = "warning" }\n'
    )
    done = run(project, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert [(finding["rule"], finding["severity"]) for finding in report["findings"]] == [
        ("gate.drift.column.extra", "warning")
    ]
    assert not [note for note in report["notes"] if "ignore" in note]
    assert run(project, *arguments, "--fail-on", "warning").returncode == 1


def test_a_baseline(live: ScratchDatabase, server: Server, project: Project) -> None:
    execute(live, "alter table person add phone text", "create table by_hand (id int)")
    arguments = ("gate", live.url, "--server", server.url)
    assert run(project, *arguments, "--write-baseline", "known.json").returncode == 0
    assert run(project, *arguments, "--baseline", "known.json").returncode == 0
    execute(live, "drop table by_hand", "create index by_hand on person (email)")
    done = run(project, *arguments, "--baseline", "known.json")
    assert done.returncode == 1
    assert "gate.drift.index.extra" in done.stdout
    assert "gate.drift.column.extra" not in done.stdout
    assert "can be taken out" in done.stdout
    done = run(project, *arguments, "--baseline", "known.json", "--select", "revision")
    assert "can be taken out" not in done.stdout


def test_the_live_server_must_be_named(live: ScratchDatabase, server: Server, project: Project) -> None:
    done = run(project, "gate", live.url, HARNESS_SERVER=server.url)
    assert (done.returncode, done.stdout.count("gate.drift")) == (2, 0)
    assert "The scratch server is the server of the live database" in done.stderr
    (project.directory / "pyproject.toml").write_text(f'[tool.harness]\nserver = "{server.url}"\n')
    assert run(project, "gate", live.url).returncode == 2
    assert run(project, "gate", live.url, "--server", server.url).returncode == 0


def test_wrong_calls(live: ScratchDatabase, server: Server, project: Project) -> None:
    calls = [
        (("mysql://me:tell-nobody@localhost/app",), "URL is no URL of PostgreSQL."),
        (("tell-nobody",), "URL is neither a URL nor a connection string."),
        (("postgresql://me:tell-nobody@localhost:x/app",), "URL cannot be read as the place of a database."),
        (("host=localhost pasword=tell-nobody",), "URL cannot be read as the place of a database."),
        ((live.url, "--select", "graph"), "The gate has no part 'graph'."),
        ((live.url, "--skip", "revision,drift,rehearsal"), "The selection leaves nothing to judge."),
        ((live.url, "--to", "zzz"), "--to names 'zzz'"),
    ]
    for arguments, says in calls:
        done = run(project, "gate", *arguments, "--server", server.url)
        assert (done.returncode, done.stderr.count("Traceback")) == (2, 0), arguments
        assert says in done.stderr
        assert "tell-nobody" not in done.stderr + done.stdout


def test_rules_are_listed_and_explained(project: Project) -> None:
    listed = run(project, "rules").stdout
    assert all(f"  {rule.name} " in listed for rule in GATE)
    assert run(project, "rules", "gate.drift.column.type").stdout.startswith("gate.drift.*.attribute (error)")
    assert run(project, "rules", "gate.drift.index.missing").stdout.startswith("gate.drift.*.missing (error)")
    assert run(project, "rules", "gate.rehearsal").stdout.startswith("gate.rehearsal: the pending revisions succeed")
    assert run(project, "rules", "diff.column.type").stdout.startswith("diff.*.attribute (error)")
    assert "Did you mean gate.ahead?" in run(project, "rules", "gate.aheat").stderr


def test_the_page_explains_every_rule_and_option() -> None:
    text = DOCS.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`(?:gate\.|-).*?) \|", text, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(gate\.[^`]*)`", row)]
    assert {rule.name for rule in GATE} <= set(named)
    assert {name for name in named if not any(fnmatch.fnmatch(name, rule.name) for rule in GATE)} <= {
        "gate.drift.setting.extra"
    }
    parser = build_parser()
    (commands,) = (action for action in parser._actions if isinstance(action.choices, dict))
    assert isinstance(commands.choices, dict)
    options = {name for action in commands.choices["gate"]._actions for name in action.option_strings}
    documented = {name for row in rows for name in re.findall(r"`(--[a-z-]+)", row)}
    assert documented <= options
    assert {"--from", "--to", "--no-grants", "--no-policies", "--ignore", "--skip-unreadable"} <= documented


def test_the_role_of_the_page_is_enough(live: ScratchDatabase, server: Server, project: Project) -> None:
    (grants,) = re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    execute(live, *grants.replace("database shop", f"database {live.name}").split(";\n")[:3])
    try:
        execute(live, "alter role harness_gate password 'tell-nobody'")
        url = re.sub(r"//[^@]*@", "//harness_gate:tell-nobody@", live.url)
        report = harness.gate(url, directory=project.directory, server=server)
        # Its own grant is a change by hand, too.
        assert (report.exit_code(), report.findings) == (0, ())
    finally:
        execute(live, "drop owned by harness_gate", "drop role harness_gate")


def test_the_function_and_the_room_have_one_name(live: ScratchDatabase, server: Server, project: Project) -> None:
    import harness.gate.judge

    assert harness.gate.judge.PARTS == ("revision", "drift", "rehearsal")
    report = harness.gate(live.url, directory=project.directory, server=server, select=["revision"])
    assert report.exit_code() == 0


def test_another_server_is_not_touched(live: ScratchDatabase, server: Server, project: Project) -> None:
    with psycopg.connect(server.url) as connection:
        before = connection.execute("select count(*) from pg_database").fetchone()
    assert run(project, "gate", live.url, "--server", "embedded").returncode == 0
    with psycopg.connect(server.url) as connection:
        assert connection.execute("select count(*) from pg_database").fetchone() == before
