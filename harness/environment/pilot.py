"""Inside: the walk, made while `env.py` stands in `context.run_migrations()`.

Alembic iterates the steps that `Pilot.steps` yields lazily, so between two of them the outside can look at the
database and decide what comes next. A `deploy` gives its steps to Alembic's own loop, in the project's transaction
mode, and lets `env.py` end as it would; a `walk` runs each step here and commits it, which is what separate deploys of
one revision do.
"""

from __future__ import annotations

import contextlib
import copy
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from harness.environment.channel import ChannelClosed
from harness.environment.lineage import Lineage, WalkStep
from harness.environment.records import Direction, Failure, StepResult, to_json
from harness.environment.session import Session, may_leave_something

if TYPE_CHECKING:
    from alembic.runtime.migration import HeadMaintainer, MigrationContext, MigrationStep

    from harness.environment.inside import Inside

# A statement that changes the catalogs and fires no event trigger.
_CATALOG_WRITE = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from|merge\s+into)\s+(?:only\s+)?(?:\"?pg_catalog\"?\s*\.\s*)?\"?pg_\w"
    r"|\bcluster\b",
    re.IGNORECASE,
)


class Pilot:
    """Carries out the outside's commands on the migration context of `env.py`."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        # By revision that stands: what Alembic came to remember while it was applied.
        self._memories: dict[str, dict[str, Any]] = {}
        self._wrote_catalogs = False
        self._may_have_left_something = False
        self._session: Session
        self._lineage: Lineage | None = None
        event.listen(Engine, "before_cursor_execute", self._before_execute)

    def _before_execute(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """SQLAlchemy's `before_cursor_execute`, for every engine of this interpreter."""
        may_write = "pg_" in statement or "cluster" in statement.lower()  # most do not, and some are long
        if may_write and _CATALOG_WRITE.search(statement):
            self._wrote_catalogs = True
        if may_leave_something(statement):
            self._may_have_left_something = True

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[MigrationStep]:
        """Alembic's `fn`: called by `run_migrations` with the version table's rows and the migration context."""
        from harness.environment.version_table import VersionTable

        inside = self._inside
        inside.context = context
        namespace = inside.note_namespace(context)
        maintainer = VersionTable(context, heads)
        walking = False
        inside.channel.send(
            {
                "event": "running",
                "heads": list(heads),
                # The proof that the redirect held.
                "database": None if namespace is None else namespace.database,
                "configured": inside.summaries(),
            }
        )
        try:
            while True:
                command = inside.channel.receive()
                kind = command["command"]
                if kind == "finish":
                    return
                if kind == "deploy":
                    yield from self._deploy(command["target"], heads)
                    return
                if not walking:
                    # Alembic has just made the version table; a walk commits all along, and this comes first.
                    self._dbapi(context).commit()
                    self._session = Session(self._dbapi(context))
                    self._may_have_left_something = False
                    walking = True
                if kind == "plan":
                    inside.channel.send(self._plan(command["target"], command["direction"], maintainer))
                elif kind == "step":
                    taken = command["revision"], command["direction"]
                    result = self._step(context, maintainer, *taken, forget=command["forget"])
                    inside.channel.send({"event": "step", **to_json(result)})
                else:
                    if kind == "conduct":
                        command = self._conducting(command, context, maintainer)
                    answer = inside.answer(command)
                    self._roll_back(context)
                    inside.channel.send({**answer, "heads": sorted(maintainer.heads)})
        finally:
            inside.context = None

    def _dbapi(self, context: MigrationContext) -> Any:
        """The driver's connection. Commits go through it, since SQLAlchemy's transaction belongs to `env.py`, whose
        `with` block must find it open at its end; for the drivers the next statement begins a new one."""
        connection = context.connection
        assert connection is not None
        return connection.connection.dbapi_connection

    def _roll_back(self, context: MigrationContext) -> None:
        # Of a connection that is lost there is nothing to take back, and whatever comes next says so.
        with contextlib.suppress(Exception):
            self._dbapi(context).rollback()

    def _restore_session(self, context: MigrationContext) -> None:
        if self._may_have_left_something:
            self._session.restore()
            # What asyncpg has prepared may refer to a temporary table that is gone, and meet another of that name.
            getattr(context.dialect, "_invalidate_schema_cache", lambda: None)()
            self._may_have_left_something = False

    def _deploy(self, target: str, heads: tuple[str, ...]) -> Iterator[MigrationStep]:
        # What `alembic upgrade` itself calls: alembic/command.py.
        for step in self._inside.script._upgrade_revs(target, heads):  # type: ignore[arg-type]  # a tuple serves
            self._inside.channel.send({"event": "deploying", "revision": _revision_of(step)})
            yield step

    def _plan(self, target: str, direction: Direction, maintainer: HeadMaintainer) -> dict[str, Any]:
        script = self._inside.script
        heads: Any = tuple(maintainer.heads)
        try:
            planned = (
                script._upgrade_revs(target, heads) if direction == "upgrade" else script._downgrade_revs(target, heads)
            )
        except Exception as error:
            return {"event": "raised", "failure": to_json(self._inside.describe(error))}
        return {"event": "planned", "revisions": [_revision_of(step) for step in planned]}

    def _conducting(
        self, command: dict[str, Any], context: MigrationContext, maintainer: HeadMaintainer
    ) -> dict[str, Any]:
        """The call of a function that is to walk by itself: it is given what takes a step."""

        def take(revision: str, direction: Direction) -> StepResult:
            step = {"revision": revision, "direction": direction}
            self._inside.channel.send({"event": "taking", **step})
            result = self._step(context, maintainer, revision, direction, forget=True)
            self._inside.channel.send({"event": "taken", **step})
            return result

        return {**command, "command": "call", "arguments": {**command["arguments"], "take": take}}

    def _step(
        self,
        context: MigrationContext,
        maintainer: HeadMaintainer,
        revision: str,
        direction: Direction,
        *,
        forget: bool,
    ) -> StepResult:
        # Alembic remembers for the length of one run which enums it has made, and skips CREATE TYPE for a second table.
        memory: dict[str, Any] = getattr(context.impl, "memo", {})
        memory.clear()
        if not forget:
            self._remember(memory)
        self._wrote_catalogs = False
        self._inside.refusals.settle()
        started = time.perf_counter()
        failure: Failure | None = None
        before = set(maintainer.heads)
        try:
            self._apply(context, maintainer, revision, direction)
            self._dbapi(context).commit()
            self._restore_session(context)
            self._memories.pop(revision, None)
            if direction == "upgrade" and memory:
                self._memories[revision] = {key: copy.copy(value) for key, value in memory.items()}
        except ChannelClosed:
            raise
        except (Exception, SystemExit) as error:  # a downgrade may refuse by sys.exit("no way back")
            failure = self._inside.describe(error, revision)
            maintainer.heads.clear()
            maintainer.heads.update(before)
            self._roll_back(context)
            # What it had set in a block of its own is there yet; of a connection that is lost there is nothing.
            with contextlib.suppress(Exception):
                self._restore_session(context)
        seconds = time.perf_counter() - started
        heads = tuple(sorted(maintainer.heads))
        return StepResult(revision, direction, seconds, heads, failure, self._wrote_catalogs)

    def _remember(self, memory: dict[str, Any]) -> None:
        """Give Alembic back what it would know now had all that stands been applied in one run."""
        for remembered in self._memories.values():
            for key, value in remembered.items():
                memory[key] = memory[key] | value if isinstance(memory.get(key), set) else copy.copy(value)

    def _apply(
        self, context: MigrationContext, maintainer: HeadMaintainer, revision: str, direction: Direction
    ) -> None:
        """One turn of the loop of `MigrationContext.run_migrations` (alembic/runtime/migration.py)."""
        script = self._inside.script
        self._lineage = self._lineage or Lineage(script)
        step = WalkStep(self._lineage, script, script.get_revision(revision), is_upgrade=direction == "upgrade")
        with context.begin_transaction(_per_migration=True):
            step.migration_fn(**self._inside.migration_arguments)
            maintainer.update_to_step(step)
            for callback in context.on_version_apply_callbacks:
                callback(
                    ctx=context,
                    step=step.info,
                    heads=set(maintainer.heads),
                    run_args=self._inside.migration_arguments,
                )


def _revision_of(step: Any) -> str:
    return str(step.revision.revision)
