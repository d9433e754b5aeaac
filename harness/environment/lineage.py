"""Inside: which revisions stand on which, found out without going back to the base each time.

Alembic collects all ancestors of what remains at each step down, so a walk would cost the square of the number of its
revisions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alembic.runtime.migration import RevisionStep

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory


class Lineage:
    """The revisions of a project by their depth: none stands on one that is as deep as itself, or deeper."""

    def __init__(self, script: ScriptDirectory) -> None:
        self._map = script.revision_map
        self._depths: dict[str, int] = {}

    def below(self, revision: str) -> tuple[str, ...]:
        """The revisions that one stands on directly, dependencies among them."""
        found = self._map.get_revision(revision)
        return () if found is None else found._normalized_down_revisions

    def depth(self, revision: str) -> int:
        """The length of the longest way from a base."""
        pending = [] if revision in self._depths else [revision]
        while pending:
            unknown = [parent for parent in self.below(pending[-1]) if parent not in self._depths]
            if unknown:
                pending += unknown
            else:
                current = pending.pop()
                self._depths[current] = 1 + max((self._depths[parent] for parent in self.below(current)), default=0)
        return self._depths[revision]

    def reached(self, starts: Iterable[str], targets: set[str]) -> set[str]:
        """Which targets some starts are, or stand on."""
        if not targets:
            return set()
        floor = min(map(self.depth, targets))
        pending, seen = list(starts), set[str]()
        while pending:
            current = pending.pop()
            if current not in seen and self.depth(current) >= floor:
                seen.add(current)
                pending += self.below(current)
        return seen & targets


class WalkStep(RevisionStep):
    """Alembic's own step, but for the search for what remains below a revision that is taken down."""

    def __init__(self, lineage: Lineage, script: ScriptDirectory, revision: Script, *, is_upgrade: bool) -> None:
        super().__init__(script.revision_map, revision, is_upgrade)
        self._lineage = lineage

    def _unmerge_to_revisions(self, heads: set[str]) -> tuple[str, ...]:
        below = set(self.to_revisions)
        others = set(heads) - {self.revision.revision}
        if not others and len(below) == 1:
            return tuple(below)
        starts = others or {parent for revision in below for parent in self._lineage.below(revision)}
        return tuple(below - self._lineage.reached(starts, below))
