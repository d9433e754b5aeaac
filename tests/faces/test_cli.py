"""The command line as users meet it: processes, their output and their exit codes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psycopg
import pytest
from tiny_projects import DRIFTED, ENV, surroundings

from harness.cli import main
from harness.server import Server

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Make = Callable[..., Path]


def test_a_sound_project_is_green_and_says_on_what(
    harness: Run, project: Make, own_server: Server, leftovers: Callable[[], list[str]]
) -> None:
    done = harness("check", cwd=project())
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"PostgreSQL {own_server.version} (url)")
    assert "  ✓ upgrade" in done.stdout
    assert re.fullmatch(r"All \d+ checks passed\. \(\d+\.\d s\)", lines[-1])
    assert "\x1b" not in done.stdout
    assert leftovers() == []


def test_drift_is_red_and_reported_in_every_place_that_was_asked_for(harness: Run, project: Make) -> None:
    root = project(models=DRIFTED)
    done = harness(
        *("check", "--select", "drift,upgrade", "--format", "json", "--output", "out.json"),
        *("--format", "junit", "--output", "out.xml", "--format", "github"),
        cwd=root,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("::error ")
    report = json.loads((root / "out.json").read_text())
    assert report["outcome"] == "failed"
    (finding,) = report["findings"]
    assert finding["check"] == "drift"
    assert (finding["expected"], finding["actual"]) == ("character varying(200)", "character varying(100)")
    suite = ElementTree.parse(root / "out.xml").find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "1"


def test_quiet_and_select_leave_nothing_but_the_findings(harness: Run, project: Make) -> None:
    done = harness("check", "-q", "--select=drift", cwd=project(models=DRIFTED))
    assert done.returncode == 1
    assert done.stdout.startswith("error[drift.")
    assert done.stdout.splitlines()[-1].startswith("Failed: 1 of 1 check (drift), with 1 error.")


def test_an_env_py_that_raises_is_no_verdict_and_no_traceback_of_ours(harness: Run, project: Make) -> None:
    done = harness("check", cwd=project(env='raise RuntimeError("the vault is sealed")\n'))
    assert done.returncode == 3
    assert "the vault is sealed" in done.stdout + done.stderr
    assert "harness/cli.py" not in done.stdout + done.stderr


SQLITE = ENV.replace("postgresql+psycopg://app:secret@db.invalid/live", "sqlite:///shop.db")
NO_METADATA = ENV.replace("target_metadata=models.Base.metadata", "target_metadata=None")


@pytest.mark.parametrize(
    ("parts", "select", "code", "says"),
    [
        ({"revisions": ()}, "graph,upgrade", 1, "There is no revision in alembic/versions."),
        ({"env": "import sys\nsys.exit(4)\n"}, "upgrade", 3, "env.py called sys.exit(4) at alembic/env.py:2."),
        ({"env": "from alembic import context\n"}, "upgrade", 3, "without calling context.run_migrations()"),
        ({"env": NO_METADATA}, "upgrade,drift", 0, "drift 0.00 s env.py passes no target_metadata"),
        (
            {"env": SQLITE},
            "upgrade",
            2,
            "env.py connects to sqlite, not to PostgreSQL. Tell it the scratch database: --env",
        ),
        ({"files": {"alembic/versions/odd.py": "def ("}}, "graph", 1, "alembic/versions/odd.py cannot be imported"),
    ],
    ids=["empty-history", "exits", "never-migrates", "no-metadata", "sqlite", "syntax-error"],
)
def test_what_projects_do_has_the_right_exit_code_and_sentence(
    harness: Run, project: Make, parts: dict[str, Any], select: str, code: int, says: str
) -> None:
    done = harness("check", "--select", select, cwd=project(**parts))
    assert done.returncode == code
    assert says in " ".join((done.stdout + done.stderr).split())
    assert "harness/cli.py" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "files", "says"),
    [
        ([], None, "There is no alembic.ini"),
        (["--config", "nowhere.ini"], {}, "There is no file nowhere.ini."),
        (["--select", "grahp"], {}, "There is no check 'grahp'. Did you mean 'graph'?"),
        (["--skip", "everything"], {}, "There is no check 'everything'."),
        (["--fail-on", "eror"], {}, "Did you mean error?"),
        (["--format", "jsn"], {}, "Did you mean json?"),
        (["--server", "mysql://root:s3cret@h/d"], {}, "PostgreSQL"),
        (["--server", "embeded"], {}, "'embedded'"),
        (["--env", "URL"], {}, "--env takes NAME=VALUE, not URL."),
        (["-x", "key"], {}, "-x takes KEY=VALUE, not 'key'."),
        (["--frobnicate"], {}, "Unrecognized arguments: --frobnicate."),
        ([], {"pyproject.toml": "[tool.harness]\nserver-image = 'x'"}, "has no option 'server-image'"),
        ([], {"pyproject.toml": "[tool.harness]\nimgae = 'x'"}, "Did you mean 'image'?"),
        ([], {"pyproject.toml": "[tool.harness\n"}, "cannot be read"),
        ([], {"alembic.ini": "[alembic]\n"}, "has no script_location"),
    ],
)
def test_a_wrong_call_is_one_plain_sentence_and_exit_code_2(
    harness: Run, project: Make, tmp_path: Path, arguments: list[str], files: dict[str, str] | None, says: str
) -> None:
    root = tmp_path if files is None else project(files=files)
    done = harness("check", *arguments, cwd=root, server=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in " ".join(done.stderr.split())
    assert done.stderr.startswith("harness: ")
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(("call", "says"), [(["chekc"], "Did you mean check?"), ([], "required: COMMAND")])
def test_a_wrong_command_is_refused(harness: Run, tmp_path: Path, call: list[str], says: str) -> None:
    done = harness(*call, cwd=tmp_path, server=False)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_server_that_does_not_answer_is_exit_code_3_and_its_password_stays_secret(
    harness: Run, project: Make
) -> None:
    url = "postgresql://someone:p%40ssw0rd@127.0.0.1:1/postgres"
    done = harness("check", "--server", url, cwd=project(), server=False)
    assert done.returncode == 3
    assert "127.0.0.1:1" in done.stderr
    assert "ssw0rd" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_middle_leaves_no_database(
    project: Make, own_server: Server, leftovers: Callable[[], list[str]], number: int, code: int
) -> None:
    root = project(revisions=(("first", 'op.execute("select pg_sleep(60)")', "pass"),))
    command = [sys.executable, "-m", "harness", "check", "--select", "upgrade"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=root, env=surroundings(own_server), stdout=pipe, stderr=pipe, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not _sleeping(own_server) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert leftovers()
        process.send_signal(number)
        started = time.monotonic()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert time.monotonic() - started < 10
    assert "Traceback" not in errors
    assert leftovers() == []


def _sleeping(server: Server) -> bool:
    query = "select count(*) from pg_catalog.pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"
    with psycopg.connect(server.url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return row is not None and row[0] > 0


def test_starting_up_imports_none_of_the_heavy_libraries(tmp_path: Path) -> None:
    program = (
        "import sys; from harness.cli import main\n"
        "try: main(['check', '--help'])\n"
        "except SystemExit: pass\n"
        "print({'sqlalchemy', 'alembic', 'psycopg', 'pytest', 'asyncio'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"
    assert "exit codes:" in done.stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m harness rules | head -n 1"
    done = subprocess.run(command, cwd=tmp_path, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith("graph: ")


def test_rules_are_listed_and_explained(harness: Run, tmp_path: Path) -> None:
    every = harness("rules", cwd=tmp_path, server=False).stdout
    names = re.findall(r"^  ([a-z-]+\.[\w.-]+)", every, re.MULTILINE)
    assert len(names) > 10
    one = harness("rules", names[0], cwd=tmp_path, server=False)
    assert one.returncode == 0
    assert one.stdout.startswith(names[0])
    assert "Why: " in one.stdout
    assert "upgrade.failed" in harness("rules", "upgrade", cwd=tmp_path, server=False).stdout
    wrong = harness("rules", "upgrade.faild", cwd=tmp_path, server=False)
    assert wrong.returncode == 2
    assert "Did you mean upgrade.failed?" in wrong.stderr


def test_init_writes_once_what_runs_as_it_is(harness: Run, project: Make) -> None:
    root = project(files={"pyproject.toml": "[tool.black]\nline-length = 100\n"})
    done = harness("init", cwd=root, server=False)
    assert (done.returncode, done.stderr) == (0, "")
    text = (root / "pyproject.toml").read_text()
    assert text.startswith("[tool.black]\nline-length = 100\n\n[tool.harness]\n")
    assert 'config = "alembic.ini"' in text
    tests = root / "tests" / "test_migrations.py"
    written = tests.read_text()
    assert "from harness.testing import *" in written

    tests.write_text(written + "\n# mine\n")
    again = harness("init", cwd=root, server=False)
    assert again.stdout.count("already: left as it is.") == 2
    assert (root / "pyproject.toml").read_text() == text
    assert tests.read_text().endswith("# mine\n")
    uncommented = re.sub(r"^# ([a-z-]+ = )", r"\1", text, flags=re.MULTILINE)
    for unset in ('name = ""', 'baseline = ""', "select = []"):
        uncommented = uncommented.replace(unset, "")
    (root / "pyproject.toml").write_text(uncommented)
    checked = harness("check", "--select", "graph", cwd=root, server=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_init_wants_a_project(harness: Run, tmp_path: Path) -> None:
    done = harness("init", cwd=tmp_path, server=False)
    assert done.returncode == 2
    assert "There is no alembic.ini" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_defect_of_ours_is_no_finding(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_options: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("harness.cli._rules", broken)
    before = signal.getsignal(signal.SIGTERM)
    assert main(["rules"]) == 3, "Python's own exit code would be 1, which says that there are findings"
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before
