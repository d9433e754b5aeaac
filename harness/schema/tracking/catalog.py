"""The catalog as it was last read: every object by its address, and the addresses of each group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from harness.schema.model import SchemaObject
from harness.schema.reading import Address
from harness.schema.tracking.history import GroupKey, group_of

# What an object is known by when it stands for all that belongs to it: the OIDs of its catalog and of its own.
Main = tuple[int, int]


class Catalog:
    """What was last read of a database."""

    def __init__(self, objects: Mapping[Address, SchemaObject]) -> None:
        self.objects: dict[Address, SchemaObject] = {}
        self._places: defaultdict[GroupKey, list[Address]] = defaultdict(list)
        self.replace((), objects)

    def replace(self, groups: Collection[GroupKey], objects: Mapping[Address, SchemaObject]) -> None:
        """Forget some groups, and take in what was read in their stead."""
        for key in groups:
            for address in self._places.pop(key, ()):
                self.objects.pop(address, None)
        for address, item in objects.items():
            self.objects[address] = item
            self._places[group_of(item.identity)].append(address)

    def group_at(self, main: Main) -> GroupKey | None:
        """The group that the object of an address belongs to, or a part of which it is."""
        item = self.objects.get(Address(*main, 0))
        return None if item is None else group_of(item.identity)

    def members(self, key: GroupKey) -> list[SchemaObject]:
        """The objects of a group."""
        return [self.objects[address] for address in self._places.get(key, ())]

    def mains(self, key: GroupKey) -> list[Main]:
        """The addresses of the objects of a group that do not belong to a table."""
        return [
            (address.classid, address.objid)
            for address in self._places.get(key, ())
            if not self.objects[address].identity.table
        ]
