"""The processes that environment runs live in: forked by a warm one, and not to be told from fresh interpreters."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.environment import EnvironmentRun, Project, processes
from harness.findings import VerdictError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="interpreters are forked on Linux only")

ENV_PY = """
import json, os, sys
from pathlib import Path
from alembic import context

Path(os.environ["TELL"]).write_text(json.dumps({
    "path": sys.path,
    "argv": sys.argv,
    "directory": os.getcwd(),
    "variables": dict(os.environ),
    "writes bytecode": not sys.dont_write_bytecode,
    "main": sys.modules["__main__"].__file__,
    "flags": list(sys.flags),
    "session": os.getsid(0) == os.getpid(),
    "descriptors": len(os.listdir("/proc/self/fd")),
}))
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    scripts = tmp_path / "migrations"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text(ENV_PY)
    config = tmp_path / "alembic.ini"
    config.write_text("[alembic]\nscript_location = migrations\nprepend_sys_path = .\n")
    return Project(tmp_path, config, env={"TELL": str(tmp_path / "told.json")})


def told_by(project: Project) -> dict[str, Any]:
    with EnvironmentRun.inspect(project) as run:
        run.ready()
    told: dict[str, Any] = json.loads(Path(project.env["TELL"]).read_text())
    return told


def nursery_pid() -> int:
    assert processes._nursery is not None
    return processes._nursery._process.pid


@pytest.fixture
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError("none today")

    monkeypatch.setattr(processes, "_warm", refuse)


def test_a_forked_interpreter_is_as_a_fresh_one(project: Project, request: pytest.FixtureRequest) -> None:
    forked = told_by(project)
    request.getfixturevalue("plainly")
    assert forked == told_by(project)


def test_what_is_set_between_two_runs_is_seen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "COLOUR" not in told_by(project)["variables"]
    monkeypatch.setenv("COLOUR", "green")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    told = told_by(project)
    assert told["variables"]["COLOUR"] == "green"
    assert not told["writes bytecode"]


def test_one_run_leaves_nothing_to_the_next(project: Project) -> None:
    env_py = project.directory / "migrations" / "env.py"
    env_py.write_text("import sys, smtplib\nsys.left = True\n" + ENV_PY)
    told_by(project)
    env_py.write_text("import sys\nassert 'smtplib' not in sys.modules and not hasattr(sys, 'left')\n" + ENV_PY)
    with EnvironmentRun.inspect(project) as run:
        assert run.failure is None


def test_a_killed_nursery_is_replaced(project: Project) -> None:
    told_by(project)
    killed = nursery_pid()
    os.kill(killed, signal.SIGKILL)
    wait_for_the_end_of(killed)
    told_by(project)
    assert nursery_pid() != killed


def test_a_run_outlives_the_nursery_and_ends_all_the_same(project: Project) -> None:
    with EnvironmentRun.inspect(project) as run:
        run.ready()
        pid = run._interpreter._process.pid
        os.kill(nursery_pid(), signal.SIGKILL)
        assert run.history().revisions == ()
    assert not alive(pid)


def test_how_a_forked_interpreter_ended_is_told(project: Project) -> None:
    (project.directory / "migrations" / "env.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(VerdictError, match="ended by signal 11"), EnvironmentRun.inspect(project) as run:
        run.ready()
    (project.directory / "migrations" / "env.py").write_text("import os\nprint('so long', flush=True)\nos._exit(7)")
    with pytest.raises(VerdictError, match="exited with status 7") as error, EnvironmentRun.inspect(project) as run:
        run.ready()
    assert error.value.detail == "so long"


def test_several_may_wait_for_the_end_of_one(project: Project) -> None:
    for _ in range(5):
        with EnvironmentRun.inspect(project) as run:
            run.ready()
            process = run._interpreter._process
            with ThreadPoolExecutor(4) as threads:
                waiting = [threads.submit(process.wait, 10) for _ in range(4)]
                os.kill(process.pid, signal.SIGTERM)
                assert [each.result() for each in waiting] == [-signal.SIGTERM] * 4


def test_nothing_outlives_the_outside(project: Project) -> None:
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from harness.environment import EnvironmentRun, Project, processes
        directory = Path(sys.argv[1])
        run = EnvironmentRun.inspect(Project(directory, directory / "alembic.ini", env={"TELL": "/dev/null"}))
        run.ready()
        print(processes._nursery._process.pid, run._interpreter._process.pid, flush=True)
        time.sleep(60)
        """
    )
    outside = subprocess.Popen(
        [sys.executable, "-c", script, str(project.directory)], stdout=subprocess.PIPE, text=True
    )
    assert outside.stdout is not None
    pids = [int(pid) for pid in outside.stdout.readline().split()]
    assert [alive(pid) for pid in pids] == [True, True]
    outside.kill()
    outside.communicate()
    wait_for_the_end_of(*pids)


def wait_for_the_end_of(*pids: int) -> None:
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
