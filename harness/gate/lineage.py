"""Which revision comes before which: the history as a graph, as far as the gate asks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.environment import History, RevisionInfo
from harness.findings import UsageError


class Lineage:
    """The order of a history's revisions.

    Args:
        history: the history, which can be loaded.
    """

    def __init__(self, history: History) -> None:
        self._revisions = {revision.id: revision for revision in history.revisions}
        self._labels = {label: revision.id for revision in history.revisions for label in revision.branch_labels}
        self._heads = history.heads

    @property
    def heads(self) -> tuple[str, ...]:
        """The revisions that no other builds on."""
        return self._heads

    def __contains__(self, revision: str) -> bool:
        return revision in self._revisions

    def get(self, revision: str) -> RevisionInfo:
        """A revision of the history."""
        return self._revisions[revision]

    def resolve(self, text: str, what: str) -> str:
        """The id of a revision that is given in full, by its first characters, or by a branch label.

        Args:
            text: what was given.
            what: the option that it came from, for the message.

        Raises:
            UsageError: there is none of that name, or more than one.
        """
        if text in self._revisions:
            return text
        if text in self._labels:
            return self._labels[text]
        found = [revision for revision in self._revisions if text and revision.startswith(text)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{what} {text} begins more than one revision: {', '.join(sorted(found))}.", "Say more.")
        raise UsageError(f"{what} names {text!r}, and the history has no such revision.", "alembic history lists them.")

    def below(self, revisions: Iterable[str], *, dependencies: bool = True) -> set[str]:
        """The revisions themselves and all that they build on.

        Args:
            dependencies: whether `depends_on` counts, or `down_revision` alone.
        """
        reached: set[str] = set()
        waiting = [revision for revision in revisions if revision in self._revisions]
        while waiting:
            revision = waiting.pop()
            if revision not in reached:
                reached.add(revision)
                waiting += self._above(revision, dependencies)
        return reached

    def between(self, rows: Iterable[str], targets: Iterable[str]) -> tuple[str, ...]:
        """The revisions that lead from rows of a version table to targets, each behind what it builds on."""
        done = self.below(rows)
        order: dict[str, None] = {}
        for target in targets:
            for revision in self._behind_its_own(target, done):
                order[revision] = None
        return tuple(order)

    def _behind_its_own(self, target: str, done: set[str]) -> Iterator[str]:
        # Without recursion: a history may have more revisions than Python allows frames.
        stack: list[tuple[str, bool]] = [(target, False)]
        begun: set[str] = set()
        while stack:
            revision, is_ready = stack.pop()
            if is_ready:
                yield revision
            elif revision not in done and revision not in begun:
                begun.add(revision)
                stack.append((revision, True))
                stack += [(parent, False) for parent in reversed(self._above(revision, True))]

    def _above(self, revision: str, dependencies: bool) -> Sequence[str]:
        info = self._revisions[revision]
        named = (*info.down_revisions, *(info.dependencies if dependencies else ()))
        found = [self._labels.get(name, name) for name in named]
        return [name for name in found if name in self._revisions]
