"""Which revisions a walk takes, and which of them are not taken down on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.environment import RunFailed
from harness.findings import UsageError

if TYPE_CHECKING:
    from harness.checks.context import CheckContext

_PLAN = "harness.environment.graph:plan_from_base"


@dataclass(frozen=True)
class Span:
    """The revisions of a walk, in the order in which they are applied.

    Attributes:
        below: those that the walk stands on; they are only applied.
        revisions: those that are walked.
    """

    below: tuple[str, ...]
    revisions: tuple[str, ...]


def span(context: CheckContext) -> Span:
    """What `--from` and `--to` say, as `alembic upgrade from:to` takes them: `from` is where the database stands.

    Raises:
        UsageError: one of them names no revision, or they are the wrong way round.
    """
    settings = context.settings
    end = _plan(context, _relative_to_head("heads" if settings.to_revision is None else settings.to_revision), "--to")
    start: Sequence[str] = ()
    if settings.from_revision not in (None, "base"):
        start = _plan(context, _relative_to_head(str(settings.from_revision)), "--from")
        if set(end) < set(start):
            raise UsageError(
                f"--to names {settings.to_revision!r}, which lies below --from {settings.from_revision!r}.",
                "Name the elder one with --from.",
            )
    below = set(start)
    return Span(
        tuple(revision for revision in end if revision in below),
        tuple(revision for revision in end if revision not in below),
    )


def irreversible_by_setting(context: CheckContext) -> frozenset[str]:
    """The revisions of `downgrade_floor` and all that they stand on.

    Raises:
        UsageError: it names no revision.
    """
    floors = context.settings.downgrade_floor
    return frozenset(revision for floor in floors for revision in _plan(context, floor, "downgrade-floor"))


def _relative_to_head(name: str) -> str:
    # Alembic counts -2 from where a database stands; here that is the head.
    return f"head{name}" if name.startswith("-") else name


def _plan(context: CheckContext, target: str, what: str) -> tuple[str, ...]:
    if not target.strip():
        raise UsageError(f"{what} is empty.", "A variable may not be set: name a revision, or leave it out.")
    try:
        return tuple(context.inspection.call(_PLAN, target=target))
    except RunFailed as error:
        failure = error.failure
        if failure is None or not failure.kind.endswith("CommandError"):
            raise
        raise UsageError(
            f"{what} names {target!r}, which Alembic does not find: {failure.message.rstrip('.')}.",
            "`alembic history` lists the revisions.",
        ) from error
