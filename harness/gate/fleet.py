"""Many candidates judged in one run: those that are alike get one verdict, so that one of each kind is judged in full.

What a run costs grows with the number of schemas that differ. One that cannot be read hides no other.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any, Protocol

from harness.checks.base import BlockedCheck, SkipCheck
from harness.findings import Finding, HarnessError, UsageError
from harness.gate.expected import Ground
from harness.gate.judge import Judge
from harness.gate.position import Position


class Candidate(Protocol):
    """One of many that are to be judged: a database, or a tenant's schema."""

    @property
    def name(self) -> str:
        """What it is called in the report."""

    @property
    def kind(self) -> Hashable | None:
        """Equal for two that are alike in all that the gate judges; None if that is not known."""

    @property
    def major(self) -> str | None:
        """The major version of its server; None if that is not known."""

    @property
    def server_started(self) -> float | None:
        """When its server was started, in seconds since 1970; None if that is not known."""

    def judge(self, ground: Ground) -> Judge:
        """What judges it."""

    def told(self, finding: Finding, of: Any) -> Finding:
        """A finding on another that is like it, `of`, as the finding on it."""


@dataclass(frozen=True)
class Verdict:
    """What judging a candidate told.

    Attributes:
        name: what the candidate is called.
        parts: each part of the gate with its findings, or with what was raised in their place.
        position: where it stands; None if that is not known.
        notes: sentences for the report.
        seconds: how long it took.
        is_its_own: whether it could not be read, which says nothing of its like.
    """

    name: str
    parts: tuple[tuple[str, tuple[Finding, ...] | Exception], ...]
    position: Position | None
    notes: tuple[str, ...]
    seconds: float
    is_its_own: bool

    @property
    def misuse(self) -> UsageError | None:
        """That the call is wrong, if it is."""
        return next((what for _, what in self.parts if isinstance(what, UsageError)), None)

    def on(self, other: Candidate, like: Candidate) -> Verdict:
        """The same verdict on another candidate that is like the one it was reached on."""
        parts = [
            (
                part,
                what
                if isinstance(what, Exception)
                else tuple(replace(other.told(finding, like), database=other.name) for finding in what),
            )
            for part, what in self.parts
        ]
        return replace(self, name=other.name, parts=tuple(parts), seconds=0.0)


def judge_all(
    candidates: Sequence[Candidate], ground: Ground, *, jobs: int, tell: Callable[[int], None]
) -> list[Verdict]:
    """Judge candidates.

    Args:
        candidates: those to be judged.
        ground: what they share.
        jobs: how many are judged at the same time.
        tell: called with the number of candidates of which the verdict became known.

    Returns:
        a verdict each, in the same order.

    Raises:
        UsageError: each of them finds that the call is wrong.
    """
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, candidate in enumerate(candidates):
        groups[number if candidate.kind is None else ("like", candidate.kind)].append(number)
    verdicts: dict[int, Verdict] = {}
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="harness-fleet") as pool:
        running: list[Future[dict[int, Verdict]]] = [
            pool.submit(_judge_group, {number: candidates[number] for number in numbers}, ground)
            for numbers in groups.values()
        ]
        try:
            for done in as_completed(running):
                verdicts.update(done.result())
                tell(len(done.result()))
        except BaseException:
            # What has not begun is not begun any more, and the error does not wait for it.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    found = [verdicts[number] for number in range(len(candidates))]
    wrong = [verdict.misuse for verdict in found]
    if wrong and wrong[0] is not None and all(wrong):
        raise wrong[0]
    return found


def _judge_group(members: dict[int, Candidate], ground: Ground) -> dict[int, Verdict]:
    found: dict[int, Verdict] = {}
    for number, candidate in members.items():
        found[number] = verdict = _judge(candidate, ground)
        if not verdict.is_its_own:
            others = members.keys() - found.keys()
            return {**found, **{other: verdict.on(members[other], candidate) for other in others}}
    return found


def _judge(candidate: Candidate, ground: Ground) -> Verdict:
    started = time.perf_counter()
    judge = candidate.judge(ground)
    unread: HarnessError | None = None
    position: Position | None = None
    try:
        _ = judge.live
    except HarnessError as error:
        unread = error
    parts = [(name, _outcome(give, candidate.name)) for name, give in judge.checks()]
    if unread is None:
        try:
            position = judge.position
        except HarnessError as error:
            # The part that needs it has said so; where only others were asked for, it is not said at all.
            judge.notes.append(str(error))
    return Verdict(
        name=candidate.name,
        parts=tuple(parts),
        position=position,
        notes=tuple(dict.fromkeys(judge.notes)),
        seconds=time.perf_counter() - started,
        is_its_own=unread is not None,
    )


def _outcome(give: Callable[[], Iterable[Finding]], name: str) -> tuple[Finding, ...] | Exception:
    try:
        return tuple(replace(finding, database=name) for finding in give())
    except (SkipCheck, BlockedCheck, HarnessError) as error:
        return error
