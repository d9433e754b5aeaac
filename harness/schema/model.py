"""The words of the schema room: an object's identity, the object with its attributes, the schema that holds them.

All three are immutable. An identity is what people call an object by, never an OID, so that two databases that were
built apart can be compared.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from harness.findings import DatabaseObject, UsageError

FORMAT = 1

Value = str | tuple[str, ...] | None


class Identity(NamedTuple):
    """What an object is called.

    Attributes:
        kind: in words: `table`, `column`, `foreign key`, `materialized view`, …
        schema: the schema it lives in; empty for what lives in none (an extension, a schema).
        table: the table (or view, or domain) that it belongs to; empty if it stands alone.
        name: its own name.
        signature: of a routine or operator, the types of its arguments in parentheses; else empty.
    """

    kind: str
    schema: str
    table: str
    name: str
    signature: str = ""

    @property
    def database_object(self) -> DatabaseObject:
        """The same, as findings have it."""
        return DatabaseObject(
            kind=self.kind, name=self.name + self.signature, schema=self.schema or None, table=self.table or None
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.database_object}"


@dataclass(frozen=True, eq=False)
class SchemaObject:
    """An object with its attributes.

    Attributes:
        identity: what it is called.
        attributes: every attribute that is set. One that is not there is off, absent or the default.
        uses: the objects that it stands on, from pg_depend; no part of equality.
    """

    identity: Identity
    attributes: Mapping[str, Value]
    uses: tuple[Identity, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SchemaObject):
            return NotImplemented
        return self.identity == other.identity and self.attributes == other.attributes

    def __hash__(self) -> int:
        return hash(self.identity)

    def __str__(self) -> str:
        parts = [f"{name}={_printed(value)}" for name, value in sorted(self.attributes.items())]
        return " ".join([str(self.identity), *parts])


def _printed(value: Value) -> str:
    return "(" + ", ".join(value) + ")" if isinstance(value, tuple) else str(value)


class Schema:
    """An immutable snapshot of a database's catalog: objects by identity, each with its attributes.

    Two schemas are equal if their objects are, whatever server they were read from.

    Args:
        objects: the objects, in any order.
        server_version: the major version of the server that they were read from.
    """

    def __init__(self, objects: Iterable[SchemaObject], server_version: int) -> None:
        ordered = sorted(objects, key=lambda item: item.identity)
        self._objects: Mapping[Identity, SchemaObject] = MappingProxyType({item.identity: item for item in ordered})
        self._server_version = server_version

    @property
    def objects(self) -> Mapping[Identity, SchemaObject]:
        """The objects by identity, sorted."""
        return self._objects

    @property
    def server_version(self) -> int:
        """The major version of the server."""
        return self._server_version

    @cached_property
    def digest(self) -> str:
        """A SHA-256, in hexadecimal, of every object and attribute: equal if and only if the schemas are."""
        lines = [[*item.identity, sorted(item.attributes.items())] for item in self._objects.values()]
        return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schema):
            return NotImplemented
        return self._objects == other._objects

    def __hash__(self) -> int:
        return hash(self.digest)

    def __len__(self) -> int:
        return len(self._objects)

    def __str__(self) -> str:
        return "\n".join(str(item) for item in self._objects.values())

    def __repr__(self) -> str:
        counts = Counter(identity.kind for identity in self._objects)
        content = ", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items()))
        return f"<Schema of PostgreSQL {self._server_version}: {content or 'empty'}>"

    def without(self, predicate: Callable[[SchemaObject], bool]) -> Schema:
        """The schema less every object that the predicate is true of, and all that belongs to one of them.

        A schema's objects belong to it; a table's columns, constraints, indexes, triggers, rules, policies and owned
        sequences belong to the table; a domain's constraints to the domain. A view of a table does not.
        """
        gone = {identity for identity, item in self._objects.items() if predicate(item)}
        self._spread(gone)
        return Schema((item for item in self._objects.values() if item.identity not in gone), self._server_version)

    def select(self, predicate: Callable[[SchemaObject], bool]) -> Schema:
        """Only the objects that the predicate is true of, and all that belongs to one of them (see `without`)."""
        kept = {identity for identity, item in self._objects.items() if predicate(item)}
        self._spread(kept)
        return Schema((item for item in self._objects.values() if item.identity in kept), self._server_version)

    def _spread(self, chosen: set[Identity]) -> None:
        belongings: defaultdict[Identity, list[Identity]] = defaultdict(list)
        for item in self._objects.values():
            for owner in owners(item):
                belongings[owner].append(item.identity)
        waiting = list(chosen)
        while waiting:
            for identity in belongings.get(waiting.pop(), ()):
                if identity not in chosen:
                    chosen.add(identity)
                    waiting.append(identity)

    def to_json(self) -> str:
        """The schema as JSON text, which `from_json` reads; a version of the format is in it."""
        numbers = {identity: number for number, identity in enumerate(self._objects)}
        document = {
            "format": FORMAT,
            "server_version": self._server_version,
            "objects": [
                [
                    *item.identity,
                    dict(sorted(item.attributes.items())),
                    sorted(numbers[used] for used in item.uses if used in numbers),
                ]
                for item in self._objects.values()
            ],
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """The schema that `to_json` wrote.

        Raises:
            UsageError: the text is no snapshot, or a newer `harness` wrote it.
        """
        try:
            document: Any = json.loads(text)
            written = document["format"]
            if isinstance(written, int) and written > FORMAT:
                raise UsageError(
                    f"The snapshot has format {written}, and this version of harness reads up to {FORMAT}.",
                    "Upgrade harness, or take the snapshot again.",
                )
            identities = [Identity(*entry[:5]) for entry in document["objects"]]
            objects = [
                SchemaObject(
                    identity,
                    MappingProxyType(
                        {name: tuple(value) if isinstance(value, list) else value for name, value in entry[5].items()}
                    ),
                    tuple(identities[number] for number in entry[6]),
                )
                for identity, entry in zip(identities, document["objects"], strict=True)
            ]
            return cls(objects, int(document["server_version"]))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise UsageError("The text is no snapshot of a schema.", "Take the snapshot again.", str(error)) from error


RELATIONS = ("table", "foreign table", "view", "materialized view", "domain")


def owners(item: SchemaObject) -> tuple[Identity, ...]:
    """The objects that an object belongs to: without them it is not there.

    Of the kinds of relation that a table's part may belong to only one exists, since they share their names.
    """
    identity = item.identity
    if identity.table:
        return tuple(Identity(kind, identity.schema, "", identity.table) for kind in RELATIONS)
    owning: tuple[Identity, ...] = ()
    if identity.kind == "sequence" and "owned_by" in item.attributes:
        owning = tuple(used for used in item.uses if used.kind == "column")
    return (*owning, Identity("schema", "", "", identity.schema)) if identity.schema else owning
