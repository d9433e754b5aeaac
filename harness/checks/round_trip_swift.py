"""The swift way through the part of a history that is right: the outside's end of `round_trip_inside`."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from harness.checks.base import EndedEarly
from harness.checks.reversing import UNAVOIDABLE
from harness.checks.upgrading import require_server, version_tables
from harness.environment import EnvironmentRun, Failure, RunFailed
from harness.environment.records import from_json
from harness.findings import VerdictError

if TYPE_CHECKING:
    from harness.checks.context import CheckContext
    from harness.checks.span import Span
    from harness.environment.records import Direction

_WALK = "harness.checks.round_trip_inside:walk"


def count_undoubted(context: CheckContext, span: Span, one_way: Collection[str]) -> int:
    """Walk from the span's beginning to the first doubt.

    Args:
        span: the revisions.
        one_way: those that are only taken up.

    Returns:
        how many revisions of the span are beyond doubt.

    Raises:
        EndedEarly: a step of the span hangs, or ends the interpreter.
        VerdictError: the server is gone, or `env.py` did not come as far as the span.
    """
    numbers = {revision: number for number, revision in enumerate(span.revisions)}
    doing, reached = "the walk", -1

    def tell(revision: str, direction: Direction) -> None:
        nonlocal doing, reached
        doing = f"the {direction} of revision {revision}"
        if numbers.get(revision, -1) > reached:
            reached = numbers[revision]
            context.tell("round-trip", reached, len(numbers), f"revision {revision}")

    # If something raises, both are left to the context: the server may be gone, and the error says so better.
    database = context.own(context.server.create_database("round-trip"))
    run = context.own(EnvironmentRun.start(context.project, database.url, timeout=context.settings.timeout))
    try:
        found = run.conduct(
            _WALK,
            tell,
            below=span.below,
            revisions=span.revisions,
            one_way=sorted(one_way),
            leave_out=sorted(version_tables(run.configured)),
            ignore=sorted(UNAVOIDABLE),
            timeout=context.settings.timeout,
        )
        failure = None if found["failure"] is None else from_json(Failure, found["failure"])
    except RunFailed as error:
        if error.failure is not None:
            require_server(database, doing, error.failure)
        raise
    except VerdictError as error:
        if reached < 0:
            raise
        raise EndedEarly(error, span.revisions[reached]) from error
    if failure is not None:
        require_server(database, doing, failure)
    run.close(grace=0)
    database.drop()
    return int(found["undoubted"])
