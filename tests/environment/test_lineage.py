"""The short way to what remains below a revision finds what Alembic's own way finds, and does not go to the base."""

from __future__ import annotations

import random
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pytest
from alembic.runtime.migration import RevisionStep
from alembic.script.revision import Revision, RevisionMap

from harness.environment.lineage import Lineage, WalkStep

_MODULE = SimpleNamespace(upgrade=None, downgrade=None)


def script_of(links: dict[str, tuple[str, ...]], depends_on: dict[str, str] | None = None) -> Any:
    """What a `ScriptDirectory` has of it: a revision map, whose revisions have modules."""
    revisions = [Revision(one, below, (depends_on or {}).get(one)) for one, below in links.items()]
    for revision in revisions:
        revision.module = _MODULE  # type: ignore[attr-defined]  # Alembic's Script has it
    return SimpleNamespace(revision_map=RevisionMap(lambda: revisions))


def random_tree(seed: int) -> Any:
    """Twelve revisions, each on one or two before it or on none, some with a dependency."""
    chosen = random.Random(seed)
    links: dict[str, tuple[str, ...]] = {}
    depends_on: dict[str, str] = {}
    for number in range(12):
        earlier = list(links)
        count = min(len(earlier), chosen.choice((0, 1, 1, 1, 2)))
        links[f"r{number:02}"] = tuple(sorted(chosen.sample(earlier, count)))
        if earlier and chosen.random() < 0.2:
            depends_on[f"r{number:02}"] = chosen.choice(earlier)
    return script_of(links, depends_on)


@pytest.mark.parametrize("seed", range(40))
def test_it_finds_what_alembic_finds(seed: int) -> None:
    script = random_tree(seed)
    lineage = Lineage(script)
    names = [f"r{number:02}" for number in range(12)]
    for name in names:
        revision = script.revision_map.get_revision(name)
        if not revision._normalized_down_revisions:
            continue
        theirs = RevisionStep(script.revision_map, revision, is_upgrade=False)
        ours = WalkStep(lineage, script, revision, is_upgrade=False)
        for others in ((), *combinations(names, 1), *combinations(names, 2)):
            heads = {name, *others}
            assert set(ours._unmerge_to_revisions(heads)) == set(theirs._unmerge_to_revisions(heads)), (name, heads)


def test_it_does_not_go_to_the_base() -> None:
    """Two branches on a long history: what one of them stands on is found without the history."""
    links: dict[str, tuple[str, ...]] = {"r0": ()}
    links.update({f"r{number}": (f"r{number - 1}",) for number in range(1, 1000)})
    script = script_of({**links, "left": ("r999",), "right": ("r999",)})
    lineage = Lineage(script)
    lineage.depth("left")
    lineage.depth("right")
    asked: list[str] = []
    below = lineage.below
    lineage.below = lambda revision: asked.append(revision) or below(revision)  # type: ignore[method-assign,func-returns-value]  # counts
    assert lineage.reached({"left"}, {"r999"}) == {"r999"}
    assert len(asked) < 5
