"""The walk of `round-trip` through what is right, which is most of a history: two looks a revision instead of three.

What the second step up of a revision made is not looked at by itself, but together with the way down of the next one:
after that, all must be as it was after the *first* step up of the one below. So each state is compared, one of three a
little later, and what is not as it should be may be the fault of either of two revisions. Whose, is not said here: from
the first doubt on, the walk that looks after each step (`round_trip_walk`) judges.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from harness.checks.reversing import Reversal
from harness.checks.round_trip_ground import Ground
from harness.environment import StepResult
from harness.schema.tracking import Moment

if TYPE_CHECKING:
    from harness.checks.context import CheckContext
    from harness.checks.span import Span
    from harness.environment.records import Direction

Step = tuple[str, "Direction"]


def walk_undoubted(context: CheckContext, span: Span, one_way: Collection[str]) -> tuple[Reversal | None, ...]:
    """Walk from the span's beginning to the first doubt.

    Args:
        span: the revisions.
        one_way: those that are only taken up.

    Returns:
        for each revision that is beyond doubt, in the order of the span, its steps; None if it was only taken up.

    Raises:
        VerdictError: a step hangs, the server is gone, or `env.py` did not come as far as its migrations.
    """
    # If this raises, the ground is left to the context: its server may be gone, and the error says so better.
    ground = Ground(context, repairs=False)
    walker = _Walker(context, span, one_way, ground)
    walker.walk()
    undoubted = tuple(walker.undoubted) if ground.truthful() else ()
    ground.close()
    return undoubted


class _DoubtError(Exception):
    """Something is not as it should be."""


class _Walker:
    """The walk itself.

    Attributes:
        undoubted: see `walk_undoubted`.
    """

    def __init__(self, context: CheckContext, span: Span, one_way: Collection[str], ground: Ground) -> None:
        self.undoubted: list[Reversal | None] = []
        self._context = context
        self._span = span
        self._one_way = one_way
        self._ground = ground
        # A revision that was taken down and has still to be put up again, with that step down.
        self._below: tuple[str, StepResult] | None = None
        # What must be there once whatever stands above `_below` is taken down.
        self._wanted: Moment

    def walk(self) -> None:
        """Walk until the end or the first doubt."""
        try:
            self._take([(revision, "upgrade") for revision in self._span.below])
            self._wanted = self._ground.begin()
            for number, revision in enumerate(self._span.revisions):
                self._context.tell("round-trip", number, len(self._span.revisions), f"revision {revision}")
                if revision in self._one_way:
                    self._settle()
                    self._wanted = self._ground.look(*self._take([(revision, "upgrade")]))
                    self.undoubted.append(None)
                else:
                    self._go_through(revision)
            self._settle()
        except _DoubtError:
            return

    def _go_through(self, revision: str) -> None:
        """Put up again what is below, take the revision up and down, and see that all is as it was."""
        ups = [] if self._below is None else [self._below[0]]
        steps = self._take([(each, "upgrade") for each in (*ups, revision)])
        after = self._ground.look(*steps)
        (down,) = self._take([(revision, "downgrade")])
        self._expect(self._wanted, self._ground.look(down))
        self._confirm(steps)
        self._below, self._wanted = (revision, down), after

    def _settle(self) -> None:
        """Put up again what is below, and look at it by itself."""
        if self._below is not None:
            steps = self._take([(self._below[0], "upgrade")])
            self._expect(self._wanted, self._ground.look(*steps))
            self._confirm(steps)
            self._below = None

    def _confirm(self, steps: tuple[StepResult, ...]) -> None:
        if self._below is not None:
            self.undoubted.append(Reversal(self._below[1], again=steps[0]))

    def _expect(self, wanted: Moment, found: Moment) -> None:
        if not self._ground.alike(wanted, found):
            raise _DoubtError

    def _take(self, steps: list[Step]) -> tuple[StepResult, ...]:
        results = self._ground.steps(steps)
        if any(result.failure is not None for result in results):
            raise _DoubtError
        return results
