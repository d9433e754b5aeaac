"""Inside: what `alembic upgrade heads --sql` writes, kept with the revision and the line that wrote it.

In offline mode Alembic gives revisions a connection that writes statements down and returns no result. A revision that
fails for want of one is left out of the script, with a mark where it belongs, and the next one is written all the same.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from harness.environment.failures import is_users
from harness.environment.offline_records import Memory, Obstacle, OfflineScript, Reason, Written

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

    from harness.environment.inside import Inside
    from harness.environment.records import Failure

_READING = re.compile(r"\s*(?:--.*\n\s*)*(?:select|show|values|table|explain|with)\b|.*\breturning\b", re.I | re.S)
_DRIVERS = ("psycopg", "psycopg2", "asyncpg", "pg8000")


@dataclass(frozen=True)
class _Request:
    """A statement that a revision gave to its connection."""

    reads: bool
    parameters: bool
    path: str | None
    line: int | None


class Scribe:
    """Keeps the script of one offline run."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._done: set[tuple[str | None, str]] = set()
        self._revision: str | None = None
        self._requests: list[_Request] = []
        self._by_alembic = False
        self._keeping = True
        self._connections = 0
        self._to_stdout = False
        self.revisions: list[str] = []
        self.written: list[Written] = []
        self.obstacles: list[Obstacle] = []

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Within this block the standard output is the script, as it is for `alembic upgrade --sql`: what is printed
        ends up between the statements.
        """
        before = sys.stdout
        sys.stdout = cast("Any", _Copy(self, None))
        try:
            yield
        finally:
            sys.stdout = before

    def listen(self, context: MigrationContext) -> None:
        """Hear what a new migration context writes, wherever `env.py` sends it, and what is asked of its connection."""
        impl, connection = context.impl, cast("Any", context.connection)
        if isinstance(impl.output_buffer, _Copy):
            self._to_stdout = True
        else:
            context.output_buffer = impl.output_buffer = cast("Any", _Copy(self, impl.output_buffer))
        static_output = impl.static_output
        execute = connection._execute_impl

        def listening_output(text: str) -> None:
            self._by_alembic = True
            try:
                static_output(text)
            finally:
                self._by_alembic = False

        def listening_execute(construct: Any, *parameters: Any, **more: Any) -> Any:
            given = bool(any(parameters) or more)
            self._requests.append(_Request(_reads(construct), given, *self._place()))
            return execute(construct, *parameters, **more)

        impl.static_output = listening_output  # type: ignore[method-assign]  # to hear it is what this method is for
        connection._execute_impl = listening_execute

    def has_run(self, context: MigrationContext) -> bool:
        """Whether the script has already come to the heads in this version table: in one database a second run of
        `context.run_migrations()` finds nothing to do.
        """
        return (context.version_table_schema, context.version_table) in self._done

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[RevisionStep]:
        """Alembic's `fn`: every step from base to the heads."""
        self._done.add((context.version_table_schema, context.version_table))
        # What `alembic upgrade` itself calls: alembic/command.py.
        for step in self._inside.script._upgrade_revs("heads", cast("Any", heads)):
            step.migration_fn = self._guarded(step, context)
            yield step

    def _guarded(self, step: RevisionStep, context: MigrationContext) -> Callable[..., None]:
        migrate, revision = step.migration_fn, str(step.revision.revision)

        @functools.wraps(migrate)  # Alembic writes its name into the script
        def guarded(**arguments: Any) -> None:
            self.revisions.append(revision)
            self._revision, self._requests = revision, []
            start, connections, memory = len(self.written), self._inside.redirect.count, _memory(context)
            error: BaseException | None = None
            try:
                migrate(**arguments)
            except (Exception, SystemExit) as caught:
                error = caught
            finally:
                self._revision = None
            opened = self._inside.redirect.count - connections
            self._connections += opened
            obstacle = self._obstacle(revision, error, connected=opened > 0)
            if obstacle is not None:
                self.obstacles.append(obstacle)
                self.written[start:] = [Written("", revision, left_out=True, memory=memory, turn=len(self._done))]

        return guarded

    def _obstacle(self, revision: str, error: BaseException | None, *, connected: bool) -> Obstacle | None:
        parameters = [request for request in self._requests if request.parameters]
        if error is None:
            if parameters:
                # They are lost, and the statement is written without them or, which nobody notices, with nulls.
                return Obstacle(revision, "parameters", parameters[0].path, parameters[0].line)
            return Obstacle(revision, "connection") if connected else None
        failure = self._inside.describe(error, revision)
        reason = self._reason(error, failure, connected)
        asked = [request for request in self._requests if request.reads and request.path is not None]
        if reason == "connection" and asked:
            return Obstacle(revision, reason, asked[-1].path, asked[-1].line, failure)
        return Obstacle(revision, reason, failure.path, failure.line, failure)

    def _reason(self, error: BaseException, failure: Failure, connected: bool) -> Reason:
        """Tell the want of a connection from a plain mistake in code that only offline mode reaches."""
        from sqlalchemy.exc import CompileError

        chain = _chain(error)
        if any(_is_of_a_driver(one) or _names_the_mode(str(one)) for one in chain):
            return "connection"
        if isinstance(error, (NameError, ImportError, SyntaxError)) and not isinstance(error, UnboundLocalError):
            return "code"
        if isinstance(error, CompileError):
            return "parameters" if self._requests and self._requests[-1].parameters else "code"
        if connected or any(request.reads for request in self._requests):
            return "connection"
        if self._requests and "NoneType" in str(error):
            return "connection"
        return "refusal" if failure.raised_on_purpose else "code"

    def write(self, text: str, printed: bool) -> None:
        """Keep a text that goes into the script."""
        if self._keeping:
            path, line = self._place() if self._revision is not None else (None, None)
            told = self._revision, path, line
            self.written.append(Written(text, *told, printed=printed and not self._by_alembic))

    def pass_on(self, text: str, stream: Any) -> Any:
        """Write to the stream that `env.py` chose, which may lead to the standard output in its turn."""
        self._keeping = False
        try:
            return stream.write(text)
        finally:
            self._keeping = True

    def _place(self) -> tuple[str | None, int | None]:
        """The innermost line of the user's own files on the stack."""
        frame: FrameType | None = sys._getframe(1)
        own_files = self._inside.own_files
        while frame is not None:
            if is_users(frame.f_code.co_filename, own_files):
                return frame.f_code.co_filename, frame.f_lineno
            frame = frame.f_back
        return None, None

    def script(self) -> OfflineScript:
        """All of it, once `env.py` has ended; what was printed, only if the standard output was the script."""
        written = [one for one in self.written if self._to_stdout or not one.printed]
        outside = self._inside.redirect.count - self._connections
        return OfflineScript(tuple(self.revisions), tuple(written), tuple(self.obstacles), outside)


class _Copy:
    """A text stream of which a scribe keeps a copy; `target` None stands for the script on the standard output."""

    def __init__(self, scribe: Scribe, target: Any) -> None:
        self._scribe = scribe
        self._target = target

    def write(self, text: str) -> Any:
        self._scribe.write(text, printed=self._target is None)
        return len(text) if self._target is None else self._scribe.pass_on(text, self._target)

    def flush(self) -> None:
        if self._target is not None:
            self._target.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.__stdout__ if self._target is None else self._target, name)


def _reads(construct: Any) -> bool:
    """Whether a statement returns rows."""
    if getattr(construct, "is_select", False) or getattr(construct, "_returning", ()):
        return True
    text = construct if isinstance(construct, str) else getattr(construct, "text", None)
    return isinstance(text, str) and _READING.match(text) is not None


def _is_of_a_driver(error: BaseException) -> bool:
    from sqlalchemy.exc import DBAPIError

    return isinstance(error, DBAPIError) or type(error).__module__.partition(".")[0] in _DRIVERS


def _names_the_mode(message: str) -> bool:
    # Alembic's word for what only a live connection can do (alembic/operations/batch.py), and the class of the
    # connection that offline mode has (sqlalchemy/engine/mock.py).
    return "--sql mode" in message or "MockConnection" in message


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def read_script(inside: Inside) -> dict[str, Any]:
    """The script as JSON; called with `EnvironmentRun.call` after an offline run."""
    if inside.scribe is None:
        raise RuntimeError("this run is not an offline one")
    return asdict(inside.scribe.script())


def migrate_online(inside: Inside, revision: str, memory: Memory) -> Memory:
    """In an online run: do what one revision's `upgrade()` does and commit it, the version table left alone.

    Args:
        memory: what Alembic remembers when the revision begins.

    Returns:
        what it remembers afterwards.
    """
    from alembic.runtime.migration import MigrationStep

    context = inside.context
    assert context is not None
    assert context.connection is not None
    for kind, names in memory.items():
        context.impl.memo[kind] = {tuple(name) for name in names}
    script = inside.script
    step = MigrationStep.upgrade_from_script(script.revision_map, script.get_revision(revision))
    with context.begin_transaction(_per_migration=True):
        step.migration_fn(**inside.migration_arguments)
    # As in a walk, the transaction that SQLAlchemy knows of belongs to `env.py`.
    dbapi_connection: Any = context.connection.connection.dbapi_connection
    dbapi_connection.commit()
    return _memory(context)


def _memory(context: MigrationContext) -> Memory:
    kept = context.impl.memo.items()
    return {kind: [list(name) for name in names] for kind, names in kept if isinstance(names, set)}
