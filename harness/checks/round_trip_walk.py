"""The careful walk of `round-trip`: each revision up, down and up again, and on to the next one whatever happened."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from harness.checks.base import EndedEarly
from harness.checks.reversing import Reversal, refuses
from harness.checks.round_trip_ground import Ground
from harness.checks.round_trip_records import RoundTrips, Trip
from harness.checks.span import Span
from harness.environment import StepResult
from harness.findings import VerdictError
from harness.schema.repair import Repair
from harness.schema.tracking import Moment
from harness.server import ScratchDatabase

if TYPE_CHECKING:
    from harness.checks.context import CheckContext
    from harness.environment.records import Direction

# PostgreSQL's classes for data that does not fit (22) or breaks a constraint (23).
_ABOUT_ROWS = ("22", "23")


class _StoppedError(Exception):
    def __init__(self, step: StepResult) -> None:
        super().__init__(step.revision)
        self.step = step


class Walker:
    """The walk itself.

    Attributes:
        truthful: whether what was seen may be believed.
        verified: whether that could be told; afterwards it cannot be if the server is gone.
        thorough: whether each look reads everything.
        remembering: revisions that go up only with what Alembic remembers within one run, as far as they are known.

    `_applied` are the revisions that stand, the last one on top; `_before` and `_now` the moments before and after the
    newest step up that was looked at. Whoever builds anew makes these moments belong to the new ground.

    Args:
        span: the revisions.
        one_way: those that are only taken up.
        walked: how many revisions were walked before those of the span; for telling how far the walk is.
    """

    def __init__(
        self,
        context: CheckContext,
        span: Span,
        one_way: Collection[str],
        walked: int,
        *,
        thorough: bool = False,
        remembering: Collection[str] = (),
    ) -> None:
        self.truthful = True
        self.verified = False
        self.thorough = thorough
        self._is_second = thorough
        self.remembering = set(remembering)
        self._context = context
        self._span = span
        self._one_way = one_way
        self._applied: list[str] = []
        self._number, self._total = walked, walked + len(span.revisions)
        # Nothing was taken down on this ground yet: no row is missing that a deploy would have.
        self._pristine = True
        # Its run has applied all that stands, so what Alembic remembers is all that it would after one run.
        self._remembers_all = True
        # A database on which nothing was ever taken down, and what stands there: each new ground begins with a clone.
        self._checkpoint: ScratchDatabase | None = None
        self._checkpointed: list[str] = []
        self._is_current = True  # whether _now is what is there
        self._ground: Ground

    def walk(self) -> RoundTrips:
        """Walk through the whole span, or as far as that can be done."""
        trips: list[Trip] = []
        stopped: StepResult | None = None
        ended: VerdictError | None = None
        try:
            self._ground = Ground(self._context, thorough=self.thorough)
            try:
                self._go_through(trips)
            except _StoppedError as error:
                stopped = error.step
            except VerdictError as error:
                ended = error
            self._leave()
            self.verified = True
        except VerdictError as error:
            ended = ended or error
        if ended is None:
            return RoundTrips(tuple(trips), stopped)
        judged = len(trips) if self.verified else 0
        return RoundTrips(tuple(trips), stopped, EndedEarly(ended, self._span.revisions[judged]))

    def _go_through(self, trips: list[Trip]) -> None:
        self._reach(self._span.below)
        self._begin()
        for number, revision in enumerate(self._span.revisions, start=self._number):
            self._number = number
            trips.append(self._trip(revision))

    def _trip(self, revision: str) -> Trip:
        pristine = self._pristine
        trip = self._attempt(revision, is_last=pristine)
        if trip.reversal is not None and not pristine and _may_miss_rows(trip.reversal):
            # Perhaps an earlier downgrade took rows away that a deploy would have: see it on untouched ground.
            self._applied.pop()
            self._build_anew()
            trip = self._attempt(revision, is_last=True)
        return trip

    def _attempt(self, revision: str, *, is_last: bool) -> Trip:
        if revision not in self._one_way and not self._is_current:
            self._now, self._is_current = self._ground.look(), True
        alone = self._first_up(revision)
        if revision in self._one_way:
            return Trip(revision, alone)
        before, after, ground = self._before, self._now, self._ground
        self._pristine = False
        down = self._step(revision, "downgrade")
        left = ground.look(down)
        if down.failure is not None:
            undoing = None if refuses(down.failure) else ground.undo(before, after)
            refused = Reversal(down, undoing)
            if is_last or not _may_miss_rows(refused):  # else it is built anew for the next attempt
                self._bring_back(after, left)
            return Trip(revision, alone, refused)
        remains = ground.compare(before, left)
        self._applied.pop()
        again = self._step(revision, "upgrade")
        back = ground.look(again)
        self._applied.append(revision)
        if again.failure is None:
            differs = ground.compare(after, back, known=remains)
            self._bring_back(after, back)
            return Trip(revision, alone, Reversal(down, left=remains, again=again, differs=differs))
        cure = self._cure(revision, before, after, back) if remains else None
        reversal = Reversal(down, left=remains, again=again, cure=cure)
        if cure is None and (is_last or not _may_miss_rows(reversal)):  # as above
            self._build_anew()
        return Trip(revision, alone, reversal)

    def _first_up(self, revision: str) -> StepResult | None:
        """The first step up, in whatever way it can be had; what it failed with by itself, None if it did not."""
        was_pristine = self._pristine
        first = self._try_up(revision)
        if first.failure is None:
            return None
        if self._pristine and not was_pristine and self._try_up(revision).failure is None:
            return None  # it was built anew by now, and see below
        is_final = self._pristine and self._remembers_all
        if self._goes_up_remembering(revision):
            return first
        if not is_final:
            # Perhaps an earlier downgrade took rows away that a deploy would have.
            self._build_anew(remembering=True)
            if self._try_up(revision).failure is None:
                return None
            if self._goes_up_remembering(revision):
                return first
        raise _StoppedError(first)

    def _goes_up_remembering(self, revision: str) -> bool:
        """Go up with what Alembic remembers within one run; whether that succeeds."""
        self.remembering.add(revision)
        if self._try_up(revision).failure is None:
            return True
        self.remembering.discard(revision)
        return False

    def _try_up(self, revision: str) -> StepResult:
        step = self._step(revision, "upgrade")
        if step.failure is None:
            self._applied.append(revision)
        if revision in self._one_way:
            self._is_current = False
            if step.failure is not None:
                self._build_anew()
            return step
        self._before, self._now = self._now, self._ground.look(step)
        if step.failure is not None and not self._ground.same(self._before, self._now):
            self._build_anew()  # what it had committed itself, in an autocommit block, is still there
        return step

    def _cure(self, revision: str, before: Moment, after: Moment, now: Moment) -> Repair | None:
        """Repair what the downgrade left and go up once more; the repair, if that brings everything back."""
        restored = self._ground.restore(before, now)
        if restored is None:
            return None
        step = self._step(revision, "upgrade")
        back = self._ground.look(step)
        if step.failure is not None or self._ground.compare(after, back):
            return None
        self._now = back
        return restored[1]

    def _bring_back(self, wanted: Moment, now: Moment) -> None:
        """Go on from a moment's schema, whatever there is now."""
        if not self._ground.compare(wanted, now):
            self._now = now
            return
        restored = self._ground.restore(wanted, now)
        if restored is None:
            self._build_anew()
        else:
            self._now = restored[0]

    def _build_anew(self, *, remembering: bool = False) -> None:
        """Go on on new ground, on which the applied revisions stand and were never taken down.

        Args:
            remembering: let Alembic remember all of them, which it does only if one run applies them.
        """
        self._leave()
        applied, self._applied = self._applied, []
        self._pristine = True
        self._remembers_all = remembering or bool(self.remembering)
        try:
            if self._remembers_all:
                self._ground = Ground(self._context, thorough=self.thorough)
                self._reach(applied)
            else:
                self._advance_checkpoint(applied)
                self._ground = Ground(self._context, thorough=self.thorough, template=self._checkpoint)
        except _StoppedError as stopped:
            failure = stopped.step.failure
            raise VerdictError(
                f"Revision {stopped.step.revision} could be applied once, and not on a second database: "
                f"{failure.message if failure else ''}.",
                "Let it do the same each time that it is run.",
            ) from stopped
        self._begin()

    def _advance_checkpoint(self, applied: list[str]) -> None:
        """Apply on the checkpoint what it lacks: from the base, each time, a walk would grow with the square of its
        faults.
        """
        if self._checkpoint is not None and applied[: len(self._checkpointed)] != self._checkpointed:
            self._checkpoint.drop()
            self._checkpoint, self._checkpointed = None, []
        if self._checkpoint is not None and applied == self._checkpointed:
            self._applied = applied
            return
        self._ground = Ground(self._context, database=self._checkpoint)
        self._applied = list(self._checkpointed)
        self._reach(applied[len(self._checkpointed) :])
        self._checkpoint, self._checkpointed = self._ground.leave(), list(applied)

    def _begin(self) -> None:
        self._now = self._before = self._ground.begin()
        self._is_current = True
        self.thorough = self._ground.thorough

    def _reach(self, revisions: Sequence[str]) -> None:
        for revision in revisions:
            step = self._ground.step(revision, "upgrade", forget=revision not in self.remembering)
            if step.failure is not None and revision not in self.remembering:
                self.remembering.add(revision)
                step = self._ground.step(revision, "upgrade", forget=False)
            if step.failure is not None:
                raise _StoppedError(step)
            self._applied.append(revision)

    def _leave(self) -> None:
        self.truthful = self.truthful and self._ground.truthful()
        with contextlib.suppress(VerdictError):  # the context tries once more, and says what is left
            self._ground.close()

    def _step(self, revision: str, direction: Direction) -> StepResult:
        way = "up" if direction == "upgrade" else "down"
        text = f"revision {revision} {way}{', seen again' if self._is_second else ''}"
        self._context.tell("round-trip", self._number, self._total, text)
        forget = direction == "downgrade" or revision not in self.remembering
        return self._ground.step(revision, direction, forget=forget)


def _may_miss_rows(reversal: Reversal) -> bool:
    steps = [reversal.down] if reversal.again is None else [reversal.down, reversal.again]
    failures = [step.failure for step in steps if step.failure is not None]
    return not reversal.left and any((failure.sqlstate or "").startswith(_ABOUT_ROWS) for failure in failures)
