"""What a tracked schema was at each moment: the newest state, and what each look found changed.

A state is a map from groups to objects. A group is a relation with all that belongs to it, or a type, or a routine:
what is read again together. Groups are known by name, not by OID, so that a table that was
dropped and made again is the same one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from harness.schema.model import Identity, Schema, SchemaObject

_RELATIONS = frozenset({"table", "foreign table", "view", "materialized view", "sequence"})
_TYPES = frozenset({"enum", "domain", "composite type", "range type"})
_ROUTINES = frozenset({"function", "procedure", "aggregate"})


class GroupKey(NamedTuple):
    """What a group is called: `family` is `relation`, `type`, `routine`, or else the kind of a lone object."""

    family: str
    schema: str
    name: str
    signature: str = ""


Group = tuple[SchemaObject, ...]
State = dict[GroupKey, Group]
Changes = dict[GroupKey, tuple[Group, Group]]


def group_of(identity: Identity) -> GroupKey:
    """The group that an object belongs to, which follows from what it is called."""
    kind, schema, table, name, signature = identity
    if kind == "domain constraint":
        return GroupKey("type", schema, table)
    if table:
        return GroupKey("relation", schema, table)
    if kind in _RELATIONS:
        return GroupKey("relation", schema, name)
    if kind in _TYPES:
        return GroupKey("type", schema, name)
    return GroupKey("routine" if kind in _ROUTINES else kind, schema, name, signature)


def grouped(objects: Iterable[SchemaObject]) -> State:
    """Objects by group, those of a group in the order of their identities."""
    found: dict[GroupKey, list[SchemaObject]] = {}
    for item in objects:
        found.setdefault(group_of(item.identity), []).append(item)
    return {key: tuple(sorted(items, key=lambda item: item.identity)) for key, items in found.items()}


@dataclass(frozen=True)
class Moment:
    """A point in the past of a tracked schema, of use to the tracker that gave it."""

    number: int


class History:
    """The states that a schema went through."""

    def __init__(self, server_version: int) -> None:
        self.state: State = {}
        self._server_version = server_version
        self._changes: list[Changes] = []

    @property
    def now(self) -> Moment:
        """The newest moment."""
        return Moment(len(self._changes))

    def advance(self, read: Mapping[GroupKey, Group]) -> Moment:
        """Begin a new moment, at which some groups are as given; an empty group is not there."""
        self._changes.append(self._replace(read))
        return self.now

    def correct(self, read: Mapping[GroupKey, Group]) -> bool:
        """Change what the newest moment is; whether it had been right."""
        newest, right = self._changes[-1], True
        for key, (old, new) in self._replace(read).items():
            right = right and old == new
            newest[key] = (newest.get(key, (old,))[0], new)
        return right

    def _replace(self, read: Mapping[GroupKey, Group]) -> Changes:
        changes: Changes = {}
        for key, new in read.items():
            old = self.state.get(key, ())
            if not _is_unchanged(old, new):
                changes[key] = (old, new)
                if new:
                    self.state[key] = new
                else:
                    del self.state[key]
        return changes

    def same(self, a: Moment, b: Moment) -> bool:
        """Whether a schema was the same at two moments."""
        earlier, later = sorted((a.number, b.number))
        first: State = {}
        last: State = {}
        for changes in self._changes[earlier:later]:
            for key, (old, new) in changes.items():
                first.setdefault(key, old)
                last[key] = new
        return first == last

    def schema(self, moment: Moment) -> Schema:
        """The whole schema at a moment."""
        state = dict(self.state)
        for changes in reversed(self._changes[moment.number :]):
            for key, (old, _) in changes.items():
                state[key] = old
        return Schema((item for group in state.values() for item in group), self._server_version)


def _is_unchanged(old: Group, new: Group) -> bool:
    return old == new and all(set(a.uses) == set(b.uses) for a, b in zip(old, new, strict=True))
