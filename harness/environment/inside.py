"""Inside: the fresh interpreter in which the user's `env.py` runs once, piloted from the outside over a socket.

Modes: `online` (a scratch database, a walk), `inspect` (Alembic's offline mode, no database, no migration), `offline`
(what `alembic upgrade heads --sql` does, its script kept by a `Scribe`) and `bare` (the project is set up as Alembic
would set it up, `env.py` is not run).
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import os
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from harness.environment.channel import Channel, ChannelClosed
from harness.environment.failures import describe
from harness.environment.namespace import Namespace, namespace_of
from harness.environment.offline import Scribe
from harness.environment.opened import Opened
from harness.environment.records import Failure, to_json
from harness.environment.redirect import ForeignDatabaseError, Redirect, own_connection
from harness.environment.refusals import IN_FAILED_TRANSACTION, Refusals

if TYPE_CHECKING:
    import psycopg
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Engine

COMMAND = ["upgrade", "heads"]
OFFLINE_COMMAND = [*COMMAND, "--sql"]


class Inside:
    """What a function called with `EnvironmentRun.call` is given.

    Attributes:
        config, script: Alembic's own objects, the ones that `env.py` sees.
        configured: the keyword arguments of each `context.configure` call, with the user's real objects, and with the
            `migration_context` that it made and, from the migrations on, its `namespace`.
        context: the migration context while `env.py` stands in `context.run_migrations()`, else None.
        env_globals: what `env.py` had defined when it failed; empty if it did not fail.
        failure: the exception that ended `env.py`, None if it ran to its end (or has not ended yet).
        directory: the working directory.
        revision_modules: the revision files that were loaded, by path.
        start_modules: the names of the modules that were loaded before `env.py` ran.
        chosen_driver: the driver of the URL that we gave to a project whose ini names no PostgreSQL; else None.
        refusals: what PostgreSQL refused in a transaction before it refused the rest of it.
        opened: what the user's code has read.
        scribe: in an offline run, what keeps the script; else None.
    """

    def __init__(self, channel: Channel, start: dict[str, Any]) -> None:
        self.channel = channel
        self.mode: str = start["mode"]
        self.directory = Path(start["directory"])
        self.database_url: str | None = start["url"]
        self.config_path: str = start["config"]
        self.name: str = start["name"]
        self.x: list[str] = start["x"]
        self.configured: list[dict[str, Any]] = []
        self.context: MigrationContext | None = None
        self.migration_arguments: dict[str, Any] = {}
        self.env_globals: dict[str, Any] = {}
        self.failure: BaseException | None = None
        self.start_modules: frozenset[str] = frozenset()
        self.scribe: Scribe | None = Scribe(self) if self.mode == "offline" else None
        self.revision_modules: dict[str, ModuleType] = {}
        self.redirect = Redirect(self.database_url)
        self.chosen_driver: str | None = None
        self.refusals = Refusals()
        self.opened = Opened()
        self.config: Config
        self.script: ScriptDirectory

    @property
    def own_files(self) -> tuple[str, ...]:
        """Folders whose code counts as the user's, wherever it is installed."""
        script = getattr(self, "script", None)
        return () if script is None else (str(script.dir), *(str(path) for path in script._version_locations))

    def describe(self, error: BaseException, revision: str | None = None) -> Failure:
        """An exception of the user's code as a record; of a transaction that an error had spoilt, that error."""
        failure = describe(error, own_files=self.own_files, revision=revision)
        first = self.refusals.before(error)
        if failure.sqlstate != IN_FAILED_TRANSACTION or first is None:
            return failure
        cause = describe(first, own_files=self.own_files, revision=revision)
        return replace(cause, message=f"{cause.message} (it is caught, and then: {failure.message})")

    def set_up(self) -> None:
        """Load the configuration and the script directory, as the `alembic` command does."""
        from alembic.script import ScriptDirectory

        self.config = self._load_config(COMMAND if self.scribe is None else OFFLINE_COMMAND)
        self.script = ScriptDirectory.from_config(self.config)
        self._answer_foreign_url()

    def _load_config(self, command: list[str]) -> Config:
        from alembic.config import CommandLine, Config
        from alembic.util import CommandError

        arguments = ["--config", self.config_path, "--name", self.name]
        for assignment in self.x:
            arguments += ["-x", assignment]
        options = CommandLine().parser.parse_args([*arguments, *command])
        path = Path(self.config_path)
        files: dict[str, Any] = {"file_": self.config_path}
        beside = path.with_name("pyproject.toml")
        reads_toml = "toml_file" in inspect.signature(Config).parameters
        if path.suffix == ".toml":
            if not reads_toml:
                raise CommandError("it reads [tool.alembic] of a pyproject.toml only from version 1.16 on.")
            files = {"file_": str(path.with_name("alembic.ini")), "toml_file": self.config_path}
        elif beside.is_file() and reads_toml:
            files["toml_file"] = str(beside)
        return Config(**files, ini_section=self.name, cmd_opts=options, stdout=io.StringIO())

    def command_options(self, command: list[str]) -> Any:
        """The `cmd_opts` that Alembic would have parsed for another command."""
        return self._load_config(command).cmd_opts

    def _answer_foreign_url(self) -> None:
        """Give a project whose ini names no PostgreSQL one that it can connect to; the redirect does the rest.

        Many ini files hold a placeholder or SQLite. Nothing else of the configuration is touched, in memory only.
        """
        section: dict[str, str] = self.config.get_section(self.config.config_ini_section, {}) or {}
        url = section.get("sqlalchemy.url", "")
        if self.database_url is None or url.startswith(("postgresql", "postgres:")):
            return
        self.chosen_driver = self._likely_driver()
        replacement = self.database_url.replace("postgresql://", f"postgresql+{self.chosen_driver}://", 1)
        self.config.set_main_option("sqlalchemy.url", replacement.replace("%", "%%"))

    def _likely_driver(self) -> str:
        from importlib.util import find_spec

        env_py = Path(self.script.env_py_location)
        is_async = env_py.is_file() and b"async" in env_py.read_bytes()
        drivers = ("asyncpg", "psycopg") if is_async else ("psycopg", "psycopg2", "pg8000")
        return next((driver for driver in drivers if find_spec(driver)), "psycopg")

    def engine(self, url: str) -> Engine:
        """A synchronous engine of harness's own on another scratch database, which the redirect leaves alone."""
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        return create_engine("postgresql+psycopg://", creator=lambda: self.connect(url), poolclass=NullPool)

    def connect(self, url: str | None = None, **arguments: Any) -> psycopg.Connection[Any]:
        """A connection of harness's own, to the scratch database if no URL is given.

        Args:
            arguments: further arguments of `psycopg.connect`.

        Raises:
            psycopg.OperationalError: the server does not let us in.
        """
        import psycopg

        with own_connection():
            return psycopg.connect(url or self.database_url or "", **arguments)

    def run(self) -> None:
        """Run `env.py` once, in this interpreter's main thread, which has no event loop."""
        from harness.environment.capture import CapturingContext

        if self.mode == "inspect":
            self.config.output_buffer = io.StringIO()
        self.start_modules = frozenset(sys.modules)
        writing = contextlib.nullcontext() if self.scribe is None else self.scribe.writing()
        try:
            with CapturingContext(self, as_sql=self.mode != "online"), writing:
                self.script.run_env()
        except SystemExit as error:
            self.failure = error
        except ChannelClosed:
            raise
        except BaseException as error:
            self.failure = error
            self.env_globals = _globals_of(error, str(Path(self.script.dir) / "env.py"))

    def ended(self) -> dict[str, Any]:
        """The message that tells how `env.py` ended."""
        refused = self.redirect.refused
        failure = None if self.failure is None else to_json(self.describe(self.failure))
        return {
            "event": "ended",
            "failure": failure,
            "exit": isinstance(self.failure, SystemExit),
            "foreign": refused.dialect if isinstance(refused, ForeignDatabaseError) else None,
            "chosen_driver": self.chosen_driver,
            "connections": self.redirect.count,
            "configured": self.summaries(),
        }

    def summaries(self) -> list[dict[str, Any]]:
        """Each `context.configure` call in words."""
        from harness.environment.capture import summary

        return [to_json(summary(options)) for options in self.configured]

    def note_namespace(self, context: MigrationContext) -> Namespace | None:
        """Keep where names without a schema land in a migration context, beside what it was configured with."""
        namespace = namespace_of(context)
        for options in self.configured:
            if options["migration_context"] is context:
                options["namespace"] = namespace
        return namespace

    @property
    def namespace(self) -> Namespace | None:
        """Where names without a schema land in the migrations; None before they began."""
        found = [options["namespace"] for options in self.configured if options["migration_context"] is self.context]
        return found[-1] if found else None

    def serve(self) -> None:
        """Answer the outside's calls until it says `finish`."""
        while (command := self.channel.receive())["command"] != "finish":
            self.channel.send(self.answer(command))

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out one `call`: a function by name, with this object and JSON arguments."""
        if command["command"] != "call":
            return {"event": "refused", "message": "env.py does not stand in run_migrations"}
        module, _, function = command["function"].partition(":")
        try:
            result = getattr(importlib.import_module(module), function)(self, **command["arguments"])
        except Exception as error:
            return {"event": "raised", "failure": to_json(self.describe(error))}
        return {"event": "result", "result": result}


def _globals_of(error: BaseException, env_py: str) -> dict[str, Any]:
    trace = error.__traceback__
    found: dict[str, Any] = {}
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == env_py:
            found = trace.tb_frame.f_globals
        trace = trace.tb_next
    return found


def _die_with_the_outside(lifeline: int) -> None:
    """End this process when the outside's end of the pipe closes, in whatever way the outside went."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=wait, name="harness-lifeline", daemon=True).start()


def main(descriptor: int, lifeline: int) -> None:
    """The life of the inside: set up, run `env.py` (or not), answer calls, end."""
    _die_with_the_outside(lifeline)
    channel = Channel(socket.socket(fileno=descriptor))
    os.set_inheritable(descriptor, False)
    start = channel.receive()
    os.environ.update(start["environment"])
    os.chdir(start["directory"])
    inside = Inside(channel, start)
    sys.argv = ["alembic", *(COMMAND if inside.scribe is None else OFFLINE_COMMAND)]
    try:
        inside.redirect.install()
        inside.refusals.install()
        inside.set_up()
    except BaseException as error:
        channel.send({"event": "unloadable", "failure": to_json(inside.describe(error))})
        return
    with contextlib.suppress(ChannelClosed):
        if inside.mode == "bare":
            channel.send({"event": "ready"})
        else:
            inside.run()
            channel.send(inside.ended())
        inside.serve()
    sys.stdout.flush()
    sys.stderr.flush()
    # The user's atexit handlers and non-daemon threads have no work left that matters here, and some never end.
    os._exit(0)
