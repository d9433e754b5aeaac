"""Orders in which things can be made and unmade: what something stands on comes before it."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from harness.schema.model import Identity

# Where nothing else decides. A function may name tables in a body that nobody can look into, so it comes after them,
# unless something stands on it.
_RANKS = (
    ("schema", "language", "extension", "collation", "access method"),
    ("enum", "composite type", "domain", "domain constraint", "range type"),
    ("sequence",),
    ("foreign data wrapper", "server", "user mapping"),
    ("table", "foreign table"),
    ("column",),
    ("primary key", "unique constraint"),
    ("check constraint", "exclusion constraint"),
    ("index",),
    ("foreign key",),
    ("statistics",),
    ("function", "procedure", "aggregate", "operator", "operator family", "operator class", "cast", "transform"),
    ("view", "materialized view"),
    ("trigger", "rule", "policy", "event trigger"),
    ("publication", "subscription"),
    ("default privileges", "setting"),
)
RANK = {kind: number for number, kinds in enumerate(_RANKS) for kind in kinds}


def rank(identity: Identity) -> tuple[int, Identity]:
    """The order of things that do not stand on each other."""
    return RANK.get(identity.kind, 1), identity


def after_what_they_need(needs: Mapping[Identity, Iterable[Identity]]) -> list[Identity]:
    """The keys in an order in which each comes after those that it needs; a circle is cut at its first by rank."""
    waiting = {key: {need for need in wanted if need in needs and need != key} for key, wanted in needs.items()}
    needed_by: defaultdict[Identity, list[Identity]] = defaultdict(list)
    for key, wanted in waiting.items():
        for need in wanted:
            needed_by[need].append(key)
    ready = [rank(key) for key, wanted in waiting.items() if not wanted]
    heapq.heapify(ready)
    done: list[Identity] = []
    seen: set[Identity] = set()
    while len(done) < len(needs):
        if not ready:
            ready = [min(rank(key) for key in needs if key not in seen)]
        _, key = heapq.heappop(ready)
        if key in seen:
            continue
        seen.add(key)
        done.append(key)
        for following in needed_by[key]:
            waiting[following].discard(key)
            if not waiting[following] and following not in seen:
                heapq.heappush(ready, rank(following))
    return done


def before_what_they_need(keys: Iterable[Identity], needs: Callable[[Identity], Iterable[Identity]]) -> list[Identity]:
    """The same the other way round: for dropping."""
    return after_what_they_need({key: tuple(needs(key)) for key in keys})[::-1]
