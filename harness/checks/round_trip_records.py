"""What a walk of `round-trip` tells: what became of each revision, and of the walk."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.base import EndedEarly
from harness.checks.reversing import Reversal
from harness.environment import StepResult


@dataclass(frozen=True)
class Trip:
    """What became of one revision.

    Attributes:
        alone: its first step up, if that failed by itself and went well with what Alembic remembers within one run.
        reversal: the way down and up again; None if it was not taken, or is beyond doubt.
        is_undoubted: whether it was taken there where all was right.
        is_seen_once: whether nobody could look a second time at what it seems to have changed.
    """

    revision: str
    alone: StepResult | None = None
    reversal: Reversal | None = None
    is_undoubted: bool = False
    is_seen_once: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether it was taken down and up again, and nothing is wrong with it."""
        return self.is_undoubted or (self.reversal is not None and self.reversal.exact)

    @property
    def is_suspect(self) -> bool:
        """Whether it seems to have changed the schema: what only a reading of everything proves."""
        return self.reversal is not None and bool(self.reversal.left or self.reversal.differs)


@dataclass(frozen=True)
class RoundTrips:
    """A whole walk.

    Attributes:
        trips: one for each revision that was walked, in the order of the walk.
        stopped: the step up that could not be got past, None if there was none.
        ended: why it could not go on (a step hangs, or the server is gone), and the first revision without a verdict,
            of which a trip may yet tell what seems to be wrong with it.
    """

    trips: tuple[Trip, ...]
    stopped: StepResult | None = None
    ended: EndedEarly | None = None
