"""The links between the revision files of a history, whether or not Alembic can load it. Nothing here is quadratic."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from harness.environment import History, RevisionInfo
from harness.environment.malformed import line_of

_MOST_GUESSES = 20  # looking for the nearest of many names takes time
_SHORTEST_GUESS = 4


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
        merges = [revision for revision in self._by_id.values() if len(set(revision.down_revisions)) > 1]
        if not merges:
            return
        height = self._heights()
        for merge in merges:
            for parent in dict.fromkeys(merge.down_revisions):
                for over in dict.fromkeys(merge.down_revisions):
                    if height[over] > height[parent] and self._is_below(parent, over, height):
                        yield merge, parent, over
                        break

    def _is_below(self, parent: str, over: str, height: dict[str, int]) -> bool:
        seen = {over}
        pending = [over]
        while pending:
            for below in self._by_id[pending.pop()].down_revisions:
                if below == parent:
                    return True
                if below not in seen and height[below] > height[parent]:
                    seen.add(below)
                    pending.append(below)
        return False

    def _heights(self) -> dict[str, int]:
        """How many revisions, at most, lie below each."""
        height: dict[str, int] = {}
        waiting = {revision.id: len(revision.down_revisions) for revision in self._by_id.values()}
        ready = [revision for revision, count in waiting.items() if count == 0]
        while ready:
            current = ready.pop()
            parents = self._by_id[current].down_revisions
            height[current] = max((height[parent] + 1 for parent in parents), default=0)
            for child in self._children[current]:
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


def line(revision: RevisionInfo, attribute: str) -> int:
    """The line of a revision's file on which a variable gets its value."""
    return line_of(Path(revision.path).read_text(encoding="utf-8", errors="replace"), attribute)
