"""What a round trip walks on: a scratch database, a run of `env.py` on it, and a tracker that looks at its schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from harness.checks.reversing import compare, undo
from harness.checks.upgrading import require_server, unusable, version_tables
from harness.environment import EnvironmentRun, StepResult
from harness.schema import Schema
from harness.schema.repair import Fix, Repair
from harness.schema.tracking import Moment, SchemaTracker
from harness.server import ScratchDatabase

if TYPE_CHECKING:
    from harness.checks.context import CheckContext
    from harness.environment.records import Direction

T = TypeVar("T")

# What holds rows: made again by a repair, it would be empty, and later revisions might miss what was in it.
_HOLDS_ROWS = frozenset({"table", "column", "sequence", "materialized view"})
_HARMLESS = frozenset({"nullable", "default", "comment", "owner", "grants", "column_grants", "statistics", "storage"})


class Ground:
    """A scratch database, a run of `env.py` on it, and a tracker that looks at its schema.

    Args:
        context: owns the database and the run; `close` ends them earlier.
        thorough: let each look read the whole schema.
        template: a database to begin with a clone of; an empty one if left out.
        database: a database to begin with itself.
    """

    def __init__(
        self,
        context: CheckContext,
        *,
        thorough: bool = False,
        template: ScratchDatabase | None = None,
        database: ScratchDatabase | None = None,
    ) -> None:
        self._context = context
        self._thorough = thorough
        self._database = database or context.own(context.server.create_database("round-trip", template=template))
        self._run = context.own(
            EnvironmentRun.start(context.project, self._database.url, timeout=context.settings.timeout)
        )
        self._tracker: SchemaTracker | None = None

    def step(self, revision: str, direction: Direction, *, forget: bool = True) -> StepResult:
        """One step; see `EnvironmentRun.step`.

        Raises:
            VerdictError: it hangs, or the server is gone.
        """
        result = self._run.step(revision, direction, forget=forget)
        if result.failure is not None:
            require_server(self._database, f"the {direction} of revision {revision}", result.failure)
        return result

    def begin(self) -> Moment:
        """Look at the schema for the first time; only what happens from here on can be compared."""
        leave_out = version_tables(self._run.configured)
        self._tracker = self._reading(
            lambda: SchemaTracker.attach(self._connect(), thorough=self._thorough, leave_out=leave_out)
        )
        self._thorough = self._tracker.thorough  # a role that may not watch has to read everything
        return self._looking(lambda tracker: tracker.look())

    def look(self, *steps: StepResult) -> Moment:
        """The schema now, after some steps."""
        whole = any(step.wrote_catalogs or step.failure is not None for step in steps)
        return self._looking(lambda tracker: tracker.look(whole=whole))

    def same(self, a: Moment, b: Moment) -> bool:
        """Whether the schema was exactly the same at two moments."""
        return self._looking(lambda tracker: tracker.same(a, b))

    def compare(self, expected: Moment, actual: Moment, known: Sequence[Fix] = ()) -> tuple[Fix, ...]:
        """How the schema at a moment differs from the one at another, but for what is known."""
        if self.same(expected, actual):
            return ()
        blamed = {fix.difference for fix in known}
        return compare(self._schema(expected), self._schema(actual), blamed)

    def undo(self, before: Moment, after: Moment) -> Repair:
        """What makes the schema of a later moment that of an earlier one."""
        return undo(self._schema(before), self._schema(after))

    def restore(self, wanted: Moment, now: Moment) -> tuple[Moment, Repair] | None:
        """Make the schema again what it was at a moment, with the repairs that a user would be told.

        Returns:
            the moment at which it was, and what was done; None if repairs cannot do it, or would lose rows that a
            migration had written.
        """
        found = self.undo(wanted, now)
        if not all(fix.automatic and _keeps_rows(fix) for fix in found.fixes):
            return None
        try:
            with self._connect() as connection:
                for operation in found.operations:
                    connection.execute(operation.sql.encode())
        except psycopg.OperationalError as error:
            raise unusable(self._database, error) from error
        except psycopg.DatabaseError:
            return None  # the caller builds anew
        moment = self._looking(lambda tracker: tracker.look(whole=True))
        return None if self.compare(wanted, moment) else (moment, found)

    @property
    def thorough(self) -> bool:
        """Whether each look reads the whole schema, because it was asked for or for want of rights."""
        return self._thorough

    def truthful(self) -> bool:
        """Whether what the tracker said so far may be believed."""
        if self._tracker is None or self._thorough:
            return True
        self._looking(lambda tracker: tracker.look())
        return self._looking(lambda tracker: tracker.verify())

    def close(self) -> None:
        """End the run and drop the database."""
        self.leave().drop()

    def leave(self) -> ScratchDatabase:
        """End the run and give the database away, to which nobody is connected then."""
        self._run.close(grace=0)
        self._database.close_connections()
        return self._database

    def _connect(self) -> psycopg.Connection[Any]:
        # Not even a lock of somebody else's, left by a migration, may hold us for ever.
        milliseconds = max(1, round(self._context.settings.timeout * 1000))
        return self._database.connect(options=f"-c statement_timeout={milliseconds}")

    def _schema(self, moment: Moment) -> Schema:
        return self._looking(lambda tracker: tracker.schema(moment))

    def _looking(self, look: Callable[[SchemaTracker], T]) -> T:
        tracker = self._tracker
        assert tracker is not None
        return self._reading(lambda: look(tracker))

    def _reading(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except psycopg.OperationalError as error:
            raise unusable(self._database, error) from error


def _keeps_rows(fix: Fix) -> bool:
    """Whether the repair of a difference leaves all rows where they are that the first way up had written."""
    for difference in fix.difference.walk():
        if difference.change == "extra" or difference.object.kind not in _HOLDS_ROWS:
            continue
        if difference.change != "changed" or difference.attribute not in _HARMLESS:
            return False
    return True
