"""Inside: the walk of `round-trip` through what is right, which is most of a history: two looks a revision instead of
three.

What the second step up of a revision made is not looked at by itself, but together with the way down of the next one:
after that, all must be as it was after the *first* step up of the one below. So each state is compared, one of three a
little later, and what is not as it should be may be the fault of either of two revisions. Whose, is not said here: from
the first doubt on, the walk that looks after each step (`round_trip_walk`) judges.

It is made in the interpreter that `env.py` runs in, since waking up another process between two steps costs about as
much as a statement.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from harness.environment.records import Direction, Failure, StepResult, to_json
from harness.schema import diff
from harness.schema.tracking import Moment, SchemaTracker

if TYPE_CHECKING:
    from harness.environment.inside import Inside

Take = Callable[[str, Direction], StepResult]


def walk(
    inside: Inside,
    take: Take,
    *,
    below: Sequence[str],
    revisions: Sequence[str],
    one_way: Collection[str],
    leave_out: Sequence[tuple[str, str]],
    ignore: Sequence[str],
    timeout: float,
) -> dict[str, Any]:
    """Walk from where the database stands, which is the base, to the first doubt.

    Args:
        take: takes a step.
        below: what the walk stands on; only applied.
        revisions: what is walked.
        one_way: those that are only taken up.
        leave_out: tables that are Alembic's, by schema and name.
        ignore: what may differ; see `diff`.
        timeout: seconds that one reading of the schema may take.

    Returns:
        `undoubted`: how many revisions are beyond doubt; `failure`: the failure of a step, if that is the doubt.

    Raises:
        psycopg.Error: the server is gone, or refuses.
    """
    milliseconds = max(1, round(timeout * 1000))
    options = f"-c statement_timeout={milliseconds}"
    with _rarely_collected(), inside.connect(autocommit=True, options=options) as connection:
        walker = _Walker(connection, take, frozenset(one_way), frozenset(ignore))
        failure = walker.walk(below, revisions, [(schema, name) for schema, name in leave_out])
        undoubted = walker.undoubted if walker.truthful() else 0
    return {"undoubted": undoubted, "failure": None if failure is None else to_json(failure)}


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Within this block the garbage collector leaves alone what is there, and waits for more of what is new.

    It would go through the project's modules and what was read of the schema again and again: a twelfth of the time.
    """
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


class _DoubtError(Exception):
    """Something is not as it should be; `failure` says what, if a step has failed."""

    def __init__(self, failure: Failure | None = None) -> None:
        super().__init__()
        self.failure = failure


class _Walker:
    """The walk itself.

    Attributes:
        undoubted: how many revisions are beyond doubt.
    """

    def __init__(
        self, connection: psycopg.Connection[Any], take: Take, one_way: frozenset[str], ignore: frozenset[str]
    ) -> None:
        self.undoubted = 0
        self._connection = connection
        self._take = take
        self._one_way = one_way
        self._ignore = ignore
        # A revision that was taken down and has still to be put up again.
        self._below: str | None = None
        # What must be there once whatever stands above `_below` is taken down.
        self._wanted: Moment
        self._tracker: SchemaTracker | None = None

    def walk(
        self, below: Sequence[str], revisions: Sequence[str], leave_out: Collection[tuple[str, str]]
    ) -> Failure | None:
        """Walk until the end or the first doubt; the failure of a step, if that is it."""
        try:
            self._steps(*((revision, "upgrade") for revision in below))
            self._tracker = SchemaTracker.attach(self._connection, leave_out=leave_out, uses=False)
            self._wanted = self._tracker.look()
            for revision in revisions:
                if revision in self._one_way:
                    self._settle()
                    self._wanted = self._look(self._steps((revision, "upgrade")))
                    self.undoubted += 1
                else:
                    self._go_through(revision)
            self._settle()
        except _DoubtError as doubt:
            return doubt.failure
        return None

    def truthful(self) -> bool:
        """Whether what the tracker said so far may be believed."""
        if self._tracker is None or self._tracker.thorough:
            return True
        self._tracker.look()
        return self._tracker.verify()

    def _go_through(self, revision: str) -> None:
        """Put up again what is below, take the revision up and down, and see that all is as it was."""
        ups = [revision] if self._below is None else [self._below, revision]
        after = self._look(self._steps(*((each, "upgrade") for each in ups)))
        self._expect(self._wanted, self._look(self._steps((revision, "downgrade"))))
        self._confirm()
        self._below, self._wanted = revision, after

    def _settle(self) -> None:
        """Put up again what is below, and look at it by itself."""
        if self._below is not None:
            self._expect(self._wanted, self._look(self._steps((self._below, "upgrade"))))
            self._confirm()
            self._below = None

    def _confirm(self) -> None:
        if self._below is not None:
            self.undoubted += 1

    def _expect(self, wanted: Moment, found: Moment) -> None:
        tracker = self._tracker
        assert tracker is not None
        if not tracker.same(wanted, found) and diff(tracker.schema(wanted), tracker.schema(found), ignore=self._ignore):
            raise _DoubtError

    def _steps(self, *steps: tuple[str, Direction]) -> bool:
        """Take some steps; whether one of them has done what PostgreSQL does not tell of."""
        wrote_catalogs = False
        for revision, direction in steps:
            result = self._take(revision, direction)
            if result.failure is not None:
                raise _DoubtError(result.failure)
            wrote_catalogs = wrote_catalogs or result.wrote_catalogs
        return wrote_catalogs

    def _look(self, whole: bool) -> Moment:
        assert self._tracker is not None
        return self._tracker.look(whole=whole)
