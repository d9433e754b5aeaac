"""What must be known of a history to tell what a database at a revision is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.environment.inside import Inside


@dataclass(frozen=True)
class Outline:
    """A history as Alembic has loaded it.

    Attributes:
        env_py: absolute path of the project's `env.py`.
        heads: the heads.
        paths: the absolute path of each revision's file.
        below: what each revision stands on directly, dependencies among them.
    """

    env_py: str
    heads: Sequence[str]
    paths: Mapping[str, str]
    below: Mapping[str, Sequence[str]]

    def up_to(self, target: str) -> frozenset[str] | None:
        """The revisions that an upgrade of an empty database to a target applies.

        Args:
            target: `heads`, `head`, a revision's id, or a beginning that only one has. Of all else that Alembic
                understands nothing is said.

        Returns:
            None for a target that is none of these.
        """
        if target == "heads" or (target == "head" and len(self.heads) == 1):
            pending = list(self.heads)
        elif target in self.paths:
            pending = [target]
        else:
            pending = [revision for revision in self.paths if revision.startswith(target)]
            if len(pending) != 1:
                return None
        reached: set[str] = set()
        while pending:
            revision = pending.pop()
            if revision not in reached:
                reached.add(revision)
                pending += self.below[revision]
        return frozenset(reached)


def read_outline(inside: Inside) -> dict[str, Any]:
    """Inside: the project's `Outline`. Nothing is loaded that the walk to come would not load."""
    scripts = list(inside.script.walk_revisions())
    return {
        "env_py": str(inside.directory / inside.script.dir / "env.py"),
        "heads": sorted(inside.script.get_heads()),
        "paths": {script.revision: str(inside.directory / script.path) for script in scripts},
        "below": {script.revision: list(script._normalized_down_revisions) for script in scripts},
    }
