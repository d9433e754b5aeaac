"""The walk that the checks share: up to the heads as separate runs of one revision each would, then one step down and
up again.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.checks.upgrading import Exhausted, lacks_resources, read_state, require_server
from harness.environment import EnvironmentRun, Failure, History, RunFailed, StepResult
from harness.environment.records import Direction
from harness.schema import Schema
from harness.server import ScratchDatabase

if TYPE_CHECKING:
    from harness.checks.context import CheckContext


@dataclass(frozen=True)
class StepDown:
    """One head taken down and, if that went well, put up again.

    Attributes:
        before, left: the schema before the revision was first applied, and what its downgrade left.
        after, back: the schema after it was first applied, and after it was applied again.
    """

    revision: str
    before: Schema
    after: Schema
    down: StepResult
    left: Schema | None = None
    up: StepResult | None = None
    back: Schema | None = None


@dataclass(frozen=True)
class Walked:
    """A walk to the heads, each step as a run of its own would make it, and from there one step down and up again for
    each head.

    Attributes:
        steps: the steps up, each as it ended.
        alone: those that failed by themselves and went well once Alembic remembered what the steps before had made.
        state: the schema at the heads, without the version tables; None if they were not reached.
    """

    run: EnvironmentRun
    database: ScratchDatabase
    steps: tuple[StepResult, ...]
    alone: tuple[StepResult, ...] = ()
    state: Schema | None = None
    downs: tuple[StepDown, ...] = ()

    @property
    def failure(self) -> Failure | None:
        """The failure that ended the way up, None if it arrived."""
        return self.steps[-1].failure if self.steps else None


def walk(context: CheckContext) -> Walked:
    """Walk to the heads as separate runs of one revision each would, then take the heads down and put them up again.

    Several heads are taken down in the reverse order of their way up, so that every state has one to be compared with.

    Raises:
        VerdictError: `env.py` did not come as far as its migrations, or the server ended.
    """
    database = context.own(context.server.create_database("walk"))
    run, plan = _begin(context, database)
    below, heads = _heads_last(context.history, plan)
    steps: list[StepResult] = []
    alone: list[StepResult] = []
    states: list[Schema] = []
    for revision in (*below, *heads):
        if revision in heads:
            states.append(_state(context, database, run))
        result = _step(context, run, database, revision, "upgrade")
        if result.failure is not None:
            remembering = _step(context, run, database, revision, "upgrade", forget=False)
            if remembering.failure is None:
                alone.append(result)
                result = remembering
        steps.append(result)
        if result.failure is not None:
            return Walked(run, database, tuple(steps), tuple(alone))
    states.append(_state(context, database, run))
    downs = _downs(context, run, database, heads, states, {result.revision for result in alone})
    return Walked(run, database, tuple(steps), tuple(alone), states[-1], downs)


def _begin(context: CheckContext, database: ScratchDatabase) -> tuple[EnvironmentRun, tuple[str, ...]]:
    """A run that stands where the migrations begin, and the revisions up to the heads."""

    def begin() -> tuple[EnvironmentRun, tuple[str, ...]]:
        run = context.own(EnvironmentRun.start(context.project, database.url, timeout=context.settings.timeout))
        return run, run.plan("heads", "upgrade")

    try:
        return begin()
    except RunFailed as error:
        if not lacks_resources(error.failure):
            raise
    context.tried_in_one_go.wait()  # see _step
    return begin()


def _downs(
    context: CheckContext,
    run: EnvironmentRun,
    database: ScratchDatabase,
    heads: Sequence[str],
    states: Sequence[Schema],
    remembering: Set[str],
) -> tuple[StepDown, ...]:
    """From the heads each one down, the last first, then up again, with Alembic's memory for those that need it."""
    downs: list[StepDown] = []
    for revision, before, after in zip(reversed(heads), reversed(states[:-1]), reversed(states[1:]), strict=True):
        down = _step(context, run, database, revision, "downgrade")
        if down.failure is not None:
            downs.append(StepDown(revision, before, after, down))
            break
        downs.append(StepDown(revision, before, after, down, left=_state(context, database, run)))
    for index, step_down in reversed(list(enumerate(downs))):
        if step_down.left is None:
            continue
        up = _step(context, run, database, step_down.revision, "upgrade", forget=step_down.revision not in remembering)
        downs[index] = replace(step_down, up=up, back=None if up.failure else _state(context, database, run))
        if up.failure is not None:
            break
    return tuple(downs)


def _step(
    context: CheckContext,
    run: EnvironmentRun,
    database: ScratchDatabase,
    revision: str,
    direction: Direction,
    *,
    forget: bool = True,
) -> StepResult:
    """One step; its failure, if there is one, is the revision's own."""
    result = run.step(revision, direction, forget=forget)
    if lacks_resources(result.failure):
        # The upgrade in one go beside us may hold all the server's locks in its one transaction.
        context.tried_in_one_go.wait()
        result = run.step(revision, direction, forget=forget)
    if result.failure is not None:
        require_server(database, f"the {direction} of revision {revision}", result.failure)
    return result


def _state(context: CheckContext, database: ScratchDatabase, run: EnvironmentRun) -> Schema:
    """What the walk has made so far."""
    try:
        return read_state(database, run.configured)
    except Exhausted:
        context.tried_in_one_go.wait()
        return read_state(database, run.configured)


def _heads_last(history: History, plan: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The plan as two parts: what lies below, and the heads, so that the state before a head is one that can be
    kept.
    """
    needed = {dependency for revision in history.revisions for dependency in revision.dependencies}
    heads = tuple(revision for revision in plan if revision in history.heads and revision not in needed)
    return tuple(revision for revision in plan if revision not in heads), heads
