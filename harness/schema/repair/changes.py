"""From differences to what has to be done: which objects are created, dropped, renamed and altered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.findings import DatabaseObject
from harness.schema.differences import Difference
from harness.schema.model import RELATIONS, Identity, Schema
from harness.schema.spelling import same_but_for_name


@dataclass
class Changes:
    """What has to be done, by identity.

    Attributes:
        create: expected objects that are missing.
        drop: actual objects that are extra.
        renames: (expected, actual) identities of what only has to be called otherwise.
        altered: by expected identity, the attributes that differ.
    """

    create: set[Identity] = field(default_factory=set)
    drop: set[Identity] = field(default_factory=set)
    renames: list[tuple[Identity, Identity]] = field(default_factory=list)
    altered: defaultdict[Identity, list[str]] = field(default_factory=lambda: defaultdict(list))


class Pairs:
    """Which expected object is which actual one, where their identities differ, as the differences say it.

    Args:
        expected, actual: the schemas.
        differences: all differences between them that are to be repaired.
    """

    def __init__(self, expected: Schema, actual: Schema, differences: Iterable[Difference]) -> None:
        self._schemas = (expected, actual)
        self._lookups: tuple[dict[DatabaseObject, Identity], ...] = tuple(
            {identity.database_object: identity for identity in schema.objects} for schema in (expected, actual)
        )
        self._to_actual: dict[Identity, Identity] = {}
        self._to_expected: dict[Identity, Identity] = {}
        everything = [one for difference in differences for one in difference.walk()]
        self._pair_one_by_one(everything)
        for one in everything:
            if one.change == "renamed":
                self._pair_content(one)

    def expected(self, identity: Identity) -> Identity:
        """The expected identity of an actual object."""
        return self._to_expected.get(identity, identity)

    def actual(self, identity: Identity) -> Identity:
        """The actual identity of an expected object."""
        return self._to_actual.get(identity, identity)

    def changes(self, differences: Sequence[Difference]) -> Changes:
        """What has to be done about some differences and about what follows from them."""
        found = Changes()
        for difference in differences:
            self._collect(difference, found)
        return found

    def identity(self, difference: Difference) -> Identity:
        """The identity of a difference's object: the expected one, or the actual one of what is extra."""
        return self._lookups[difference.change == "extra"][difference.object]

    def _collect(self, difference: Difference, found: Changes) -> None:
        identity = self.identity(difference)
        if difference.change == "renamed":
            found.renames.append((identity, self.actual(identity)))
            for one in difference.walk():
                self._collect_content(one, difference, found)
            return
        if difference.change == "missing":
            found.create.add(identity)
        elif difference.change == "extra":
            found.drop.add(identity)
        elif difference.attribute == "triggers":
            pass  # only gathers its consequences, the triggers
        elif difference.attribute not in found.altered[identity]:
            found.altered[identity].append(difference.attribute or "")
        if difference.attribute != "installed_in":  # what follows from that is only called otherwise
            for consequence in difference.consequences:
                self._collect(consequence, found)

    def _collect_content(self, one: Difference, container: Difference, found: Changes) -> None:
        """What is in a container that is called otherwise is only worth a word if it is not there as well."""
        if one.change not in ("missing", "extra"):
            return
        identity = self.identity(one)
        if one.change == "extra":
            if identity not in self._to_expected:
                found.drop.add(identity)
        elif identity not in self._to_actual:
            found.create.add(identity)
        else:
            names = self._changed(identity, self.identity(container))
            if names:
                found.altered[identity] += names

    def _changed(self, identity: Identity, container: Identity) -> list[str]:
        expected, actual = (
            schema.objects[own].attributes
            for schema, own in zip(self._schemas, (identity, self.actual(identity)), strict=True)
        )
        other = self.actual(container)
        names: list[tuple[str, ...]] = [(container.schema, container.name), (other.schema, other.name)]
        names = [tuple(part for part in name if part) for name in names]
        names += [(container.name,), (other.name,)]
        return [
            name
            for name in dict.fromkeys([*expected, *actual])
            if expected.get(name) != actual.get(name)
            and name not in ("position", "not_null_name")
            and not same_but_for_name(str(expected.get(name)), str(actual.get(name)), names)
        ]

    def _pair_one_by_one(self, everything: Iterable[Difference]) -> None:
        parts: defaultdict[Identity, dict[str, str]] = defaultdict(dict)
        for one in everything:
            if one.change == "renamed":
                parts[self.identity(one)][one.attribute or "name"] = one.actual or ""
                for child in one.consequences:
                    same_kind = (child.change, child.object.kind) == ("extra", one.object.kind)
                    if one.attribute == "name" and same_kind and child.object.name == one.actual:
                        parts[self.identity(one)]["schema"] = child.object.schema or ""
            elif one.attribute == "kind":
                parts[self.identity(one)]["kind"] = one.actual or ""
            elif one.attribute == "arguments" and one.change == "changed":
                identity = self.identity(one)
                if one.expected == identity.signature:
                    parts[identity]["signature"] = one.actual or ""
        for identity, changed in parts.items():
            self._take(identity, identity._replace(**changed))

    def _take(self, expected: Identity, actual: Identity) -> None:
        if actual in self._schemas[1].objects:
            self._to_actual[expected] = actual
            self._to_expected[actual] = expected

    def _pair_content(self, container: Difference) -> None:
        identity = self.identity(container)
        if identity.kind != "schema" and identity.kind not in RELATIONS:
            return
        other = self.actual(identity)
        extra = {self.identity(one) for one in container.walk() if one.change == "extra"}
        for one in container.walk():
            if one.change == "missing":
                own = self.identity(one)
                if moved(own, identity, other) in extra:
                    self._take(own, moved(own, identity, other))


def moved(identity: Identity, old: Identity, new: Identity) -> Identity:
    """What an object is called once the container that it may be in is called otherwise."""
    if old.kind == "schema":
        if identity.schema != old.name:
            return identity
        signature = identity.signature.replace(f"{old.name}.", f"{new.name}.")
        return identity._replace(schema=new.name, signature=signature)
    if (identity.schema, identity.table) == (old.schema, old.name):
        return identity._replace(schema=new.schema, table=new.name)
    if identity == old:
        return new
    if identity.kind == "sequence" and identity.schema == old.schema:
        return identity._replace(schema=new.schema)
    return identity
