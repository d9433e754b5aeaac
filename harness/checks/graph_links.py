"""The links between the revision files of a history, whether or not Alembic can load it. Nothing here is quadratic."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from harness.environment import History, RevisionInfo
from harness.environment.malformed import line_of, source_of

_MOST_GUESSES = 20  # looking for the nearest of many names takes time
_SHORTEST_GUESS = 4
_FEWEST_TO_OVERLAP = 3  # two rows to merge, and one that is none


@dataclass(frozen=True)
class Overlap:
    """A revision that Alembic cannot apply, since it leads to `parent` and also to `over`, which stands on that.

    `needless` is the names in `depends_on` that can go; none where the parent is a `down_revision`.
    """

    revision: RevisionInfo
    parent: str
    over: str
    needless: frozenset[str]

    @property
    def attribute(self) -> str:
        """The variable that names the parent."""
        return "depends_on" if self.needless else "down_revision"


class Links:
    """Each revision's `down_revision` and `depends_on`, resolved as Alembic does (alembic/script/revision.py): by a
    whole id, and in `depends_on` by a branch label, too.

    `broken` holds what resolves to nothing: the revision, the variable, and the name in it.
    """

    def __init__(self, history: History) -> None:
        self._by_id = {revision.id: revision for revision in history.revisions}
        self._labelled = {label: revision for revision in history.revisions for label in revision.branch_labels}
        self._heads = history.heads
        self._children: dict[str, list[str]] = defaultdict(list)
        self.broken: list[tuple[RevisionInfo, str, str]] = []
        for revision in history.revisions:
            for parent in revision.down_revisions:
                self._children[parent].append(revision.id)
                if parent not in self._by_id:
                    self.broken.append((revision, "down_revision", parent))
            for parent in revision.dependencies:
                if parent not in self._by_id and parent not in self._labelled:
                    self.broken.append((revision, "depends_on", parent))
        self._guesses = 0

    def get(self, revision_id: str) -> RevisionInfo | None:
        """The revision of that id, None if there is none."""
        return self._by_id.get(revision_id)

    def why_broken(self, attribute: str, name: str) -> str:
        """What is wrong with a name that resolves to nothing: the end of a sentence."""
        if attribute == "down_revision" and name in self._labelled:
            return "is a branch label, not an id"
        if self._beginning_with(name):
            return "is only the beginning of an id"
        return "no file defines"

    def advice(self, attribute: str, name: str) -> str:
        """What to write in the place of a name that resolves to nothing."""
        candidates = self._beginning_with(name)
        if attribute == "down_revision" and name in self._labelled:
            candidates = [self._labelled[name].id]
        if not candidates and self._guesses < _MOST_GUESSES:
            self._guesses += 1
            candidates = difflib.get_close_matches(name, self._by_id, n=1)
        if len(candidates) > 1:
            return f"Write the whole id, one of {', '.join(candidates)}."
        return f"Did you mean {candidates[0]!r}?" if candidates else "Restore the missing file, or correct the link."

    def _beginning_with(self, name: str) -> list[str]:
        if len(name) < _SHORTEST_GUESS:
            return []
        return [revision for revision in self._by_id if revision.startswith(name)]

    def parents(self, revision: RevisionInfo) -> list[RevisionInfo]:
        """What a revision builds and depends on, as far as it is there."""
        found = [self._by_id.get(parent) for parent in revision.down_revisions]
        found += [self._by_id.get(parent) or self._labelled.get(parent) for parent in revision.dependencies]
        return [parent for parent in found if parent is not None]

    def attribute(self, revision: RevisionInfo, parent: RevisionInfo) -> str:
        """The variable by which a revision leads to a parent."""
        return "down_revision" if parent.id in revision.down_revisions else "depends_on"

    def cycles(self) -> Iterator[list[RevisionInfo]]:
        """Circles, each as its revisions in order; no two share a revision."""
        done: set[str] = set()
        for start in self._by_id.values():
            trail: dict[str, RevisionInfo] = {}
            pending = [(start, False)]
            while pending:
                current, leaving = pending.pop()
                if leaving:
                    trail.pop(current.id, None)
                    done.add(current.id)
                elif current.id in trail:
                    ids = list(trail)
                    yield [trail[revision] for revision in ids[ids.index(current.id) :]]
                    done.update(ids)
                    break
                elif current.id not in done:
                    trail[current.id] = current
                    pending.append((current, True))
                    pending += [(parent, False) for parent in self.parents(current)]

    def redundant_parents(self) -> Iterator[tuple[RevisionInfo, str, str]]:
        """Merges that name a revision and an ancestor of it: the merge, the ancestor, and the revision above that.

        Only for a history without broken links and circles.
        """
        for merge in self._by_id.values():
            parents = list(dict.fromkeys(merge.down_revisions))
            if len(parents) > 1:
                for parent, over in self._standing_on_each_other(parents, _down_revisions).items():
                    yield merge, parent, over

    def overlaps(self) -> Iterator[Overlap]:
        """Revisions that `alembic upgrade` cannot apply to what they stand on, because of a `depends_on`.

        The rows of the version table are the revisions that nothing applied stands on. A revision that stands on two or
        more of them replaces them; then Alembic (alembic/runtime/migration.py, `HeadMaintainer`, `merge_branch_idents`)
        deletes the rows of all others that it leads to as well, and fails on one that is none, since something else
        stands on it. Only for a history without broken links and circles.
        """
        for revision in self._by_id.values():
            parents = list(dict.fromkeys(self._parent_ids(revision)))
            if len(parents) < _FEWEST_TO_OVERLAP:
                continue
            lower = self._standing_on_each_other(parents, self._parent_ids)
            if not lower or len(parents) - len(lower) == 1:
                continue
            inherited = self._inherited(revision)
            lower = {
                parent: over
                for parent, over in lower.items()
                if parent in revision.down_revisions or parent not in inherited
            }
            if lower:
                yield self._overlap(revision, lower)

    def _overlap(self, revision: RevisionInfo, lower: dict[str, str]) -> Overlap:
        needed = [parent for parent in lower if parent in revision.down_revisions]
        parent = next(iter(needed or lower))
        needless = () if needed else (name for name in revision.dependencies if self._resolved(name) in lower)
        return Overlap(revision, parent, lower[parent], frozenset(needless))

    def _resolved(self, name: str) -> str | None:
        found = self._by_id.get(name) or self._labelled.get(name)
        return None if found is None else found.id

    def _parent_ids(self, revision: RevisionInfo) -> list[str]:
        return [parent.id for parent in self.parents(revision)]

    def _inherited(self, revision: RevisionInfo) -> set[str | None]:
        """What a revision's ancestors by `down_revision` depend on: it counts for them only, says Alembic
        (alembic/script/revision.py, `_normalize_depends_on`).
        """
        found: set[str | None] = set()
        pending, seen = list(revision.down_revisions), set[str]()
        while pending:
            if (current := pending.pop()) not in seen:
                seen.add(current)
                found.update(map(self._resolved, self._by_id[current].dependencies))
                pending += self._by_id[current].down_revisions
        return found

    def _standing_on_each_other(
        self, revisions: list[str], below: Callable[[RevisionInfo], Iterable[str]]
    ) -> dict[str, str]:
        """Those of some revisions that another of them stands on, each with that one.

        Args:
            below: gives the ids that a revision stands on directly.
        """
        found: dict[str, str] = {}
        for lower in revisions:
            for upper in revisions:
                if self._heights[upper] > self._heights[lower] and self._stands_on(upper, lower, below):
                    found[lower] = upper
                    break
        return found

    def _stands_on(self, upper: str, lower: str, below: Callable[[RevisionInfo], Iterable[str]]) -> bool:
        seen = {upper}
        pending = [upper]
        while pending:
            for parent in below(self._by_id[pending.pop()]):
                if parent == lower:
                    return True
                if parent not in seen and self._heights[parent] > self._heights[lower]:
                    seen.add(parent)
                    pending.append(parent)
        return False

    @cached_property
    def _heights(self) -> dict[str, int]:
        """How many revisions, at most, lie below each."""
        height: dict[str, int] = {}
        parents = {revision.id: self._parent_ids(revision) for revision in self._by_id.values()}
        children: dict[str, list[str]] = defaultdict(list)
        for revision, below in parents.items():
            for parent in below:
                children[parent].append(revision)
        waiting = {revision: len(below) for revision, below in parents.items()}
        ready = [revision for revision, count in waiting.items() if count == 0]
        while ready:
            current = ready.pop()
            height[current] = max((height[parent] + 1 for parent in parents[current]), default=0)
            for child in children[current]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    ready.append(child)
        return height

    def heads_named(self, name: str) -> set[str]:
        """The heads that a setting means: one by its id, or by a branch label or `label@head` those above the label."""
        start, separator, _ = name.partition("@")
        labelled = self._labelled.get(start)
        if labelled is None and not separator:
            return {name} & set(self._heads)
        pending = [labelled.id if labelled is not None else start]
        seen: set[str] = set()
        while pending:
            if (current := pending.pop()) not in seen:
                seen.add(current)
                pending += self._children[current]
        return seen & set(self._heads)


def _down_revisions(revision: RevisionInfo) -> tuple[str, ...]:
    return revision.down_revisions


def line(revision: RevisionInfo, attribute: str) -> int:
    """The line of a revision's file on which a variable gets its value; the first where it cannot be told."""
    return line_of(source_of(revision.path), attribute)
