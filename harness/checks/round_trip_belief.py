"""The whole walk of `round-trip`: swift through what is right, then with care, and what is believed of what was seen.

What seems to be wrong with a schema is seen a second time, each look reading everything, before it is believed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.checks.base import EndedEarly
from harness.checks.round_trip_records import RoundTrips, Trip
from harness.checks.round_trip_swift import count_undoubted
from harness.checks.round_trip_walk import Walker
from harness.checks.span import Span
from harness.findings import VerdictError

if TYPE_CHECKING:
    from harness.checks.context import CheckContext


def walk(context: CheckContext, span: Span, one_way: Collection[str]) -> RoundTrips:
    """Take each revision up, down and up again, comparing the whole schema after each step.

    Args:
        span: the revisions.
        one_way: those that are only taken up.

    Returns:
        what became of each revision; if a step hung or the server went, of those before, and what ended the walk.

    Raises:
        VerdictError: nothing can be said of any revision: the server is gone, or `env.py` did not come as far as its
            migrations.
    """
    ended: EndedEarly | None = None
    try:
        count = count_undoubted(context, span, one_way)
    except EndedEarly as error:
        count, ended = _count_before(context, span, one_way, error)
    trips = tuple(Trip(revision, is_undoubted=revision not in one_way) for revision in span.revisions[:count])
    if count == len(span.revisions) or ended is not None:
        return RoundTrips(trips, ended=ended)
    rest = Span(span.below + span.revisions[:count], span.revisions[count:])
    found = _walk_with_care(context, rest, one_way, count)
    return replace(found, trips=trips + found.trips)


def _count_before(
    context: CheckContext, span: Span, one_way: Collection[str], error: EndedEarly
) -> tuple[int, EndedEarly]:
    """How many revisions are beyond doubt before the one that ended the swift walk: it took what it knew of them with
    it, so they are walked by themselves.
    """
    before = replace(span, revisions=span.revisions[: span.revisions.index(error.revision)])
    count = 0
    if before.revisions:
        with contextlib.suppress(VerdictError):  # what came first is told, and says it best
            count = count_undoubted(context, before, one_way)
    return count, EndedEarly(error, span.revisions[count])


def _walk_with_care(context: CheckContext, span: Span, one_way: Collection[str], walked: int) -> RoundTrips:
    """Walk on after each fault, looking after each step, and look again at what seems to be wrong."""
    followed = Walker(context, span, one_way, walked)
    found = followed.walk()
    if followed.thorough or not found.trips:
        return found
    if not followed.verified:  # the server is gone, and nobody can look again
        return replace(found, trips=_with_second_look(found, {}))
    if found.ended is not None:
        # What hung once is not tried again.
        span = replace(span, revisions=span.revisions[: len(found.trips)])
    if followed.truthful:
        second = _look_again(context, span, found, followed.remembering, walked)
        if second is not None:
            return second
    # Something changed that PostgreSQL does not tell of. Nothing of what was seen is believed.
    again = Walker(context, span, one_way, walked, thorough=True).walk()
    return again if again.ended is not None else replace(again, ended=found.ended)


def _look_again(
    context: CheckContext, span: Span, found: RoundTrips, remembering: Collection[str], walked: int
) -> RoundTrips | None:
    """Walk as far as the last revision with which something seems to be wrong, and look again at each of these.

    Returns:
        what is believed; None if not all that was seen the first time is seen again.
    """
    suspects = [trip.revision for trip in found.trips if trip.is_suspect]
    if not suspects:
        return found
    part = replace(span, revisions=span.revisions[: span.revisions.index(suspects[-1]) + 1])
    others = set(part.revisions) - set(suspects)
    second = Walker(context, part, others, walked, thorough=True, remembering=remembering).walk()
    seen = {trip.revision: trip for trip in second.trips if trip.revision in suspects}
    if not all(trip.is_suspect for trip in seen.values()):
        return None
    trips = _with_second_look(found, seen)
    unseen = next((revision for revision in suspects if revision not in seen), None)
    if unseen is None:
        return replace(found, trips=trips)
    return None if second.ended is None else replace(found, trips=trips, ended=EndedEarly(second.ended, unseen))


def _with_second_look(found: RoundTrips, seen: Mapping[str, Trip]) -> tuple[Trip, ...]:
    """The trips as the second look has them, with a mark on those that it did not come to."""

    def looked_at(trip: Trip) -> Trip:
        again = seen.get(trip.revision)
        if again is not None:
            return replace(trip, reversal=again.reversal)
        return replace(trip, is_seen_once=trip.is_suspect)

    return tuple(map(looked_at, found.trips))
